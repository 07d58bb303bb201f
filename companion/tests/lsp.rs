//! `sockscope lsp` as an editor starts it: the real process, spoken to on its standard input and output.

use std::io::{BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);
const FILE: &str = "file:///suites/a.json";

/// An editor with one language server.
struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    questions: i64,
    version: i64,
}

impl Editor {
    /// Starts the server, without a word yet.
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, messages, questions: 0, version: 0 }
    }

    /// The same, ready for documents.
    fn open(snippets: bool) -> Self {
        let mut editor = Self::start();
        let item = json!({"completionItem": {"snippetSupport": snippets}});
        let about = editor.ask(
            "initialize",
            json!({"processId": null, "rootUri": null, "capabilities": {"textDocument": {"completion": item}}}),
        );
        assert_eq!(about["result"]["serverInfo"]["name"], "sockscope");
        for ability in
            ["completionProvider", "hoverProvider", "definitionProvider", "documentFormattingProvider"]
        {
            assert!(!about["result"]["capabilities"][ability].is_null(), "{ability}: {about}");
        }
        editor.tell("initialized", json!({}));
        editor
    }

    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        let input = self.input.as_mut().expect("an open pipe");
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        input.flush().expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The whole answer, error or result.
    #[track_caller]
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.questions += 1;
        let id = self.questions;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let deadline = Instant::now() + LONG;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).expect("an answer in time");
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Opens the document, or changes all of it; the mistakes that the server finds in it.
    #[track_caller]
    fn text(&mut self, text: &str) -> Vec<Value> {
        self.text_of(FILE, text)
    }

    /// The same of another file than the usual one.
    fn text_of(&mut self, file: &str, text: &str) -> Vec<Value> {
        self.version += 1;
        let version = self.version;
        let whole = json!({"uri": file, "languageId": "jsonc", "version": version, "text": text});
        match version {
            1 => self.tell("textDocument/didOpen", json!({"textDocument": whole})),
            _ => self.tell(
                "textDocument/didChange",
                json!({"textDocument": {"uri": file, "version": version}, "contentChanges": [{"text": text}]}),
            ),
        }
        let deadline = Instant::now() + LONG;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).expect("mistakes in time");
            let told = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics" && told["version"] == version {
                assert_eq!(told["uri"], file);
                return told["diagnostics"].as_array().expect("a list").clone();
            }
        }
    }

    /// What is answered about the place of `|` in a text, which becomes the document's without it.
    #[track_caller]
    fn at(&mut self, method: &str, marked: &str) -> Value {
        let place = marked.find('|').expect("a cursor");
        self.text(&marked.replacen('|', "", 1));
        self.asked(method, FILE, &marked[..place])
    }

    /// What is answered about the place behind this beginning of a document.
    #[track_caller]
    fn asked(&mut self, method: &str, file: &str, before: &str) -> Value {
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        let at = json!({"textDocument": {"uri": file}, "position": {"line": line, "character": character}});
        self.ask(method, at)["result"].clone()
    }

    #[track_caller]
    fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server ends in time");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One message; none at the end.
fn read(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut size = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                size = header.strip_prefix("Content-Length: ").map(|size| size.parse().expect("a size"))
            }
        }
    }
    let mut bytes = vec![0; size.expect("a length")];
    output.read_exact(&mut bytes).ok()?;
    Some(serde_json::from_slice(&bytes).expect("JSON"))
}

