//! When a run begins and how it is stopped, replaced, refused and split.

use super::*;

#[test]
fn a_suite_that_cannot_be_read_is_refused_with_its_places() {
    with_page(|page| async move {
        let told = page.run(run_request("{ \"sockscope\": 1 }")).await;
        let refused = told.iter().find_map(|it| match it {
            RunEvent::Refused { mistakes, .. } => Some(mistakes.clone()),
            _ => None,
        });
        let mistakes = refused.expect("refused");
        assert!(mistakes.iter().all(|it| it.line == 1) && !mistakes.is_empty(), "{mistakes:?}");
        assert!(matches!(told.last(), Some(RunEvent::Over)), "the request ends all the same");
    });
}

#[test]
fn a_wrong_value_is_refused_before_anything_is_opened() {
    with_page(|page| async move {
        let mut request = run_request(PASSING);
        request.suites[0].overrides = vec![("nothing".into(), "x".into())];
        let told = page.run(request).await;
        assert!(told.iter().any(|it| matches!(it, RunEvent::Refused { reasons, .. } if !reasons.is_empty())));
        assert_eq!(page.sim.open_connections(), 0);
    });
}

#[test]
fn several_rounds_have_different_seeds_unless_one_is_given() {
    with_page(|page| async move {
        let seeds = |told: &[RunEvent]| -> Vec<u64> {
            let seed = |it: &RunEvent| match it {
                RunEvent::Ended { report, .. } => Some(report.seed),
                _ => None,
            };
            told.iter().filter_map(seed).collect()
        };
        let told = page.run(RunRequest { times: 3, ..run_request(PASSING) }).await;
        assert_eq!(seeds(&told), [7, 7, 7]);
        let told = page.run(RunRequest { times: 3, seed: None, ..run_request(PASSING) }).await;
        let mut drawn = seeds(&told);
        drawn.dedup();
        assert_eq!(drawn.len(), 3);
    });
}

#[test]
fn a_stop_ends_the_whole_order_with_a_report() {
    with_page(|page| async move {
        page.request(Request::Run(Box::new(RunRequest { times: 5, ..run_request(FLAKY) })));
        page.pass(Duration::from_millis(300)).await;
        page.request(Request::Stop);
        let told = page.until_over().await;
        let ended: Vec<_> = told.iter().filter(|it| matches!(it, RunEvent::Ended { .. })).collect();
        let [RunEvent::Ended { report, .. }] = ended[..] else { panic!("one report: {ended:?}") };
        assert_eq!(report.verdict, Verdict::Inconclusive);
        assert_eq!(page.sim.open_connections(), 0);
    });
}

#[test]
fn an_order_that_replaces_another_begins_when_that_has_ended() {
    with_page(|page| async move {
        page.request(Request::Run(Box::new(RunRequest { number: 1, ..run_request(FLAKY) })));
        page.pass(Duration::from_millis(300)).await;
        page.request(Request::Run(Box::new(RunRequest { number: 2, ..run_request(PASSING) })));
        page.request(Request::Run(Box::new(RunRequest { number: 3, ..run_request(PASSING) })));
        let told = page.until_over().await;
        let turns: Vec<_> = told
            .iter()
            .filter_map(|it| match it {
                RunEvent::Begun { request, .. } => Some(format!("request {request}")),
                RunEvent::Ended { report, .. } => Some(format!("{:?}", report.verdict)),
                _ => None,
            })
            .collect();
        assert_eq!(turns, ["request 1", "Inconclusive", "request 3", "Pass"]);
    });
}

#[test]
fn a_stop_also_ends_an_order_that_still_waits() {
    with_page(|page| async move {
        page.request(Request::Run(Box::new(RunRequest { number: 1, ..run_request(FLAKY) })));
        page.pass(Duration::from_millis(300)).await;
        page.request(Request::Run(Box::new(RunRequest { number: 2, ..run_request(PASSING) })));
        page.request(Request::Stop);
        let told = page.until_over().await;
        assert!(
            told.iter()
                .any(|it| matches!(it, RunEvent::Refused { reasons, .. } if reasons[0].contains("stopped")))
        );
        let ended = told.iter().filter(|it| matches!(it, RunEvent::Ended { .. })).count();
        assert_eq!((ended, page.sim.open_connections()), (1, 0), "the second one never began");
    });
}

