//! What survives a reload: the set-up, as JSON under one name.
//!
//! Owns what is left out of it: values of secrets, and what is too large to keep. It refuses to know where it is kept.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::sharing;
use crate::engine::base::json_words::{self, what_and_where};
use crate::wire::bench::{ConnectionId, Workspace};

/// A draft longer than this is not kept.
const LONGEST_DRAFT: usize = 64 << 10;

/// The name under which a store has the set-up.
pub(super) const NAME: &str = "bench";

/// What is kept of a set-up.
pub(super) fn to_text(workspace: &Workspace) -> String {
    let mut kept = workspace.clone();
    if kept.draft.text.len() > LONGEST_DRAFT {
        kept.draft = Default::default();
    }
    kept.sent.retain(|draft| draft.text.len() <= LONGEST_DRAFT);
    sharing::take_out_secrets(&mut kept);
    let kept =
        serde_json::to_value(&kept).expect("a set-up has names for keys and no number that JSON lacks");
    kept.to_string()
}

/// What of a set-up another person has use for: not where one has been, and not what one is just writing.
pub(super) fn without_history(workspace: &Workspace) -> Workspace {
    Workspace { addresses: Vec::new(), sent: Vec::new(), ..workspace.clone() }
}

/// What can be read of the set-up that was kept, and what could not be, with reasons. Parts are judged one by one, since a
/// person would rather lose one connection than all.
pub(super) fn of_text(text: &str) -> (Option<Workspace>, Vec<String>) {
    // By way of a value, as the parts are read and links are: each way to read a set-up weighs 30 kB in the worker.
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return (None, vec![what_and_where(&error)]),
    };
    let error = match serde_json::from_value(value.clone()) {
        Ok(workspace) => return (Some(numbered(workspace)), Vec::new()),
        Err(error) => error,
    };
    let Value::Object(parts) = value else { return (None, vec![json_words::what(&error)]) };
    let mut unread = Vec::new();
    let mut readable = Map::new();
    for (name, value) in parts {
        let reads = |value: &Value| {
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            serde_json::from_value::<Workspace>(Value::Object(alone))
                .map_err(|error| json_words::what(&error))
        };
        let value = match value {
            Value::Array(members) => {
                let mut kept = Vec::new();
                for (at, member) in members.into_iter().enumerate() {
                    match reads(&Value::Array(vec![member.clone()])) {
                        Ok(_) => kept.push(member),
                        Err(words) => unread.push(format!("{name}[{at}]: {words}")),
                    }
                }
                Value::Array(kept)
            }
            value => value,
        };
        match reads(&value) {
            Ok(_) => drop(readable.insert(name, value)),
            Err(words) => unread.push(format!("{name}: {words}")),
        }
    }
    match serde_json::from_value(Value::Object(readable)) {
        Ok(workspace) => (Some(numbered(workspace)), unread),
        Err(error) => (None, vec![what_and_where(&error)]),
    }
}