fn place(value: &Value) -> (u64, u64) {
    (value["line"].as_u64().expect("a line"), value["character"].as_u64().expect("a character"))
}

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
fn what_a_suite_imports_is_known_and_its_mistakes_are_shown_where_it_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let common = folder.path().join("common.jsonc");
    std::fs::write(
        &common,
        r#"{ "sockscope": 1, "suite": "common", "clients": { "alice": { "url": "ws://h" } }, "checks": [] }"#,
    )
    .expect("a file");
    let mut editor = Editor::open(true);
    let uri = format!("file://{}/a.json", folder.path().display());
    let suite = r#"{ "sockscope": 1, "suite": "a", "import": ["common.jsonc"], "checks": [{ "check": "x", "steps": [{ "connect": "alice" }] }] }"#;
    let mut told = |version: i64| {
        let whole = json!({"uri": uri, "languageId": "jsonc", "version": version, "text": suite});
        editor.tell("textDocument/didOpen", json!({"textDocument": whole}));
        loop {
            let message = editor.messages.recv_timeout(LONG).expect("mistakes in time");
            if message["params"]["version"] == version {
                return message["params"]["diagnostics"].clone();
            }
        }
    };
    assert_eq!(told(1), json!([]));
    std::fs::write(
        &common,
        r#"{ "sockscope": 1, "suite": "common", "clients": { "alice": { "url": "ws://h", "counts": 3 } }, "checks": [] }"#,
    )
    .expect("a file");
    let told = told(2);
    assert!(told[0]["message"].as_str().is_some_and(|it| it.starts_with("common.jsonc:1:")), "{told}");
    let at = suite.find("\"common.jsonc\"").expect("it is there") as u64;
    assert_eq!(place(&told[0]["range"]["start"]), (0, at));
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
fn files_that_a_suite_names_are_read_from_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let common = folder.path().join("common.jsonc");
    let write = |steps: &str| {
        let text = format!(
            "{{ \"sockscope\": 1, \"suite\": \"common\", \"define\": {{\n  \"enter\": {{ \"steps\": [ {steps} ] }} }} }}"
        );
        std::fs::write(&common, text).expect("a file");
    };
    write("{ \"connect\": \"{{client}}\" }");
    let file = format!("file://{}", folder.path().join("a.json").display());
    let text = "{ \"sockscope\": 1, \"suite\": \"a\", \"import\": [\"common.jsonc\"],\n  \"clients\": { \"a\": { \"url\": \"ws://localhost:1\" } },\n  \"checks\": [ { \"check\": \"c\", \"steps\": [ { \"use\": \"enter\", \"on\": \"a\" } ] } ] }";
    let mut editor = Editor::open(true);
    assert_eq!(editor.text_of(&file, text), Vec::<Value>::new());
    write("{ \"connekt\": \"a\" }");
    let mistakes = editor.text_of(&file, text);
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    let message = mistakes[0]["message"].as_str().expect("words");
    assert!(message.starts_with("common.jsonc:2:") && message.contains("connekt"), "{message}");
    assert_eq!(place(&mistakes[0]["range"]["start"]).0, 0, "where the suite imports it: {mistakes:?}");
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
fn a_name_leads_into_the_file_that_defines_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let uri = |name: &str| format!("file://{}", root.join(name).display());
    std::fs::create_dir_all(root.join("lib")).expect("a folder");
    let common = "{ \"sockscope\": 1, \"suite\": \"common\", \"import\": [\"more.jsonc\"],\n  \"define\": { /* 😀 */ \"enter\": { \"steps\": [ { \"connect\": \"{{client}}\" } ] } } }";
    let more = "{ \"sockscope\": 1, \"suite\": \"more\", \"define\": {},\n\n  \"clients\": { \"bob\": { \"url\": \"ws://h\" } } }";
    std::fs::write(root.join("lib/common.jsonc"), common).expect("a file");
    std::fs::write(root.join("lib/more.jsonc"), more).expect("a file");
    std::fs::write(root.join("users.csv"), "user\nann\n").expect("a file");
    let suite = "{ \"sockscope\": 1, \"suite\": \"a\", \"import\": [\"lib/common.jsonc\"],\n  \"checks\": [ { \"check\": \"{{user}}\", \"each\": { \"file\": \"users.csv\" }, \"steps\": [ { \"use\": \"enter\", \"on\": \"bob\" } ] } ] }";
    let mut editor = Editor::open(true);
    assert_eq!(editor.text_of(&uri("a.json"), suite), Vec::<Value>::new());
    let asked = |editor: &mut Editor, name: &str| {
        let at = suite.find(name).expect("it is there") + 1;
        editor.asked("textDocument/definition", &uri("a.json"), &suite[..at])
    };
    let found = asked(&mut editor, "\"enter\"");
    assert_eq!(
        (&found["uri"], place(&found["range"]["start"])),
        (&json!(uri("lib/common.jsonc")), (1, 23)),
        "in UTF-16"
    );
    assert_eq!(place(&found["range"]["end"]), (1, 30));
    let found = asked(&mut editor, "\"bob\"");
    assert_eq!((&found["uri"], place(&found["range"]["start"])), (&json!(uri("lib/more.jsonc")), (2, 15)));
    let found = asked(&mut editor, "lib/common.jsonc");
    assert_eq!((&found["uri"], place(&found["range"]["start"])), (&json!(uri("lib/common.jsonc")), (0, 0)));
    assert_eq!(asked(&mut editor, "users.csv")["uri"], uri("users.csv"));
    // What the editor shows counts before what is saved.
    let moved = format!("\n\n{common}");
    let whole = json!({"uri": uri("lib/common.jsonc"), "languageId": "jsonc", "version": 9, "text": moved});
    editor.tell("textDocument/didOpen", json!({"textDocument": whole}));
    assert_eq!(place(&asked(&mut editor, "\"enter\"")["range"]["start"]), (3, 23));
    std::fs::remove_file(root.join("users.csv")).expect("it was there");
    assert_eq!(asked(&mut editor, "users.csv"), Value::Null, "a file that is gone leads nowhere");
}

