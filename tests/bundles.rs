//! The bundles of the suite editor and of the charts are made of what stands beside them.
//!
//! They are committed, so that building the page needs no Node; nothing but this would notice that one is old.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const BUNDLES: [(&str, &str); 2] = [("editor", "editor.js"), ("charts", "chart.js")];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)
}

/// The hash of the files that `src/bundle.mjs` takes and of itself, worked out as it does.
fn sources_hash(folder: &Path, entry: &str) -> String {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder of the bundle")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| [".js", ".json"].iter().any(|end| name.ends_with(end)) && name != "bundle.js")
        .collect();
    names.sort();
    assert!(names.iter().any(|name| name == entry) && names.iter().any(|name| name == "package-lock.json"));
    let mut hash = Sha256::new();
    let script = folder.with_file_name("bundle.mjs");
    for path in names.iter().map(|name| folder.join(name)).chain([script]) {
        let content = fs::read(&path).expect("a file that was listed");
        let name = path.file_name().expect("a name").to_string_lossy();
        hash.update(format!("{name} {}\n", content.len()));
        hash.update(content);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn each_bundle_is_made_of_the_files_beside_it() {
    for (name, entry) in BUNDLES {
        let bundle = fs::read_to_string(folder(name).join("bundle.js")).unwrap();
        let said = bundle.lines().find_map(|line| line.strip_prefix("// sha256 ")).unwrap_or_default();
        assert_eq!(
            said,
            sources_hash(&folder(name), entry),
            "run `node src/bundle.mjs {name}` and commit bundle.js and LICENSES.txt"
        );
    }
}

#[test]
fn every_package_in_a_bundle_has_its_licence() {
    for (name, _) in BUNDLES {
        let licences = fs::read_to_string(folder(name).join("LICENSES.txt")).unwrap();
        let lock = fs::read(folder(name).join("package-lock.json")).unwrap();
        let lock: serde_json::Value = serde_json::from_slice(&lock).unwrap();
        let wanted = lock["packages"][""]["dependencies"].as_object().unwrap();
        assert!(!wanted.is_empty());
        for package in wanted.keys() {
            assert!(licences.contains(&format!("\n{package} ")), "{package} has no licence in LICENSES.txt");
        }
    }
}
