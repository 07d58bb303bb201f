//! What several parts of the view of checks speak of.
//!
//! It refuses to draw, and names no other part of the view, so that each of them may name it.

use crate::browser::page;
use crate::engine::conformance::Kind;
use crate::engine::report::{Millis, TargetReport};
use crate::model::format;
use crate::model::running::LiveRun;
use crate::wire::checks::{Environment, Value};

/// The suite that checks a server.
pub(super) const CONFORMANCE: &str = "conformance";

/// What the address of the page calls the form for a load, and the address of that.
pub(super) const LOAD_FORM: &str = "load-form";
pub(super) const LOAD_HREF: &str = "#/checks/load-form";

/// What an address gives to a suite: for this visit only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// In the library.
    pub suite: String,
    pub vars: Vec<(String, String)>,
    pub env: Vec<(String, String)>,
}

/// What Run would test.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Planned {
    /// Nothing is known of it yet.
    #[default]
    Unknown,
    /// These addresses, with this many checks; Run needs these values, a sentence for each.
    Targets(Vec<TargetReport>, usize, Vec<String>),
    /// Why it is not known: an address needs a value that is missing.
    Missing(String),
}

/// What the tools that people come from are set by.
pub(super) const STANDARD: [(&str, &str); 5] = [
    ("WS_URL", "the server under test"),
    ("API_URL", "its HTTP interface"),
    ("NUM_CLIENTS", "5"),
    ("TEST_DURATION", "5 (seconds)"),
    ("MESSAGE_INTERVAL", "0.5 (seconds)"),
];

/// An environment with the usual names, and no values yet.
pub(super) fn standard(name: &str) -> Environment {
    let values = STANDARD.map(|(name, _)| Value { name: name.to_owned(), ..Value::default() });
    Environment { name: name.to_owned(), values: values.into() }
}

/// What the practice server has to offer, for its endpoint that echoes.
pub(super) fn practice(url: &str) -> Vec<(&'static str, String)> {
    let ws = page::own_socket_address("/ws");
    if url != format!("{ws}/echo") {
        return Vec::new();
    }
    let at = |path: &str| format!("{ws}{path}");
    let text = str::to_owned;
    vec![
        ("protocol", text("echo.v1")),
        ("other_protocol", text("echo.v2")),
        ("unknown_url", at("/nowhere")),
        ("bad_token_url", at("/fault?refuse=401")),
        ("closing_url", at("/fault?close_after=0&close_code=4000&close_reason=enough")),
        ("drop_url", at("/fault?abort_after=1")),
        ("drop_message", text("go")),
        ("identity_url", at("/agent?user=twice&max=1")),
        ("resume_url", at("/agent?user=traveller&pace=100")),
        ("resume_message", text("{\"type\":\"chat\",\"text\":\"hello\"}")),
        ("resume_before", text("{\"type\":\"resume\",\"last_seq\":")),
        ("resume_after", text("}")),
        ("resume_rest", text("4")),
    ]
}

/// Whether a run has anything to certify.
pub(super) fn is_certifiable(run: &LiveRun) -> bool {
    run.checks.iter().any(|check| Kind::of(&check.name, &check.tags).is_some())
}

/// A length of time as a report has it: in microseconds, whatever the clock's step.
pub(super) fn millis(took: Millis) -> String {
    format::figure(took.into(), MICROSECOND)
}

/// The same with all of its digits.
pub(super) fn exact_millis(took: Millis) -> String {
    format::exact(took.into(), MICROSECOND)
}

const MICROSECOND: std::time::Duration = std::time::Duration::from_micros(1);
