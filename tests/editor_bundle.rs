//! The bundle of the suite editor is made of what stands beside it.
//!
//! It is committed, so that building the page needs no Node; nothing but this would notice that it is an old one.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/editor"))
}

/// The hash of the files that `src/editor/build.mjs` takes, worked out as it does.
fn sources_hash() -> String {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder of the editor")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| [".js", ".mjs", ".json"].iter().any(|end| name.ends_with(end)) && name != "bundle.js")
        .collect();
    names.sort();
    assert!(
        names.iter().any(|name| name == "editor.js") && names.iter().any(|name| name == "package-lock.json")
    );
    let mut hash = Sha256::new();
    for name in names {
        let content = fs::read(folder().join(&name)).expect("a file that was listed");
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_bundle_is_made_of_the_files_beside_it() {
    let bundle = fs::read_to_string(folder().join("bundle.js")).unwrap();
    let said = bundle.lines().find_map(|line| line.strip_prefix("// sha256 ")).unwrap_or_default();
    assert_eq!(said, sources_hash(), "run `node src/editor/build.mjs` and commit bundle.js and LICENSES.txt");
}

#[test]
fn every_package_in_the_bundle_has_its_licence() {
    let licences = fs::read_to_string(folder().join("LICENSES.txt")).unwrap();
    let lock: serde_json::Value =
        serde_json::from_slice(&fs::read(folder().join("package-lock.json")).unwrap()).unwrap();
    let wanted = lock["packages"][""]["dependencies"].as_object().unwrap();
    assert!(!wanted.is_empty());
    for name in wanted.keys() {
        assert!(licences.contains(&format!("\n{name} ")), "{name} has no licence in LICENSES.txt");
    }
}
