//! An editor that speaks to the command on its standard input and output.

use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const LONG: Duration = Duration::from_secs(20);
pub const FILE: &str = "file:///suites/a.json";

/// An editor with one language server.
pub struct Editor {
    pub child: Child,
    pub input: Option<ChildStdin>,
    pub messages: Receiver<Value>,
    pub questions: i64,
    pub version: i64,
}

impl Editor {
    /// Starts the server, without a word yet.
    pub fn start() -> Self {
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
    pub fn open(snippets: bool) -> Self {
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

    pub fn write(&mut self, message: &Value) {
        let text = message.to_string();
        let input = self.input.as_mut().expect("an open pipe");
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        input.flush().expect("the server reads");
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The whole answer, error or result.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
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
    pub fn text(&mut self, text: &str) -> Vec<Value> {
        self.text_of(FILE, text)
    }

    /// The same of another file than the usual one.
    pub fn text_of(&mut self, file: &str, text: &str) -> Vec<Value> {
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
        self.until_told(|told| told["version"] == version && told["uri"] == file)
    }

    /// The mistakes that the server finds next in a file.
    #[track_caller]
    pub fn told_of(&mut self, file: &str) -> Vec<Value> {
        self.until_told(|told| told["uri"] == file)
    }

    #[track_caller]
    pub fn until_told(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + LONG;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).expect("mistakes in time");
            let told = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics" && is_it(told) {
                return told["diagnostics"].as_array().expect("a list").clone();
            }
        }
    }

    /// What is answered about the place of `|` in a text, which becomes the document's without it.
    #[track_caller]
    pub fn at(&mut self, method: &str, marked: &str) -> Value {
        let place = marked.find('|').expect("a cursor");
        self.text(&marked.replacen('|', "", 1));
        self.asked(method, FILE, &marked[..place])
    }

    /// What is answered about the place behind this beginning of a document.
    #[track_caller]
    pub fn asked(&mut self, method: &str, file: &str, before: &str) -> Value {
        let line = before.matches('\n').count();
        let character = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        let at = json!({"textDocument": {"uri": file}, "position": {"line": line, "character": character}});
        self.ask(method, at)["result"].clone()
    }

    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
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

pub fn place(value: &Value) -> (u64, u64) {
    (value["line"].as_u64().expect("a line"), value["character"].as_u64().expect("a character"))
}