/// Two connections of one number would be one, and one with the number of a check would show nothing.
fn numbered(mut workspace: Workspace) -> Workspace {
    const LARGEST: u32 = ConnectionId::FIRST_OF_CHECKS / 2;
    // Not collected: that sorts, by a sort that is compiled for this type alone.
    let mut taken = BTreeSet::new();
    taken.extend(workspace.connections.iter().map(|setup| setup.id));
    let mut seen = BTreeSet::new();
    for setup in &mut workspace.connections {
        if setup.id.0 > LARGEST || !seen.insert(setup.id) {
            let free = (1..=LARGEST).map(ConnectionId).find(|id| !taken.contains(id));
            setup.id = free.expect("fewer connections than numbers");
            taken.insert(setup.id);
            seen.insert(setup.id);
        }
    }
    workspace
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bench::draft::Draft;
    use crate::engine::bench::filter::FilterSpec;
    use crate::wire::bench::{Address, Highlight, SavedFilter, Setup, Variable};

    #[test]
    fn what_was_kept_comes_back() {
        let setup = Setup { name: "alice".into(), url: "ws://{{host}}/ws".into(), ..Setup::default() };
        let workspace = Workspace { connections: vec![setup], ..Workspace::default() };
        assert_eq!(of_text(&to_text(&workspace)), (Some(workspace), Vec::new()));
    }

    #[test]
    fn the_value_of_a_secret_is_not_kept() {
        let secret = Variable { name: "token".into(), value: "s3cret".into(), is_secret: true };
        let text = to_text(&Workspace { variables: vec![secret], ..Workspace::default() });
        assert!(text.contains("token") && !text.contains("s3cret"), "{text}");
    }

    #[test]
    fn the_value_of_a_secret_is_kept_nowhere_and_comes_back_as_its_name() {
        let secret = |text: &str| Draft { text: text.into(), ..Draft::default() };
        let workspace = Workspace {
            variables: vec![Variable { name: "token".into(), value: "s3cret/1".into(), is_secret: true }],
            draft: secret(r#"{"t":"s3cret/1"}"#),
            sent: vec![secret("s3cret/1"), Draft::plain(r#"{"t":"s3cret\/1"}"#)],
            addresses: vec![Address { url: "ws://h/?t=s3cret%2F1".into(), ..Address::default() }],
            connections: vec![Setup { url: "ws://h/?t=s3cret/1".into(), ..Setup::default() }],
            ..Workspace::default()
        };
        let text = to_text(&workspace);
        assert!(!text.contains("s3cret"), "{text}");
        let back = of_text(&text).0.expect("a setup");
        assert_eq!(back.draft.text, r#"{"t":"{{token}}"}"#);
        assert_eq!((back.sent[0].text.as_str(), back.sent[1].text.as_str()), ("{{token}}", r#"{"t":"***"}"#));
        assert_eq!(
            (back.addresses[0].url.as_str(), back.connections[0].url.as_str()),
            ("ws://h/?t=***", "ws://h/?t={{token}}")
        );
    }

    #[test]
    fn a_filter_and_a_highlight_come_back_with_the_name_of_a_secret() {
        let variable = Variable { name: "token".into(), value: "s3cret/1".into(), is_secret: true };
        let spec = FilterSpec {
            text: r#"$.t == "s3cret/1""#.into(),
            excludes: vec!["s3cret/1".into()],
            ..FilterSpec::default()
        };
        let workspace = Workspace {
            variables: vec![variable],
            filters: vec![SavedFilter { spec: spec.clone(), ..SavedFilter::default() }],
            highlights: vec![Highlight { spec, ..Highlight::default() }],
            ..Workspace::default()
        };
        let back = of_text(&to_text(&workspace)).0.expect("a setup");
        for spec in [&back.filters[0].spec, &back.highlights[0].spec] {
            assert_eq!(
                (spec.text.as_str(), &*spec.excludes),
                (r#"$.t == "{{token}}""#, &["{{token}}".to_owned()][..])
            );
        }
    }

    #[test]
    fn what_an_older_or_newer_version_kept_is_read_as_far_as_it_goes() {
        let read = of_text(r#"{"connections":[{"id":3,"name":"bob","mood":"good"}],"weather":1}"#);
        let read = read.0.expect("missing fields have defaults, unknown ones are skipped");
        assert_eq!(read.connections[0].name, "bob");
        assert_eq!(read.budget, Workspace::BUDGET);
    }

    #[test]
    fn one_part_that_cannot_be_read_costs_no_other_and_is_named() {
        let (read, unread) = of_text(
            r#"{"connections":[{"id":3,"name":"bob"},{"id":"four"},7],"variables":{"a":1},"messages":null,"budget":-1}"#,
        );
        let read = read.expect("what remains");
        assert_eq!(read.connections.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["bob"]);
        let named: Vec<_> = unread.iter().filter_map(|it| it.split(':').next()).collect();
        assert_eq!(named, ["connections[1]", "connections[2]", "variables", "messages", "budget"]);
    }

    #[test]
    fn each_connection_comes_back_with_a_number_of_its_own() {
        let text = r#"{"connections":[{"id":4294967295},{"id":2},{"id":2},{},{}]}"#;
        let (read, unread) = of_text(text);
        let ids: Vec<_> = read.expect("all of it").connections.iter().map(|setup| setup.id.0).collect();
        assert_eq!((ids, unread), (vec![1, 2, 3, 0, 4], Vec::new()));
    }

    #[test]
    fn a_text_that_is_not_a_setup_gives_a_reason_and_ends_at_any_depth() {
        for text in ["not JSON", "[1]", "5", "", &"[".repeat(100_000), &r#"{"connections":"#.repeat(100_000)]
        {
            let (read, unread) = of_text(text);
            assert!(read.is_none() && unread.len() == 1, "{unread:?}");
        }
    }

    #[test]
    fn a_draft_of_megabytes_is_not_kept() {
        let workspace = Workspace { draft: Draft::plain("x".repeat(1 << 20)), ..Workspace::default() };
        assert!(to_text(&workspace).len() < 4096);
    }
}
