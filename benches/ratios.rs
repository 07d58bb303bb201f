//! Ratios that must not grow, measured in one run, so that the machine plays no part: `cargo bench --bench ratios`.
//!
//! Owns the bounds. They are generous: what breaks one has changed its order of growth, not its constant. Exits with 1 then.

mod measured;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use measured::{Before, Bench, Pairs, Rounds};
use sockscope_engine::base::mask::Masker;
use sockscope_engine::metrics::Histogram;
use sockscope_engine::report::Verdict;
use sockscope_engine::suite::Suite;

/// How often each thing is measured; the quickest time counts, as everything that disturbs makes it slower.
const TRIES: usize = 7;

/// The time of one of `count`, at best.
fn one_of<T>(count: u32, mut prepare: impl FnMut() -> T, mut work: impl FnMut(&mut T)) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let mut subject = prepare();
        let began = Instant::now();
        (0..count).for_each(|_| work(&mut subject));
        best = best.min(began.elapsed());
    }
    best / count
}

fn round_trip(before: Before, pairs: Pairs) -> Duration {
    one_of(2000, || Bench::of(before, pairs), Bench::round_trip)
}

fn arrival(waiting: u64, pairs: Pairs) -> Duration {
    one_of(500, || Bench::of(Before::Waiting(waiting, pairs), pairs), Bench::arrival)
}

fn main() -> ExitCode {
    let mut is_good = true;
    let mut bound = |what: &str, large: Duration, small: Duration, most: f64| {
        let ratio = large.as_nanos() as f64 / small.as_nanos().max(1) as f64;
        let word = if ratio <= most { "ok" } else { "TOO MUCH" };
        is_good &= ratio <= most;
        println!("{word:8} {ratio:7.2}  (at most {most})  {what}: {small:?}, then {large:?}");
    };
    for (name, pairs) in
        [("by a field", Pairs::Field), ("echoes", Pairs::Content), ("by a matcher", Pairs::OneMatcher)]
    {
        let few = round_trip(Before::Consumed(10), pairs);
        bound(
            &format!("a match {name}, 10 and 100000 consumed"),
            round_trip(Before::Consumed(100_000), pairs),
            few,
            3.0,
        );
        bound(
            &format!("a match {name}, 10 and 100000 left"),
            round_trip(Before::Left(100_000), pairs),
            few,
            3.0,
        );
    }
    for (name, pairs) in [("a field", Pairs::Field), ("echo", Pairs::Content)] {
        bound(
            &format!("an arrival where 10 and 10000 wait by {name}"),
            arrival(10_000, pairs),
            arrival(10, pairs),
            3.0,
        );
    }
    // It is asked once for all of them, and then each is passed by.
    bound(
        "an arrival where 10 and 10000 wait by one matcher",
        arrival(10_000, Pairs::OneMatcher),
        arrival(10, Pairs::OneMatcher),
        200.0,
    );
    // Each has a matcher of its own, so each is asked; but only once.
    bound(
        "an arrival where 100 and 1000 wait by matchers of their own",
        arrival(1000, Pairs::OwnMatchers),
        arrival(100, Pairs::OwnMatchers),
        30.0,
    );
    let rounds = |left| one_of(1000, || Bench::of(Before::Left(left), Pairs::OneMatcher), Bench::take_next);
    // The first round goes through all of them; a thousand rounds share that.
    bound("a round of a bare expect, 10 and 100000 left", rounds(100_000), rounds(10), 100.0);
    let run = |messages: u64| one_of(1, || (), |()| drop(measured::run_echo(messages))) / messages as u32;
    bound("a message of a run, of 1000 and of 50000", run(50_000), run(1000), 3.0);
    let rounds = |written: Rounds| {
        let text = measured::suite_of_rounds(5000, written);
        let run = || {
            let report = measured::run_text(&text);
            assert_eq!(report.verdict, Verdict::Pass, "{:?}", report.checks);
        };
        one_of(1, || (), |()| run()) / 5000
    };
    let plain = rounds(Rounds::Plain);
    bound("a round of steps, written out and through a use", rounds(Rounds::Used), plain, 2.0);
    bound("a round of steps, counted and until a message has come", rounds(Rounds::Until), plain, 2.0);
    bound("a round of steps, alone and beside an idle answer", rounds(Rounds::Idle), plain, 2.0);
    let by_step = rounds(Rounds::AnsweredByStep);
    bound("a message answered by a step and by an answer", rounds(Rounds::Answered), by_step, 2.0);
    let parse = |checks: usize| {
        let text = measured::large_suite(checks);
        one_of(1, || (), |()| drop(Suite::parse(&text).expect("a good suite"))) / checks as u32
    };
    bound("reading a check, of 30 and of 3000", parse(3000), parse(30), 3.0);
    let delta = |before: u64| {
        let prepare = || {
            let mut histogram = Histogram::new();
            (0..before).for_each(|i| histogram.record(Duration::from_micros(i * 37 % 3_000_000)));
            histogram.take_delta();
            histogram
        };
        one_of(1000, prepare, |histogram| {
            histogram.record(Duration::from_micros(1234));
            histogram.take_delta();
        })
    };
    bound("a delta of a histogram, of 10 and of 1000000 durations", delta(1_000_000), delta(10), 3.0);
    // The secrets begin as the texts do, so that each place is looked at.
    let masker = Masker::new(["\\\\ab\\cd", "Tr0ub&<4>dor/3x", "%25%25%25%25", "aaaaaaaaaaaaaaaa"]);
    for piece in ["{\"a\":\"b\\\"c\"},", "\\", "%25", "&amp;", "a", "\\u005c", "QUFB", "…a"] {
        let a_kilobyte = |kilobytes: usize| {
            let text = piece.repeat((kilobytes << 10) / piece.len());
            one_of(1, || (), |()| drop(masker.mask(&text).into_owned())) / kilobytes as u32
        };
        bound(
            &format!("masking a kilobyte of {piece:?}, of 4 and of 32"),
            a_kilobyte(32),
            a_kilobyte(4),
            3.0,
        );
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
