//! The worker of the checks, in virtual time: what the page asks and what it hears.

mod early;
mod kept;
mod page;
mod planned;
mod titles;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use page::{FLAKY, PASSING, Page, with_page};
use sockscope::wire::bench;
use sockscope::wire::checks::{
    Answer, OwnSuite, Phase, Question, Request, RunEvent, RunRequest, Spot, SuiteRequest,
};
use sockscope::wire::decode;
use sockscope_engine::report::{EventFormat, Failure, Report, Verdict, read_json};
use sockscope_engine::run::{Progress, Shard};
use sockscope_engine::{HttpResponse, World};

/// The number of the run that was told of.
fn run_of(told: &[RunEvent]) -> u64 {
    let run = told.iter().find_map(|it| match it {
        RunEvent::Run { run, .. } => Some(*run),
        _ => None,
    });
    run.expect("a run has begun")
}

fn run_request(text: &str) -> RunRequest {
    let suite = SuiteRequest { id: "own-1".into(), text: text.into(), ..SuiteRequest::default() };
    RunRequest { suites: vec![suite], seed: Some(7), times: 1, ..RunRequest::default() }
}

#[test]
fn a_run_is_told_from_its_beginning_to_its_report() {
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
fn a_page_that_rests_is_told_nothing_but_an_end() {
    with_page(|page| async move {
        begin_and_rest(&page, Duration::from_secs(60)).await;
        page.pass(Duration::from_millis(900)).await;
        assert_eq!(page.live_posts(), 1, "what happens waits for the end of the rest");
        page.pass(Duration::from_secs(2)).await;
        assert_eq!(page.live_posts(), 2, "the end does not");
    });
}

#[test]
fn after_its_rest_a_page_is_told_what_happened_meanwhile() {
    with_page(|page| async move {
        begin_and_rest(&page, Duration::from_millis(300)).await;
        page.pass(Duration::from_millis(200)).await;
        assert_eq!(page.live_posts(), 1);
        page.pass(Duration::from_millis(200)).await;
        assert_eq!(page.live_posts(), 2);
    });
}

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
fn an_order_that_waits_begins_at_the_moment_at_which_the_one_before_ends() {
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

#[test]
fn the_frames_around_a_failure_are_found_and_can_go_to_the_bench() {
    with_page(|page| async move {
        let told = page.run(run_request(FLAKY)).await;
        let failed = told.iter().find_map(|it| match it {
            RunEvent::Progress(Progress::StepEnded { check, step, failure: Some(_), .. }) => {
                Some((*check, *step))
            }
            _ => None,
        });
        let (check, step) = failed.expect("the second step fails");
        let spot = Spot { run: run_of(&told), check, step };
        let Answer::Around { frames, dropped: 0 } = page.ask(Question::Around(spot)).await else {
            panic!("frames")
        };
        let said: Vec<_> = frames.iter().map(|it| (it.mark.as_str(), it.content.as_str())).collect();
        assert!(said.contains(&("↑", "hello")) && said.contains(&("↓", "hello")), "{said:?}");
        assert_eq!(frames.iter().filter(|it| it.is_last_before).count(), 1);

        let Answer::Frames(bytes) = page.ask(Question::Recording(spot)).await else { panic!("frames") };
        let Ok(bench::Request::Show(shown)) = decode::<bench::Request>(&bytes) else {
            panic!("a request for the bench")
        };
        assert_eq!(shown.names, ["a · flaky"]);
        assert!(shown.frames.iter().any(|frame| frame.bytes == b"hello"));
        assert!((shown.chosen as usize) < shown.frames.len());

        let nowhere = page.ask(Question::Around(Spot { run: 99, ..spot })).await;
        assert!(matches!(nowhere, Answer::Failed(words) if words.contains("no longer held")));
    });
}

#[test]
fn a_run_can_be_saved_in_every_form_and_its_messages_too() {
    with_page(|page| async move {
        let run = run_of(&page.run(run_request(FLAKY)).await);
        for (form, begin) in [("json", "{"), ("junit", "<?xml"), ("junit-strict", "<?xml"), ("html", "<!")] {
            let told = page.ask(Question::Write { run, form: form.into() }).await;
            let Answer::File { name, text, .. } = told else { panic!("{form}: {told:?}") };
            assert!(name.starts_with("flaky.") && text.starts_with(begin), "{form}: {name} {text:.40}");
        }
        for form in EventFormat::ALL {
            let told = page.ask(Question::Events { run, form }).await;
            assert!(
                matches!(&told, Answer::File { text, .. } if text.contains("hello")),
                "{form:?}: {told:?}"
            );
        }
    });
}

#[test]
fn own_suites_forms_and_runs_are_there_on_the_next_visit() {
    let store = page::TestStore::default();
    page::with_store(store.clone(), |page: Page| async move {
        let suite = OwnSuite { id: "own-1".into(), title: "mine".into(), text: PASSING.into() };
        let Answer::Library(cards) = page.ask(Question::Keep(suite)).await else { panic!("the library") };
        let card = cards.iter().find(|card| card.id == "own-1").expect("listed");
        assert_eq!((card.title.as_str(), card.checks, card.is_shipped), ("mine", 1, false));
        page.run(run_request(PASSING)).await;
    });
    page::with_store(store.clone(), |page: Page| async move {
        let restored = page.restored();
        assert!(restored.library.iter().any(|card| card.id == "own-1"));
        let [past] = &restored.past[..] else { panic!("one run: {:?}", restored.past) };
        let Answer::Report(report) = page.ask(Question::Past(past.id)).await else { panic!("its report") };
        assert_eq!(report.verdict, Verdict::Pass);
        let told = page.run(run_request(PASSING)).await;
        let newer = told.iter().find_map(|it| match it {
            RunEvent::Ended { past, .. } => past.as_ref().map(|past| past.id),
            _ => None,
        });
        assert!(newer > Some(past.id), "numbers go on");
        page.ask(Question::Forget("own-1".into())).await;
        page.ask(Question::ForgetPast(vec![past.id])).await;
    });
    page::with_store(store, |page: Page| async move {
        let restored = page.restored();
        assert!(restored.library.iter().all(|card| card.is_shipped));
        assert_eq!(restored.past.len(), 1);
    });
}

#[test]
fn the_newest_fifty_runs_are_kept_and_no_more() {
    let store = page::TestStore::default();
    let runs = Rc::new(RefCell::new(Vec::new()));
    let noted = runs.clone();
    page::with_store(store.clone(), |page: Page| async move {
        let told = page.run(RunRequest { times: 55, ..run_request(PASSING) }).await;
        let ended = told.iter().filter_map(|it| match it {
            RunEvent::Ended { run, .. } => Some(*run),
            _ => None,
        });
        noted.borrow_mut().extend(ended);
    });
    let kept = store.texts.borrow().keys().filter(|name| name.starts_with("run/")).count();
    assert_eq!(kept, 50);
    let name = |run: u64| format!("run/{run}");
    let runs = runs.take();
    assert!(!store.texts.borrow().contains_key(&name(runs[4])), "the oldest went");
    let newest = store.texts.borrow().get(&name(runs[54])).cloned().expect("the newest is there");
    assert!(read_json(&newest).is_ok());
}

#[test]
fn a_browser_that_keeps_nothing_runs_checks_all_the_same() {
    page::with_broken_store(|page: Page| async move {
        assert!(page.restored().trouble.is_some_and(|words| words.contains("full")));
        let told = page.run(run_request(PASSING)).await;
        assert!(told.iter().any(|it| matches!(it, RunEvent::Ended { past: None, .. })));
        let Answer::File { .. } = page.ask(Question::Write { run: run_of(&told), form: "json".into() }).await
        else {
            panic!("a report of this visit is at hand")
        };
    });
}

#[test]
fn what_an_environment_calls_secret_is_in_no_message_and_no_report() {
    with_page(|page| async move {
        let text = FLAKY.replace("\"hello\"", "\"hello {{env.TOKEN}}\"");
        let mut request = run_request(&text);
        request.env.insert("TOKEN".into(), "hunter2-secret".into());
        request.secrets = vec!["hunter2-secret".into()];
        let told = page.run(request).await;
        let all = format!("{told:?}");
        assert!(!all.contains("hunter2"), "it leaks: {all}");
        let Answer::File { text, .. } =
            page.ask(Question::Events { run: run_of(&told), form: EventFormat::Har }).await
        else {
            panic!("a file")
        };
        assert!(!text.contains("hunter2") && text.contains("***"), "{text}");
    });
}

/// A suite whose one check says what it is, as those of conformance do.
const CERTIFIED: &str = r#"{ "sockscope": 1, "suite": "conformance", "vars": { "ws_url": "ws://sim/echo" },
    "clients": { "a": { "url": "{{ws_url}}" } },
    "checks": [ { "check": "C2 close with 1000", "tags": ["C2", "close", "need-any", "must"],
      "steps": [ { "connect": "a" }, { "on": "a", "close": {} } ] } ] }"#;

#[test]
fn a_certificate_is_saved_of_a_run_of_this_visit_and_of_an_earlier_one() {
    let store = page::TestStore::default();
    page::with_store(store.clone(), |page: Page| async move {
        let run = run_of(&page.run(run_request(CERTIFIED)).await);
        for (form, file, part) in [
            ("certificate", "conformance.certificate.json", "\"word\": \"could-not-be-judged\""),
            ("certificate-table", "conformance.certificate.txt", "C2   close with 1000"),
            ("autobahn", "conformance.index.json", "\"remoteCloseCode\": 1000"),
        ] {
            let told = page.ask(Question::Write { run, form: form.into() }).await;
            let Answer::File { name, text, .. } = told else { panic!("{form}: {told:?}") };
            assert_eq!(name, file);
            assert!(text.contains(part), "{form}: {text}");
        }
        let other = run_of(&page.run(run_request(PASSING)).await);
        let told = page.ask(Question::Write { run: other, form: "certificate".into() }).await;
        assert!(matches!(&told, Answer::Failed(words) if words.contains("not conformance")), "{told:?}");
    });
    page::with_store(store, |page: Page| async move {
        let run = page.restored().past.iter().find(|run| run.suite == "conformance").map(|run| run.id);
        let run = run.expect("it was kept");
        let told = page.ask(Question::Write { run, form: "autobahn".into() }).await;
        assert!(matches!(&told, Answer::File { text, .. } if text.contains("ws://sim/echo")), "{told:?}");
    });
}

#[test]
fn a_failure_has_the_messages_around_it_in_the_report_and_the_recording_says_where_checks_begin() {
    with_page(|page| async move {
        let told = page.run(run_request(FLAKY)).await;
        let around = told.iter().find_map(|it| match it {
            RunEvent::Ended { report, .. } => Some(report.checks[0].steps[1].around.clone()),
            _ => None,
        });
        let around = around.expect("a report");
        let events: Vec<_> =
            around.iter().map(|it| (it.event.as_str(), it.message.as_str(), it.after)).collect();
        assert_eq!(events[2..4], [("sent", "hello", false), ("received", "hello", false)], "{events:?}");
        assert!(events.contains(&("closing", "1000", true)), "{events:?}");
        let run = run_of(&told);
        let Answer::File { text, .. } =
            page.ask(Question::Events { run, form: EventFormat::JsonLines }).await
        else {
            panic!("a file")
        };
        let first = text.lines().next().expect("a line");
        assert!(
            first.starts_with("{\"event\":\"check\"") && first.contains("\"check\":\"another word\""),
            "{first}"
        );
    });
}

#[test]
fn what_run_would_test_is_known_before_it_runs_and_told_with_every_run() {
    with_page(|page| async move {
        let mut asked = run_request(
            r#"{ "sockscope": 1, "suite": "targets", "vars": { "ws_url": "{{env.WS_URL ?? ws://elsewhere/echo}}" },
                 "clients": { "a": { "url": "{{ws_url}}?token=x" } },
                 "checks": [ { "check": "an echo {{n}}", "each": { "n": [1, 2, 3] }, "steps": [ { "connect": "a" } ] } ] }"#,
        );
        asked.env.insert("WS_URL".to_owned(), "ws://sim/echo".to_owned());
        asked.suites[0]
            .told_by
            .insert("env.WS_URL".to_owned(), "the practice server of this page".to_owned());
        let Answer::Planned { targets, checks, .. } = page.ask(Question::Plan(Box::new(asked.clone()))).await
        else {
            panic!("a plan")
        };
        assert_eq!(checks, 3, "a check for each row");
        assert_eq!(targets[0].url, "ws://sim/echo");
        assert_eq!(targets[0].from, "the practice server of this page");
        let told = page.run(asked).await;
        let begun = told.iter().any(
            |it| matches!(it, RunEvent::Progress(Progress::RunStarted { targets: told, .. }) if *told == targets),
        );
        assert!(begun, "{told:?}");
        let ended = told.iter().find_map(|it| match it {
            RunEvent::Ended { report, past: Some(past), .. } => {
                Some((report.targets.clone(), past.target.clone()))
            }
            _ => None,
        });
        assert_eq!(ended, Some((targets, "ws://sim/echo (the practice server of this page)".to_owned())));
        let missing = run_request(
            r#"{ "sockscope": 1, "suite": "m", "vars": { "u": "{{env.NOWHERE}}" }, "clients": { "a": { "url": "{{u}}" } },
            "checks": [ { "check": "c", "steps": [ { "connect": "a" } ] } ] }"#,
        );
        let Answer::Failed(words) = page.ask(Question::Plan(Box::new(missing))).await else {
            panic!("a value is missing")
        };
        assert!(words.contains("NOWHERE"), "{words}");
    });
}

