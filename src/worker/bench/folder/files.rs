//! What is set up on the bench, as files that a person reads and a repository keeps.
//!
//! Owns their form: which members there are and in which order, durations with units, nothing that has its usual value. It refuses to
//! know where files are. One rule: no value of a secret variable is written, and a text that has more in it than this version
//! knows is an error, since writing it again would lose that.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::sharing;
use crate::engine::base::json_words::{what, what_and_where};
use crate::engine::base::shared_folder::OF_BENCH;
use crate::engine::base::unit::parse_duration;
use crate::wire::bench::{SavedMessage, Setup, Variable, Workspace};

/// The version of the form.
const VERSION: u64 = 1;
/// What a file says its version under. No suite has this key.
const SIGN: &str = "bench";
/// Members that are durations, wherever they stand.
const DURATIONS: [&str; 4] = ["every", "first", "most", "within"];

pub(super) const CONNECTIONS: &str = OF_BENCH[0];
pub(super) const MESSAGES: &str = OF_BENCH[1];
pub(super) const VARIABLES: &str = OF_BENCH[2];

/// The files of a set-up with their texts. Of an empty list there is none.
pub(super) fn of(workspace: &Workspace) -> Vec<(&'static str, Option<String>)> {
    let mut kept = Workspace {
        connections: workspace.connections.clone(),
        messages: workspace.messages.clone(),
        variables: workspace.variables.clone(),
        former: workspace.former.clone(),
        ..Workspace::default()
    };
    sharing::take_out_secrets(&mut kept);
    vec![
        (CONNECTIONS, text("connections", kept.connections.iter().map(setup))),
        (MESSAGES, text("messages", kept.messages.iter().map(short))),
        (VARIABLES, text("variables", kept.variables.iter().map(short))),
    ]
}

/// A text as it would be written; an error says why it cannot be read.
pub(super) fn canonical(name: &str, text: &str) -> Result<Option<String>, String> {
    let read = Workspace::default();
    Ok(of(&taken(name, text, &read)?).into_iter().find(|(file, _)| *file == name).and_then(|(_, text)| text))
}

/// The set-up with what a file says. What a person typed as a secret stays, as do the numbers of connections.
pub(super) fn taken(name: &str, text: &str, workspace: &Workspace) -> Result<Workspace, String> {
    let mut taken = workspace.clone();
    match name {
        CONNECTIONS => {
            let read: Vec<Setup> = items("connections", text, setup_value)?;
            let before = of_connections(workspace);
            let mut highest = workspace.connections.iter().map(|it| it.id.0).max().unwrap_or_default();
            taken.connections = read
                .into_iter()
                .map(|mut new| {
                    let written = setup(&new);
                    let old = before.iter().find(|(it, _)| it.name == new.name);
                    match old {
                        // It is the same but for what is not written.
                        Some((old, value)) if *value == written => (*old).clone(),
                        Some((old, _)) => Setup { id: old.id, ..new },
                        None => {
                            highest += 1;
                            new.id.0 = highest;
                            new
                        }
                    }
                })
                .collect();
            if taken.connections.is_empty() {
                return Err("has no connection: expected at least one".to_owned());
            }
        }
        MESSAGES => taken.messages = items::<SavedMessage>("messages", text, |value| value)?,
        VARIABLES => {
            taken.variables = items::<Variable>("variables", text, |value| value)?;
            for new in taken.variables.iter_mut().filter(|it| it.is_secret) {
                if !new.value.is_empty() {
                    return Err(format!(
                        "has a value for the secret variable {:?}: expected its name alone, since a repository keeps what it has seen",
                        new.name
                    ));
                }
                let own = workspace.variables.iter().find(|it| it.is_secret && it.name == new.name);
                new.value = own.map(|it| it.value.clone()).unwrap_or_default();
            }
        }
        _ => return Err("is not a file of the bench".to_owned()),
    }
    Ok(taken)
}

/// The connections with what is written of each.
fn of_connections(workspace: &Workspace) -> Vec<(&Setup, Value)> {
    let mut kept = workspace.clone();
    sharing::take_out_secrets(&mut kept);
    workspace.connections.iter().zip(kept.connections.iter().map(setup)).collect()
}

