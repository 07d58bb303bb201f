//! `sockscope lsp` as an editor starts it: the real process, spoken to on its standard input and output.

mod editor;
mod files;

use serde_json::{Value, json};

use std::io::{Read as _, Write as _};

use editor::{Editor, FILE, LONG, place};

const GOOD: &str = r#"{ "sockscope": 1, "suite": "a", "clients": { "alice": { "url": "ws://h" } },
  "checks": [ { "check": "😀 one", "steps": [ { "connect": "alice" } ] } ] }
"#;

#[test]
fn mistakes_are_told_with_their_places_and_go_when_they_are_mended() {
    let mut editor = Editor::open(true);
    let bad = GOOD.replace("\"connect\": \"alice\"", "\"connect\": \"alice2\"");
    let told = editor.text(&bad);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["message"].as_str().is_some_and(|message| message.contains("alice")), "{told:?}");
    assert_eq!((&told[0]["severity"], &told[0]["source"]), (&json!(1), &json!("sockscope")));
    let line = bad.lines().nth(1).expect("a line");
    let before = &line[..line.find("\"alice2\"").expect("the mistake")];
    let column = before.encode_utf16().count() as u64;
    assert_eq!(place(&told[0]["range"]["start"]), (1, column), "in UTF-16, the emoji before it included");
    assert_eq!(place(&told[0]["range"]["end"]), (1, column + 8));
    assert_eq!(editor.text(GOOD), Vec::<Value>::new());
    assert_eq!(
        editor.text("{ \"sockscope\": 1, ")[0]["severity"],
        1,
        "half-written text has a mistake, and the server goes on"
    );
    assert_eq!(editor.text("{ \"name\": \"package\" }"), Vec::<Value>::new(), "another JSON file has none");
}

#[test]
fn many_changes_at_once_end_with_the_mistakes_of_the_last_text() {
    let mut editor = Editor::open(true);
    editor.text(GOOD);
    for version in 2..60 {
        let text = if version < 59 { "{ \"sockscope\": 2 }" } else { GOOD };
        let changed =
            json!({"textDocument": {"uri": FILE, "version": version}, "contentChanges": [{"text": text}]});
        editor.tell("textDocument/didChange", changed);
    }
    let last = loop {
        let message = editor.messages.recv_timeout(LONG).expect("mistakes in time");
        if message["params"]["version"] == 59 {
            break message;
        }
    };
    assert_eq!(last["params"]["diagnostics"], json!([]));
}

#[test]
fn completion_offers_keys_names_and_the_new_words() {
    let mut editor = Editor::open(true);
    let found = editor.at("textDocument/completion", "{ \"sockscope\": 1, \"setup\": [ { \"wa|\" } ] }");
    let wait = found.as_array().expect("a list").iter().find(|one| one["label"] == "wait").expect("wait");
    assert_eq!(wait["textEdit"]["newText"], "\"wait\": \"$0\"", "the cursor stands in the quotation marks");
    assert_eq!(wait["filterText"], "\"wait\"", "an editor compares it with what it replaces");
    assert_eq!(place(&wait["textEdit"]["range"]["start"]), (0, 31));
    let labels = |editor: &mut Editor, marked: &str| {
        let found = editor.at("textDocument/completion", marked);
        let labels = found
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["label"].as_str().unwrap_or_default().to_owned());
        labels.collect::<Vec<_>>()
    };
    let framing =
        labels(&mut editor, "{ \"sockscope\": 1, \"clients\": { \"a\": { \"framing\": { \"|\" } } } }");
    assert_eq!(framing, ["length", "at", "add", "strip", "delimiter", "max", "as"]);
    let numbers = labels(
        &mut editor,
        "{ \"sockscope\": 1, \"clients\": { \"a\": { \"framing\": { \"length\": \"|\" } } } }",
    );
    assert!(numbers.iter().any(|label| label == "varint"), "{numbers:?}");
    let places = labels(
        &mut editor,
        "{ \"sockscope\": 1, \"setup\": [ { \"expect\": { \"capture\": { \"x\": { \"|\" } } } } ] }",
    );
    assert_eq!(places, ["regex", "bytes"]);
    let clients = labels(
        &mut editor,
        "{ \"sockscope\": 1, \"clients\": { \"alice\": {} }, \"setup\": [ { \"connect\": \"|\" } ] }",
    );
    assert!(clients.iter().any(|label| label == "alice"), "{clients:?}");
    let nothing = editor.at("textDocument/completion", "{ \"name\": \"|\" }");
    assert_eq!(nothing, Value::Null, "another JSON file gets no answers");
}