/// The moment at which each run of a request began, or why there was none.
fn begun(told: &[RunEvent]) -> Vec<String> {
    let begun = told.iter().filter_map(|it| match it {
        RunEvent::Ended { report, .. } => Some(report.started.clone()),
        RunEvent::Refused { reasons, .. } => Some(reasons.join("; ")),
        _ => None,
    });
    begun.collect()
}

#[test]
fn an_order_begins_at_its_moment() {
    with_page(|page| async move {
        let told = page.run(RunRequest { start_at: Some(2345), ..run_request(PASSING) }).await;
        assert_eq!(begun(&told), ["1970-01-01T00:00:02.345Z"]);
        let told = page.run(RunRequest { start_at: Some(1000), times: 2, ..run_request(PASSING) }).await;
        assert!(begun(&told).iter().all(|at| at.starts_with("1970-01-01T00:00:02.")), "it had passed");
        let told = page.run(RunRequest { start_at: Some(99_000), ..run_request(PASSING) }).await;
        let words = begun(&told).concat();
        assert!(
            words.starts_with("start_at is 9") && words.contains("ahead; the limit is 1\u{2009}min"),
            "{words}"
        );
    });
}

#[test]
fn an_order_that_waits_for_its_moment_can_be_stopped_and_replaced() {
    with_page(|page| async move {
        let waiting = |number| RunRequest { number, start_at: Some(50_000), ..run_request(PASSING) };
        page.request(Request::Run(Box::new(waiting(1))));
        page.pass(Duration::from_secs(1)).await;
        page.request(Request::Stop);
        assert_eq!(begun(&page.until_over().await), ["stopped before it began"]);
        page.request(Request::Run(Box::new(waiting(2))));
        page.pass(Duration::from_secs(1)).await;
        page.request(Request::Run(Box::new(RunRequest { number: 3, ..run_request(PASSING) })));
        let told = page.until_over().await;
        let numbers: Vec<_> = told
            .iter()
            .filter_map(|it| match it {
                RunEvent::Begun { request, .. } => Some(*request),
                _ => None,
            })
            .collect();
        assert_eq!((numbers, begun(&told).len()), (vec![3], 1));
        assert!(page.sim.now().as_nanos() < 10_000_000_000, "the moment was not waited for");
    });
}

#[test]
fn a_shard_runs_its_members_and_plans_by_the_common_moment() {
    with_page(|page| async move {
        let suite = r#"{ "sockscope": 1, "suite": "crowd", "vars": { "room": "r-{{now}}" },
            "clients": { "crowd": { "url": "ws://sim/echo", "count": 5 } },
            "checks": [ { "check": "all", "steps": [ { "connect": "crowd" } ], "thresholds": { "opened": "== 5" } } ] }"#;
        let shard = Shard::new(1, 2).expect("below");
        let told = page.run(RunRequest { shard, start_at: Some(2000), ..run_request(suite) }).await;
        let report = told.iter().find_map(|it| match it {
            RunEvent::Ended { report, .. } => Some(report),
            _ => None,
        });
        let report = report.expect("it ran");
        assert_eq!((report.verdict, report.metrics["opened"].count), (Verdict::Pass, 2));
        assert_eq!(report.checks[0].steps[0].on, ["crowd[1]", "crowd[3]"]);
        assert_eq!(report.checks[0].thresholds[0].verdict, Verdict::Skipped);
        assert_eq!(report.vars["room"], "r-2000");
    });
}

#[test]
fn a_request_that_waits_begins_at_the_moment_at_which_the_one_before_ends() {
    with_page(|page| async move {
        page.request(Request::Run(Box::new(run_request(FLAKY))));
        page.pass(Duration::from_millis(303)).await;
        page.request(Request::Run(Box::new(run_request(PASSING))));
        let told = page.until_over().await;
        let reports: Vec<_> = told
            .iter()
            .filter_map(|it| match it {
                RunEvent::Ended { report, .. } => Some(report),
                _ => None,
            })
            .collect();
        let [first, second] = reports[..] else { panic!("two reports: {}", reports.len()) };
        // Within the first minute of 1970.
        let began = |report: &Report| report.started[17..23].parse::<f64>().expect("seconds") * 1e3;
        assert_eq!(began(second), (began(first) + first.duration_ms.0).floor());
    });
}
