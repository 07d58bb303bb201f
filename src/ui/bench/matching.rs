//! The ways to look at a message, as a person chooses them.

use crate::wire::bench::MatchBy;

/// Names and titles.
pub(crate) const NAMES: [(&str, &str); 4] = [
    ("contains", "contains"),
    ("equals", "is exactly"),
    ("regex", "matches the regex"),
    ("subset", "is JSON with"),
];

const ALL: [MatchBy; 4] = [MatchBy::Contains, MatchBy::Equals, MatchBy::Regex, MatchBy::Subset];

/// The name of a way.
pub(crate) fn name(by: MatchBy) -> &'static str {
    let at = ALL.iter().position(|known| *known == by).unwrap_or(0);
    NAMES[at].0
}

/// The way of that name.
pub(crate) fn named(name: &str) -> MatchBy {
    let at = NAMES.iter().position(|(known, _)| *known == name).unwrap_or(0);
    ALL[at]
}
