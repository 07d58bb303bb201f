//! The files that a suite on the disk names: its imports, its rows, what its HTTP calls send, and certificates. Owns which of them may be
//! read, and how much of one.
//! It refuses to know what is in them.

use std::io;
use std::path::{Path, PathBuf};

use sockscope_engine::Payload;
use sockscope_engine::base::nearest::nearest;
use sockscope_engine::suite::{FileKind, Files};
use walkdir::{DirEntry, WalkDir};

use crate::causes::unread;
use crate::suites::{self, LARGEST, is_standard_input, joined};

/// How far below a folder files are looked for.
const DEEPEST: usize = 4;
/// How many files and folders are seen there: a person waits for the list.
const MOST_SEEN: usize = 2_000;

/// Reads what the suite in this file names, and what its imports name.
pub fn files_of(suite: &Path, text: &str) -> Files {
    let beside = Beside::of(suite);
    Files::gather(text, &mut |name, kind| beside.read(name, kind))
}

/// Where the files of one suite lie.
pub struct Beside {
    folder: PathBuf,
    root: Option<PathBuf>,
}

impl Beside {
    /// Of the suite in this file.
    pub fn of(suite: &Path) -> Self {
        let folder = match suite.parent() {
            _ if is_standard_input(suite) => PathBuf::from("."),
            Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
            Some(folder) => folder.to_owned(),
            None => PathBuf::from("."),
        };
        let root = root_of(&folder);
        Self { folder, root }
    }

    /// Where a file lies that the suite may read, or why it may not.
    pub fn path(&self, name: &str) -> Result<PathBuf, String> {
        // Links are followed, so where it really lies is what counts.
        let path = self.folder.join(name).canonicalize().map_err(|error| self.missing(name, &error))?;
        if !self.root.as_ref().is_some_and(|root| path.starts_with(root)) {
            let root = self.root.as_ref().map(|root| root.display().to_string()).unwrap_or_default();
            return Err(format!(
                "lies outside of {root}; a suite names files of its repository, or of the folder in which the command runs"
            ));
        }
        Ok(path)
    }

    /// Why a file is not there, with the place at which it was looked for.
    fn missing(&self, name: &str, error: &io::Error) -> String {
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        let looked_for = joined(&folder, name);
        let hint = self.near(name).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        format!("{}; looked for {}{hint}", unread(error), looked_for.display())
    }

    /// The file of this name in another folder, or else the one in this folder whose name is nearly this.
    fn near(&self, name: &str) -> Option<String> {
        let parts = |path: &str| match path.rsplit_once('/') {
            Some((folder, file)) => (folder.to_owned(), file.to_owned()),
            None => (String::new(), path.to_owned()),
        };
        let (folder, file) = parts(name);
        let names = self.names();
        if let Some(elsewhere) = names.iter().find(|path| parts(path).1 == file) {
            return Some(elsewhere.clone());
        }
        let here: Vec<_> = names.iter().map(|path| parts(path)).filter(|it| it.0 == folder).collect();
        let near = nearest(&file, here.iter().map(|(_, file)| file.as_str()))?;
        Some(if folder.is_empty() { near.to_owned() } else { format!("{folder}/{near}") })
    }

    /// Paths of files that the suite may name: those in its folder and below it, then those in the folder around it. One that is
    /// hidden or full of what tools made is left out, and so is what lies deep.
    pub fn names(&self) -> Vec<String> {
        let Ok(folder) = self.folder.canonicalize() else { return Vec::new() };
        let around =
            folder.parent().filter(|around| self.root.as_ref().is_some_and(|root| around.starts_with(root)));
        let inside = below(&folder, None).into_iter();
        let above = around.into_iter().flat_map(|around| below(around, Some(&folder)));
        inside.chain(above.map(|path| format!("../{path}"))).collect()
    }

