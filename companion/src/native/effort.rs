//! What a run takes of its machine: how busy its thread is, and how many ports its connections hold.
//!
//! Owns the measuring. It refuses to judge. A thread that waits for a core counts as busy, since it would run if the machine had
//! more of them; only Linux tells both, and elsewhere there is no figure.

use std::cell::Cell;
use std::fs;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sockscope_engine::report::GeneratorReport;
use tokio::time::sleep;

/// How long what is called a second is.
const WINDOW: Duration = Duration::from_secs(1);

/// Connections of this process that hold a port.
static HELD: AtomicU64 = AtomicU64::new(0);

/// A port that a connection holds.
pub(super) struct Port;

impl Port {
    pub(super) fn hold() -> Self {
        HELD.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The effort of the thread that made this.
#[derive(Clone)]
pub struct Effort(Rc<Inner>);

struct Inner {
    sources: u64,
    began: (Instant, Option<Duration>),
    window: Cell<(Instant, Option<Duration>)>,
    seen: Cell<GeneratorReport>,
}

impl Effort {
    /// Begins to measure. `sources` is how many addresses connections leave from.
    pub fn begin(sources: usize) -> Self {
        let now = (Instant::now(), busy());
        Self(Rc::new(Inner {
            sources: sources.max(1) as u64,
            began: now,
            window: Cell::new(now),
            seen: Cell::default(),
        }))
    }

    /// Goes on measuring; never ends.
    pub async fn watch(self) {
        loop {
            sleep(WINDOW).await;
            self.look();
        }
    }

    /// What was measured until now; none where the system does not tell.
    pub fn end(&self) -> Option<GeneratorReport> {
        self.look();
        let (since, before) = self.0.began;
        let busy_mean = share(busy()?.checked_sub(before?)?, since.elapsed());
        Some(GeneratorReport { busy_mean, ..self.0.seen.get() })
    }

    fn look(&self) {
        let now = (Instant::now(), busy());
        let (since, before) = self.0.window.replace(now);
        let took = now.1.zip(before).and_then(|(now, before)| now.checked_sub(before));
        // What the end of the run cuts short is a part of a second all the same.
        let busy_peak = took.map_or(0.0, |took| share(took, since.elapsed().max(WINDOW)));
        let ports = ports().map(|ports| ports * self.0.sources);
        let held = HELD.load(Ordering::Relaxed) + waiting().unwrap_or_default();
        let ports_used = ports.map(|_| held);
        let seen = GeneratorReport { busy_peak, busy_mean: 0.0, ports_used, ports };
        self.0.seen.set(self.0.seen.get().worse(seen));
    }
}

fn share(part: Duration, whole: Duration) -> f64 {
    (part.as_secs_f64() / whole.as_secs_f64().max(f64::EPSILON)).min(1.0)
}

/// How long this thread has run or waited for a core.
fn busy() -> Option<Duration> {
    parse_busy(&fs::read_to_string("/proc/thread-self/schedstat").ok()?)
}

fn parse_busy(text: &str) -> Option<Duration> {
    let mut figures = text.split_whitespace().map(|word| word.parse::<u64>().ok());
    Some(Duration::from_nanos(figures.next()??.saturating_add(figures.next()??)))
}

/// How many ports there are for one address of a server.
fn ports() -> Option<u64> {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = text.split_whitespace().map(|word| word.parse::<u64>().ok());
    let (first, last) = (ends.next()??, ends.next()??);
    last.checked_sub(first).map(|more| more + 1)
}

/// Ports of connections that have ended and that the system keeps for a while.
fn waiting() -> Option<u64> {
    parse_waiting(&fs::read_to_string("/proc/net/sockstat").ok()?)
}

fn parse_waiting(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "tw");
    words.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_words_are_read() {
        assert_eq!(parse_busy("1500 500 3\n"), Some(Duration::from_nanos(2000)));
        assert_eq!((parse_busy(""), parse_busy("x y z")), (None, None));
        let text = "sockets: used 15\nTCP: inuse 1 orphan 0 tw 71 alloc 1 mem 351\nUDP: inuse 0 mem 0\n";
        assert_eq!((parse_waiting(text), parse_waiting("UDP: inuse 1")), (Some(71), None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_computes_is_busy_and_one_that_sleeps_is_not() {
        let at_work = Effort::begin(2);
        let until = Instant::now() + WINDOW;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        let at_work = at_work.end().expect("Linux tells");
        assert!(at_work.busy_peak > 0.8 && at_work.busy_mean > 0.8, "{at_work:?}");
        assert!(at_work.ports.is_some_and(|ports| ports > 1000), "{at_work:?}");
        let at_rest = Effort::begin(1);
        std::thread::sleep(Duration::from_millis(300));
        let at_rest = at_rest.end().expect("Linux tells");
        assert!(at_rest.busy_mean < 0.5, "{at_rest:?}");
    }
}
