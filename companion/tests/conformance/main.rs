//! The suite `conformance` over real sockets: it passes where a server does everything right, and for each of its checks that
//! can fail there is a server that does one thing wrong, which that check finds.
//!
//! Checks for information cannot fail. `tests/check/broken.rs` shows that a browser sees the same.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockscope_companion::Config;
use sockscope_companion::native::NativeWorld;
use sockscope_engine::conformance::{Certificate, Word};
use sockscope_engine::report::{Report, Verdict};
use sockscope_engine::run::{Options, Plan, Progress, Stop, run};
use support::block_on;
use support::conformance::fault::Fault;
use support::conformance::faults::{ROWS, Row, When};
use support::conformance::given::{IDLE, IDLE_TOLD, SHORT, given, id};
use support::conformance::server::Server;
use support::shipped::{self, story, suite};

const NAME: &str = "conformance";
/// Rows of the table at a time: they mostly wait.
const AT_ONCE: usize = 16;
/// Runs of which one has to be conclusive.
const TRIES: usize = 4;

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    block_on(work)
}

async fn run_with(
    overrides: Vec<(String, String)>,
    only: &[&str],
    listener: impl FnMut(Progress) + 'static,
) -> Report {
    let suite = suite(NAME);
    let names = suite.checks.iter().map(|check| &check.written_name);
    let names = names.filter(|name| only.contains(&id(name))).cloned().collect();
    let options = Options { overrides, names, seed: 7, ..Options::default() };
    let plan = Plan::new(Rc::new(suite), options, 0).unwrap_or_else(|errors| panic!("{errors:?}"));
    let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(listener));
    tokio::time::timeout(Duration::from_secs(250), report).await.expect("every wait has a bound")
}

/// What turns the fault on and off while a run goes on.
fn switch(server: &Arc<Server>) -> impl Fn(bool) + 'static {
    let server = server.clone();
    move |is_on| {
        server.handshakes.store(0, Ordering::SeqCst);
        server.is_on.store(is_on, Ordering::SeqCst);
    }
}

/// Runs the suite, or some of its checks, against a server with this fault.
fn try_row(fault: Option<Fault>, when: When, changes: &[(&str, &str)], only: &[&str]) -> Report {
    on_a_runtime(async {
        let server = Server::start(fault, when == When::Always).await;
        let mut overrides = given(&server.host);
        overrides.extend(SHORT.iter().chain(changes).map(|(name, value)| ((*name).into(), (*value).into())));
        let switch = switch(&server);
        let mut planned = Vec::new();
        let listener = move |progress| match progress {
            Progress::RunStarted { checks, .. } => planned = checks,
            Progress::CheckStarted { check } => {
                if let When::During(meant) = when {
                    switch(id(&planned[check].name) == meant);
                }
            }
            _ => {}
        };
        run_with(overrides, only, listener).await
    })
}

/// The checks that are not green, with how.
fn red(report: &Report) -> BTreeSet<(String, &'static str)> {
    shipped::red(report).into_iter().map(|(name, how)| (id(&name).to_owned(), how)).collect()
}

/// What a machine that is busy with other things leaves undecided is tried again.
fn decide(attempt: impl Fn() -> Report) -> Report {
    let is_decided =
        |report: &Report| report.checks.iter().all(|check| check.verdict != Verdict::Inconclusive);
    let mut report = attempt();
    for _ in 1..TRIES {
        if is_decided(&report) {
            break;
        }
        report = attempt();
    }
    report
}

/// What is wrong with a row; none when it is as the table says.
fn complaint(row: &Row) -> Option<String> {
    let report = decide(|| try_row(Some(row.fault), row.when, row.changes, row.only));
    let also = row.also.iter().map(|(id, _)| *id);
    let wanted: BTreeSet<_> = also.chain([row.red]).map(|id| (id.to_owned(), "fail")).collect();
    (red(&report) != wanted).then(|| {
        format!(
            "{} ({:?}): expected {wanted:?}, found {:?}\n{}",
            row.red,
            row.fault,
            red(&report),
            story(&report)
        )
    })
}

#[test]
fn a_server_that_does_everything_right_passes() {
    let report = decide(|| try_row(None, When::Always, &[], &[]));
    assert_eq!(red(&report), BTreeSet::new(), "{}", story(&report));
    let skipped: Vec<_> = report.checks.iter().filter(|check| check.verdict == Verdict::Skipped).collect();
    let ids: Vec<_> = skipped.iter().map(|check| id(&check.name)).collect();
    assert_eq!(ids, ["B2", "L1", "L3"], "{skipped:#?}");
    assert_eq!(report.totals.skipped, 3);
    let certificate = Certificate::of(&report).expect("a report of that suite");
    assert_eq!((certificate.word, certificate.rows.len()), (Word::Conforms, 60));
    assert_eq!(certificate.server.echoes, Some(true));
    assert!(certificate.server.open_ms.is_some());
}