    /// What stands in a file, or why it cannot be had.
    pub fn read(&self, name: &str, kind: FileKind) -> Result<Payload, String> {
        let path = self.path(name)?;
        let about = path.metadata().map_err(|error| unread(&error))?;
        // A pipe or a device has no end.
        if !about.is_file() {
            return Err("is not a file".to_owned());
        }
        if about.len() > LARGEST {
            return Err(format!("has {} bytes; the limit is {LARGEST} (16MiB)", about.len()));
        }
        let content = match kind {
            FileKind::Body => suites::read_bytes(&path).map(Payload::Binary),
            FileKind::Import | FileKind::Rows => suites::read(&path).map(Payload::Text),
        };
        content.map_err(|error| error.to_string())
    }
}

/// The files in a folder and below it by their paths from there, without what is below another folder.
fn below(folder: &Path, but: Option<&Path>) -> Vec<String> {
    let is_offered = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_made = entry.file_type().is_dir() && ["node_modules", "target"].contains(&&*name);
        entry.depth() == 0 || !(name.starts_with('.') || is_made || but == Some(entry.path()))
    };
    let all =
        WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name().into_iter().filter_entry(is_offered);
    let files = all.flatten().take(MOST_SEEN).filter(|entry| entry.file_type().is_file());
    let names = files.filter_map(|entry| {
        let parts = entry.path().strip_prefix(folder).ok()?.iter().map(|part| part.to_str());
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    });
    names.collect()
}

/// How far up a suite may reach: to its repository, else to the folder of the command if the suite is in it, else nowhere.
fn root_of(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let here = || std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let repository = folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned);
    repository.or_else(|| here().filter(|here| folder.starts_with(here))).or(Some(folder))
}

#[cfg(test)]
mod tests {
    use crate::suites::find;

