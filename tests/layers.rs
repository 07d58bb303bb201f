//! The house stands only if its arrows point down. This test reads every source file and finds those that point up.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer of `src` with the layers that it may name. Whoever is not listed may name nothing.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("wire", &["engine"]),
    ("browser", &["engine"]),
    ("session", &["engine", "wire"]),
    ("ui", &["engine", "wire", "browser"]),
];

/// Crates that know a browser, and who may name them.
const BROWSER_CRATES: &[&str] = &["web_sys", "js_sys", "wasm_bindgen", "gloo_net", "gloo_timers", "leptos"];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// The code without comments, which may speak of anything.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a readable file");
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Whether `word` stands in `code` as a name of its own, followed by `::`.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(&format!("{word}::"))
        .any(|(at, _)| !code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_'))
}

fn layer(name: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    let files = source_files(&folder);
    assert!(!files.is_empty(), "no source file in {}: has the layer moved?", folder.display());
    files
        .into_iter()
        .map(|path| {
            let code = code_of(&path);
            (path, code)
        })
        .collect()
}

#[test]
fn imports_point_down_only() {
    let mut wrong = Vec::new();
    for (name, allowed) in MAY_NAME {
        for (path, code) in layer(name) {
            for (other, _) in MAY_NAME.iter().filter(|(other, _)| other != name && !allowed.contains(other)) {
                let grouped = code.contains(&format!("crate::{{{other}"));
                if names(&code, &format!("crate::{other}"))
                    || grouped
                    || names(&code, &format!("super::{other}"))
                {
                    wrong.push(format!("{} names {other}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pure_layers_know_no_browser() {
    let mut wrong = Vec::new();
    for name in ["engine", "wire", "session"] {
        for (path, code) in layer(name) {
            for known in BROWSER_CRATES.iter().filter(|known| names(&code, known)) {
                wrong.push(format!("{} names {known}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_browser_layer_draws_nothing() {
    for (path, code) in layer("browser") {
        assert!(!names(&code, "leptos"), "{} names leptos", path.display());
    }
}

#[test]
fn one_file_names_the_browsers_socket() {
    let mut files: Vec<_> = ["browser", "ui", "session", "wire", "engine"]
        .iter()
        .flat_map(|name| layer(name))
        .filter(|(_, code)| {
            code.contains("WebSocket::") || code.contains("web_sys::WebSocket") || code.contains("{WebSocket")
        })
        .map(|(path, _)| path)
        .collect();
    files.dedup();
    let names: Vec<_> = files.iter().filter_map(|p| p.file_name()?.to_str()).collect();
    assert_eq!(names, ["socket.rs"]);
}

#[test]
fn the_engine_reads_no_clock() {
    for (path, code) in layer("engine").into_iter().chain(layer("wire")).chain(layer("session")) {
        for clock in ["SystemTime", "std::time::Instant", "time::{Instant", "Date::now", "thread::sleep"] {
            assert!(!code.contains(clock), "{} reads {clock}", path.display());
        }
    }
}

#[test]
fn nothing_is_forgotten_on_purpose() {
    for (path, code) in layer("browser").into_iter().chain(layer("ui")) {
        assert!(!code.contains(".forget()"), "{} leaks a closure", path.display());
    }
}
