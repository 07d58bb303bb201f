//! The files that a suite names: those it imports, those with its rows, those that its HTTP calls send, and certificates.
//!
//! Owns how a name becomes a path, and which files are asked for. It refuses to open any: the caller reads
//! what stands beside a suite, within bounds, and hands both over. So the page and the command understand the same.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::source::{self, Member, Node, Tree};
use crate::Payload;
use crate::base::words::cut;

/// How many files a suite may name, those that are named by others counted.
const MOST: usize = 100;
/// How long a path may be, in bytes.
const LONGEST: usize = 300;
/// How many bytes all files of a suite may have together.
const LARGEST: usize = 64 << 20;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A suite whose definitions and the like are brought in.
    Import,
    /// Rows.
    Rows,
    /// What is handed on as it is: what an HTTP call sends, which may be any bytes, or a certificate or key.
    Body,
}

/// What stands in files, by their path from the folder of the suite; instead of one that could not be read, why not.
/// Only what is handed on is binary, so that nothing in it is taken for a part of the suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files(BTreeMap<String, Result<Payload, String>>);

impl Files {
    /// Asks for every file that a suite names, and that its imports name in turn.
    pub fn gather(text: &str, read: &mut dyn FnMut(&str, FileKind) -> Result<Payload, String>) -> Self {
        let mut files = Self::default();
        let mut size = 0;
        let mut add = |files: &mut Self, name: String, kind| {
            if files.0.len() >= MOST || files.0.contains_key(&name) {
                return;
            }
            let found = read(&name, kind).and_then(|content| {
                size += content.as_bytes().len();
                match size > LARGEST {
                    true => {
                        Err(format!("with it the files of the suite are larger than {} MiB", LARGEST >> 20))
                    }
                    false => Ok(content),
                }
            });
            files.0.insert(name, found);
        };
        let (mut waiting, mut bodies) = (names_in("", text), Vec::new());
        while let Some((name, kind)) = waiting.pop() {
            // What is read as a text first may be sent all the same.
            if kind == FileKind::Body {
                bodies.push(name);
                continue;
            }
            let is_new = !files.0.contains_key(&name);
            add(&mut files, name.clone(), kind);
            if let (Ok(text), FileKind::Import, true) = (files.text(&name), kind, is_new) {
                let more = names_in(&name, text);
                waiting.extend(more);
            }
        }
        bodies.into_iter().for_each(|name| add(&mut files, name, FileKind::Body));
        files
    }

    /// The same from texts that are at hand.
    pub fn of_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::of_contents(texts.into_iter().map(|(name, text)| (name, Payload::Text(text))))
    }

    /// The same with bytes among them.
    pub fn of_contents(contents: impl IntoIterator<Item = (String, Payload)>) -> Self {
        Self(contents.into_iter().map(|(name, content)| (name, Ok(content))).collect())
    }

    /// As a script gives them to the page: a text, or `{ "base64": "…" }`.
    pub fn to_json(&self) -> Value {
        let given = |content: &Payload| match content {
            Payload::Text(text) => json!(text),
            Payload::Binary(bytes) => json!({ "base64": STANDARD.encode(bytes) }),
        };
        let all = self.contents().map(|(name, content)| (name.to_owned(), given(content)));
        Value::Object(all.collect::<Map<_, _>>())
    }

    /// The bytes that a script gives as base64.
    pub fn bytes_of(base64: &str) -> Result<Payload, String> {
        STANDARD.decode(base64).map(Payload::Binary).map_err(|error| format!("expected base64: {error}"))
    }

    /// Those that could be read.
    pub fn contents(&self) -> impl Iterator<Item = (&str, &Payload)> {
        self.0.iter().filter_map(|(name, content)| Some((name.as_str(), content.as_ref().ok()?)))
    }

    /// The texts among them: what may hold a part of the suite.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.contents().filter_map(|(name, content)| match content {
            Payload::Text(text) => Some((name, text.as_str())),
            Payload::Binary(_) => None,
        })
    }

    /// Their paths, also of those that could not be read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All texts in one, that of the suite first.
    pub fn joined(&self, suite: &str) -> String {
        std::iter::once(suite).chain(self.texts().map(|(_, text)| text)).collect::<Vec<_>>().join("\n")
    }

    /// Whether the suite names none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of a file, or why there is none.
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        std::str::from_utf8(self.bytes(name)?)
            .map_err(|_| "expected UTF-8 text, found other bytes".to_owned())
    }

    /// The bytes of a file, or why there are none.
    pub(super) fn bytes(&self, name: &str) -> Result<&[u8], String> {
        match self.0.get(name) {
            Some(Ok(content)) => Ok(content.as_bytes()),
            Some(Err(why)) => Err(why.clone()),
            None if self.0.len() >= MOST => Err(format!("a suite may name {MOST} files")),
            None => Err("there is no such file here".to_owned()),
        }
    }
}