    /// A folder with these files, each below the one before it when its name says so.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder in it");
            std::fs::write(path, text).expect("a file");
        }
        folder
    }

    #[test]
    fn files_that_a_suite_may_name_are_listed_by_their_paths() {
        let folder = folder(&[
            (".git/HEAD", ""),
            ("outside.json", ""),
            ("tests/common.jsonc", ""),
            ("tests/node_modules/x/package.json", ""),
            ("tests/ws/.hidden.json", ""),
            ("tests/ws/data/users.csv", ""),
            ("tests/ws/one.json", ""),
        ]);
        let names = |suite: &str| super::Beside::of(&folder.path().join(suite)).names();
        assert_eq!(names("tests/ws/one.json"), ["data/users.csv", "one.json", "../common.jsonc"]);
        let of_root = ["outside.json", "tests/common.jsonc", "tests/ws/data/users.csv", "tests/ws/one.json"];
        assert_eq!(names("outside.json"), of_root, "nothing above the repository");
        assert_eq!(names("gone/one.json"), [""; 0]);
    }

    const COMMON: &str = r#"{ "sockscope": 1, "suite": "common", "define": { "join": { "with": ["room"],
        "steps": [ { "send": { "room": "{{room}}" } } ] } }, "clients": { "a": { "url": "ws://h" } } }"#;

    fn suite(import: &str, step: &str) -> String {
        format!(
            "{{ \"sockscope\": 1, \"suite\": \"one\", \"import\": [\"{import}\"],\n  \"checks\": [ {{ \"check\": \"x\", \"steps\": [ {step} ] }} ] }}"
        )
    }

    #[test]
    fn a_folder_brings_along_what_its_suites_import() {
        let step = r#"{ "connect": "a" }, { "use": "join", "on": "a", "room": 1 }"#;
        let folder = folder(&[
            (".git/HEAD", ""),
            ("suites/one.json", &suite("../shared/common.jsonc", step)),
            ("shared/common.jsonc", COMMON),
        ]);
        let at = |part: &str| format!("{}/{part}", folder.path().display());
        let found = find(&[at("suites")]).expect("it is good");
        assert_eq!(
            found[0].files.texts().map(|(name, _)| name).collect::<Vec<_>>(),
            ["../shared/common.jsonc"]
        );
        // Nothing of a document of definitions can run: it is passed over in a folder, and refused by name.
        assert_eq!(find(&[folder.path().display().to_string()]).map(|found| found.len()), Ok(1));
        let alone = find(&[at("shared/common.jsonc")]).expect_err("nothing to run");
        assert!(alone[0].ends_with("has no checks; it is there to be imported"), "{alone:?}");
    }

    #[test]
    fn err_a_mistake_in_an_import_is_told_with_its_own_file() {
        let folder = folder(&[
            ("one.json", &suite("lib/common.jsonc", r#"{ "connect": "a" }, { "use": "join", "on": "a" }"#)),
            ("lib/common.jsonc", &COMMON.replace("\"send\"", "\"sendd\"")),
        ]);
        let at = |part: &str| format!("{}/{part}", folder.path().display());
        let wrong = find(&[at("one.json")]).expect_err("two mistakes");
        assert!(wrong[0].starts_with(&format!("{}:2:", at("one.json"))), "{wrong:?}");
        assert!(wrong[1].starts_with(&format!("{}:2:", at("lib/common.jsonc"))), "{wrong:?}");
        assert!(wrong[1].contains("did you mean \"send\"?"), "{wrong:?}");
    }

    #[test]
    fn err_a_file_that_is_not_there_says_where_it_was_looked_for() {
        let step = r#"{ "connect": "a" }, { "use": "join", "on": "b", "room": "{{x}}" }"#;
        let folder = folder(&[
            (".git/HEAD", ""),
            ("suites/one.json", &suite("../shared/comon.jsonc", step)),
            ("shared/common.jsonc", COMMON),
        ]);
        let at =
            |part: &str| format!("{}/{part}", folder.path().canonicalize().expect("it is there").display());
        let wrong = find(&[at("suites/one.json")]).expect_err("it is missing");
        let told = format!(
            "{}:1:46: ../shared/comon.jsonc: no such file; looked for {}; did you mean \"../shared/common.jsonc\"? ($.import[0])",
            at("suites/one.json"),
            at("shared/comon.jsonc")
        );
        assert_eq!(wrong, [told], "and nothing that may come from it");
    }

    #[test]
    fn err_what_two_suites_import_tells_its_mistakes_once() {
        let step = r#"{ "connect": "a" }, { "use": "join", "on": "a", "room": 1 }"#;
        let folder = folder(&[
            (".git/HEAD", ""),
            ("suites/one.json", &suite("../lib/common.jsonc", step)),
            ("suites/two.json", &suite("../lib/common.jsonc", step)),
            ("lib/common.jsonc", &COMMON.replace("\"send\"", "\"sendd\"")),
        ]);
        let at = |part: &str| format!("{}{part}", folder.path().display());
        let wrong = find(&[at("")]).expect_err("a mistake");
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert!(wrong[0].starts_with(&format!("{}:2:", at("/lib/common.jsonc"))), "{wrong:?}");
    }

    #[test]
    fn err_a_suite_reads_nothing_outside_of_its_repository() {
        let outer = folder(&[
            ("repository/.git/HEAD", ""),
            ("repository/a.json", &suite("../secret.json", r#"{ "wait": "1s" }"#)),
            ("secret.json", COMMON),
        ]);
        let wrong =
            find(&[format!("{}/repository/a.json", outer.path().display())]).expect_err("it is outside");
        assert!(wrong[0].contains("../secret.json: lies outside of "), "{wrong:?}");
    }

    #[test]
    fn err_a_file_of_a_gibibyte_is_refused_unread() {
        let folder = folder(&[("a.json", &suite("big.json", r#"{ "wait": "1s" }"#))]);
        let big = std::fs::File::create(folder.path().join("big.json")).expect("a file");
        // It has holes, and so takes no room.
        big.set_len(1 << 30).expect("a file with holes");
        let wrong = find(&[format!("{}/a.json", folder.path().display())]).expect_err("it is too large");
        assert!(
            wrong[0].contains("big.json: has 1073741824 bytes; the limit is 16777216 (16MiB)"),
            "{wrong:?}"
        );
    }
}
