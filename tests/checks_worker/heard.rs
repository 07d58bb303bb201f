//! What the page hears of a run: from its beginning to its report, and not more often than it draws.

use super::*;

#[test]
fn a_run_is_reported_from_its_beginning_to_its_report() {
    with_page(|page| async move {
        let told = page.run(run_request(PASSING)).await;
        assert!(matches!(told[0], RunEvent::Begun { runs: 1, .. }));
        let started =
            told.iter().position(|it| matches!(it, RunEvent::Progress(Progress::RunStarted { .. })));
        let ended = told.iter().position(|it| matches!(it, RunEvent::Ended { .. }));
        assert!(started < ended && ended.is_some());
        let Some(RunEvent::Ended { report, past: Some(past), .. }) = ended.map(|at| &told[at]) else {
            panic!("it ended and is kept: {told:?}")
        };
        assert_eq!((report.verdict, report.seed), (Verdict::Pass, 7));
        assert_eq!((past.suite_id.as_str(), past.passed, past.checks), ("own-1", 1, 1));
        assert!(matches!(told.last(), Some(RunEvent::Over)));
        let standings: Vec<_> = told
            .iter()
            .filter_map(|it| match it {
                RunEvent::Connections(connections) => Some(
                    connections[..].first().map(|connection| (connection.name.clone(), connection.phase)),
                ),
                _ => None,
            })
            .flatten()
            .collect();
        assert!(standings.contains(&("a".to_owned(), Phase::Open)), "{standings:?}");
    });
}

#[test]
fn nothing_is_posted_before_the_page_has_drawn() {
    with_page(|page| async move {
        page.request(Request::Run(Box::new(run_request(PASSING))));
        page.pass(Duration::from_secs(60)).await;
        assert_eq!(page.live_posts(), 1, "what came after waits for Seen");
        page.request(Request::Seen(Duration::ZERO));
        assert_eq!(page.live_posts(), 2);
    });
}

/// Two messages with a second between them.
const SLOW: &str = r#"{
    "sockscope": 1, "suite": "slow", "clients": { "a": { "url": "ws://sim/echo" } },
    "checks": [{ "check": "c", "steps": [
        { "connect": "a" },
        { "on": "a", "send": "x", "expect": { "echo": true } }, { "wait": "1s" }, { "on": "a", "send": "y", "expect": { "echo": true } }
    ] }]
}"#;

/// Begins a slow run, and rests after what was told first.
async fn begin_and_rest(page: &Page, rest: Duration) {
    page.request(Request::Run(Box::new(run_request(SLOW))));
    page.pass(Duration::from_millis(1)).await;
    page.request(Request::Seen(rest));
}

#[test]
fn a_page_that_rests_hears_only_of_an_end() {
    with_page(|page| async move {
        begin_and_rest(&page, Duration::from_secs(60)).await;
        page.pass(Duration::from_millis(900)).await;
        assert_eq!(page.live_posts(), 1, "what happens waits for the end of the rest");
        page.pass(Duration::from_secs(2)).await;
        assert_eq!(page.live_posts(), 2, "the end does not");
    });
}

#[test]
fn after_its_rest_a_page_hears_what_happened_meanwhile() {
    with_page(|page| async move {
        begin_and_rest(&page, Duration::from_millis(300)).await;
        page.pass(Duration::from_millis(200)).await;
        assert_eq!(page.live_posts(), 1);
        page.pass(Duration::from_millis(200)).await;
        assert_eq!(page.live_posts(), 2);
    });
}

#[test]
fn two_tabs_keep_their_runs_beside_each_other() {
    let store = page::TestStore::default();
    let other = store.clone();
    page::with_store(store.clone(), |page: Page| async move {
        // Another tab, which has read the store before this one writes to it.
        let beside = page.beside(other).await;
        page.run(run_request(PASSING)).await;
        beside.run(run_request(FLAKY)).await;
    });
    page::with_store(store, |page: Page| async move {
        let suites: Vec<_> = page.restored().past.into_iter().map(|run| run.suite).collect();
        assert_eq!(suites, ["flaky", "passing"]);
    });
}
