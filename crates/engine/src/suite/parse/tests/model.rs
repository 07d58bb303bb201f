//! What a good suite becomes.

use super::*;
use crate::suite::{Field, Position, Step, Target, Verb};

const ROOMS: &str = include_str!("../../../../../../tests/golden/suite-valid/rooms.json");

fn suite(text: &str) -> Suite {
    Suite::parse_with(text, &photo()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Every step with its path, in the order of the text.
fn paths(steps: &[Step]) -> Vec<String> {
    let mut paths = Vec::new();
    for step in steps {
        paths.push(step.path.clone());
        match &step.verb {
            Verb::Repeat(repeat) => paths.extend(self::paths(&repeat.steps)),
            Verb::Use(used) => paths.extend(self::paths(&used.steps)),
            Verb::Measure(_, steps) => paths.extend(self::paths(steps)),
            Verb::All(branches) => branches.iter().for_each(|steps| paths.extend(self::paths(steps))),
            _ => {}
        }
    }
    paths
}

#[test]
fn ok_the_example_of_the_contract() {
    let suite = suite(ROOMS);
    let titles: Vec<_> = suite.checks[0].steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "everyone connects",
            "alice and bob send {\"type\":\"join\",\"room\":\"{{room}}\"} and expect JSON containing {\"type\":\"joined\"}",
            "alice sends {\"type\":\"say\",\"room\":\"{{room}}\",\"text\":\"hi\"}",
            "2 branches at once",
            "everyone closes with 1000 and expects the connection to end cleanly",
        ],
    );
    assert_eq!(suite.checks[0].steps[0].position, Position { line: 8, column: 7 });
    assert_eq!(suite.checks[0].clients.len(), 3);
}

#[test]
fn ok_every_step_knows_its_path() {
    let suite = suite(
        r#"{ "sockscope": 1, "suite": "x", "clients": { "a": { "url": "ws://x" } },
            "setup": [{ "connect": "a" }], "teardown": [{ "wait": "1s" }, { "wait": "1s" }],
            "checks": [{ "check": "c", "steps": [
                { "all": [{ "wait": "1s" }, [{ "wait": "1s" }, { "measure": "m", "steps": [{ "wait": "1s" }] }]] },
                { "repeat": { "times": 2 }, "steps": [{ "wait": "1s" }] },
                { "repeat": { "times": 2 }, "send": 1, "expect": { "any": true } },
                { "repeat": { "times": 2 }, "expect": { "any": true } } ] }] }"#,
    );
    assert_eq!(paths(&suite.setup), ["setup[0]"]);
    assert_eq!(paths(&suite.teardown), ["teardown[0]", "teardown[1]"]);
    assert_eq!(
        paths(&suite.checks[0].steps),
        [
            "steps[0]",
            "steps[0].all[0]",
            "steps[0].all[1][0]",
            "steps[0].all[1][1]",
            "steps[0].all[1][1].steps[0]",
            "steps[1]",
            "steps[1].steps[0]",
            "steps[2]",
            "steps[2].send",
            "steps[3]",
            "steps[3].expect",
        ],
    );
}

#[test]
fn ok_defaults_are_those_of_the_reference() {
    let suite = suite(
        r#"{ "sockscope": 1, "suite": "x", "checks": [{ "check": "c", "steps": [{ "wait": "1s" }] }] }"#,
    );
    let millis = |field: &Field<std::time::Duration>| field.fixed().map(std::time::Duration::as_millis);
    assert_eq!(millis(&suite.defaults.within), Some(2000));
    assert!(suite.defaults.connect_gap.is_none(), "the world decides: 20 ms in a browser");
    assert_eq!(millis(&suite.defaults.close_within), Some(2000));
}

#[test]
fn ok_a_check_overrides_the_keys_that_it_names() {
    let suite = suite(
        r#"{ "sockscope": 1, "suite": "x",
            "clients": { "a": { "url": "ws://a", "protocols": ["p"] }, "b": { "url": "ws://b", "count": 2 } },
            "checks": [{ "check": "c", "clients": { "b": { "url": "ws://other" }, "c": { "url": "ws://c" } },
                "steps": [{ "connect": ["b[1]", "c"] }] }] }"#,
    );
    let check = &suite.checks[0];
    let clients: Vec<_> =
        check.clients.iter().map(|c| (c.name.as_str(), c.url.fixed().unwrap().as_str())).collect();
    assert_eq!(clients, [("a", "ws://a"), ("b", "ws://other"), ("c", "ws://c")]);
    assert_eq!(check.clients[1].count.as_ref().and_then(Field::fixed), Some(&2));
    let on: Vec<_> = check.steps[0].on.iter().flatten().filter_map(Field::fixed).cloned().collect();
    assert_eq!(on, [Target::Member("b".into(), 1), Target::Client("c".into())]);
}

#[test]
fn ok_comments_trailing_commas_and_a_byte_order_mark() {
    let text = "\u{feff}// A suite.\n{ \"sockscope\": 1, /* one */ \"suite\": \"x\",\n\"checks\": [ { \"check\": \"c\", \"steps\": [ { \"wait\": \"1s\", }, ], }, ], } // end";
    assert_eq!(suite(text).checks.len(), 1);
}

#[test]
fn ok_numbers_are_not_rounded() {
    let suite = suite(&around(r#"{"on": "alice", "send": {"n": 10000000000000001, "x": 1.50}}"#));
    assert_eq!(suite.checks[0].steps[0].title, r#"alice sends {"n":10000000000000001,"x":1.50}"#);
}

#[test]
fn ok_each_has_its_names() {
    let text = r#"{"sockscope": 1, "suite": "x", "checks": [{"check": "c {{n}}", "each": {"n": [1, 2], "m": ["a"]}, "steps": [{"wait": "{{n}}s"}]}]}"#;
    assert_eq!(suite(text).checks[0].each.as_ref().unwrap().names, ["n", "m"]);
}

#[test]
fn ok_every_suite_that_is_kept_as_good() {
    for name in ["rooms", "everything"] {
        let path = format!("{}/../../tests/golden/suite-valid/{name}.json", env!("CARGO_MANIFEST_DIR"));
        suite(&std::fs::read_to_string(path).unwrap());
    }
}
