//! One truth about keys: what the parser asks for, what the tables hold, what the schema publishes.

use std::collections::BTreeSet;

use super::super::reader::ASKED;
use super::*;
use crate::matcher::Matcher;
use crate::suite::keys::{BARE, REST, SUITE, Shape, Table, VERBS};
use crate::suite::schema;

const EVERYTHING: &str = include_str!("../../../../../../tests/golden/suite-valid/everything.json");

/// Every table that a suite can lead to.
fn tables() -> Vec<&'static Table> {
    fn walk(table: &'static Table, found: &mut Vec<&'static Table>) {
        if found.iter().any(|known| std::ptr::eq(*known, table)) {
            return;
        }
        found.push(table);
        table.keys.iter().for_each(|key| inner(key.shape, found));
    }
    fn inner(shape: Shape, found: &mut Vec<&'static Table>) {
        match shape {
            Shape::Object(table)
            | Shape::Condition(table)
            | Shape::Captured(table)
            | Shape::Pause(table)
            | Shape::TextOr(table) => walk(table, found),
            Shape::List(shape) | Shape::Map(shape) => inner(*shape, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&SUITE, &mut found);
    VERBS.iter().for_each(|verb| walk(&verb.table, &mut found));
    walk(&BARE, &mut found);
    found
}

#[test]
fn the_parser_asks_for_every_key_of_the_tables_and_for_no_other() {
    ASKED.with_borrow_mut(|asked| asked.clear());
    assert_eq!(Suite::parse_with(EVERYTHING, &photo()).err(), None);
    let known: BTreeSet<(&str, String)> = tables()
        .iter()
        .flat_map(|table| table.keys.iter().map(|key| (table.noun, key.name.to_owned())))
        .collect();
    let asked: BTreeSet<(&str, String)> = ASKED.with_borrow(|asked| asked.iter().cloned().collect());
    let unread: Vec<_> = known.difference(&asked).collect();
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert!(unread.is_empty() && unknown.is_empty(), "never read: {unread:?}, in no table: {unknown:?}");
}

#[test]
fn the_schema_has_exactly_the_keys_of_the_tables() {
    let schema = schema();
    let defs = schema["$defs"].as_object().unwrap().iter();
    let objects =
        defs.filter(|(name, _)| !name.starts_with("match_")).map(|(_, object)| object).chain([&schema]);
    let published: BTreeSet<BTreeSet<String>> = objects
        .filter_map(|object| Some(object.get("properties")?.as_object()?.keys().cloned().collect()))
        .collect();
    let mut known = BTreeSet::new();
    for table in tables() {
        let matchers = table.takes_matcher.then(Matcher::keys).into_iter().flatten();
        let keys: BTreeSet<String> = table
            .keys
            .iter()
            .map(|key| key.name)
            .filter(|name| *name != REST)
            .chain(matchers)
            .map(str::to_owned)
            .collect();
        assert!(published.contains(&keys), "{}: {keys:?}", table.noun);
        known.insert(keys);
    }
    assert_eq!(published, known);
}

#[test]
fn every_key_is_described_and_every_example_is_good() {
    for table in tables() {
        for key in table.keys {
            assert!(key.about.ends_with('.') || key.about.ends_with(')'), "{}: {}", table.noun, key.name);
            let is_json =
                key.example.is_empty() || serde_json::from_str::<serde_json::Value>(key.example).is_ok();
            assert!(is_json, "{}: {}", key.name, key.example);
        }
    }
    for verb in &VERBS {
        let clients = r#""clients": {"alice": {"url": "ws://x"}, "bob": {"url": "ws://x"}, "mallory": {"url": "ws://x"}, "crowd": {"url": "ws://x", "count": 2}}, "define": {"enter": {"with": ["room"], "steps": [{"send": "{{room}}"}]}}, "vars": {"api_url": "http://x", "is_known": false, "choice": "x", "token": "x"}"#;
        let text = format!(
            r#"{{"sockscope": 1, "suite": "x", {clients}, "checks": [{{"check": "c", "steps": [{}]}}]}}"#,
            verb.example
        );
        check_err(&text, &[]);
    }
}