#[test]
fn names_of_imported_files_are_completed_and_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let uri = |name: &str| format!("file://{}", root.join(name).display());
    std::fs::create_dir_all(root.join("lib")).expect("a folder");
    let common = "{ \"sockscope\": 1, \"suite\": \"common\", \"import\": [\"more.jsonc\"],\n  \"define\": { \"enter\": { \"about\": \"Into a room.\", \"with\": [\"room\"], \"steps\": [] } } }";
    let more = "{ \"sockscope\": 1, \"suite\": \"more\", \"define\": {}, \"clients\": { \"bob\": { \"url\": \"ws://h\" } }, \"vars\": { \"town\": 1 } }";
    std::fs::write(root.join("lib/common.jsonc"), common).expect("a file");
    std::fs::write(root.join("lib/more.jsonc"), more).expect("a file");
    let mut editor = Editor::open(true);
    // Half-written, as a suite is while a person completes.
    let suite = "{ \"sockscope\": 1, \"suite\": \"a\", \"import\": [\"lib/common.jsonc\"],\n  \"setup\": [ { \"use\": \"enter\", \"on\": \"bob\", \"room\": \"{{town}}\" }, { \"on\": \"\" ";
    assert!(!editor.text_of(&uri("a.json"), suite).is_empty(), "it has mistakes still");
    let asked = |editor: &mut Editor, method: &str, name: &str| {
        let at = suite.rfind(name).expect("it is there") + 1;
        editor.asked(method, &uri("a.json"), &suite[..at])
    };
    let labels = |found: Value| {
        let list = found.as_array().expect("a list").clone();
        list.iter().map(|one| one["label"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(labels(asked(&mut editor, "textDocument/completion", "\"\""))[..2], ["bob", "*"]);
    assert_eq!(labels(asked(&mut editor, "textDocument/completion", "\"enter\""))[..1], ["enter"]);
    let own = labels(asked(&mut editor, "textDocument/completion", "\"lib/common"));
    assert_eq!(own, ["lib/common.jsonc", "lib/more.jsonc"], "files that an import may name");
    let about = |found: Value| found["contents"]["value"].as_str().expect("prose").to_owned();
    let enter = about(asked(&mut editor, "textDocument/hover", "\"enter\""));
    assert_eq!(
        enter,
        "Into a room.\n\nIts parameters: `room`.\n\nSteps, defined in `lib/common.jsonc`, line 2."
    );
    let town = about(asked(&mut editor, "textDocument/hover", "town"));
    assert!(town.starts_with("A variable, defined in `lib/more.jsonc`, line 1."), "{town}");
    // What the editor shows counts before what is saved.
    let changed = more.replace("\"bob\"", "\"bobby\"");
    let whole = json!({"uri": uri("lib/more.jsonc"), "languageId": "jsonc", "version": 9, "text": changed});
    editor.tell("textDocument/didOpen", json!({"textDocument": whole}));
    assert_eq!(labels(asked(&mut editor, "textDocument/completion", "\"\""))[..2], ["bobby", "*"]);
}

#[test]
fn a_column_leads_into_the_file_of_the_rows_and_is_completed_and_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let uri = |name: &str| format!("file://{}", root.join(name).display());
    std::fs::write(root.join("users.csv"), "user,job\nann,nightly\n").expect("a file");
    let mut editor = Editor::open(true);
    let suite = "{ \"sockscope\": 1, \"suite\": \"a\", \"clients\": { \"c\": { \"url\": \"ws://h\" } },\n  \"checks\": [ { \"check\": \"{{user}}\", \"each\": { \"file\": \"users.csv\" }, \"steps\": [ { \"connect\": \"c\" }, { \"send\": \"{{job}}\" } ] } ] }";
    assert_eq!(editor.text_of(&uri("a.json"), suite), [json!({}); 0]);
    let asked = |editor: &mut Editor, method: &str| {
        let at = suite.find("job").expect("it is there") + 1;
        editor.asked(method, &uri("a.json"), &suite[..at])
    };
    let found = asked(&mut editor, "textDocument/definition");
    assert_eq!(found["uri"], uri("users.csv"));
    assert_eq!((place(&found["range"]["start"]), place(&found["range"]["end"])), ((0, 5), (0, 8)));
    let hover = asked(&mut editor, "textDocument/hover");
    assert_eq!(hover["contents"]["value"], "A value of a row: the column of this name in `users.csv`.");
    let offered = asked(&mut editor, "textDocument/completion");
    let labels: Vec<_> = offered.as_array().expect("a list").iter().map(|one| one["label"].clone()).collect();
    assert_eq!(labels[..2], ["user", "job"]);
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