#[test]
fn an_editor_without_snippets_gets_plain_text() {
    let mut editor = Editor::open(false);
    let found = editor.at("textDocument/completion", "{ \"sockscope\": 1, \"setup\": [ { \"wa|\" } ] }");
    let wait = found.as_array().expect("a list").iter().find(|one| one["label"] == "wait").expect("wait");
    assert_eq!(
        (&wait["textEdit"]["newText"], &wait["insertTextFormat"]),
        (&json!("\"wait\": \"\""), &json!(1))
    );
}

#[test]
fn hover_says_what_a_key_means() {
    let mut editor = Editor::open(true);
    let found =
        editor.at("textDocument/hover", "{ \"sockscope\": 1, \"clients\": { \"a\": { \"fra|ming\": {} } } }");
    assert_eq!(found["contents"]["kind"], "markdown");
    let about = found["contents"]["value"].as_str().expect("prose");
    assert!(about.starts_with("What comes is a stream") && about.contains("```json"), "{about}");
    assert_eq!(place(&found["range"]["start"]), (0, 38));
}

#[test]
fn a_name_leads_to_its_definition() {
    let mut editor = Editor::open(true);
    let found = editor
        .at("textDocument/definition", &GOOD.replace("\"connect\": \"alice\"", "\"connect\": \"al|ice\""));
    assert_eq!(found["uri"], FILE);
    assert_eq!(place(&found["range"]["start"]), (0, GOOD.find("\"alice\"").expect("it is there") as u64));
    assert_eq!(editor.at("textDocument/definition", &GOOD.replace("one", "o|ne")), Value::Null);
}

#[test]
fn formatting_is_that_of_the_page() {
    let mut editor = Editor::open(true);
    editor.text("{\"sockscope\":1,\n\"suite\":\"é\"}");
    let asked = json!({"textDocument": {"uri": FILE}, "options": {"tabSize": 2, "insertSpaces": true}});
    let edits = editor.ask("textDocument/formatting", asked.clone())["result"].clone();
    assert_eq!(edits[0]["newText"], "{ \"sockscope\": 1, \"suite\": \"é\" }\n");
    assert_eq!((place(&edits[0]["range"]["start"]), place(&edits[0]["range"]["end"])), ((0, 0), (1, 12)));
    editor.text("{ \"sockscope\": 1 }\n");
    assert_eq!(editor.ask("textDocument/formatting", asked.clone())["result"], json!([]), "nothing to do");
    editor.text("{ \"sockscope\": 1, ");
    assert_eq!(
        editor.ask("textDocument/formatting", asked)["result"],
        Value::Null,
        "broken text stays as it is"
    );
}

#[test]
fn what_is_unknown_is_refused_and_the_server_goes_on() {
    let mut editor = Editor::open(true);
    assert_eq!(editor.ask("textDocument/rename", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.ask("textDocument/hover", json!({"position": 5}))["error"]["code"], -32602);
    editor.tell("textDocument/didChange", json!({"nothing": true}));
    editor.tell("$/setTrace", json!({"value": "off"}));
    assert_eq!(editor.text(GOOD), Vec::<Value>::new());
    let closed = json!({"textDocument": {"uri": FILE}});
    editor.tell("textDocument/didClose", closed);
    let asked = json!({"textDocument": {"uri": FILE}, "position": {"line": 0, "character": 3}});
    assert_eq!(editor.ask("textDocument/hover", asked)["result"], Value::Null);
}

#[test]
fn shutdown_and_exit_end_it_well_and_a_closed_pipe_does_not() {
    let mut editor = Editor::open(true);
    assert_eq!(editor.ask("shutdown", Value::Null)["result"], Value::Null);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.ended().code(), Some(0));

    let mut editor = Editor::open(true);
    editor.input = None;
    assert_eq!(editor.ended().code(), Some(3));
    let mut words = String::new();
    editor.child.stderr.take().expect("a pipe").read_to_string(&mut words).expect("words");
    assert!(words.contains("the editor went away"), "{words}");

    let mut editor = Editor::start();
    editor.input.as_mut().expect("a pipe").write_all(b"GET / HTTP/1.1\r\n\r\n").expect("the server reads");
    editor.input = None;
    assert_eq!(editor.ended().code(), Some(3), "what is not the protocol ends it");
}
