//! `/api/jobs`: work that takes a while. It is polled, and its end is an event on `/ws/events`.
//!
//! Owns which jobs there are and how each stands. It refuses to work: a job only takes its time. What is known is bounded, and the
//! oldest that has ended goes first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::query::{LONGEST, Query, QueryError, duration};
use crate::tasks::Tasks;

/// How many jobs are known.
const MOST: usize = 1000;
/// How long a job takes unless it is said.
const USUAL: Duration = Duration::from_millis(500);

/// The jobs of a server.
#[derive(Debug, Default)]
pub struct Jobs {
    tasks: Tasks,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    last: u64,
    jobs: BTreeMap<u64, Job>,
}

/// What a job is asked to be.
#[derive(Debug)]
pub struct Order {
    takes: Duration,
    end: End,
    /// Who hears of its end.
    pub user: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Failed,
    Never,
}

#[derive(Debug)]
struct Job {
    began: Instant,
    takes: Duration,
    end: End,
    /// What was sent: its size, and its SHA-256.
    bytes: usize,
    sha256: String,
    content_type: Option<String>,
    asked: u64,
}

/// Jobs that have not ended leave no room for another one.
#[derive(Debug, thiserror::Error)]
#[error("{MOST} jobs run already")]
pub struct Busy;

impl Order {
    /// Reads the query of a request.
    pub fn parse(query: &Query<'_>) -> Result<Self, QueryError> {
        let invalid = |name: &str, value: &str, expected| QueryError::Invalid {
            name: name.to_owned(),
            value: value.to_owned(),
            expected,
        };
        let mut order = Self { takes: USUAL, end: End::Done, user: None };
        for (name, value) in query.iter() {
            match name {
                "takes" => {
                    let takes = duration(value, LONGEST);
                    order.takes =
                        takes.ok_or_else(|| invalid(name, value, "a time such as 500ms, up to 60s"))?;
                }
                "fault" => {
                    order.end = match value {
                        "fail" => End::Failed,
                        "hang" => End::Never,
                        _ => return Err(invalid(name, value, "fail or hang")),
                    };
                }
                "user" => order.user = Some(query.name("user")?),
                _ => {
                    let known = "takes, user, fault".to_owned();
                    return Err(QueryError::Unknown { name: name.to_owned(), known });
                }
            }
        }
        Ok(order)
    }
}

impl Jobs {
    /// No jobs yet. Tasks of this group report their ends.
    pub fn new(tasks: Tasks) -> Self {
        Self { tasks, known: Arc::default() }
    }

    /// Starts a job on what was sent. `tell` hears how it stands once it has ended.
    pub fn start(
        &self,
        order: &Order,
        sent: &[u8],
        content_type: Option<String>,
        tell: impl FnOnce(Value) + Send + 'static,
    ) -> Result<Value, Busy> {
        let sha256 = Sha256::digest(sent).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let Order { takes, end, .. } = *order;
        let job =
            Job { began: Instant::now(), takes, end, bytes: sent.len(), sha256, content_type, asked: 0 };
        let mut known = lock(&self.known);
        if known.jobs.len() >= MOST {
            let gone = known.jobs.iter().find(|(_, job)| !job.counts_down()).map(|(number, _)| *number);
            known.jobs.remove(&gone.ok_or(Busy)?);
        }
        known.last += 1;
        let number = known.last;
        let told = job.told(number);
        known.jobs.insert(number, job);
        drop(known);
        if end != End::Never {
            let (tasks, jobs) = (self.tasks.clone(), Arc::clone(&self.known));
            self.tasks.spawn(async move {
                tokio::select! {
                    () = tokio::time::sleep(takes) => {}
                    () = tasks.stopped() => return,
                }
                // One that was forgotten meanwhile has no end.
                let told = lock(&jobs).jobs.get(&number).map(|job| job.told(number));
                if let Some(told) = told {
                    tell(told);
                }
            });
        }
        Ok(told)
    }

    /// How a job stands; none when it is not known.
    pub fn state(&self, id: &str) -> Option<Value> {
        let number = id.strip_prefix("job-")?.parse().ok()?;
        let mut known = lock(&self.known);
        let job = known.jobs.get_mut(&number)?;
        job.asked += 1;
        Some(job.told(number))
    }

    /// Forgets all of them. Their numbers are not given again.
    pub fn reset(&self) {
        lock(&self.known).jobs.clear();
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Job {
    /// Whether it runs and will end.
    fn counts_down(&self) -> bool {
        self.end != End::Never && self.began.elapsed() < self.takes
    }

    fn told(&self, number: u64) -> Value {
        let elapsed = self.began.elapsed();
        let (state, progress) = match self.end {
            End::Done if elapsed >= self.takes => ("done", 100),
            End::Failed if elapsed >= self.takes => ("failed", 100),
            // It never says 100 before it has ended.
            _ => ("running", (99.0 * (elapsed.as_secs_f64() / self.takes.as_secs_f64()).min(1.0)) as u64),
        };
        json!({
            "id": format!("job-{number}"), "state": state, "progress": progress, "asked": self.asked,
            "bytes": self.bytes, "sha256": self.sha256, "content_type": self.content_type,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(query: &str) -> Result<Order, String> {
        Order::parse(&Query::parse(query)).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_oldest_that_has_ended_makes_room() {
        let jobs = Jobs::new(Tasks::default());
        let start = |query: &str| {
            let order = order(query).expect("a good query");
            jobs.start(&order, b"", None, |_| {})
                .map(|told| told["id"].clone())
                .map_err(|busy| busy.to_string())
        };
        assert_eq!(start("takes=0"), Ok("job-1".into()));
        for _ in 1..MOST {
            assert!(start("takes=60s").is_ok());
        }
        assert_eq!(start("fault=hang"), Ok("job-1001".into()));
        assert!(jobs.state("job-1").is_none());
        assert_eq!(start("takes=60s"), Ok("job-1002".into()), "one that hangs makes room, too");
        assert_eq!(start("takes=60s"), Err("1000 jobs run already".to_owned()));
        jobs.reset();
        assert_eq!(start("takes=60s"), Ok("job-1003".into()));
    }

    #[test]
    fn err_a_query_says_what_it_knows() {
        assert_eq!(
            order("takes=2m").expect_err("too long"),
            "takes=\"2m\" is not a time such as 500ms, up to 60s"
        );
        assert_eq!(order("fault=x").expect_err("none"), "fault=\"x\" is not fail or hang");
        assert_eq!(
            order("taks=1").expect_err("unknown"),
            "unknown parameter \"taks\"; known are takes, user, fault"
        );
    }
}