fn text(kind: &str, items: impl Iterator<Item = Value>) -> Option<String> {
    let items: Vec<Value> = items.collect();
    if items.is_empty() {
        return None;
    }
    let mut text = serde_json::to_string_pretty(&json!({ SIGN: VERSION, kind: items })).unwrap_or_default();
    text.push('\n');
    Some(text)
}

/// The members that have another value than usual.
fn short<T: Serialize + Default>(item: &T) -> Value {
    let (usual, mut value) = (plain(&T::default()), plain(item));
    if let (Value::Object(usual), Value::Object(members)) = (usual, &mut value) {
        members.retain(|name, value| usual.get(name) != Some(value));
    }
    with_units(&mut value);
    value
}

fn plain<T: Serialize>(item: &T) -> Value {
    serde_json::to_value(item).expect("a set-up has names for keys and no number that JSON lacks")
}

/// A connection without its number, which is of this browser, and with its profile as what it is: JSON.
fn setup(setup: &Setup) -> Value {
    let mut value = short(setup);
    if let Value::Object(members) = &mut value {
        // The name first, so that each one begins with it.
        members.shift_remove("id");
        if let Some(profile) = members.get_mut("profile") {
            let read = profile.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            if let Some(read) = read.filter(Value::is_object) {
                *profile = read;
            }
        }
    }
    value
}

/// The same as it is kept.
fn setup_value(mut value: Value) -> Value {
    if let Some(profile) = value.get_mut("profile").filter(|it| it.is_object()) {
        *profile = Value::String(profile.to_string());
    }
    // A suite has them as a list.
    let protocols = value.get("protocols").and_then(Value::as_array);
    let names = protocols.and_then(|all| all.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    if let Some(names) = names.map(|names| names.join(", ")) {
        value["protocols"] = Value::String(names);
    }
    value
}

fn items<T: Serialize + DeserializeOwned + Default>(
    kind: &str,
    text: &str,
    as_kept: fn(Value) -> Value,
) -> Result<Vec<T>, String> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("is not JSON: {}", what_and_where(&error)))?;
    let Value::Object(mut members) = value else {
        return Err(format!("is not an object: expected {{\"{SIGN}\": {VERSION}, \"{kind}\": […]}}"));
    };
    match members.remove(SIGN).as_ref().map(Value::as_u64) {
        Some(Some(VERSION)) => {}
        Some(Some(later)) if later > VERSION => {
            return Err(format!(
                "was written by a later version of Sockscope: expected {VERSION}, found {later}"
            ));
        }
        _ => return Err(format!("does not say what it is: expected \"{SIGN}\": {VERSION}")),
    }
    let Some(Value::Array(all)) = members.remove(kind) else {
        return Err(format!("has no list: expected \"{kind}\": […]"));
    };
    if let Some(name) = members.keys().next() {
        return Err(format!("has the member {name:?}, which this version does not know"));
    }
    let mut read = Vec::new();
    for (at, value) in all.into_iter().enumerate() {
        let mut value = as_kept(value);
        without_units(&mut value)?;
        let item: T = serde_json::from_value(value.clone())
            .map_err(|error| wrong_member::<T>(kind, at, &value, &error))?;
        if let Some(path) = unknown(&value, &plain(&item)) {
            return Err(format!("{kind}[{at}]{path}: this version does not know this member"));
        }
        read.push(item);
    }
    Ok(read)
}

/// Which member cannot be read, and what it should be. The parser names none, so each is read alone.
fn wrong_member<T: DeserializeOwned>(
    kind: &str,
    at: usize,
    value: &Value,
    error: &serde_json::Error,
) -> String {
    let alone = |(name, value): (&String, &Value)| {
        let error = serde_json::from_value::<T>(json!({ name: value })).err()?;
        Some(format!("{kind}[{at}].{name}: {}", what(&error)))
    };
    let found = value.as_object().and_then(|members| members.iter().find_map(alone));
    found.unwrap_or_else(|| format!("{kind}[{at}]: {}", what(error)))
}

