//! What the parser says about suites, good and bad.

mod blocks;
mod connections;
mod documents;
mod import;
mod keys;
mod messages;
mod model;
mod newcomer;
mod reuse;
mod steps;

use super::*;

fn problems(text: &str) -> Vec<String> {
    Suite::parse(text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// The file that the suite with everything sends.
fn photo() -> Files {
    let pem = crate::Payload::Binary(b"-----BEGIN CERTIFICATE-----".to_vec());
    let photo = crate::Payload::Binary(vec![0x89, b'P']);
    Files::of_contents([("photo.png".to_owned(), photo), ("client.pem".to_owned(), pem)])
}

/// Every problem of a suite, as it is printed; none when it is good.
#[track_caller]
fn check_err(text: &str, expected: &[&str]) {
    assert_eq!(problems(text), expected, "{text}");
    if expected.is_empty() {
        check_schema(text);
    }
}

/// A step in a suite with clients and variables. It stands alone in the second line.
fn around(step: &str) -> String {
    let head = r#"{"sockscope": 1, "suite": "x", "vars": {"room": "r", "t": "5 sec", "d": 5, "n": 1001, "who": "alice", "api": "http://x", "flag": true}, "clients": {"alice": {"url": "ws://x"}, "bob": {"url": "ws://x"}, "crowd": {"url": "ws://x/{{index}}", "count": 5}}, "checks": [{"check": "c", "steps": ["#;
    format!("{head}\n{step}\n]}}]}}")
}

/// Every problem of a step: its column, its path within the step, and the message.
#[track_caller]
fn check_step_err(step: &str, expected: &[&str]) {
    let told = problems(&around(step)).into_iter().map(|problem| {
        problem.strip_prefix("2:").unwrap_or(&problem).replacen(": $.checks[0].steps[0]", " ", 1)
    });
    assert_eq!(told.collect::<Vec<_>>(), expected, "{step}");
}

/// The title of a good step.
#[track_caller]
fn check_step(step: &str, title: &str) {
    let suite = Suite::parse(&around(step)).unwrap_or_else(|problems| panic!("{step}: {problems:#?}"));
    assert_eq!(suite.checks[0].steps[0].title, title);
    check_schema(&around(step));
}

/// What the parser takes, the published schema takes.
#[cfg(not(target_arch = "wasm32"))]
#[track_caller]
fn check_schema(text: &str) {
    static SCHEMA: std::sync::OnceLock<(boon::Schemas, boon::SchemaIndex)> = std::sync::OnceLock::new();
    let (schemas, index) = SCHEMA.get_or_init(|| {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("mem:///suite", crate::suite::schema()).expect("a schema");
        let index = compiler.compile("mem:///suite", &mut schemas).expect("a good schema");
        (schemas, index)
    });
    let suite = serde_json::from_str(text).expect("JSON");
    if let Err(error) = schemas.validate(&suite, *index) {
        panic!("{text}\n{error:#}");
    }
}

#[cfg(target_arch = "wasm32")]
fn check_schema(_: &str) {}
