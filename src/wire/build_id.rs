//! The id of a build: a hash of every source file.
//!
//! `build.rs` includes this file and sets the id for the compiler; the tests below show what changes it. One rule: it runs
//! before anything else is compiled, so it uses the standard library alone.

use std::fs;
use std::io;
use std::path::Path;

/// The folders whose files make the id, from the folder of `Cargo.toml`.
pub const FOLDERS: [&str; 2] = ["src", "crates/engine/src"];

/// One source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// From the folder of `Cargo.toml`, with `/` on every system.
    pub name: String,
    /// Of its content.
    pub hash: u64,
}

/// Every file in [`FOLDERS`], sorted by name.
pub fn sources(root: &Path) -> io::Result<Vec<Source>> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        read(&root.join(folder), folder, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn read(folder: &Path, name: &str, found: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), format!("{name}/{}", entry.file_name().to_string_lossy()));
        if path.is_dir() {
            read(&path, &name, found)?;
        } else {
            found.push(Source { name, hash: hash(START, &fs::read(path)?) });
        }
    }
    Ok(())
}

/// The id of these sources in this version of the package.
pub fn id(sources: &[Source], version: &str) -> u64 {
    sources.iter().fold(hash(START, version.as_bytes()), |so_far, source| {
        // A zero ends the name, which has none.
        let so_far = hash(hash(so_far, source.name.as_bytes()), &[0]);
        hash(so_far, &source.hash.to_le_bytes())
    })
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: short, and the same on every machine and in every version of Rust.
pub fn hash(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |so_far, byte| (so_far ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FINGERPRINT;

    const VERSION: &str = env!("CARGO_PKG_VERSION");

    fn own() -> Vec<Source> {
        sources(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("readable sources")
    }

    #[test]
    fn the_fingerprint_is_the_id_of_the_sources_as_they_are() {
        assert_eq!(FINGERPRINT, id(&own(), VERSION), "build.rs has not run since a source changed");
    }

    #[test]
    fn a_change_of_any_source_changes_the_id() {
        let all = own();
        let crosses = [
            "src/wire/bench/request.rs",
            "crates/engine/src/bench/typed_address.rs",
            "crates/engine/src/report/model.rs",
        ];
        for name in crosses {
            assert!(all.iter().any(|source| source.name == name), "{name} is not among the sources");
        }
        for at in 0..all.len() {
            let mut changed = all.clone();
            changed[at].hash = hash(changed[at].hash, b" ");
            assert_ne!(id(&changed, VERSION), FINGERPRINT, "{} may change unseen", all[at].name);
        }
    }

    #[test]
    fn a_moved_a_missing_and_a_new_source_and_another_version_change_the_id() {
        let all = own();
        let mut moved = all.clone();
        moved[0].name.push('x');
        let mut more = all.clone();
        more.push(Source { name: "src/z.rs".into(), hash: 0 });
        for (what, changed) in [("moved", &moved[..]), ("missing", &all[1..]), ("new", &more[..])] {
            assert_ne!(id(changed, VERSION), FINGERPRINT, "{what}");
        }
        assert_ne!(id(&all, "9.9.9"), FINGERPRINT);
    }

    #[test]
    fn one_changed_byte_changes_the_hash_of_a_file() {
        assert_ne!(hash(START, b"struct A { a: u8 }"), hash(START, b"struct A { a: u9 }"));
        assert_ne!(hash(START, b""), hash(START, b"\0"));
    }
}
