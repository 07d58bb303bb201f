//! Definitions and the steps that use them.

use super::*;
use crate::suite::{Step, Verb};

/// A suite with these definitions in the second line and this step in the third.
fn suite(define: &str, step: &str) -> String {
    format!(
        r#"{{"sockscope": 1, "suite": "x", "vars": {{"hall": "h", "t": "5 sec"}}, "clients": {{"alice": {{"url": "ws://x"}}, "bob": {{"url": "ws://x"}}}}, "define":
{define}, "checks": [{{"check": "c", "steps": [
{step}
]}}]}}"#
    )
}

const ENTER: &str = r#"{"enter": {"with": ["room"], "steps": [{"send": {"type": "join", "room": "{{room}}"}, "expect": {"subset": {"room": "{{room}}"}}}]}}"#;

#[track_caller]
fn check(define: &str, step: &str, expected: &[&str]) {
    check_err(&suite(define, step), expected);
}

#[test]
fn a_use_runs_the_steps_of_its_definition_with_the_line_of_both() {
    let text = suite(ENTER, r#"{"use": "enter", "on": "alice", "room": "{{hall}}-1"}"#);
    let suite = Suite::parse(&text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let step: &Step = &suite.checks[0].steps[0];
    assert_eq!((step.title.as_str(), step.position.line), ("use enter with room: {{hall}}-1", 3));
    let Verb::Use(used) = &step.verb else { panic!("{step:?}") };
    let inner = &used.steps[0];
    assert_eq!((inner.path.as_str(), inner.position.line), ("steps[0].use[0]", 2));
    assert_eq!(
        inner.title,
        r#"send {"type":"join","room":"{{hall}}-1"} and expect JSON containing {"room":"{{hall}}-1"}"#
    );
    let origin = inner.origin.as_ref().expect("it is of a definition");
    assert_eq!((origin.file.as_deref(), origin.used.len(), origin.used[0].line), (None, 1, 3));
}

#[test]
fn a_definition_that_nothing_uses_is_read_for_its_mistakes() {
    check(
        r#"{"enter": {"with": ["room"], "steps": [{"sendd": "{{room}}"}]}}"#,
        r#"{"wait": "1s"}"#,
        &[r#"2:41: $.define.enter.steps[0].sendd: "sendd" is not a key of a step; did you mean "send"?"#],
    );
    // What its names mean depends on where it is used.
    check(r#"{"enter": {"steps": [{"on": "carol", "send": "{{sid}}"}]}}"#, r#"{"wait": "1s"}"#, &[]);
}

#[test]
fn err_names_and_parameters_of_a_use() {
    let unknown = |name: &str, hint: &str| {
        format!("3:9: $.checks[0].steps[0].use: no definition is called \"{name}\"; {hint}")
    };
    check(
        ENTER,
        r#"{"use": "entre", "on": "alice", "room": 1}"#,
        &[&unknown("entre", "did you mean \"enter\"?")],
    );
    check(ENTER, r#"{"use": "leave", "on": "alice"}"#, &[&unknown("leave", "there is \"enter\"")]);
    check(
        ENTER,
        r#"{"use": "enter", "on": "alice"}"#,
        &[r#"3:1: $.checks[0].steps[0]: enter needs the parameter "room"; add "room": "…" to this step"#],
    );
    check(
        ENTER,
        r#"{"use": "enter", "on": "alice", "romm": 1}"#,
        &[r#"3:33: $.checks[0].steps[0].romm: "romm" is not a parameter of enter; did you mean "room"?"#],
    );
    check(
        ENTER,
        r#"{"use": "enter", "on": "alice", "room": 1, "colour": 2}"#,
        &[r#"3:44: $.checks[0].steps[0].colour: "colour" is not a parameter of enter; it has room"#],
    );
    check(
        ENTER,
        r#"{"use": "enter", "on": "alice", "room": "{{hal}}"}"#,
        &[r#"3:41: $.checks[0].steps[0].room: no variable is called "hal"; did you mean "hall"?"#],
    );
    check(
        ENTER,
        r#"{"use": "enter", "send": "x", "on": "alice", "room": 1}"#,
        &[
            "3:18: $.checks[0].steps[0].send: this step has 2 verbs, use and send; a step does one thing, so make it 2 steps",
        ],
    );
}

#[test]
fn err_what_parameters_cannot_be() {
    check(
        r#"{"enter": {"with": ["wait", "on", "a b", "uuid", "x", "x"], "steps": [{"wait": "1s"}]}}"#,
        r#"{"mark": "m"}"#,
        &[
            r#"2:21: $.define.enter.with[0]: "wait" is a key of steps, so a use cannot give it a value; choose another name"#,
            r#"2:29: $.define.enter.with[1]: "on" is a key of steps, so a use cannot give it a value; choose another name"#,
            r#"2:35: $.define.enter.with[2]: "a b" is not a valid variable name; a name is a letter or _, then letters, digits, _ and -"#,
            "2:42: $.define.enter.with[3]: {{uuid}} means something else already; choose another name for the variable",
            r#"2:55: $.define.enter.with[5]: "x" is named twice"#,
        ],
    );
    check(
        r#"{"enter": {"with": ["room"], "steps": [{"set": {"room": 1}}]}}"#,
        r#"{"use": "enter", "room": 1}"#,
        &[
            r#"2:40: $.define.enter.steps[0]: "room" is a parameter of enter and keeps its value; choose another name"#,
        ],
    );
}

#[test]
fn err_a_mistake_that_a_use_makes_names_both_lines() {
    check(
        ENTER,
        r#"{"use": "enter", "room": 1}"#,
        &[
            r#"2:40: $.define.enter.steps[0]: this step does not say who acts; add "on": one of alice, bob, a list, or "*" (used in line 3)"#,
        ],
    );
    // A parameter belongs to its own definition.
    check(
        r#"{"outer": {"with": ["room"], "steps": [{"use": "inner"}]}, "inner": {"steps": [{"on": "alice", "send": "{{room}}"}]}}"#,
        r#"{"use": "outer", "room": 1}"#,
        &[
            r#"2:104: $.define.inner.steps[0].send: no variable is called "room" (used in line 2, from line 3)"#,
        ],
    );
}

#[test]
fn a_parameter_hides_the_default_of_a_variable() {
    check(
        r#"{"pause": {"with": ["t"], "steps": [{"wait": "{{t}}"}]}}"#,
        r#"{"use": "pause", "t": "1s"}"#,
        &[],
    );
}

#[test]
fn err_a_definition_that_uses_itself_is_refused() {
    check(
        r#"{"a": {"steps": [{"use": "b"}]}, "b": {"steps": [{"use": "a"}]}, "c": {"steps": [{"use": "c"}]}}"#,
        r#"{"use": "a"}"#,
        &[
            "2:58: $.define.b.steps[0].use: a uses itself: a → b → a",
            "2:90: $.define.c.steps[0].use: c uses itself, so it would never end",
        ],
    );
}

/// Each definition uses the next one `times` times.
fn chain(length: usize, times: usize) -> String {
    let one = |at: usize| {
        let uses = vec![format!(r#"{{"use": "d{}"}}"#, at + 1); times].join(", ");
        format!(r#""d{at}": {{"steps": [{uses}]}}"#)
    };
    let all: Vec<String> = (0..length).map(one).collect();
    format!(r#"{{{}, "d{length}": {{"steps": [{{"wait": "1s"}}]}}}}"#, all.join(",\n"))
}

#[test]
fn err_a_use_of_a_thousand_levels_and_one_of_a_thousand_million_steps_are_bounded() {
    let told = |define: &str| problems(&suite(define, r#"{"use": "d0"}"#));
    assert_eq!(told(&chain(50, 1)), [""; 0]);
    let deep = told(&chain(1000, 1));
    assert_eq!(deep.len(), 1, "{deep:?}");
    assert!(deep[0].contains("steps are nested more than 64 levels deep here"), "{deep:?}");
    let wide = told(&chain(30, 2));
    assert!(!wide.is_empty() && wide.iter().all(|it| it.contains("make more than 20000 steps")), "{wide:?}");
}
