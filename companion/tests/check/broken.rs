//! Broken servers of the suite `conformance`, seen by a real browser: rows of the table of `tests/conformance`, which shows that
//! both engines see the same.
//!
//! A row of that table whose fault is on during one check has only that check run here: the outside cannot know when it begins.

use std::collections::BTreeSet;
use std::sync::Mutex;

use sockscope_engine::report::{Report, Verdict, read_json};
use support::conformance::fault::Fault;
use support::conformance::faults::{ROWS, Row, When};
use support::conformance::given::{IDLE, IDLE_TOLD, SHORT, given, id};
use support::conformance::server::Server;

use support::call::Call;

/// Browsers at a time: they mostly wait.
const AT_ONCE: usize = 4;
/// Runs of which one has to be conclusive.
const TRIES: usize = 3;

/// Rows of all groups that a browser looks at, too; all of them do when `SOCKSCOPE_ALL_ROWS` is set.
const SAMPLE: &[(&str, Fault)] = &[
    ("H1", Fault::Extend("x-never-offered")),
    ("H1", Fault::Extend("permessage-deflate; x-unknown=1")),
    ("H4", Fault::Choose("good.v3")),
    ("H5", Fault::ChooseAnything),
    ("P1", Fault::Truncate(65_536)),
    ("P2", Fault::BinaryAsText),
    ("P8", Fault::Limit(1_500_000, 1006)),
    ("U4", Fault::Replace("\u{fffe}", "\u{fffd}")),
    ("U6", Fault::StripMark),
    ("O1", Fault::Late("n-41")),
    ("O6", Fault::BroadcastTwice),
    ("B3", Fault::HoldUp(112 << 10)),
    ("C1", Fault::NeverCloses),
    ("C7", Fault::OwnCode(999)),
    ("C7", Fault::OwnCode(1016)),
    ("C7", Fault::OwnCode(2999)),
    ("C7", Fault::OwnCode(5000)),
    ("C3", Fault::CloseCode(3000, 1002)),
    ("C8", Fault::BrokenReason),
    ("C9", Fault::BreakOnShutdown),
    ("C12", Fault::BreakOnGarbage),
    ("L4", Fault::PoliteDrop),
    ("S4", Fault::OldGetsThousand),
    ("S5", Fault::Repeated),
];

/// The suite, or these checks of it, against a server with this fault.
fn run(fault: Fault, changes: &[(&str, &str)], only: &[&str]) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let server = runtime.block_on(Server::start(Some(fault), true));
    let values = given(&server.host).into_iter().map(|(name, value)| format!("{name}={value}"));
    let changed = SHORT.iter().chain(changes).map(|(name, value)| format!("{name}={value}"));
    let values: Vec<_> = values.chain(changed).collect();
    let mut arguments = vec!["conformance", "--seed", "7", "--json", "OUT/r.json"];
    values.iter().for_each(|value| arguments.extend(["--var", value]));
    only.iter().for_each(|tag| arguments.extend(["--tag", tag]));
    read_json(&Call::new(&arguments).run().file("r.json")).expect("a report")
}

/// The checks that are not green, each with what was said of it.
fn red(report: &Report) -> Vec<(&str, String)> {
    let bad = report.checks.iter().filter(|it| !matches!(it.verdict, Verdict::Pass | Verdict::Skipped));
    bad.map(|check| {
        let failure = check.steps.iter().find_map(|step| step.failure.as_ref());
        let threshold = check.thresholds.iter().find(|one| one.verdict != Verdict::Pass);
        let why = failure.map(|it| it.message.clone()).or(threshold.map(|it| it.expr.clone()));
        (id(&check.name), format!("{:?} {why:?} {:?}", check.verdict, check.reasons))
    })
    .collect()
}

/// What is wrong; none when exactly these checks fail.
fn complaint(
    wanted: &BTreeSet<&str>,
    fault: Fault,
    changes: &[(&str, &str)],
    only: &[&str],
) -> Option<String> {
    let mut report = run(fault, changes, only);
    for _ in 1..TRIES {
        if report.checks.iter().all(|check| check.verdict != Verdict::Inconclusive) {
            break;
        }
        report = run(fault, changes, only);
    }
    let found = red(&report);
    let fails = |verdict| verdict == Verdict::Fail;
    let failed = report.checks.iter().filter(|check| fails(check.verdict)).count();
    let ids: BTreeSet<_> = found.iter().map(|(id, _)| *id).collect();
    (ids != *wanted || failed != wanted.len())
        .then(|| format!("{fault:?}: expected {wanted:?}, found {found:#?}"))
}

fn complaint_of(row: &Row) -> Option<String> {
    if row.when == When::During(row.red) {
        return complaint(&[row.red].into(), row.fault, row.changes, &[row.red]);
    }
    let wanted = row.also.iter().map(|(id, _)| *id).chain([row.red]).collect();
    complaint(&wanted, row.fault, row.changes, row.only)
}

/// Does all of it, some at once, and tells all that is wrong.
#[track_caller]
fn all_hold<T: Sync>(all: &[T], complaint: impl Fn(&T) -> Option<String> + Sync) {
    let (left, wrong) = (Mutex::new(all.iter().collect::<Vec<_>>()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no thread has panicked").pop();
                    let Some(next) = next else { break };
                    // Not within the lock: they are to run at once.
                    let found = complaint(next);
                    wrong.lock().expect("no thread has panicked").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread has panicked");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn a_browser_sees_what_a_native_client_sees() {
    let is_meant = |row: &&Row| SAMPLE.contains(&(row.red, row.fault));
    let rows: Vec<_> = match std::env::var_os("SOCKSCOPE_ALL_ROWS") {
        Some(_) => ROWS.iter().collect(),
        None => ROWS.iter().filter(is_meant).collect(),
    };
    assert!(rows.len() >= SAMPLE.len(), "each of the sample is a row: {}", rows.len());
    all_hold(&rows, |row| complaint_of(row));
}

#[test]
fn an_extension_is_named() {
    let report = run(Fault::Extend("permessage-deflate; client_no_context_takeover"), &[], &["H6"]);
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", red(&report));
    let told = "negotiated: permessage-deflate; client_no_context_takeover";
    assert_eq!(report.checks[0].reasons, [told]);
}

#[test]
fn a_server_that_ends_idle_connections_is_reported() {
    let report = run(Fault::EndsAfter(500), IDLE, &["L1"]);
    assert_eq!(report.verdict, Verdict::Pass, "{:?}", red(&report));
    // What comes after them is of ends that no step has looked at.
    assert_eq!(report.checks[0].reasons[..3], IDLE_TOLD);
}
