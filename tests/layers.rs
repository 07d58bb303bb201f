//! The house stands only if its arrows point down. This test reads every source file and finds those that point up.

mod module_graph;

use std::fs;
use std::path::{Path, PathBuf};

use module_graph::Graph;

/// Each layer with the layers that it may name: the engine, which is a crate of its own, and the folders of `src`.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("wire", &["engine"]),
    ("model", &["engine", "wire"]),
    ("browser", &["engine"]),
    ("worker", &["engine", "wire"]),
    ("ui", &["engine", "wire", "model", "browser"]),
    ("bin", &["engine", "wire", "model", "browser", "worker", "ui"]),
];

/// Crates that know a browser, and who may name them.
const BROWSER_CRATES: &[&str] = &["web_sys", "js_sys", "wasm_bindgen", "gloo_net", "gloo_timers", "leptos"];

/// The layers that build without a browser and read no clock.
const PURE: &[&str] = &["engine", "wire", "model", "worker"];

/// What keeps a value for ever without an owner.
const LEAKS: &[&str] = &[".forget()", "mem::forget", "Box::leak", ".leak()", "ManuallyDrop"];

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
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Every name that stands right after `prefix::`, also as one of a group: `crate::{a, b::c}` names `a` and `b`.
fn named_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, found) in code.match_indices(&format!("{prefix}::")) {
        if code[..at].ends_with(is_of_name) {
            continue;
        }
        let rest = code[at + found.len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => names.extend(top_of_group(group)),
            None => names.push(leading_name(rest)),
        }
    }
    names
}

/// The first names of a group's members, up to its closing brace.
fn top_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(leading_name(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn leading_name(code: &str) -> String {
    code.chars().take_while(|c| is_of_name(*c)).collect()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `word` is named in `code` as a path's beginning.
fn begins_a_path(code: &str, word: &str) -> bool {
    code.match_indices(&format!("{word}::")).any(|(at, _)| !code[..at].ends_with(is_of_name))
        || code.contains(&format!("use {word};"))
}

fn layer(name: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = if name == "engine" { root.join("crates/engine/src") } else { root.join("src").join(name) };
    let files = source_files(&folder);
    assert!(!files.is_empty(), "no source file in {}: has the layer moved?", folder.display());
    let read = |path: &PathBuf| without_comments(&fs::read_to_string(path).expect("a readable file"));
    files.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

#[test]
fn imports_point_down_only() {
    let mut wrong = Vec::new();
    // The compiler keeps the engine's crate from naming the page.
    for (name, allowed) in MAY_NAME.iter().filter(|(name, _)| *name != "engine") {
        for (path, code) in layer(name) {
            let named = named_after(&code, "crate").into_iter().chain(named_after(&code, "super"));
            for other in named {
                let is_layer = MAY_NAME.iter().any(|(layer, _)| *layer == other);
                if is_layer && other != *name && !allowed.contains(&other.as_str()) {
                    wrong.push(format!("{} names {other}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_import_that_points_up_is_seen_in_every_form() {
    for code in [
        "use crate::browser;",
        "use crate::browser::Socket;",
        "use crate::{wire::Row, browser::Socket};",
        "use crate::{\n    engine::{Event, World},\n    browser,\n};",
        "let x = crate::browser::clock::now();",
    ] {
        assert!(named_after(code, "crate").contains(&"browser".to_owned()), "{code}");
    }
    assert!(!named_after("use crate::engine::{browser};", "crate").contains(&"browser".to_owned()));
    assert!(named_after("mycrate::browser", "crate").is_empty());
}

/// A run is read from the bottom up: a file that names another one can be understood after it.
#[test]
fn the_modules_of_a_run_form_no_circle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/engine/src/run");
    let graph = Graph::read(&folder, "crate::run");
    assert_eq!(graph.circles(), Vec::<String>::new());
    assert_eq!(graph.of_folders().circles(), Vec::<String>::new());
}

/// The parts of the view may know its store; then the store knows none of them.
#[test]
fn the_modules_of_the_checks_view_form_no_circle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui/checks");
    assert_eq!(Graph::read(&folder, "crate::ui::checks").circles(), Vec::<String>::new());
}

#[test]
fn the_pure_layers_know_no_browser() {
    let mut wrong = Vec::new();
    for name in PURE {
        for (path, code) in layer(name) {
            for known in BROWSER_CRATES.iter().filter(|known| begins_a_path(&code, known)) {
                wrong.push(format!("{} names {known}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_browser_layer_draws_nothing() {
    for (path, code) in layer("browser") {
        assert!(!begins_a_path(&code, "leptos"), "{} names leptos", path.display());
    }
}

#[test]
fn one_file_names_the_browsers_socket() {
    let mut files: Vec<_> = MAY_NAME
        .iter()
        .flat_map(|(name, _)| layer(name))
        .filter(|(_, code)| {
            code.contains("WebSocket::") || named_after(code, "web_sys").contains(&"WebSocket".to_owned())
        })
        .map(|(path, _)| path)
        .collect();
    files.dedup();
    let names: Vec<_> = files.iter().filter_map(|p| p.file_name()?.to_str()).collect();
    assert_eq!(names, ["socket.rs"]);
}

#[test]
fn the_pure_layers_read_no_clock() {
    for (path, code) in PURE.iter().flat_map(|name| layer(name)) {
        let of_time = named_after(&code, "time");
        for clock in ["SystemTime", "Instant"] {
            // Our own `time` module has an `Instant` that reads nothing; the standard one comes by `std::time`.
            let from_std = code.contains("std::time") && of_time.contains(&clock.to_owned());
            assert!(!from_std, "{} reads {clock}", path.display());
        }
        assert!(!code.contains("thread::sleep") && !code.contains("Date::now"), "{} waits", path.display());
    }
}

#[test]
fn nothing_is_forgotten_on_purpose() {
    for (path, code) in layer("") {
        for leak in LEAKS {
            assert!(!code.contains(leak), "{} names {leak}", path.display());
        }
    }
}

/// The page and scripts that drive it read the version where they stand; only the script that starts the page cannot.
#[test]
fn the_boot_script_names_the_version_of_the_package() {
    let expected = format!("version: '{}'", env!("CARGO_PKG_VERSION"));
    assert!(include_str!("../src/boot/page.js").contains(&expected), "src/boot/page.js lacks {expected}");
}

/// Every folder of `src` with code is a layer, and so is watched.
#[test]
fn every_folder_with_code_is_a_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<_> = source_files(&root)
        .iter()
        .filter_map(|path| {
            path.strip_prefix(&root).ok()?.parent()?.iter().next()?.to_str().map(str::to_owned)
        })
        .collect();
    folders.sort();
    folders.dedup();
    let mut layers: Vec<_> =
        MAY_NAME.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "engine").collect();
    layers.sort();
    assert_eq!(folders, layers);
}

/// A style sheet that is loaded with a view must not reach into the others, which were drawn before it.
#[test]
fn the_styles_of_faults_are_for_faults_alone() {
    let styles = include_str!("../style/faults.css");
    for (number, line) in styles.lines().enumerate() {
        let Some((selectors, _)) = line.split_once('{') else { continue };
        let mut open = 0;
        let between_selectors = |sign| {
            open += i32::from(sign == '(') - i32::from(sign == ')');
            sign == ',' && open == 0
        };
        for selector in selectors.split(between_selectors).map(str::trim) {
            // The sizes of the view are tokens of its own, whose names begin with the view.
            let is_own = selector.starts_with("#faults") || selector.starts_with('@') || selector == ":root";
            assert!(is_own, "style/faults.css:{}: {selector}", number + 1);
        }
    }
}
