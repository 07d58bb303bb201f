//! What has to run again after a suite was edited.

use serde_json::Value;

use super::source::{self, Node, Tree};

/// What of a suite differs from an earlier text of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Nothing that runs: other layout, other comments, fewer checks.
    Nothing,
    /// These checks, by their names as they are written.
    Checks(Vec<String>),
    /// What all checks share.
    Whole,
}

/// Compares two texts of a suite. A check that keeps variables changes those after it, so then it is the whole.
///
/// ```
/// # use sockscope_engine::suite::{Changes, changes};
/// let suite = |wait: &str| format!(
///     r#"{{ "sockscope": 1, "suite": "s", "checks": [
///         {{ "check": "one", "steps": [ {{ "wait": "1s" }} ] }},
///         {{ "check": "two", "steps": [ {{ "wait": "{wait}" }} ] }} ] }}"#
/// );
/// assert_eq!(changes(&suite("1s"), &suite("2s")), Changes::Checks(vec!["two".to_owned()]));
/// ```
pub fn changes(before: &str, after: &str) -> Changes {
    let (Ok((before, _)), Ok((after, _))) = (source::read(before), source::read(after)) else {
        return Changes::Whole;
    };
    let (Some((shared, known)), Some((shared_now, checks))) = (parts(&before.root), parts(&after.root))
    else {
        return Changes::Whole;
    };
    // `only` decides which other checks run.
    if shared != shared_now || those_with_only(&known) != those_with_only(&checks) {
        return Changes::Whole;
    }
    let changed: Vec<&Value> = checks.iter().filter(|check| !known.contains(check)).collect();
    if changed.is_empty() {
        return Changes::Nothing;
    }
    if keeps(&shared) || known.iter().chain(&checks).any(keeps) {
        return Changes::Whole;
    }
    let names = changed.iter().map(|check| check.get("check").and_then(Value::as_str).map(str::to_owned));
    names.collect::<Option<Vec<_>>>().map_or(Changes::Whole, Changes::Checks)
}

/// What all checks share, and the checks.
fn parts(root: &Node) -> Option<(Value, Vec<Value>)> {
    let Tree::Object(members) = &root.tree else { return None };
    let mut shared = serde_json::Map::new();
    let mut checks = Vec::new();
    for member in members {
        match (&member.value.tree, member.key.as_str()) {
            (Tree::List(items), "checks") => checks = items.iter().map(Node::to_value).collect(),
            (_, "about") => {}
            (_, key) => drop(shared.insert(key.to_owned(), member.value.to_value())),
        }
    }
    Some((Value::Object(shared), checks))
}

fn those_with_only(checks: &[Value]) -> Vec<Option<&Value>> {
    let mut names: Vec<_> =
        checks.iter().filter(|check| check.get("only").is_some()).map(|check| check.get("check")).collect();
    names.sort_by_key(|name| name.map(Value::to_string));
    names
}

fn keeps(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, value)| key == "keep" || keeps(value)),
        Value::Array(items) => items.iter().any(keeps),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(shared: &str, checks: &[&str]) -> String {
        let checks = checks.join(",\n");
        format!(
            "{{ // a comment\n \"sockscope\": 1, \"suite\": \"s\", {shared}\n \"checks\": [ {checks}, ] }}"
        )
    }

    const ONE: &str = r#"{ "check": "one", "steps": [ { "wait": "1s" } ] }"#;
    const TWO: &str = r#"{ "check": "two", "steps": [ { "wait": "1s" } ] }"#;
    const OTHER: &str = r#"{ "check": "two", "steps": [ { "wait": "2s" } ] }"#;
    const KEEP: &str = r#"{ "check": "keeps", "steps": [ { "keep": { "x": 1 } } ] }"#;

    #[test]
    fn only_what_differs_has_to_run() {
        let before = suite("", &[ONE, TWO]);
        assert_eq!(changes(&before, &before.replace("a comment", "another")), Changes::Nothing);
        assert_eq!(changes(&before, &suite("", &[TWO, ONE])), Changes::Nothing);
        assert_eq!(changes(&before, &suite("", &[ONE])), Changes::Nothing);
        assert_eq!(changes(&before, &suite(r#""about": "prose","#, &[ONE, TWO])), Changes::Nothing);
        assert_eq!(changes(&before, &suite("", &[ONE, OTHER])), Changes::Checks(vec!["two".to_owned()]));
        assert_eq!(changes(&before, &suite(r#""vars": { "a": 1 },"#, &[ONE, TWO])), Changes::Whole);
        assert_eq!(changes(&suite("", &[KEEP, TWO]), &suite("", &[KEEP, OTHER])), Changes::Whole);
        assert_eq!(changes("{", &before), Changes::Whole);
        let only = TWO.replace("\"steps\"", "\"only\": \"wip\", \"steps\"");
        assert_eq!(changes(&suite("", &[ONE, &only]), &before), Changes::Whole, "others run again");
        assert_eq!(changes(&suite("", &[ONE, &only]), &suite("", &[ONE])), Changes::Whole);
        let define = r#""define": { "d": { "steps": [ { "keep": { "x": 1 } } ] } },"#;
        assert_eq!(changes(&suite(define, &[ONE, TWO]), &suite(define, &[ONE, OTHER])), Changes::Whole);
    }
}
