//! The companion's layers name each other downwards only.

use std::fs;
use std::path::Path;

/// From the top down. Beside them lie `causes`, `config`, `destination`, `folder`, `log`, `lsp`, `origin`, `sessions`, `suites` and `tasks`, which everybody may name and which name none.
const LAYERS: [&str; 8] = ["cli", "monitor", "check", "native", "server", "web", "routes", "ws"];

/// The lines of a folder's sources that name one of `forbidden`, and how many files were read.
fn offences(path: &Path, forbidden: &[&str], found: &mut Vec<String>) -> usize {
    let mut entries: Vec<_> = if path.is_dir() {
        fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    } else {
        vec![path.to_owned()]
    };
    entries.sort();
    let mut files = 0;
    for entry in entries {
        if entry.is_dir() {
            files += offences(&entry, forbidden, found);
            continue;
        }
        files += 1;
        let source = fs::read_to_string(&entry).expect("a source");
        for (number, line) in source.lines().enumerate() {
            // One `use` for each path is the house's style; a group at the root would hide names from this test.
            let grouped = line.contains("crate::{");
            if grouped || forbidden.iter().any(|layer| line.contains(&format!("crate::{layer}"))) {
                found.push(format!("{}:{}: {line}", entry.display(), number + 1));
            }
        }
    }
    files
}

#[test]
fn imports_point_down_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (depth, layer) in LAYERS.into_iter().enumerate() {
        assert!(offences(&src.join(layer), &LAYERS[..depth], &mut found) > 1, "no sources in {layer}");
    }
    for file in [
        "causes.rs",
        "config.rs",
        "destination.rs",
        "folder",
        "log.rs",
        "lsp",
        "origin.rs",
        "sessions.rs",
        "suites.rs",
        "tasks.rs",
    ] {
        offences(&src.join(file), &LAYERS, &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}