/// The first member that reading has passed over.
fn unknown(given: &Value, read: &Value) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => {
            given.iter().find_map(|(name, value)| match read.get(name) {
                None => Some(format!(".{name}")),
                Some(read) => unknown(value, read).map(|path| format!(".{name}{path}")),
            })
        }
        (Value::Array(given), Value::Array(read)) => {
            let pairs = given.iter().zip(read).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (given, read))| unknown(given, read).map(|path| format!("[{at}]{path}")))
        }
        _ => None,
    }
}

/// Writes durations with their units.
fn with_units(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(took) = duration_of(members) {
                *value = Value::String(written(took));
                return;
            }
            members.values_mut().for_each(with_units);
        }
        Value::Array(all) => all.iter_mut().for_each(with_units),
        _ => {}
    }
}

fn duration_of(members: &Map<String, Value>) -> Option<Duration> {
    let (secs, nanos) = (members.get("secs")?.as_u64()?, members.get("nanos")?.as_u64()?);
    (members.len() == 2).then(|| Duration::new(secs, u32::try_from(nanos).unwrap_or_default()))
}

fn written(took: Duration) -> String {
    let nanos = took.as_nanos();
    match nanos {
        _ if nanos.is_multiple_of(1_000_000_000) => format!("{}s", nanos / 1_000_000_000),
        _ if nanos.is_multiple_of(1_000_000) => format!("{}ms", nanos / 1_000_000),
        _ => format!("{}us", nanos / 1000),
    }
}

