//! What page and folder had in common last, and what follows from it for each file.
//!
//! Owns the decision. It refuses to know where texts come from. One rule: what changed on both sides is never written by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::base::shared_folder::{OF_BENCH, digest};

/// What is kept of a folder in this browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Common {
    /// The digests of what was the same on both sides last, by file.
    pub files: BTreeMap<String, String>,
    /// Which suite of the library a file is.
    pub suites: BTreeMap<String, String>,
    /// What a person has in this browser and not in the folder, and does not want there.
    pub apart: BTreeSet<String>,
    /// The library has been looked at together with the folder.
    pub knows_suites: bool,
    /// The connections of a first visit: they are as the page began with them.
    pub untouched: Option<String>,
}

/// What happens with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Both sides are the same.
    Same,
    /// The page takes what is on the disk, which may be nothing.
    Take,
    /// What the page has is written.
    Write,
    /// The page has it no more, so its file goes.
    Remove,
    /// Both have changed.
    Conflict,
    /// The page has it, and the folder is not to.
    Apart,
}

impl Common {
    /// Judges a file by its texts, as they would be written.
    pub fn step(&self, name: &str, mine: Option<&str>, disk: Option<&str>, is_seed: bool) -> Step {
        let digest_of = |text: Option<&str>| text.map(|text| digest(text.as_bytes()));
        let (mine, disk) = (digest_of(mine), digest_of(disk));
        let base = self.files.get(name).cloned();
        let mine = mine.filter(|mine| base.is_some() || self.untouched.as_ref() != Some(mine));
        if mine == disk {
            return Step::Same;
        }
        if is_seed {
            // Once: what a person does with it afterwards stays here.
            let is_new = base.is_none() && mine.is_none();
            return if is_new { Step::Take } else { Step::Apart };
        }
        if mine == base {
            return Step::Take;
        }
        match (disk == base, mine.is_some()) {
            (true, true) if self.apart.contains(name) => Step::Apart,
            (true, true) => Step::Write,
            (true, false) => Step::Remove,
            (false, _) => Step::Conflict,
        }
    }

    /// Both sides have this now; says whether that is news.
    pub fn agreed(&mut self, name: &str, text: Option<&str>) -> bool {
        let was_apart = self.apart.remove(name);
        let before = self.files.get(name).cloned();
        let now = text.map(|text| digest(text.as_bytes()));
        match &now {
            Some(now) => drop(self.files.insert(name.to_owned(), now.clone())),
            None => drop(self.files.remove(name)),
        }
        was_apart || before != now
    }

    /// The name of the file of a suite.
    pub fn file_of(&self, suite: &str) -> Option<&String> {
        self.suites.iter().find(|(_, id)| *id == suite).map(|(name, _)| name)
    }
}

/// A name for the file of a suite, which no other file has: that of the file that it was taken from, or else one like its title.
pub(super) fn file_name(file: &str, title: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let is_name = [".json", ".jsonc"].iter().any(|ending| file.ends_with(ending));
    if is_name && !OF_BENCH.contains(&file) && !is_taken(file) {
        return file.to_owned();
    }
    let mut stem = String::new();
    for c in title.chars().flat_map(char::to_lowercase).take(60) {
        match c {
            c if c.is_alphanumeric() => stem.push(c),
            _ if stem.ends_with('-') || stem.is_empty() => {}
            _ => stem.push('-'),
        }
    }
    let stem = match stem.trim_end_matches('-') {
        "" => "suite",
        stem => stem,
    };
    let names =
        std::iter::once(format!("{stem}.json")).chain((2..).map(|number| format!("{stem}-{number}.json")));
    names.into_iter().find(|name| !is_taken(name)).expect("numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_on_one_side_goes_to_the_other_and_what_changed_on_both_is_a_conflict() {
        let mut common = Common::default();
        common.agreed("a", Some("base"));
        let (base, one, other) = (Some("base"), Some("one"), Some("other"));
        for (mine, disk, expected) in [
            (base, base, Step::Same),
            (one, one, Step::Same),
            (None, None, Step::Same),
            (base, one, Step::Take),
            (base, None, Step::Take),
            (one, base, Step::Write),
            (None, base, Step::Remove),
            (one, other, Step::Conflict),
            (one, None, Step::Conflict),
            (None, one, Step::Conflict),
        ] {
            assert_eq!(common.step("a", mine, disk, false), expected, "{mine:?} {disk:?}");
        }
    }

    #[test]
    fn what_both_never_had_in_common_is_taken_or_written_or_a_conflict() {
        let mut common = Common::default();
        assert_eq!(common.step("a", None, Some("x"), false), Step::Take);
        assert_eq!(common.step("a", Some("x"), None, false), Step::Write);
        assert_eq!(common.step("a", Some("x"), Some("y"), false), Step::Conflict);
        common.apart.insert("a".into());
        assert_eq!(common.step("a", Some("x"), None, false), Step::Apart);
        assert_eq!(common.step("a", Some("x"), Some("y"), false), Step::Conflict);
        // What no person has set up gives way.
        let untouched = Common { untouched: Some(digest(b"x")), ..Common::default() };
        assert_eq!(untouched.step("a", Some("x"), Some("y"), false), Step::Take);
        assert_eq!(untouched.step("a", Some("x"), None, false), Step::Same);
        assert_eq!(untouched.step("a", Some("z"), None, false), Step::Write);
    }

    #[test]
    fn of_a_seed_only_what_is_new_is_taken() {
        let mut common = Common::default();
        assert_eq!(common.step("a", None, Some("x"), true), Step::Take);
        assert_eq!(common.step("a", Some("mine"), Some("x"), true), Step::Apart);
        common.agreed("a", Some("x"));
        for (mine, disk) in [(Some("y"), Some("x")), (Some("x"), Some("y")), (None, Some("x"))] {
            assert_eq!(common.step("a", mine, disk, true), Step::Apart);
        }
    }

    #[test]
    fn files_of_suites_have_names_that_every_system_takes() {
        let none = |_: &str| false;
        for (title, name) in [
            ("Login flow", "login-flow.json"),
            ("../../etc/passwd", "etc-passwd.json"),
            ("", "suite.json"),
            ("*?", "suite.json"),
            ("Größe 2", "größe-2.json"),
        ] {
            assert_eq!(file_name("", title, none), name);
        }
        assert_eq!(file_name("", "a", |name| name == "a.json" || name == "a-2.json"), "a-3.json");
        assert_eq!(file_name("x/b.jsonc", "a", none), "x/b.jsonc");
        assert_eq!(file_name("b.jsonc", "a", |name| name == "b.jsonc"), "a.json");
        assert_eq!(file_name("b.txt", "a", none), "a.json");
        assert!(file_name("", &"x".repeat(500), none).len() < 70);
    }
}
