//! Which members and checks each shard has, and that members of all shards meet.

use super::*;

#[test]
fn a_member_that_fails_is_named_with_its_shard() {
    let steps = json!([
        {"connect": "crowd"},
        {"on": "crowd", "send": {"n": "{{index}}"}, "expect": {"subset": {"n": {"$ne": 5}}, "within": "100ms"}},
        {"on": "crowd", "close": {}}
    ]);
    let report = merged(shards_of(&crowd(9, "/ws/echo", &steps), 3));
    let check = &report.checks[0];
    assert_eq!((report.verdict, check.verdict, report.totals.failed), (Verdict::Fail, Verdict::Fail, 1));
    let failed = step(check, "steps[1]");
    let failure = failed.failure.as_ref().expect("it failed");
    assert!(failure.message.starts_with("shard 2: "), "{}", failure.message);
    assert_eq!((failure.client.as_deref(), failed.failed_runs, failed.runs), (Some("crowd[5]"), 1, 3));
    let closes = step(check, "steps[2]");
    assert_eq!((closes.verdict, closes.runs), (Verdict::Pass, 2), "it ran in the other two");
    let verdicts: Vec<_> = report.shards.iter().map(|shard| (shard.index, shard.verdict)).collect();
    assert_eq!(verdicts, [(0, Verdict::Pass), (1, Verdict::Pass), (2, Verdict::Fail)]);
}

#[test]
fn whether_definitions_within_definitions_name_a_group_is_found_in_one_walk() {
    let mut define = json!({"d0": {"steps": [{"on": "a", "send": "x", "expect": {"echo": true}}]}});
    for level in 1..50 {
        define[format!("d{level}")] = json!({"steps": [{"use": format!("d{}", level - 1), "on": "a"}]});
    }
    let suite = json!({
        "sockscope": 1, "suite": "deep", "define": define,
        "clients": {"a": {"url": "ws://sim/ws/echo"}, "crowd": {"url": "ws://sim/ws/echo", "count": 4}},
        "checks": [{"check": "c", "steps": [{"connect": "a"}, {"use": "d49", "on": "a"}]}]
    });
    let report = merged(shards_of(&suite, 2));
    assert_eq!(
        (report.verdict, report.totals.sent),
        (Verdict::Pass, 1),
        "it names no group, so it runs once"
    );
}

/// In every shard of three the steps end without a mistake, and as they do in a run of its own.
#[track_caller]
fn check_slices(count: u64, steps: &Value, verdict: Verdict) {
    for of in 1..=3 {
        let report = merged(shards_of(&crowd(count, "/ws/echo", steps), of));
        let failures: Vec<_> =
            report.checks[0].steps.iter().filter_map(|step| step.failure.as_ref()).collect();
        assert_eq!(report.verdict, verdict, "{of} shards: {failures:#?}");
    }
}

#[test]
fn a_slice_without_members_is_not_a_mistake() {
    let pass = Verdict::Pass;
    let silence = json!({"for": "50ms"});
    check_slices(1, &echoes(), pass);
    check_slices(1, &json!([{"connect": "*"}, {"on": "*", "send": "x", "expect": {"echo": true}}]), pass);
    check_slices(4, &json!([{"connect": "crowd[3]"}, {"on": "crowd[3]", "silence": silence}]), pass);
    check_slices(4, &json!([{"connect": "crowd[3]"}, {"on": "crowd", "silence": silence}]), pass);
    check_slices(
        4,
        &json!([{"connect": "crowd[3]"}, {"on": "*", "silence": silence}, {"reconnect": "crowd[3]"}]),
        pass,
    );
    check_slices(8, &json!([{"connect": "crowd", "count": 1}, {"on": "crowd", "close": {}}]), pass);
    check_slices(
        1,
        &json!([{"set": {"all": 4, "one": 2}}, {"connect": "crowd", "count": "{{all}}"},
                {"on": ["crowd[{{one}}]", "crowd[0]"], "close": {}}]),
        pass,
    );
    check_slices(
        1,
        &json!([{"connect": "crowd"}, {"on": "crowd", "mark": "m", "send": "x"},
                            {"on": "crowd", "expect": {"text": "x", "since": "m"}}]),
        pass,
    );
    check_slices(
        1,
        &json!([{"connect": "crowd"}, {"on": "crowd", "measure": "m", "steps": [{"send": "x"}]},
                            {"on": "crowd", "repeat": {"times": 3}, "send": "x", "expect": {"echo": true}}]),
        pass,
    );
}

