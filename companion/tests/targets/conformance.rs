//! What `docs/development/conformance-results.md` says of other people's servers, held against a native client: it has to see the same
//! verdicts as the browser that the table was made with. And whether the page explains what it shows.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use sockscope_engine::conformance::{Certificate, ClaimState};
use sockscope_engine::run::{Options, Plan, Stop, run};

use sockscope_companion::native::NativeWorld;
use support::block_on;
use support::feed::TRADING_FEED;
use support::results::{columns, page, word};
use support::shipped::suite;
use support::subjects::{ALL, Subject};

/// Runs of which one has to be conclusive.
const TRIES: usize = 3;

fn certificate(subject: Subject) -> Certificate {
    let server = subject.start();
    block_on(async {
        let options = Options { overrides: server.given.clone(), seed: 7, ..Options::default() };
        let plan = Plan::new(Rc::new(suite("conformance")), options, 0)
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
        let report = tokio::time::timeout(Duration::from_secs(250), report).await;
        Certificate::of(&report.expect("every wait has a bound")).expect("a report of that suite")
    })
}

/// `pass` of `pass: 1000 comes back`.
fn verdict(cell: &str) -> &str {
    cell.split(':').next().unwrap_or_default()
}

#[track_caller]
fn check(subject: Subject) {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut found = certificate(subject);
    for _ in 1..TRIES {
        if found.rows.iter().all(|row| row.verdict != ClaimState::Inconclusive) {
            break;
        }
        found = certificate(subject);
    }
    let told = columns().remove(subject.name()).unwrap_or_default();
    assert_eq!(told.len(), found.rows.len(), "a column for {}", subject.name());
    let differing: Vec<_> = found
        .rows
        .iter()
        .zip(&told)
        .filter_map(|(row, (check, cell))| {
            let wanted = verdict(cell);
            (word(row) != wanted)
                .then(|| format!("{check}: expected {wanted}, found {} ({})", word(row), row.note))
        })
        .collect();
    assert!(differing.is_empty(), "{}:\n{}", subject.name(), differing.join("\n"));
}

/// The feed has no listener for `error`, so a message above its limit ends it: nothing after that is about the protocol.
#[test]
fn a_server_that_dies_at_16_mib_is_said_and_what_follows_is_not_judged() {
    let feed = TRADING_FEED.start(&[]);
    let report = block_on(async {
        let overrides = vec![("ws_url".to_owned(), feed.urls[0].clone())];
        let options = Options { overrides, seed: 7, ..Options::default() };
        let plan = Plan::new(Rc::new(suite("conformance")), options, 0)
            .unwrap_or_else(|errors| panic!("{errors:?}"));
        let report = run(plan, NativeWorld::default(), Stop::default(), Box::new(|_| {}));
        tokio::time::timeout(Duration::from_secs(250), report).await.expect("every wait has a bound")
    });
    let certificate = Certificate::of(&report).expect("a report of that suite");
    assert_eq!(
        certificate.stopped,
        "The server stopped accepting connections after P8 (a 16\u{2009}MiB message)."
    );
    assert!(certificate.sentence().contains(&certificate.stopped), "{}", certificate.sentence());
    let row = |id: &str| certificate.rows.iter().find(|row| row.id == id).expect("a row");
    let p8 = row("P8");
    assert_eq!(p8.verdict, ClaimState::Fail, "{}", p8.note);
    assert!(p8.note.starts_with("the server stopped accepting connections"), "{}", p8.note);
    assert!(p8.note.contains("16777216 bytes") && !p8.note.contains("up to 0 bytes"), "{}", p8.note);
    let after = certificate.rows.iter().skip_while(|row| row.id != "P8").skip(1);
    let failed: Vec<_> = after.filter(|row| row.verdict == ClaimState::Fail).map(|row| &row.id).collect();
    assert!(failed.is_empty(), "{failed:?} did not fail: there was no server");
    assert_eq!(row("C1").verdict, ClaimState::NotJudged, "{}", row("C1").note);
    assert_eq!(row("H5").weight, sockscope_engine::conformance::Weight::Should);
    assert!(report.reasons.iter().any(|reason| reason.contains("stopped accepting")), "{:?}", report.reasons);
}

#[test]
fn node_ws() {
    check(Subject::Ws);
}

#[test]
fn python_websockets() {
    check(Subject::Websockets);
}

#[test]
fn python_aiohttp() {
    check(Subject::Aiohttp);
}

#[test]
fn rust_tungstenite() {
    check(Subject::Tungstenite);
}

/// The part of the page that explains.
fn explanations() -> String {
    let page = page();
    page.split_once("## Each difference explained")
        .map(|(_, rest)| rest.to_owned())
        .expect("that part is there")
}

#[test]
fn each_difference_is_explained() {
    let columns = columns();
    let explained = explanations();
    let count = columns.values().next().expect("a column").len();
    for at in 0..count {
        let cells: BTreeSet<_> = ALL.iter().map(|subject| &columns[subject.name()][at].1).collect();
        // An echo has nothing by which some checks could be made; the page says so once.
        let differs = cells.iter().filter(|cell| *cell != &"n.a.").count() > 1;
        let id =
            columns.values().next().expect("a column")[at].0.split(' ').next().expect("an id").to_owned();
        let is_red = cells.iter().any(|cell| cell.contains("fail") || cell.as_str() == "?");
        if differs || is_red {
            assert!(explained.contains(&format!("**{id}**")), "{id} is not explained: {cells:?}");
        }
    }
}

#[test]
fn the_page_names_the_versions_that_are_tested() {
    let pins = include_str!("../../../xtask/src/targets.rs");
    let lock = include_str!("../../../Cargo.lock");
    let page = page();
    let pinned = |start: &str| {
        let rest = pins.split_once(start).unwrap_or_else(|| panic!("no {start}")).1;
        rest.split('"').next().expect("a version").to_owned()
    };
    let wanted =
        lock.split("name = \"tungstenite\"\nversion = \"").skip(1).filter_map(|rest| rest.split('"').next());
    // Another dependency may bring an older one; ours is the newest.
    let tungstenite = wanted.max().expect("it is a dependency");
    for (name, version) in [
        ("ws", pinned("\"ws@")),
        ("websockets", pinned("\"websockets==")),
        ("aiohttp", pinned("\"aiohttp==")),
        ("tungstenite", tungstenite.to_owned()),
    ] {
        assert!(page.contains(&format!("`{name}` {version}")), "the page is to name {name} {version}");
    }
}
