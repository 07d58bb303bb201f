//! What may have happened before a step.

use std::collections::{HashMap, HashSet};

/// Names that have a value, or a moment, by now.
#[derive(Clone, Debug, Default)]
pub(super) struct Known<'n> {
    pub(super) marks: HashSet<&'n str>,
    /// Variables of the check: what was set, and captured where no client acted.
    pub(super) sets: HashSet<&'n str>,
    /// By client; the members of a group count as one.
    captures: HashMap<&'n str, HashSet<&'n str>>,
}

impl<'n> Known<'n> {
    pub(super) fn capture(&mut self, client: &'n str, name: &'n str) {
        self.captures.entry(client).or_default().insert(name);
    }

    pub(super) fn has_captured(&self, client: &str, name: &str) -> bool {
        self.captures.get(client).is_some_and(|names| names.contains(name))
    }

    pub(super) fn is_captured(&self, name: &str) -> bool {
        self.captures.values().any(|names| names.contains(name))
    }

    /// Who has captured it, in the order of names.
    pub(super) fn owners(&self, name: &str) -> Vec<&'n str> {
        let owners =
            self.captures.iter().filter(|(_, names)| names.contains(name)).map(|(client, _)| *client);
        let mut owners: Vec<_> = owners.collect();
        owners.sort_unstable();
        owners
    }

    /// What a client has captured.
    pub(super) fn captures_of(&self, client: &str) -> impl Iterator<Item = &'n str> {
        self.captures.get(client).into_iter().flatten().copied()
    }

    /// Everything that a placeholder could name.
    pub(super) fn names(&self) -> Vec<&'n str> {
        let captured = self.captures.values().flatten().copied();
        let mut names: Vec<_> = self.sets.iter().copied().chain(captured).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
