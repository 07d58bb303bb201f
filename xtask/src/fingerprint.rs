//! Finds out whether files have changed. A hash of names and contents, not of times: a fresh clone or a
//! checkout back and forth changes times only.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The hash of some files and folders under `root` (absent ones count as absent) and of some words.
///
/// Good for comparing on this machine with this toolchain, and for nothing else.
pub fn of(root: &Path, parts: &[&str], words: &[String]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        for path in files_under(&root.join(part))? {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for field in [name.as_bytes(), &bytes] {
                // The length in front keeps one field from running into the next.
                hasher.write_usize(field.len());
                hasher.write(field);
            }
        }
    }
    for word in words {
        hasher.write_usize(word.len());
        hasher.write(word.as_bytes());
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Every file in a folder and below, sorted; a file is its own list, and what is not there an empty one.
pub fn files_under(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
        for entry in entries {
            files.extend(files_under(&entry?.path())?);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::Scratch;

    #[test]
    fn a_changed_a_moved_and_a_new_file_are_noticed() {
        let scratch = Scratch::new("fingerprint");
        let root = &scratch.0;
        let write = |name: &str, text: &str| {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), text).unwrap();
        };
        let now = || of(root, &["src", "index.html"], &["wasm-opt 1".into()]).unwrap();
        write("src/a.rs", "1");
        write("other", "1");
        let mut seen = vec![now()];
        write("other", "2");
        assert_eq!(now(), seen[0], "a file outside");
        write("src/a.rs", "2");
        seen.push(now());
        fs::rename(root.join("src/a.rs"), root.join("src/b.rs")).unwrap();
        seen.push(now());
        write("index.html", "");
        seen.push(now());
        seen.push(of(root, &["src", "index.html"], &["wasm-opt 2".into()]).unwrap());
        let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len());
    }
}