/// The path of a file from the folder of the suite, when another file names it; or why it is not one.
pub fn path_from(from: &str, written: &str) -> Result<String, String> {
    let shown = cut(written, 60);
    let wrong = |why: &str| Err(format!("{shown:?} {why}; write a path such as \"shared/common.jsonc\""));
    if written.trim().is_empty() || written.len() > LONGEST || written.ends_with('/') {
        return wrong("names no file");
    }
    if written.contains("{{") {
        return wrong("holds a placeholder, and a file is the same every time");
    }
    if written.contains("://") {
        return wrong("is an address, and nothing is fetched");
    }
    let has_drive = written.as_bytes().get(1) == Some(&b':');
    if written.starts_with('/') || written.contains('\\') || has_drive {
        return wrong("is not a relative path with /");
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(written.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The items of a list, if it is one.
fn items(member: Option<&Member>) -> &[Node] {
    match member.map(|member| &member.value.tree) {
        Some(Tree::List(items)) => items,
        _ => &[],
    }
}

/// The files that a document names.
fn names_in(from: &str, text: &str) -> Vec<(String, FileKind)> {
    // Most suites name none, and reading one takes a while.
    if !["\"import\"", "\"file\""].iter().any(|key| text.contains(key)) {
        return Vec::new();
    }
    let Ok((source, _)) = source::read(text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |node: &Node, kind| {
        let path = node.text().and_then(|written| path_from(from, written).ok());
        found.extend(path.map(|path| (path, kind)));
    };
    for node in items(source.root.member("import")) {
        add(node, FileKind::Import);
    }
    let rows = |node: &Node, add: &mut dyn FnMut(&Node, FileKind)| {
        let each = node.member("each").and_then(|each| each.value.member("file"));
        if let Some(file) = each {
            add(&file.value, FileKind::Rows);
        }
    };
    let checks = items(source.root.member("checks"));
    for clients in checks.iter().map(|check| check.member("clients")).chain([source.root.member("clients")]) {
        let clients = clients.and_then(|clients| clients.value.members()).unwrap_or_default();
        for client in clients {
            rows(&client.value, &mut add);
            let tls = client.value.member("tls").and_then(|tls| tls.value.members()).unwrap_or_default();
            for file in tls.iter().filter_map(|pem| pem.value.member("file")) {
                add(&file.value, FileKind::Body);
            }
        }
    }
    checks.iter().for_each(|check| rows(check, &mut add));
    let definitions = source.root.member("define").and_then(|define| define.value.members());
    let definitions = definitions.unwrap_or_default().iter().map(|definition| &definition.value);
    for holder in definitions.chain(checks).chain([&source.root]) {
        ["steps", "setup", "teardown"].iter().for_each(|key| steps(holder.member(key), &mut add));
    }
    found
}

/// The files that the calls in these steps send. The depth of a document is bounded.
fn steps(list: Option<&Member>, add: &mut dyn FnMut(&Node, FileKind)) {
    let branches = items(list).iter().flat_map(|item| match &item.tree {
        Tree::List(steps) => steps.as_slice(),
        _ => std::slice::from_ref(item),
    });
    for step in branches {
        if let Some(call) = step.member("http") {
            let parts = items(call.value.member("multipart")).iter();
            let body = call.value.member("body").map(|body| &body.value);
            for file in parts.chain(body).filter_map(|holder| holder.member("file")) {
                add(&file.value, FileKind::Body);
            }
        }
        ["steps", "all", "try", "else"].iter().for_each(|key| steps(step.member(key), add));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, written: &str, wanted: Result<&str, &str>) {
        let advice = "; write a path such as \"shared/common.jsonc\"";
        let wanted = wanted.map(str::to_owned).map_err(|why| format!("{why}{advice}"));
        assert_eq!(path_from(from, written), wanted);
    }

    #[test]
    fn a_path_is_relative_to_the_file_that_names_it() {
        check("", "common.jsonc", Ok("common.jsonc"));
        check("", "./a//b.json", Ok("a/b.json"));
        check("shared/one.json", "two.json", Ok("shared/two.json"));
        check("shared/one.json", "../two.json", Ok("two.json"));
        check("", "../../two.json", Ok("../../two.json"));
        check("../x/one.json", "../../two.json", Ok("../../two.json"));
    }

    #[test]
    fn err_what_names_no_file_beside_the_suite() {
        check("", "", Err("\"\" names no file"));
        check("", "a/", Err("\"a/\" names no file"));
        check("", "/etc/passwd", Err("\"/etc/passwd\" is not a relative path with /"));
        check("", "C:/x", Err("\"C:/x\" is not a relative path with /"));
        check("", "a\\b", Err("\"a\\\\b\" is not a relative path with /"));
        check("", "https://x/y", Err("\"https://x/y\" is an address, and nothing is fetched"));
        check("", "{{x}}", Err("\"{{x}}\" holds a placeholder, and a file is the same every time"));
    }

    #[test]
    fn files_are_gathered_from_imports_of_imports() {
        let text = r#"{ "import": ["a/one.json"], "checks": [{ "each": { "file": "rows.csv" } }],
            "clients": { "c": { "each": { "file": "../users.csv" }, "tls": { "ca": { "file": "ca.pem" }, "key": "x" } } } }"#;
        let mut asked = Vec::new();
        let files = Files::gather(text, &mut |name, kind| {
            asked.push(format!("{kind:?} {name}"));
            match name {
                "a/one.json" => Ok(Payload::from(r#"{ "import": ["two.json", "../a/one.json"] }"#)),
                _ => Err("gone".to_owned()),
            }
        });
        asked.sort();
        let rows = ["Rows ../users.csv", "Rows rows.csv"];
        assert_eq!(asked, [&["Body ca.pem", "Import a/one.json", "Import a/two.json"], &rows[..]].concat());
        assert_eq!(files.texts().count(), 1);
    }
    #[test]
    fn the_files_that_calls_send_are_asked_for_wherever_the_call_stands() {
        let text = r#"{ "import": ["lib/send.json"], "setup": [{ "http": { "body": { "file": "1.bin" } } }],
            "checks": [{ "steps": [
              { "all": [[{ "http": { "body": { "file": "2.bin" } } }], { "try": [{ "http": { "body": { "file": "1.bin" } } }],
                "else": [{ "repeat": { "times": 1 }, "steps": [{ "http": { "multipart": [{ "file": "3.bin" }, { "text": "x" }] } }] }] }] },
              { "send": { "http": { "body": { "file": "data.bin" } } } }] }] }"#;
        let mut asked = Vec::new();
        Files::gather(text, &mut |name, kind| {
            asked.push(format!("{kind:?} {name}"));
            match name {
                "lib/send.json" => Ok(Payload::from(
                    r#"{ "define": { "d": { "steps": [{ "http": { "body": { "file": "4.bin" } } }] } } }"#,
                )),
                _ => Ok(Payload::Binary(vec![255])),
            }
        });
        asked.sort();
        let bodies = ["Body 1.bin", "Body 2.bin", "Body 3.bin", "Body lib/4.bin", "Import lib/send.json"];
        assert_eq!(asked, bodies);
    }
}
