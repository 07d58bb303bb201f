//! What a browser keeps of suites and runs, and what can be saved of them.

use super::*;
use sockscope_engine::report::{Millis, NearMiss};

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

        // A message is found by its content, also where the clocks of run and recording began apart.
        let named = |client: &str, message: &str| NearMiss {
            client: client.into(),
            at_ms: Millis(40.0),
            message: message.into(),
            taken: false,
            answered: false,
        };
        let lanes = Question::Lanes(spot, vec![named("a", "hel…"), named("b", "hello")]);
        let Answer::Frames(bytes) = page.ask(lanes).await else { panic!("frames") };
        let Ok(bench::Request::Show(shown)) = decode::<bench::Request>(&bytes) else {
            panic!("a request for the bench")
        };
        let came = shown.frames.iter().position(|it| it.kind.is_received() && it.bytes == b"hello");
        assert_eq!((shown.in_lanes, shown.wrong), (true, vec![came.expect("an echo") as u32]));
        assert_eq!(Some(shown.chosen as usize), came);

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
        let suite = OwnSuite {
            id: "own-1".into(),
            title: "mine".into(),
            text: PASSING.into(),
            ..OwnSuite::default()
        };
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
fn a_report_that_was_written_elsewhere_is_an_earlier_run_and_what_is_none_is_refused() {
    let store = page::TestStore::default();
    page::with_store(store.clone(), |page: Page| async move {
        let mut written = serde_json::json!({});
        for event in page.run(run_request(PASSING)).await {
            if let RunEvent::Ended { report, .. } = event {
                written = serde_json::to_value(&*report).expect("a report is JSON");
            }
        }
        written["suite"] = "elsewhere".into();
        written["environment"]["generator"] = serde_json::json!({ "busy_peak": 0.9, "busy_mean": 0.5 });
        written["capacity"] = serde_json::json!({ "variable": "clients", "from": 1, "to": 9, "held": 4, "verdict": "pass",
            "sentence": "4 held", "trials": [] });
        let Answer::Taken { run, past, report } = page.ask(Question::TakeReport(written.to_string())).await
        else {
            panic!("it is taken")
        };
        assert_eq!(report.capacity.as_ref().and_then(|it| it.held), Some(4));
        assert_eq!(report.environment.generator.map(|it| it.busy_peak), Some(0.9));
        assert_eq!((past[0].id, past[0].suite.as_str(), past.len()), (run, "elsewhere", 2));
        for (text, words) in [("{ \"sockscope\": \"9\", \"format\": 99 }", "99"), ("[]", "cannot be read")] {
            let told = page.ask(Question::TakeReport(text.into())).await;
            assert!(matches!(&told, Answer::Failed(said) if said.contains(words)), "{told:?}");
        }
    });
    page::with_store(store, |page: Page| async move {
        let [newest, _] = &page.restored().past[..] else { panic!("two runs") };
        let Answer::Report(report) = page.ask(Question::Past(newest.id)).await else { panic!("its report") };
        assert!(report.capacity.is_some());
    });
}
