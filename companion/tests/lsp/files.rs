//! What a suite names in other files, as an editor sees it.

use serde_json::{Value, json};

use crate::editor::{Editor, LONG, place};

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
    assert_eq!(editor.text_of(&uri("a.json"), suite), Vec::<Value>::new());
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
fn mistakes_come_and_go_with_the_file_that_a_suite_imports() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a path");
    let uri = |name: &str| format!("file://{}", root.join(name).display());
    let common =
        "{ \"sockscope\": 1, \"suite\": \"common\", \"clients\": { \"bob\": { \"url\": \"ws://h\" } } }";
    std::fs::write(root.join("common.json"), common).expect("a file");
    let mut editor = Editor::open(true);
    let suite = "{ \"sockscope\": 1, \"suite\": \"a\", \"import\": [\"common.json\"],\n  \"checks\": [ { \"check\": \"c\", \"steps\": [ { \"connect\": \"bob\" } ] } ] }";
    assert_eq!(editor.text_of(&uri("a.json"), suite), Vec::<Value>::new());
    // Not saved: what the editor shows counts.
    let changed = common.replace("bob", "bobby");
    let whole = json!({"uri": uri("common.json"), "languageId": "jsonc", "version": 9, "text": changed});
    editor.tell("textDocument/didOpen", json!({"textDocument": whole}));
    let told = editor.told_of(&uri("a.json"));
    assert_eq!(told[0]["message"], "no client is called \"bob\"; did you mean \"bobby\"?");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri("common.json")}}));
    assert_eq!(editor.told_of(&uri("a.json")), Vec::<Value>::new(), "what is saved counts again");
    std::fs::remove_file(root.join("common.json")).expect("it was there");
    editor.tell("textDocument/didSave", json!({"textDocument": {"uri": uri("other.csv")}}));
    let told = editor.told_of(&uri("a.json"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]["message"]
            .as_str()
            .is_some_and(|it| it.starts_with("common.json: no such file; looked for "))
    );
}