#[test]
fn the_members_that_use_a_definition_are_dealt_among_the_shards() {
    let steps = json!([{"use": "ask", "on": "crowd", "n": "{{index}}"}]);
    let define = json!({"ask": {"with": ["n"], "steps": [
        {"connect": "{{client}}"},
        {"send": {"n": "{{n}}"}, "expect": {"echo": true}}
    ]}});
    let suite = with(crowd(7, "/ws/echo", &steps), "define", define);
    for of in 1..=3 {
        let report = merged(shards_of(&suite, of));
        let check = &report.checks[0];
        assert_eq!(report.verdict, Verdict::Pass, "{:?}", check.reasons);
        let asked = step(check, "steps[0].use[1]");
        assert_eq!((asked.runs, asked.used_at.len()), (7, 1), "{of} shards");
    }
}

#[test]
fn a_use_that_connects_members_of_another_shard_is_no_mistake_here() {
    let define = json!({
        "enter": {"with": ["word"], "steps": [{"connect": "{{client}}"}, {"send": "{{word}}", "expect": {"echo": true}}]},
        "again": {"steps": [{"measure": "m", "steps": [{"use": "enter", "word": "{{client}}"}]}]},
        "third": {"steps": [{"connect": "crowd[3]"}]},
        "none": {"steps": [{"wait": "1ms"}]},
    });
    let silence = json!({"on": "crowd", "silence": {"for": "50ms"}});
    for (used, verdict) in [
        (json!({"use": "enter", "on": "crowd[3]", "word": "x"}), Verdict::Pass),
        (json!({"use": "again", "on": "crowd[3]"}), Verdict::Pass),
        (json!({"use": "third", "on": "crowd[3]"}), Verdict::Pass),
        (json!({"use": "third"}), Verdict::Pass),
        (json!({"use": "none", "on": "crowd[3]"}), Verdict::Error),
    ] {
        for of in 1..=3 {
            let mut suite = with(crowd(4, "/ws/echo", &json!([used, silence])), "define", define.clone());
            let all = suite["define"].as_object_mut().expect("definitions");
            all.retain(|name, _| used["use"] == *name || used["use"] == "again" && name == "enter");
            let report = merged(shards_of(&suite, of));
            let failures: Vec<_> =
                report.checks[0].steps.iter().filter_map(|step| step.failure.as_ref()).collect();
            assert_eq!(report.verdict, verdict, "{used}, {of} shards: {failures:#?}");
        }
    }
}

#[test]
fn a_mistake_is_one_in_every_shard() {
    let error = Verdict::Error;
    check_slices(4, &json!([{"on": "crowd", "send": "x"}]), error);
    check_slices(4, &json!([{"set": {"one": 4}}, {"connect": "crowd[{{one}}]"}]), error);
    check_slices(4, &json!([{"connect": "crowd"}, {"connect": "crowd"}]), error);
}

#[test]
fn indices_are_those_of_the_group_and_only_values_of_the_suite_are_shared() {
    let sim = Sim::with_seed(1);
    let heard: Rc<RefCell<Vec<String>>> = Rc::default();
    let ear = heard.clone();
    sim.serve("ws://sim/", move || Echo { heard: ear.clone(), ..Echo::default() });
    let said = "{{client}} {{index}} {{room}} {{uuid}}";
    let steps = json!([{"connect": "crowd"}, {"on": "crowd", "send": said}]);
    let suite = with(crowd(7, "/", &steps), "vars", json!({"room": "r-{{uuid}}"}));
    let shards = all_of(&sim, &suite, 3, |_, _| {});
    assert!(shards.iter().all(|shard| shard.vars == shards[0].vars && shard.seed == SEED));
    let heard = heard.borrow();
    let mut words: Vec<Vec<&str>> = heard.iter().map(|text| text.split(' ').collect()).collect();
    words.sort();
    let expected: Vec<_> = (0..7).map(|i| (format!("crowd[{i}]"), i.to_string())).collect();
    assert_eq!(words.iter().map(|it| (it[0].to_owned(), it[1].to_owned())).collect::<Vec<_>>(), expected);
    assert!(words.iter().all(|it| it[2] == words[0][2]), "one room: {words:?}");
    let mut uuids: Vec<_> = words.iter().map(|it| it[3]).collect();
    uuids.sort_unstable();
    uuids.dedup();
    assert_eq!(uuids.len(), 7, "{words:?}");
}

