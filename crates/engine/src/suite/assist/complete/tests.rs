use super::*;

const HEAD: &str = r#"{ "sockscope": 1, "vars": { "room": 1, "slow": 2 }, "clients": { "alice": {}, "crowd": { "count": 3 } },
  "checks": [ { "check": "a", "steps": [ { "on": "alice", "mark": "said", "send": 1, "expect": { "capture": { "sid": "$.s" }, "metric": "fanout" } }, "#;

/// `|` is the cursor. The suggestions that begin the list.
#[track_caller]
fn check(marked: &str, wanted: &[&str]) -> Vec<Suggestion> {
    let marked = marked.replace("HEAD", HEAD);
    let at = marked.find('|').expect("a cursor");
    let found = complete(&marked.replacen('|', "", 1), at);
    let labels: Vec<&str> = found.iter().map(|one| one.label.as_str()).collect();
    assert!(labels.starts_with(wanted), "{labels:?}");
    assert!(!wanted.is_empty() || labels.is_empty(), "{labels:?}");
    found
}

/// What the text becomes when the suggestion of this name is taken.
#[track_caller]
fn becomes(marked: &str, label: &str, wanted: &str) {
    let at = marked.find('|').expect("a cursor");
    let text = marked.replacen('|', "", 1);
    let found = complete(&text, at);
    let one = found.iter().find(|one| one.label == label).unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(format!("{}{}{}", &text[..one.from], one.insert, &text[one.to..]), wanted);
}

#[test]
fn a_suite_offers_its_keys_that_are_not_there_needed_ones_first() {
    check(r#"{ "suite": "x", "|" }"#, &["sockscope", "checks", "$schema", "about", "import", "vars"]);
    check(r#"{ "checks": [ { "|" "#, &["check", "steps", "about", "tags"]);
    check("|", &["a suite"]);
    assert_eq!(crate::suite::Suite::parse(WHOLE).err(), None);
}

#[test]
fn an_answer_offers_its_keys_and_the_message_that_came() {
    check(r#"{ "answers": [ { "|" "#, &["to", "send", "after", "times"]);
    check(r#"{ "answers": [ | "#, &["Answer pings", "Answer requests of the server"]);
    check(r#"{ "clients": { "a": { "heartbeat": { "|" "#, &["every", "send", "expect", "within"]);
    let of_message = ["message", "message.id", "message.1"];
    check(r#"{ "answers": [ { "send": "{{|" "#, &of_message);
    check(r#"{ "checks": [ { "answers": [ { "send": { "a": [ "x {{|" "#, &of_message);
    check(
        r#"{ "clients": { "a": { "answers": [ { "to": {}, "send": { "id": "{{m|}}" } } ] } } }"#,
        &of_message,
    );
    let found = check("HEAD { \"send\": \"{{|", &["room", "slow"]);
    assert!(found.iter().all(|one| !one.label.starts_with("message")), "{found:?}");
}

#[test]
fn nothing_is_offered_where_prose_or_comments_stand() {
    check("// |", &[]);
    check(r#"{ "about": "a |" }"#, &[]);
    check(r#"{ "checks": [ { "about": "{{|" }"#, &[]);
}

#[test]
fn a_step_offers_verbs_then_what_goes_with_its_verb() {
    let found = check("HEAD { \"|\" }", &["connect", "send", "ping", "silence", "close"]);
    let labels: Vec<&str> = found.iter().map(|one| one.label.as_str()).collect();
    assert!(labels.ends_with(&["on", "mark", "note", "if", "unless"]), "{labels:?}");
    check("HEAD { \"send\": 1, \"|\" }", &["expect", "repeat", "ramp", "on", "mark", "note", "if", "unless"]);
    check("HEAD { \"connect\": \"alice\", | ", &["count", "pace", "expect", "on"]);
    check("HEAD { \"on\": \"alice\", \"expect\": {}, \"|", &["connect", "send", "ping", "close"]);
    check("HEAD { \"all\": [ [ { \"|", &["connect"]);
    check("HEAD { \"repeat\": { \"|", &["times", "for", "every", "schedule"]);
    check("HEAD |", &["Open connections"]);
}

#[test]
fn an_expectation_offers_matchers_and_operators_beside_a_path() {
    check("HEAD { \"expect\": { \"|", &["subset", "equals", "text", "contains", "regex", "path", "schema"]);
    let found = check("HEAD { \"expect\": { \"path\": \"$\", \"|", &["eq"]);
    assert!(found.iter().any(|one| one.label == "subset"));
    check("HEAD { \"expect\": { \"subset\": { \"n\": { \"|", &["$any", "$gt"]);
    check("HEAD { \"expect\": { \"subset\": { \"n\": { \"$type\": \"|", &["null", "boolean"]);
    check("HEAD { \"send\": { \"|", &["$json", "$text"]);
    check("HEAD { \"send\": { \"a\": 1, \"|", &[]);
}

#[test]
fn names_are_those_of_the_suite() {
    check("HEAD { \"on\": \"|\" }", &["alice", "crowd", "crowd[0]", "*"]);
    check("HEAD { \"on\": [\"alice\", |", &["alice"]);
    check("HEAD { \"expect\": { \"since\": |", &["said"]);
    check("HEAD { \"expect\": { \"metric\": \"|", &["fanout"]);
    check(r#"{ "vars": { "token": 1 }, "secrets": ["|"#, &["token"]);
    let found = check("HEAD ], \"thresholds\": { \"|", &["success", "rtt.p95"]);
    assert!(found.iter().any(|one| one.label == "fanout.p95"));
    check(r#"{ "require": { "|"#, &["timer_step", "loop_lag.count"]);
    check(r#"{ "thresholds": { "missing": |"#, &["== 0"]);
}

#[test]
fn values_that_are_known_are_offered() {
    check(r#"{ "checks": [ { "strict": |"#, &["true", "false"]);
    check(r#"{ "checks": [ { "strict": t|"#, &["true", "false"]);
    check("HEAD { \"repeat\": { \"schedule\": \"|\" } }", &["open", "closed"]);
    check("HEAD { \"closed\": { \"code\": |", &["1000"]);
    check("HEAD { \"expect\": { \"within\": |", &["100ms"]);
    check("HEAD { \"send\": { \"$bytes\": { \"fill\": \"|", &["zero"]);
    check("HEAD { \"send\": |", &["{ \"type\": \"join\", \"room\": \"{{room}}\" }"]);
}

#[test]
fn a_use_offers_definitions_and_their_parameters() {
    const DEFINED: &str =
        r#"{ "define": { "enter": { "about": "Into a room.", "with": ["where", "who"], "steps": [ "#;
    let used = |rest: &str| format!("{DEFINED} ] }}, \"leave\": {{}} }}, \"setup\": [ {rest}");
    check(&used(r#"{ "use": "|" } ] }"#), &["enter", "leave"]);
    check(&used(r#"{ "use": "enter", "who": "x", "|" } ] }"#), &["where", "on", "mark"]);
    check(&format!(r#"{DEFINED} {{ "send": "{{{{|" }} ] }} }} }}"#), &["where", "who"]);
}

#[test]
fn rows_may_be_those_of_a_file() {
    check(r#"{ "checks": [ { "each": { "|" "#, &["file"]);
    check(r#"{ "checks": [ { "each": { "n": [1], "|" "#, &[]);
    let found = check(
        r#"{ "clients": { "c": { "each": { "file": "u.csv" } } }, "setup": [ { "send": "{{|" } ] }"#,
        &["uuid"],
    );
    assert!(found.iter().all(|one| one.label != "file"));
    check(r#"{ "defaults": { "correlate": |"#, &["$.id", "false"]);
}

#[test]
fn placeholders_name_what_is_known() {
    check("HEAD { \"send\": \"r-{{|\" }", &["room", "slow", "sid", "alice.sid", "uuid"]);
    check("HEAD { \"send\": { \"a\": [\"{{ r|}}\"] } }", &["room"]);
    check("HEAD { \"send\": \"{{room}} |\" }", &[]);
    becomes(r#"{ "vars": { "a": "{{un|}} x" } }"#, "uuid", r#"{ "vars": { "a": "{{uuid}} x" } }"#);
    becomes(r#"{ "vars": { "a": "{{|" } }"#, "uuid", r#"{ "vars": { "a": "{{uuid}}" } }"#);
}

#[test]
fn what_is_taken_fits_into_its_surroundings() {
    becomes(r#"{ "|" }"#, "suite", r#"{ "suite": "" }"#);
    becomes(r#"{ "su|" "checks": [] }"#, "suite", r#"{ "suite": "", "checks": [] }"#);
    becomes(r#"{ "su|": "x" }"#, "suite", r#"{ "suite": "x" }"#);
    becomes("{ \"su|\n}", "suite", "{ \"suite\": \"\"\n}");
    becomes("{ su| }", "suite", "{ \"suite\": \"\" }");
    becomes(r#"{ "checks": [ { "strict": f| } ] }"#, "true", r#"{ "checks": [ { "strict": true } ] }"#);
}

/// The suggestions for a suite that imports two files, of which one imports the other; `|` is the cursor.
fn of_imports(step: &str) -> Vec<String> {
    let marked =
        format!(r#"{{ "import": ["lib/a.jsonc"], "vars": {{ "own": 1 }}, "checks": [ {{ "steps": [ {step}"#);
    let at = marked.find('|').expect("a cursor");
    let found = complete_with(
        &marked.replacen('|', "", 1),
        at,
        &mut |path| {
            let text = match path {
                "lib/a.jsonc" => {
                    r#"{ "import": ["b.jsonc"], "define": { "enter": { "with": ["room"], "steps": [
                { "mark": "entered", "on": "bob", "send": 1, "expect": { "metric": "entry", "capture": { "sid": "$.s" } } } ] } },
                "setup": [ { "set": { "away": 1 } } ], "checks": [ { "tags": ["slow"], "steps": [ { "set": { "gone": 1 } } ] } ] }"#
                }
                "lib/b.jsonc" => {
                    r#"{ "clients": { "bob": {}, "crowd": { "count": 2 } }, "vars": { "room": 1 "#
                }
                _ => return None,
            };
            Some(text.to_owned())
        },
        &Vec::new,
    );
    found.into_iter().map(|one| one.label).collect()
}

#[test]
fn names_that_come_by_import_are_offered_after_those_of_the_suite() {
    assert_eq!(of_imports(r#"{ "use": "|"#)[..1], ["enter"]);
    assert_eq!(of_imports(r#"{ "use": "enter", "|"#)[..2], ["room", "on"]);
    assert_eq!(of_imports(r#"{ "connect": "|"#)[..4], ["bob", "crowd", "crowd[0]", "*"]);
    let names = of_imports(r#"{ "send": "{{|"#);
    assert_eq!(names[..3], ["own", "room", "sid"], "variables, and what its steps capture");
    assert!(names.iter().any(|name| name == "bob.sid"), "{names:?}");
    assert_eq!(of_imports(r#"{ "use": "enter" }, { "expect": { "since": "|"#)[..1], ["entered"]);
    assert_eq!(of_imports(r#"{ "expect": { "metric": "|"#)[..1], ["entry"]);
    for gone in ["away", "gone"] {
        assert!(!names.iter().any(|name| name == gone), "setup and checks stay where they are: {names:?}");
    }
    assert!(!of_imports(r#"] , "tags": ["|"#).iter().any(|tag| tag == "slow"), "tags are of checks");
}

/// The paths that are offered at `|`, beside a few files.
fn paths(marked: &str) -> Vec<String> {
    let at = marked.find('|').expect("a cursor");
    let files = || {
        ["a.json", "lib/b.jsonc", "rows.csv", "rows.jsonl", "ca.pem", "../up/Data.JSON"]
            .map(str::to_owned)
            .to_vec()
    };
    let found = complete_with(&marked.replacen('|', "", 1), at, &mut |_| None, &files);
    found.into_iter().filter(|one| one.detail == "file").map(|one| one.insert).collect()
}

#[test]
fn paths_of_files_are_offered_where_a_suite_names_one() {
    assert_eq!(paths(r#"{ "import": ["|"] }"#), [r#""a.json""#, r#""lib/b.jsonc""#, r#""../up/Data.JSON""#]);
    assert_eq!(
        paths(r#"{ "import": ["a.json", "lib|" "../up/Data.JSON"#),
        [r#""lib/b.jsonc","#],
        "what the list names already is left out"
    );
    assert_eq!(paths(r#"{ "import": [|] }"#).len(), 3);
    let rows = [r#""a.json""#, r#""rows.csv""#, r#""rows.jsonl""#, r#""../up/Data.JSON""#];
    assert_eq!(paths(r#"{ "clients": { "a": { "each": { "file": "|" } } } }"#), rows);
    assert_eq!(paths(r#"{ "clients": { "a": { "tls": { "ca": { "file": "c|" } } } } }"#).len(), 6);
    assert_eq!(paths(r#"{ "setup": [ { "http": { "body": { "file": |"#).len(), 6);
    for elsewhere in
        [r#"{ "setup": [ { "send": { "file": "|" } } ] }"#, r#"{ "checks": [ { "tags": ["|"] } ] }"#]
    {
        assert_eq!(paths(elsewhere), [""; 0], "{elsewhere}");
    }
}

#[test]
fn comparisons_are_offered_beside_a_variable_as_beside_a_path() {
    let comparisons =
        ["eq", "ne", "gt", "gte", "lt", "lte", "in", "matches", "type", "exists", "length", "near"];
    for marked in [
        r#"HEAD { "assert": { "var": "sid", "|" } }"#,
        r#"HEAD { "on": "alice", "if": { "var": "sid", "|" } }"#,
        r#"HEAD { "on": "alice", "unless": { "var": "sid", "|" } }"#,
        r#"HEAD { "repeat": { "until": { "var": "sid", "|" } } }"#,
    ] {
        let found = check(marked, &comparisons);
        assert!(found.iter().any(|one| one.label == "regex"), "matchers stand beside them: {marked}");
    }
    let found = check(r#"HEAD { "assert": { "|" } }"#, &["var", "subset"]);
    assert!(found.iter().all(|one| one.label != "gt"), "{found:?}");
    check(r#"HEAD { "expect": { "path": "$.a", "|" } }"#, &comparisons);
}

#[test]
fn parts_of_concat_are_offered() {
    let found = check(r#"HEAD { "send": { "$concat": [ { "|" } ] } }"#, &["$json", "$text", "$hex"]);
    assert!(found.iter().any(|one| one.label == "$u16le"), "{found:?}");
    assert!(found.iter().all(|one| one.label != "of"), "{found:?}");
    check(r#"HEAD { "send": { "$concat": [ { "$length": "u16", "|" } ] } }"#, &["of"]);
    check(r#"HEAD { "send": { "$concat": [ { "$length": "|" } ] } }"#, &["u8", "i8", "u16"]);
    check(r#"HEAD { "send": { "$concat": [ { "$u8": 1, "|" } ] } }"#, &[]);
}

#[test]
fn columns_of_a_file_are_offered_in_placeholders() {
    let text = r#"{ "checks": [ { "each": { "file": "users.csv" }, "steps": [ { "send": "{{|" } ] } ] }"#;
    let at = text.find('|').expect("a cursor");
    let mut read = |path: &str| (path == "users.csv").then(|| "user,job\nann,x\n".to_owned());
    let found = complete_with(&text.replacen('|', "", 1), at, &mut read, &Vec::new);
    let labels: Vec<&str> = found.iter().take(2).map(|one| one.label.as_str()).collect();
    assert_eq!(labels, ["user", "job"]);
}
