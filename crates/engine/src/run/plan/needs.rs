//! What a check needs of the engine that runs it, and why it is left out where that is not there.
//!
//! Owns the list of such needs. A check that cannot be judged is skipped with its reason, never failed.

use super::options::Options;
use super::titles::inner;
use crate::report::EngineKind;
use crate::suite::{Check, Client, ConnectSpec, Field, Step, Suite, Target, Verb};

/// As an expectation of no extension says it.
const NONE: &str = r#"text """#;

/// Why this engine cannot judge the check; none when it can.
pub(super) fn unmet(suite: &Suite, check: &Check, options: &Options) -> Option<String> {
    let steps = || suite.setup.iter().chain(&check.steps).chain(&suite.teardown);
    match options.environment.engine {
        EngineKind::Browser => {
            let of_client = || {
                let is_meant = |client: &&Client| {
                    !client.handshake.is_empty() && steps().any(|step| opens(step, &client.name))
                };
                let client = check.clients.iter().find(|client| !options.has_relay && is_meant(client))?;
                Some(format!(
                    "needs the native engine or a relay: the handshake of {} says what a page cannot say, and this page was \
                     not served by the command sockscope",
                    client.name
                ))
            };
            let need = |step: &Step| needs_native_engine(step, &check.clients);
            steps().find_map(|step| of_steps(step, &need)).or_else(of_client)
        }
        EngineKind::Native => {
            let need = |step: &Step| needs_browser(step, &check.clients);
            steps().find_map(|step| of_steps(step, &need))
        }
    }
}

fn of_steps(step: &Step, need: &dyn Fn(&Step) -> Option<String>) -> Option<String> {
    need(step).or_else(|| inner(step).into_iter().find_map(|step| of_steps(step, need)))
}

fn needs_native(why: &str) -> String {
    format!("needs the native engine: {why}")
}

fn needs_native_engine(step: &Step, clients: &[Client]) -> Option<String> {
    let why = match &step.verb {
        Verb::Ping(_) => "a page sends no pings",
        Verb::Send(payload, _) if payload.is_frame() => "a page sends messages, and no frames of its own",
        Verb::Close(spec) if spec.raw.is_some() => "a page closes with 1000 or 3000 to 4999",
        Verb::Connect(spec) | Verb::Reconnect(spec)
            if (spec.status.is_some() || !spec.headers.is_empty()) && !goes_by_relay(step, clients) =>
        {
            "a page sees no status and no header fields of a handshake"
        }
        _ => return None,
    };
    Some(needs_native(why))
}

/// Whether all that a step opens goes by relay, which tells what the server has answered.
fn goes_by_relay(step: &Step, clients: &[Client]) -> bool {
    opens_only(step, clients, |client| !client.handshake.is_empty())
}

/// Whether every client that a step opens is such a one; of a placeholder this is not known.
fn opens_only(step: &Step, clients: &[Client], is_such: impl Fn(&Client) -> bool) -> bool {
    let are_such = |target: &Field<Target>| match target {
        Field::Fixed(Target::All) => clients.iter().all(&is_such),
        Field::Fixed(Target::Client(client) | Target::Member(client, _)) => {
            clients.iter().any(|it| it.name == *client && is_such(it))
        }
        Field::Open(_) => false,
    };
    step.on.iter().flatten().all(are_such)
}

/// Whether a step, or one within it, opens a client; a placeholder may stand for any.
fn opens(step: &Step, name: &str) -> bool {
    let is_meant = |target: &Field<Target>| match target {
        Field::Fixed(Target::All) | Field::Open(_) => true,
        Field::Fixed(Target::Client(client) | Target::Member(client, _)) => client == name,
    };
    let is_open = matches!(&step.verb, Verb::Connect(_) | Verb::Reconnect(_))
        || matches!(&step.verb, Verb::Ramp(ramp) if ramp.opens());
    is_open && step.on.iter().flatten().any(is_meant) || inner(step).into_iter().any(|step| opens(step, name))
}

fn needs_browser(step: &Step, clients: &[Client]) -> Option<String> {
    // What a variable says is known in the run only.
    let may_offer = |client: &Client| !matches!(client.compression, None | Some(Field::Fixed(false)));
    match &step.verb {
        Verb::Connect(spec) | Verb::Reconnect(spec)
            if wants_extension(spec) && !opens_only(step, clients, may_offer) =>
        {
            let why = "the native engine offers an extension only for a client with \"compression\": true";
            Some(format!("needs a browser: {why}"))
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