/// Reads them back.
fn without_units(value: &mut Value) -> Result<(), String> {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) if DURATIONS.contains(&name.as_str()) => {
                        let took = parse_duration(text).map_err(|error| format!("{name}: {error}"))?;
                        *value = plain(&took);
                    }
                    value => without_units(value)?,
                }
            }
            Ok(())
        }
        Value::Array(all) => all.iter_mut().try_for_each(without_units),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bench::backoff::Backoff;
    use crate::engine::bench::draft::{Draft, Form};
    use crate::engine::relay::{Field, Profile};
    use crate::wire::bench::{ConnectionId, Heartbeat};

    fn full() -> Workspace {
        let profile = Profile {
            headers: vec![Field { name: "X-Tenant".into(), value: "{{tenant}}".into() }],
            ..Profile::default()
        };
        let alice = Setup {
            id: ConnectionId(7),
            name: "alice".into(),
            url: "ws://{{host}}/ws?t=s3cret/1".into(),
            on_open: vec![Draft { form: Form::Json, text: r#"{"t":"s3cret/1"}"#.into(), is_plain: false }],
            reconnect: Some(Backoff { first: Duration::from_millis(1500), ..Backoff::default() }),
            heartbeat: Some(Heartbeat { within: Duration::from_micros(1500), ..Heartbeat::default() }),
            profile: profile.to_text(),
            ..Setup::default()
        };
        let bob = Setup { id: ConnectionId(2), name: "bob".into(), url: "ws://h".into(), ..Setup::default() };
        Workspace {
            connections: vec![alice, bob],
            messages: vec![SavedMessage {
                name: "hi".into(),
                hotkey: 1,
                draft: Draft::plain("hi"),
                ..SavedMessage::default()
            }],
            variables: vec![
                Variable { name: "host".into(), value: "localhost".into(), is_secret: false },
                Variable { name: "token".into(), value: "s3cret/1".into(), is_secret: true },
            ],
            ..Workspace::default()
        }
    }

    fn text_of(name: &str, workspace: &Workspace) -> String {
        of(workspace).into_iter().find(|(file, _)| *file == name).and_then(|(_, text)| text).expect("a text")
    }

    #[test]
    fn a_setup_comes_back_from_its_files_with_the_secrets_of_this_visit() {
        let workspace = full();
        for name in OF_BENCH {
            let text = text_of(name, &workspace);
            assert!(!text.contains("s3cret"), "{text}");
            assert_eq!(canonical(name, &text), Ok(Some(text.clone())), "{name}");
            let back = taken(name, &text, &workspace).expect("it is good");
            assert_eq!(back, workspace, "{name}: nothing that the file does not say has changed");
        }
    }

    #[test]
    fn the_files_are_short_and_have_units() {
        let workspace = full();
        assert_eq!(
            text_of(VARIABLES, &workspace),
            "{\n  \"bench\": 1,\n  \"variables\": [\n    {\n      \"name\": \"host\",\n      \"value\": \"localhost\"\n    },\n    \
             {\n      \"name\": \"token\",\n      \"is_secret\": true\n    }\n  ]\n}\n"
        );
        let text = text_of(CONNECTIONS, &workspace);
        for line in [
            "\"first\": \"1500ms\"",
            "\"within\": \"1500us\"",
            "\"every\": \"15s\"",
            "\"name\": \"X-Tenant\"",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("\"id\"") && !text.contains("sockscope"), "{text}");
        assert!(text.contains("{\n      \"name\": \"bob\",\n      \"url\": \"ws://h\"\n    }"), "{text}");
    }

    #[test]
    fn what_changed_on_the_disk_is_taken_and_the_rest_stays() {
        let workspace = full();
        let text = text_of(CONNECTIONS, &workspace).replace("\"ws://h\"", "\"ws://other\"");
        let text = text.replace("\"connections\": [", "\"connections\": [ { \"name\": \"new\" },");
        let back = taken(CONNECTIONS, &text, &workspace).expect("it is good");
        let seen: Vec<_> =
            back.connections.iter().map(|it| (it.name.as_str(), it.id.0, it.url.as_str())).collect();
        assert_eq!(
            seen,
            [("new", 8, ""), ("alice", 7, "ws://{{host}}/ws?t=s3cret/1"), ("bob", 2, "ws://other")]
        );
    }

    #[test]
    fn subprotocols_may_be_a_list_as_in_a_suite() {
        let workspace = Workspace::default();
        let text =
            "{\"bench\": 1, \"connections\": [{\"name\": \"a\", \"protocols\": [\"shop.v1\", \"chat\"]}]}";
        let back = taken(CONNECTIONS, text, &workspace).expect("it is good");
        assert_eq!(back.connections[0].protocols, "shop.v1, chat");
        let written = canonical(CONNECTIONS, text).expect("it is good").expect("a text");
        assert!(written.contains("\"protocols\": \"shop.v1, chat\""), "{written}");
        assert_eq!(canonical(CONNECTIONS, &written), Ok(Some(written)));
    }

    #[test]
    fn err_what_this_version_does_not_know_is_not_read() {
        for (name, text, expected) in [
            (MESSAGES, "", "is not JSON: "),
            (MESSAGES, "{\"bench\": 1, \"messages\": [", "is not JSON: "),
            (MESSAGES, "[]", "is not an object"),
            (MESSAGES, "{}", "does not say what it is"),
            (MESSAGES, "{\"bench\": 2, \"messages\": []}", "was written by a later version"),
            (MESSAGES, "{\"bench\": 1, \"variables\": []}", "has no list"),
            (MESSAGES, "{\"bench\": 1, \"messages\": [], \"mood\": 1}", "has the member \"mood\""),
            (
                MESSAGES,
                "{\"bench\": 1, \"messages\": [{\"folder\": \"a\", \"name\": 1}]}",
                "messages[0].name: expected a text, found a number",
            ),
            (
                MESSAGES,
                "{\"bench\": 1, \"messages\": [7]}",
                "messages[0]: expected an object, found a number",
            ),
            (
                CONNECTIONS,
                "{\"bench\": 1, \"connections\": [{\"protocols\": [1]}]}",
                "connections[0].protocols: expected a text, found an array",
            ),
            (
                MESSAGES,
                "{\"bench\": 1, \"messages\": [{\"draft\": {\"mood\": 1}}]}",
                "messages[0].draft.mood: ",
            ),
            (
                CONNECTIONS,
                "{\"bench\": 1, \"connections\": [{\"opening\": {\"within\": \"2 days\"}}]}",
                "within: ",
            ),
            (CONNECTIONS, "{\"bench\": 1, \"connections\": []}", "has no connection"),
            (
                VARIABLES,
                "{\"bench\": 1, \"variables\": [{\"name\": \"t\", \"value\": \"x\", \"is_secret\": true}]}",
                "has a value for the secret variable",
            ),
        ] {
            let words = canonical(name, text).expect_err(text);
            assert!(words.starts_with(expected), "{words}");
        }
        let deep = format!("{{\"bench\": 1, \"messages\": {}}}", "[".repeat(100_000));
        assert!(canonical(MESSAGES, &deep).is_err());
    }
}
