//! The kind of a check, read from its name and its tags.

use serde::{Deserialize, Serialize};

/// What a check needs of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// That it sends back what it gets.
    Echo,
    /// Nothing in particular.
    Any,
}

impl Need {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Any => "any",
        }
    }
}

/// How binding a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// The protocol demands it.
    Must,
    /// Good servers do it.
    Should,
    /// It is reported, and counts neither way.
    Info,
}

impl Weight {
    /// The gravest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::Info];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Info => "info",
        }
    }
}

/// The groups by their tags, with what they are called, in the order of the suite.
pub const GROUPS: [(&str, &str); 8] = [
    ("handshake", "Handshake"),
    ("payload", "Payload"),
    ("utf-8", "UTF-8"),
    ("order", "Order and rate"),
    ("backpressure", "Backpressure"),
    ("close", "Close"),
    ("liveness", "Liveness"),
    ("sessions", "Sessions"),
];

/// How many checks the suite has.
pub const CHECKS: u32 = 60;

/// What a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind<'a> {
    /// Such as `C3`.
    pub id: &'a str,
    /// Such as `close with 3000`.
    pub title: &'a str,
    /// What it needs.
    pub need: Need,
    /// How binding it is.
    pub weight: Weight,
    /// The tag of its group; empty when it is in none.
    pub group: &'static str,
}

impl<'a> Kind<'a> {
    /// Of a check with this name and these tags; none of one that does not say what it needs and how binding it is.
    pub fn of(name: &'a str, tags: &[String]) -> Option<Self> {
        let (id, title) = name.split_once(' ')?;
        let is = |tag: &str| tags.iter().any(|one| one == tag);
        let weight = Weight::ALL.into_iter().find(|weight| is(weight.word()))?;
        let need = [("need-echo", Need::Echo), ("need-any", Need::Any)];
        let (_, need) = need.into_iter().find(|(tag, _)| is(tag))?;
        let group = GROUPS.iter().find(|(tag, _)| is(tag)).map_or("", |(tag, _)| tag);
        Some(Self { id, title, need, weight, group })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;
    use crate::suite::shipped::SHIPPED;

    #[test]
    fn every_check_of_the_suite_says_what_it_is_and_its_groups_come_in_order() {
        let (_, text) = SHIPPED.iter().find(|(name, _)| *name == "conformance").expect("it ships");
        let suite = Suite::parse(text).expect("a good suite");
        let kinds = suite.checks.iter().map(|check| Kind::of(&check.written_name, &check.tags));
        let kinds: Vec<_> = kinds.map(|kind| kind.expect("it says what it is")).collect();
        assert_eq!(kinds.len() as u32, CHECKS);
        let mut groups: Vec<_> = kinds.iter().map(|kind| kind.group).collect();
        groups.dedup();
        assert_eq!(groups, GROUPS.map(|(tag, _)| tag));
    }

    #[test]
    fn a_check_of_another_suite_is_of_no_kind() {
        assert_eq!(Kind::of("greets everybody", &["must".to_owned()]), None);
    }
}
