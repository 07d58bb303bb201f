//! What a check needs of the engine that runs it, and why it is left out where that is not there.
//!
//! Owns the list of such needs. A check that cannot be judged is skipped with its reason, never failed.

use super::titles::inner;
use crate::report::EngineKind;
use crate::suite::{Check, ConnectSpec, Field, Step, Suite, Verb};

/// As an expectation of no extension says it.
const NONE: &str = r#"text """#;

/// Why this engine cannot judge the check; none when it can.
pub(super) fn unmet(suite: &Suite, check: &Check, engine: EngineKind) -> Option<String> {
    let steps = || suite.setup.iter().chain(&check.steps).chain(&suite.teardown);
    match engine {
        EngineKind::Browser => None,
        EngineKind::Native => steps().find_map(|step| of_steps(step, &needs_browser)),
    }
}

fn of_steps(step: &Step, need: &dyn Fn(&Step) -> Option<String>) -> Option<String> {
    need(step).or_else(|| inner(step).into_iter().find_map(|step| of_steps(step, need)))
}

fn needs_browser(step: &Step) -> Option<String> {
    match &step.verb {
        Verb::Connect(spec) | Verb::Reconnect(spec) if wants_extension(spec) => {
            Some("needs a browser: the native engine offers no extension, so none is agreed on".to_owned())
        }
        _ => None,
    }
}

/// Whether an extension is expected. That none is agreed on can be seen by any engine.
fn wants_extension(spec: &ConnectSpec) -> bool {
    match &spec.extensions {
        None => false,
        Some(Field::Fixed(matcher)) => matcher.expected() != NONE,
        Some(Field::Open(_)) => true,
    }
}
