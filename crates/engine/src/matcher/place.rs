//! The current place in a JSON document.
//!
//! Owns the path from the root, kept on the stack while a document is walked. It is written out only when a caller
//! reads it, so walking costs no memory.

use std::fmt;

/// One step below another place, or the root.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
    /// A byte of a binary message, from 0.
    Byte(usize),
    /// A place that was left and is come back to.
    Written(&'a str),
}

impl<'a> Place<'a> {
    pub(super) fn member(&'a self, name: &'a str) -> Place<'a> {
        Place::Member(self, name)
    }

    pub(super) fn item(&'a self, index: usize) -> Place<'a> {
        Place::Item(self, index)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root => f.write_str("$"),
            Place::Member(parent, name) if is_plain(name) => write!(f, "{parent}.{name}"),
            Place::Member(parent, name) => {
                let name: String = name.chars().take(LONGEST_NAME).collect();
                write!(f, "{parent}['{}']", name.escape_debug())
            }
            Place::Item(parent, index) => write!(f, "{parent}[{index}]"),
            Place::Byte(at) => write!(f, "byte {at}"),
            Place::Written(path) => f.write_str(path),
        }
    }
}

/// A member name can be as long as the message.
const LONGEST_NAME: usize = 80;

/// Whether the name can stand after a dot. The dollar sign of operators is shown as it is typed.
fn is_plain(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    name.len() <= LONGEST_NAME
        && name.chars().all(fits)
        && name.starts_with(|c: char| fits(c) && !c.is_numeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_a_json_path() {
        assert_eq!(Place::Root.to_string(), "$");
        let items = Place::Root.member("items");
        let third = items.item(2);
        assert_eq!(third.member("$gt").to_string(), "$.items[2].$gt");
        assert_eq!(third.member("a b").member("x").to_string(), "$.items[2]['a b'].x");
        assert_eq!(Place::Root.member("").to_string(), "$['']");
    }

    #[test]
    fn a_giant_name_is_cut() {
        assert!(Place::Root.member(&"x".repeat(1 << 20)).to_string().len() < 100);
    }
}
