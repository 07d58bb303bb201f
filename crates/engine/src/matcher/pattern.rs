//! Regular expressions.
//!
//! Owns the bounds that keep them cheap. `regex-lite` has no backtracking, so time is at most program × text; both have a
//! limit here. It knows ASCII classes only: `\w` is `[0-9A-Za-z_]` and `\p{…}` is refused; the big crate costs five times the
//! bytes in the page for them.

use regex_lite::{Regex, RegexBuilder};

/// The largest compiled program, in bytes.
const LARGEST_PROGRAM: usize = 64 << 10;

/// The longest text that is searched, in bytes.
pub(super) const LONGEST_TEXT: usize = 1 << 20;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
}

impl Pattern {
    pub(super) fn compile(text: &str) -> Result<Self, String> {
        let built = RegexBuilder::new(text).size_limit(LARGEST_PROGRAM).build();
        built.map(|regex| Self { regex }).map_err(|error| match error.to_string() {
            words if words.contains("size limit") => {
                let most = LARGEST_PROGRAM >> 10;
                format!("it takes more than {most} KiB when it is compiled; make its repetitions smaller")
            }
            words => words,
        })
    }

    /// One that must match the whole text.
    pub(super) fn compile_whole(text: &str) -> Result<Self, String> {
        // On its own first, so that `a)(b` is not made right by the group around it.
        Self::compile(text)?;
        Self::compile(&format!("^(?:{text})$"))
    }

    /// Whether it is found anywhere in the text. A text beyond the limit is not searched and holds nothing.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.len() <= LONGEST_TEXT && self.regex.is_match(text)
    }

    /// What a group holds where it is first found: by its name, or by its number from 1.
    pub(super) fn group<'t>(&self, text: &'t str, group: &str) -> Option<&'t str> {
        let found = self.regex.captures(text).filter(|_| text.len() <= LONGEST_TEXT)?;
        let number = group.parse().ok().and_then(|number: usize| found.get(number));
        number.or_else(|| found.name(group)).map(|group| group.as_str())
    }
}

impl Pattern {
    /// The names of its groups, in order.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }

    /// The first group that takes part, or the whole where none does, and the groups that have names. A text beyond the limit is not
    /// searched.
    pub(super) fn captured<'t>(&self, text: &'t str) -> Option<(&'t str, Vec<(&str, &'t str)>)> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let found = self.regex.captures(text)?;
        let first = (1..found.len()).find_map(|group| found.get(group)).or_else(|| found.get(0))?;
        let named = self.group_names().filter_map(|name| Some((name, found.name(name)?.as_str())));
        Some((first.as_str(), named.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(Pattern::compile(pattern).unwrap().is_in(text), expected, "{pattern} in {text:?}");
    }

    #[test]
    fn err_a_pattern_that_explodes_is_too_large_and_says_so() {
        let error = Pattern::compile("((a{100}){100}){100}").expect_err("a million letters");
        assert_eq!(error, "it takes more than 64 KiB when it is compiled; make its repetitions smaller");
    }

    #[test]
    fn a_pattern_is_searched_for() {
        check("ell", "hello", true);
        check("^ell", "hello", false);
        check("(?i)HELLO", "hello", true);
        check("^r-[0-9a-f]{8}$", "r-00c0ffee", true);
    }

    #[test]
    fn a_whole_match_has_no_way_around_its_group() {
        assert!(Pattern::compile_whole("a|b").unwrap().is_in("b"));
        assert!(!Pattern::compile_whole("a|b").unwrap().is_in("ab"));
        assert!(Pattern::compile_whole("a)|(b").is_err());
    }

    #[test]
    fn nested_repetition_does_not_explode() {
        check("(a+)+$", &("a".repeat(100_000) + "!"), false);
        check("(a|a)*b", &"a".repeat(100_000), false);
    }

    #[test]
    fn a_giant_program_is_refused() {
        assert!(Pattern::compile("((a{100}){100}){100}").is_err());
        assert!(Pattern::compile(&"(".repeat(10_000)).is_err());
        assert!(Pattern::compile(&("(".repeat(10_000) + &")".repeat(10_000))).is_err());
    }

    #[test]
    fn a_giant_text_is_not_searched() {
        check("a", &"a".repeat(LONGEST_TEXT), true);
        check("a", &"a".repeat(LONGEST_TEXT + 1), false);
    }
}