#[test]
fn members_of_all_shards_meet_in_one_room() {
    let steps = json!([
        {"connect": "crowd"},
        {"on": "crowd", "send": {"type": "join", "room": "{{room}}"}, "expect": {"subset": {"type": "joined"}}},
        {"mark": "said", "wait": "1s"},
        {"on": "crowd", "send": {"type": "say", "room": "{{room}}", "text": "{{index}}"}},
        {"on": "crowd", "expect": {"subset": {"type": "said"}, "times": 5, "since": "said", "metric": "fanout"}}
    ]);
    let suite = with(crowd(5, "/ws/rooms?user={{client}}", &steps), "vars", json!({"room": "r-{{uuid}}"}));
    let report = merged(shards_of(&suite, 3));
    assert_eq!((report.verdict, report.metrics["fanout"].count), (Verdict::Pass, 25), "{:#?}", report.checks);
}

#[test]
fn a_check_without_a_group_runs_in_the_first_shard_alone() {
    let suite = json!({
        "sockscope": 1, "suite": "mixed", "vars": {"who": "crowd", "name": "same name"},
        "clients": {"a": {"url": "ws://sim/ws/echo"}, "crowd": {"url": "ws://sim/ws/echo", "count": 3}},
        "checks": [
            {"check": "same name", "steps": [{"connect": "a"}, {"send": "x", "on": "a"}]},
            {"check": "{{name}}", "steps": [{"connect": "crowd[1]"}]},
            {"check": "{{to}}", "each": {"to": ["a", "crowd"]}, "steps": [{"connect": "{{to}}"}]},
            {"check": "everybody", "steps": [{"connect": "*"}]},
            {"check": "within", "steps": [{"all": [[{"connect": "{{who}}"}], [{"wait": "1ms"}]]}]}
        ]
    });
    let shards = shards_of(&suite, 2);
    let names = |report: &Report| report.checks.iter().map(|check| check.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&shards[0]), ["same name", "same name", "a", "crowd", "everybody", "within"]);
    assert_eq!(names(&shards[1]), ["same name", "crowd", "everybody", "within"]);
    let opened =
        |report: &Report| report.checks.iter().map(|check| check.metrics["opened"].count).collect::<Vec<_>>();
    let report = merged(shards);
    assert_eq!((names(&report).len(), opened(&report)), (6, vec![1, 1, 1, 3, 5, 3]), "a is in both");
    assert_eq!((report.verdict, report.totals.checks), (Verdict::Pass, 6));
}

#[test]
fn each_member_of_a_group_has_a_stream_of_its_own_in_its_shard() {
    let framed = |sends: &str| {
        let steps = json!([
            {"connect": "crowd"},
            {"on": "crowd", "send": "one"},
            {"on": "crowd", "send": sends, "expect": {"text": "one{{index}}"}},
        ]);
        let mut suite = crowd(5, "/ws/echo", &steps);
        suite["clients"]["crowd"]["framing"] = json!({"delimiter": "\n", "max": 8});
        merged(shards_of(&suite, 2))
    };
    let whole = framed("{{index}}\n");
    assert_eq!((whole.verdict, whole.checks[0].metrics["matched"].count), (Verdict::Pass, 5));
    let line = step(&whole.checks[0], "clients.crowd.framing");
    assert_eq!((line.verdict, line.title.as_str()), (Verdict::Pass, "crowd: whole frames"));
    let broken = framed("{{index}}\nlonger than max");
    let line = step(&broken.checks[0], "clients.crowd.framing");
    assert_eq!((broken.verdict, line.verdict), (Verdict::Fail, Verdict::Fail));
    assert!(line.failure.as_ref().is_some_and(|failure| failure.client.as_deref() == Some("crowd[0]")));
}

#[test]
fn a_shard_with_nothing_to_run_merges() {
    let steps = json!([{"connect": "a"}, {"on": "a", "send": "x", "expect": {"echo": true}}]);
    let shards = shards_of(&support::simulated::suite("/ws/echo", &steps), 2);
    assert_eq!((shards[1].verdict, shards[1].checks.len()), (Verdict::Pass, 0));
    let report = merged(shards);
    assert_eq!((report.verdict, report.totals.checks, report.totals.sent), (Verdict::Pass, 1, 1));
    assert_eq!(report.shards[1].opened, 0);
}

#[test]
fn a_name_that_no_check_has_is_refused_in_every_shard() {
    let suite = Suite::parse(&crowd(3, "/ws/echo", &echoes()).to_string()).expect("a suite");
    let suite = Rc::new(suite);
    for index in 0..2 {
        let options = Options { names: vec!["none".into()], shard: shard(index, 2), ..Options::default() };
        let Err(errors) = Plan::new(suite.clone(), options, BEGAN) else { panic!("refused") };
        assert!(errors[0].to_string().contains("nothing to run"), "{errors:?}");
    }
}
