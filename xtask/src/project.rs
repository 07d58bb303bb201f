//! The workspace: where it lies, what its lock file says, which test targets it has.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;
use sockscope_host::programs::executable;

use crate::page::Edition;
use crate::{process, version};

/// The folder of the root `Cargo.toml`, and where cargo builds.
pub struct Project {
    pub root: PathBuf,
    pub target: PathBuf,
    /// Test target names by package, such as `page` in `sockscope-companion`.
    tests: BTreeMap<String, Vec<String>>,
}

impl Project {
    pub fn find() -> Result<Self> {
        // Cargo sets the variable when it runs us; the constant serves a binary started by hand.
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&own).parent().context("xtask lies in no workspace")?.to_path_buf();
        let mut ask = cargo();
        ask.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(&root);
        let text = process::output(&mut ask).context(
            "`cargo metadata` failed; run it in the workspace to see what is wrong with a Cargo.toml",
        )?;
        let metadata: Value = serde_json::from_str(&text).context("`cargo metadata` printed no JSON")?;
        let target = metadata["target_directory"].as_str().map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Self { root, target, tests: test_targets(&metadata) })
    }

    /// Where our own notes and logs go.
    pub fn scratch(&self) -> Result<PathBuf> {
        let folder = self.target.join("xtask");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The built `sockscope`.
    pub fn server(&self, edition: Edition) -> PathBuf {
        let profile = match edition {
            Edition::Release => "release",
            Edition::Quick => "debug",
        };
        self.target.join(profile).join(executable("sockscope"))
    }

    /// A cargo command in the workspace.
    pub fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// Exactly the version of wasm-bindgen that the page is built with: its command must be the same.
    pub fn wasm_bindgen_version(&self) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let version =
            version::locked(&lock, "wasm-bindgen").context("Cargo.lock names no single wasm-bindgen")?;
        Ok(version.to_owned())
    }

    /// The names of a package's test targets that start with `prefix`.
    pub fn tests(&self, package: &str, prefix: &str) -> Vec<&str> {
        let targets = self.tests.get(package).into_iter().flatten();
        targets.map(String::as_str).filter(|name| name.starts_with(prefix)).collect()
    }
}

/// The cargo that runs us, without what it told us about our own package: build scripts that watch those
/// variables would run again at every call.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    forget_own_package(&mut command);
    command
}

/// Takes the variables that cargo sets for a running package out of a command's environment.
pub fn forget_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO" {
            command.env_remove(&name);
        }
    }
}

fn packages(metadata: &Value) -> impl Iterator<Item = (String, &Value)> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter_map(|package| Some((package["name"].as_str()?.to_owned(), package)))
}

fn test_targets(metadata: &Value) -> BTreeMap<String, Vec<String>> {
    let names = |package: &Value| {
        let targets = package["targets"].as_array().into_iter().flatten();
        let tests = targets.filter(|target| target["kind"][0] == "test");
        tests.filter_map(|target| Some(target["name"].as_str()?.to_owned())).collect()
    };
    packages(metadata).map(|(name, package)| (name, names(package))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_listed_by_package() {
        let metadata = serde_json::json!({ "packages": [{
            "name": "a",
            "targets": [
                { "kind": ["lib"], "name": "a" },
                { "kind": ["test"], "name": "web_socket" },
                { "kind": ["test"], "name": "layers" },
            ],
        }]});
        let project =
            Project { root: PathBuf::new(), target: PathBuf::new(), tests: test_targets(&metadata) };
        assert_eq!(project.tests("a", "web_"), ["web_socket"]);
        assert_eq!(project.tests("b", ""), Vec::<&str>::new());
    }
}
