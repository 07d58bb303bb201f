//! A program the build needs: what it is called, which versions will do, where it may be found. Finds, and
//! never installs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use sockscope_host::programs::{program_in, which};

use crate::cache::Cache;
use crate::{process, version};

/// Which versions of a tool will do.
#[derive(Clone, Debug)]
pub enum VersionRequirement {
    Exactly(String),
    /// Any with this start, such as `0.21.`.
    Series(&'static str),
    AtLeast(u32),
}

impl VersionRequirement {
    pub fn accepts(&self, found: &str) -> bool {
        match self {
            Self::Exactly(wanted) => found == wanted,
            Self::Series(start) => found.starts_with(start),
            Self::AtLeast(least) => version::major(found).is_some_and(|major| major >= *least),
        }
    }
}

pub struct Tool {
    /// The name of its folder in the cache, without the version.
    pub name: &'static str,
    /// What we install.
    pub version: String,
    pub wanted: VersionRequirement,
    /// Programs that must all be there; the first is asked for its version.
    pub programs: &'static [&'static str],
}

/// A tool that is there.
#[derive(Clone, Debug)]
pub struct Found {
    pub version: String,
    /// Goes in front of PATH; absent when the tool is on PATH already.
    pub folder: Option<PathBuf>,
}

impl Tool {
    /// What makes `dist` of `index.html`.
    pub fn trunk() -> Self {
        Self {
            name: "trunk",
            version: "0.21.14".into(),
            wanted: VersionRequirement::Series("0.21."),
            programs: &["trunk"],
        }
    }

    pub fn wasm_bindgen(version: &str) -> Self {
        Self {
            name: "wasm-bindgen",
            version: version.into(),
            // Its command reads what the library of the same version wrote, and refuses any other.
            wanted: VersionRequirement::Exactly(version.into()),
            programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        }
    }

    pub fn wasm_opt() -> Self {
        // Older ones stumble over what today's Rust emits.
        Self {
            name: "binaryen",
            version: "132".into(),
            wanted: VersionRequirement::AtLeast(116),
            programs: &["wasm-opt"],
        }
    }

    /// What makes scripts and style sheets smaller.
    pub fn esbuild() -> Self {
        Self {
            name: "esbuild",
            version: "0.28.2".into(),
            wanted: VersionRequirement::Series("0.2"),
            programs: &["esbuild"],
        }
    }

    /// What drives Firefox.
    pub fn geckodriver() -> Self {
        Self {
            name: "geckodriver",
            version: "0.37.1".into(),
            wanted: VersionRequirement::Series("0.3"),
            programs: &["geckodriver"],
        }
    }

    /// The name of its folder in the cache.
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// On PATH, else in the cache.
    pub fn find(&self, cache: &Cache) -> Option<Found> {
        self.find_on_path().or_else(|| self.find_in(&cache.place(&self.folder_name())))
    }

    pub fn find_on_path(&self) -> Option<Found> {
        let path = which(self.programs[0])?;
        let version = self.good_version(&path)?;
        let beside = path.parent()?;
        let all_there = self.programs.iter().all(|name| program_in(beside, name).is_some());
        all_there.then_some(Found { version, folder: None })
    }

    /// Inside a folder of the cache, wherever its kind of package puts programs.
    pub fn find_in(&self, place: &Path) -> Option<Found> {
        ["bin", "node_modules/.bin"].iter().map(|sub| place.join(sub)).find_map(|folder| {
            let programs: Option<Vec<_>> =
                self.programs.iter().map(|name| program_in(&folder, name)).collect();
            let version = self.good_version(programs?.first()?)?;
            Some(Found { version, folder: Some(folder) })
        })
    }

    fn good_version(&self, program: &Path) -> Option<String> {
        let version = printed_version(program)?;
        self.wanted.accepts(&version).then_some(version)
    }
}

/// What a program answers to `--version`.
pub fn printed_version(program: &Path) -> Option<String> {
    let text = process::output(Command::new(program).arg("--version"))?;
    version::printed(&text).map(str::to_owned)
}

/// PATH with these folders in front.
pub fn path_with(folders: &[PathBuf]) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&old));
    // Only a folder with the separator in its name cannot be joined; then the old one is the best there is.
    std::env::join_paths(all).unwrap_or(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: VersionRequirement, found: &str, expected: bool) {
        assert_eq!(wanted.accepts(found), expected, "{wanted:?} {found}");
    }

    #[test]
    fn a_series_an_exact_one_and_a_least_one() {
        check(VersionRequirement::Series("0.21."), "0.21.7", true);
        check(VersionRequirement::Series("0.21."), "0.22.1", false);
        check(VersionRequirement::Series("0.3"), "0.37.1", true);
        check(VersionRequirement::Series("0.3"), "0.4.0", false);
        check(VersionRequirement::Exactly("0.2.130".into()), "0.2.130", true);
        check(VersionRequirement::Exactly("0.2.130".into()), "0.2.13", false);
        check(VersionRequirement::AtLeast(116), "132", true);
        check(VersionRequirement::AtLeast(116), "108", false);
        check(VersionRequirement::AtLeast(116), "new", false);
    }

    #[test]
    fn a_folder_in_front_is_searched_first() {
        let path = path_with(&[PathBuf::from("first")]);
        assert_eq!(std::env::split_paths(&path).next(), Some(PathBuf::from("first")));
    }
}
