//! The list of saved filters and the rules that mark rows.
//!
//! Pure. One rule: no two saved filters have one name, so a change goes by the name and never by a place in the list.

use crate::wire::bench::{Highlight, SavedFilter};

/// What came of a new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// The filter has it.
    Done,
    /// Another filter has it, so nothing has changed.
    IsTaken,
    /// The filter is no longer in the list.
    IsGone,
}

/// Saves a filter, in place of the one with its name.
pub fn save(all: &mut Vec<SavedFilter>, saved: SavedFilter) {
    match all.iter_mut().find(|it| it.name == saved.name) {
        Some(known) => *known = saved,
        None => all.push(saved),
    }
}

/// Gives a filter another name.
pub fn rename(all: &mut [SavedFilter], from: &str, to: &str) -> Renamed {
    if from != to && all.iter().any(|it| it.name == to) {
        return Renamed::IsTaken;
    }
    match all.iter_mut().find(|it| it.name == from) {
        Some(known) => {
            to.clone_into(&mut known.name);
            Renamed::Done
        }
        None => Renamed::IsGone,
    }
}

/// Puts a filter that was removed back to its place, beside what has come since.
pub fn put_back(all: &mut Vec<SavedFilter>, at: usize, saved: SavedFilter) {
    all.insert(at.min(all.len()), saved);
    tell_apart(all);
}

/// Puts a rule that was removed back to its place, unless the same rule has come since.
pub fn put_rule_back(all: &mut Vec<Highlight>, at: usize, rule: Highlight) {
    if !all.iter().any(|it| it.spec == rule.spec) {
        all.insert(at.min(all.len()), rule);
    }
}

/// Numbers the later ones of those with one name: what a link brings may have the names of what is here.
pub fn tell_apart(all: &mut [SavedFilter]) {
    for at in 1..all.len() {
        let (before, rest) = all.split_at_mut(at);
        let is_free = |name: &str| before.iter().all(|it| it.name != name);
        let name = &mut rest[0].name;
        if !is_free(name) {
            let mut numbers = 2..;
            let free = numbers.find_map(|n| Some(format!("{name} {n}")).filter(|name| is_free(name)));
            *name = free.unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bench::filter::FilterSpec;

    fn saved(name: &str, text: &str) -> SavedFilter {
        let spec = FilterSpec { text: text.to_owned(), ..FilterSpec::default() };
        SavedFilter { name: name.to_owned(), spec, marks: false }
    }

    fn told(all: &[SavedFilter]) -> String {
        let told: Vec<_> = all.iter().map(|it| format!("{}:{}", it.name, it.spec.text)).collect();
        told.join(" ")
    }

    #[test]
    fn a_name_is_of_one_filter() {
        let mut all = vec![saved("a", "1"), saved("b", "2")];
        assert_eq!(rename(&mut all, "b", "a"), Renamed::IsTaken);
        assert_eq!(told(&all), "a:1 b:2");
        assert_eq!(rename(&mut all, "b", "b"), Renamed::Done);
        assert_eq!(rename(&mut all, "b", "c"), Renamed::Done);
        save(&mut all, saved("c", "3"));
        assert_eq!(told(&all), "a:1 c:3");
    }

    #[test]
    fn a_list_that_has_changed_meanwhile_renames_no_other_filter() {
        let mut all = vec![saved("a", "1"), saved("b", "2")];
        all.remove(0);
        assert_eq!(rename(&mut all, "a", "z"), Renamed::IsGone);
        assert_eq!(rename(&mut all, "b", "y"), Renamed::Done);
        assert_eq!(told(&all), "y:2");
    }

    #[test]
    fn what_comes_back_keeps_what_has_come_since() {
        let mut all = vec![saved("b", "2")];
        put_back(&mut all, 0, saved("b", "1"));
        put_back(&mut all, 9, saved("c", "3"));
        assert_eq!(told(&all), "b:1 b 2:2 c:3");
        let rule = Highlight { spec: saved("", "1").spec, ..Highlight::default() };
        let mut rules = vec![rule.clone()];
        put_rule_back(&mut rules, 0, rule);
        assert_eq!(rules.len(), 1);
    }

    #[test]
    fn filters_with_one_name_are_numbered() {
        let mut all = vec![saved("a", "1"), saved("a", "2"), saved("a 2", "3"), saved("a", "4")];
        tell_apart(&mut all);
        assert_eq!(told(&all), "a:1 a 2:2 a 2 2:3 a 3:4");
        tell_apart(&mut all);
        assert_eq!(told(&all), "a:1 a 2:2 a 2 2:3 a 3:4", "told apart once is enough");
    }
}