#[test]
fn the_practice_server_passes_in_full_length() {
    let report = decide(|| {
        on_a_runtime(async {
            let practice = sockscope_companion::Server::start(Config::default()).await.expect("a free port");
            let urls = practice.urls();
            let ws = urls.ws.trim_end_matches('/').to_owned();
            let own = |name: &str, value: String| (name.to_owned(), value);
            let overrides = vec![
                own("ws_url", format!("{ws}/echo")),
                own("protocol", "echo.v1".to_owned()),
                own("other_protocol", "echo.v2".to_owned()),
                own("unknown_url", format!("{ws}/nowhere")),
                own("bad_token_url", format!("{ws}/fault?refuse=401")),
                own("closing_url", format!("{ws}/fault?close_after=0&close_code=4000&close_reason=enough")),
                own("drop_url", format!("{ws}/fault?abort_after=1")),
                own("drop_message", "go".to_owned()),
                own("identity_url", format!("{ws}/agent?user=twice&max=1")),
                own("resume_url", format!("{ws}/agent?user=traveller&pace=100")),
                own("resume_message", "{\"type\":\"chat\",\"text\":\"hello\"}".to_owned()),
                own("resume_before", "{\"type\":\"resume\",\"last_seq\":".to_owned()),
                own("resume_after", "}".to_owned()),
                own("resume_rest", "4".to_owned()),
            ];
            run_with(overrides, &[], |_| {}).await
        })
    });
    assert_eq!(red(&report), BTreeSet::new(), "{}", story(&report));
}

#[test]
fn where_nothing_is_echoed_what_needs_an_echo_is_not_applicable() {
    let report = decide(|| {
        let fault = Some(Fault::LoseAll("sockscope"));
        try_row(fault, When::Always, &[("limit_to", "1KiB")], &[])
    });
    assert_eq!(red(&report), BTreeSet::new(), "{}", story(&report));
    for check in report.checks.iter().filter(|check| check.tags.iter().any(|tag| tag == "need-echo")) {
        assert_eq!(check.verdict, Verdict::Skipped, "{}", check.name);
        assert_eq!(check.reasons, ["the endpoint does not echo"], "{}", check.name);
    }
}

#[test]
fn where_nothing_opens_it_is_said_once_and_nothing_else_is_tried() {
    let report = decide(|| {
        on_a_runtime(async {
            let practice = sockscope_companion::Server::start(Config::default()).await.expect("a free port");
            let url = format!("{}/nowhere", practice.urls().ws.trim_end_matches('/'));
            run_with(vec![("ws_url".to_owned(), url)], &[], |_| {}).await
        })
    });
    assert_eq!(red(&report), BTreeSet::from([("H1".to_owned(), "fail")]), "{}", story(&report));
    let others = report.checks.iter().skip(1);
    let reason = "no connection could be opened: see H1";
    assert!(others.clone().all(|check| check.verdict == Verdict::Skipped && check.reasons == [reason]));
}

#[test]
fn an_echo_that_damages_every_message_is_bad_but_still_an_echo() {
    let report = decide(|| {
        on_a_runtime(async {
            let practice = sockscope_companion::Server::start(Config::default()).await.expect("a free port");
            let url = format!("{}/fault?corrupt=1", practice.urls().ws.trim_end_matches('/'));
            run_with(vec![("ws_url".to_owned(), url)], &["H1", "P1", "P2", "U2"], |_| {}).await
        })
    });
    let ids = ["P1", "P2", "U2"].map(|id| (id.to_owned(), "fail"));
    assert_eq!(red(&report), BTreeSet::from(ids), "{}", story(&report));
}

#[test]
fn a_limit_that_closes_with_1009_is_fine_and_found() {
    let report = decide(|| try_row(Some(Fault::Limit(70_000, 1009)), When::Always, &[], &["P8"]));
    assert_eq!(report.verdict, Verdict::Pass, "{}", story(&report));
    assert_eq!(report.checks[0].reasons, ["messages of up to 70000 bytes are taken"]);
}

#[test]
fn a_server_that_ends_idle_connections_is_reported() {
    let report = decide(|| try_row(Some(Fault::EndsAfter(500)), When::Always, IDLE, &["L1"]));
    assert_eq!(report.verdict, Verdict::Pass, "{}", story(&report));
    // What comes after them is of ends that no step has looked at.
    assert_eq!(report.checks[0].reasons[..3], IDLE_TOLD);
}

#[test]
fn each_check_finds_the_server_that_is_broken_there_and_no_other_check_does() {
    let (rows, wrong) = (Mutex::new(ROWS.iter().collect::<Vec<_>>()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let row = rows.lock().expect("no thread has panicked").pop();
                    let Some(row) = row else { break };
                    // Not within the lock: the rows are to run at once.
                    let found = complaint(row);
                    wrong.lock().expect("no thread has panicked").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread has panicked");
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_check_that_can_fail_has_a_row() {
    let suite = suite(NAME);
    assert_eq!(suite.checks.len(), 60);
    let rows: BTreeSet<_> = ROWS.iter().map(|row| row.red).collect();
    let can_fail = suite.checks.iter().filter(|check| !check.tags.iter().any(|tag| tag == "info"));
    assert_eq!(rows, can_fail.map(|check| id(&check.written_name)).collect());
}