/// A suite whose handshake fails in two checks, at the same address.
const REFUSED: &str = r#"{ "sockscope": 1, "suite": "refused", "clients": { "a": { "url": "ws://sim/nowhere" } },
  "checks": [ { "check": "one", "steps": [ { "connect": "a" } ] }, { "check": "two", "steps": [ { "connect": "a" } ] } ] }"#;

const NOT_FOUND: &str = r#"{"outcome":"answered","url":"ws://sim/nowhere","address":"127.0.0.1:7411","took_ms":3,
    "bound_s":5,"status":404,"reason":"Not Found","headers":[],"body":"no such route","body_is_cut":false,"detail":""}"#;

/// Runs it where the server of the page is called this; what it was asked, and the failures of the two checks.
async fn refused_beside(page: &Page, name: &'static str) -> (Vec<String>, Vec<Failure>) {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let log = asked.clone();
    page.sim.answer("/api/", move |request| {
        log.borrow_mut().push(format!("{} {}", request.method, request.url));
        let body = if request.url == "/api/health" {
            format!(r#"{{"name":"{name}"}}"#)
        } else {
            NOT_FOUND.to_owned()
        };
        (Duration::from_millis(5), Ok(HttpResponse { status: 200, headers: Vec::new(), body }))
    });
    let told = page.run(run_request(REFUSED)).await;
    let report = told.iter().find_map(|it| match it {
        RunEvent::Ended { report, .. } => Some(report.clone()),
        _ => None,
    });
    let checks = report.expect("a report").checks;
    let failures = checks.into_iter().map(|check| check.steps[0].failure.clone().expect("refused"));
    let asked = asked.borrow().clone();
    (asked, failures.collect())
}

#[test]
fn a_refused_handshake_of_a_check_begins_with_what_the_server_answered() {
    with_page(|page| async move {
        let (asked, failures) = refused_beside(&page, "sockscope").await;
        assert_eq!(asked, ["GET /api/health", "POST /api/probe"], "once for each address");
        for failure in failures {
            assert!(
                failure
                    .message
                    .starts_with("The server answered 404 Not Found: no such route. The handshake with "),
                "{}",
                failure.message
            );
            let ids: Vec<_> = failure.causes.iter().map(|cause| &*cause.id).collect();
            assert_eq!(ids, ["refused"], "no guess stands beside the fact");
        }
    });
}

#[test]
fn without_a_companion_a_refused_handshake_of_a_check_is_told_no_address_and_no_fact() {
    with_page(|page| async move {
        let (asked, failures) = refused_beside(&page, "another").await;
        assert_eq!(asked, ["GET /api/health"]);
        assert!(
            failures[0].message.ends_with(", and the browser does not say why"),
            "{}",
            failures[0].message
        );
    });
}
