//! One run of one suite by the native engine: on one thread, or split over several that begin at the same time.
//!
//! Owns the threads and what they tell. A run that has begun always ends with a report, which says why it did not end well.

use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::Duration;

use sockscope_engine::report::Verdict;
use sockscope_engine::run::Shard;
use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::assignment::{Assignment, Done, Part, Status, join, together, why_stop};
use super::learned;
use super::lost::lost_report;
use super::part::STOPPED;
use super::shard::{Ended, Task, run_shard};
use super::values::own_server;
use crate::log::CHECK;
use crate::native::NetOptions;

/// How often a run is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long a run that was stopped may take to come to its report.
const STOPS_WITHIN: Duration = Duration::from_secs(30);
/// The frames of a run that are kept, in bytes, all shards together.
const BUDGET: usize = 64 << 20;
/// Steps nest, and each level of them takes its part of the stack.
const STACK: usize = 16 << 20;

/// A thread of a run.
struct ShardThread {
    status: Arc<Mutex<Status>>,
    ended: oneshot::Receiver<Result<Ended, String>>,
    end: Option<Result<Ended, String>>,
}

impl ShardThread {
    fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has ended, well or not.
    fn is_over(&mut self, index: u32) -> bool {
        if self.end.is_none() {
            self.end = match self.ended.try_recv() {
                Ok(end) => Some(end),
                Err(oneshot::error::TryRecvError::Empty) => None,
                // It told nothing and is gone, so it has panicked; the panic's words are on standard error.
                Err(oneshot::error::TryRecvError::Closed) => {
                    Some(Err(format!("shard {index}: its thread broke off")))
                }
            };
        }
        self.end.is_some()
    }
}

/// Runs it. `hear` gets the progress of all of its threads.
pub async fn run(
    options: &NetOptions,
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    mut hear: impl FnMut(&Status),
) -> Done {
    let (started, began) = (OffsetDateTime::now_utc(), Instant::now());
    let mut latest = Status::default();
    let is_time = match assignment.part {
        Some(part) => part.start.wait(Duration::ZERO, stop).await,
        None => Ok(()),
    };
    let outcome = match is_time {
        Ok(()) => {
            let hear = |status: &Status| {
                hear(status);
                latest = status.clone();
            };
            attempt(options, assignment, stop, hear).await
        }
        Err(error) => Err(error.to_string()),
    };
    info!(target: CHECK, took = ?began.elapsed(), "over");
    outcome.unwrap_or_else(|words| {
        let words = assignment.masker.mask(&words).into_owned();
        let mut report = lost_report(assignment, &latest, &words, started, began.elapsed());
        let is_stopped = words == STOPPED;
        if is_stopped {
            report.verdict = Verdict::Inconclusive;
        }
        let printed =
            learned::told(assignment.suite, assignment.all_text, assignment.masker, (assignment.printed)());
        Done { report, recordings: Vec::new(), trouble: (!is_stopped).then_some(words), printed }
    })
}

async fn attempt(
    options: &NetOptions,
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    hear: impl FnMut(&Status),
) -> Result<Done, String> {
    let cut = CancellationToken::new();
    let mut seats = Vec::new();
    let begin = Arc::new(Barrier::new(assignment.shards as usize));
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    // Variables that have the time in them are the same in all shards.
    let planned_at = assignment.part.map_or(u64::try_from(now).unwrap_or(0), |part| part.start.millis());
    for index in 0..assignment.shards {
        let task = task(options, assignment, assignment.shard(index), planned_at);
        let (status, begin, shard_cut) = (Arc::<Mutex<Status>>::default(), begin.clone(), cut.clone());
        let (tell, ended) = oneshot::channel();
        let told = status.clone();
        let work = move || run_shard(task, &begin, told, shard_cut, tell);
        let thread = std::thread::Builder::new().name(format!("shard {index}")).stack_size(STACK);
        thread.spawn(work).map_err(|error| format!("no thread for shard {index}: {error}"))?;
        seats.push(ShardThread { status, ended, end: None });
    }
    debug!(target: CHECK, threads = seats.len(), "running");
    let why = watch(&mut seats, assignment, stop, &cut, hear).await;
    let mut printed = (assignment.printed)();
    let mut parts = Vec::new();
    let mut is_any_lost = false;
    for (seat, index) in seats.into_iter().zip(0..) {
        let end = seat.end.unwrap_or_else(|| {
            Err(format!("shard {index}: the run was stopped and gave no report within {STOPS_WITHIN:?}"))
        });
        let part = match end {
            Ok(ended) => {
                // Each of them takes out what it knows.
                let (report, recordings, masked) = ended.told(printed.clone()).await;
                printed = masked.unwrap_or(printed);
                Ok(Part { report, recordings, printed: Vec::new() })
            }
            Err(words) => Err(words),
        };
        is_any_lost |= part.is_err();
        parts.push(part);
    }
    if is_any_lost {
        printed = learned::told(assignment.suite, assignment.all_text, assignment.masker, printed);
    }
    let mut done = join(assignment, parts)?;
    done.report.reasons.extend(why);
    done.printed = printed;
    Ok(done)
}

fn task(options: &NetOptions, assignment: &Assignment<'_>, shard: Shard, planned_at: u64) -> Task {
    let mut env = assignment.told.environment.clone();
    for (name, address) in own_server(assignment.page) {
        env.entry(name).or_insert(address);
    }
    Task {
        text: assignment.text.to_owned(),
        files: assignment.files.clone(),
        overrides: assignment.told.variables.clone(),
        env,
        told_by: assignment.told.told_by.clone(),
        seed: assignment.seed,
        tags: assignment.tags.to_vec(),
        names: assignment.names.to_vec(),
        shard,
        recordings: assignment.recordings.to_vec(),
        net: NetOptions { base: assignment.page.to_owned(), ..options.clone() },
        planned_at,
        budget: BUDGET / assignment.shards.max(1) as usize,
    }
}

/// Waits until every thread has come to an end, and says why they were stopped, if they were.
async fn watch(
    seats: &mut [ShardThread],
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    cut: &CancellationToken,
    mut hear: impl FnMut(&Status),
) -> Option<String> {
    let limit = assignment.limit();
    let (mut given_up_at, mut why) = (None, None);
    loop {
        let over: Vec<bool> = seats.iter_mut().zip(0..).map(|(seat, index)| seat.is_over(index)).collect();
        let statuses: Vec<Status> = seats.iter().map(ShardThread::status).collect();
        let all: Vec<_> = statuses.iter().zip(over.iter().copied()).collect();
        hear(&together(&all));
        if over.iter().all(|is_over| *is_over) {
            return why;
        }
        let has_failed = statuses.iter().any(Status::has_failed);
        match given_up_at {
            None => {
                if let Some(reason) = why_stop(assignment, stop, limit, has_failed) {
                    why = Some(reason);
                    cut.cancel();
                    given_up_at = Some(Instant::now() + STOPS_WITHIN);
                }
            }
            Some(moment) if Instant::now() > moment => return why,
            Some(_) => {}
        }
        tokio::select! {
            () = sleep(LOOK_AGAIN) => {}
            () = stop.cancelled(), if given_up_at.is_none() => {}
        }
    }
}
