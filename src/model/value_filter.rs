//! A value that a person points at, as part of a filter.
//!
//! Pure. Owns what "filter by" and "exclude" mean for each kind of value.

use crate::engine::bench::filter::{FilterMode, FilterSpec};

/// What is wanted of a frame, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueFilter {
    /// A JSONPath with a comparison.
    Path(String),
    /// A text in the content.
    Text(String),
    /// A connection.
    Connection(u32),
    /// Sent, received, or what happened to a connection.
    Direction(Direction),
}

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the server.
    Sent,
    /// From the server.
    Received,
    /// Neither: it opened, closed or failed.
    Life,
}

/// Values from this many bytes on are not filtered by.
const LONGEST: usize = 1024;

impl ValueFilter {
    /// A member with this value, as JSON writes it. None when no filter can hold it: a long one, and one in which the name of
    /// a secret stands for its value.
    pub fn member(path: &str, value: &str) -> Option<Self> {
        let is_usable = value.len() < LONGEST && !value.contains("{{") && !path.contains("{{");
        is_usable.then(|| Self::Path(format!("{path} == {value}")))
    }

    /// The content of a row, as far as it stands there as it came: without what is cut, masked or made visible.
    pub fn content(preview: &str) -> Option<Self> {
        let is_made = |c: char| matches!(c, '…' | '\u{fffd}' | '\\');
        let end = preview.find(is_made).unwrap_or(preview.len());
        let text = &preview[..end.min(preview.find("***").unwrap_or(end))];
        (!text.trim().is_empty()).then(|| Self::Text(text.to_owned()))
    }

    /// Lets only frames with it pass. What else the filter asks for stays, except what it looks for in the content.
    pub fn narrow(&self, filter: &mut FilterSpec) {
        match self {
            Self::Path(text) => (filter.text, filter.mode) = (text.clone(), FilterMode::Path),
            Self::Text(text) => {
                (filter.text, filter.mode, filter.match_case) = (text.clone(), FilterMode::Text, true);
            }
            Self::Connection(id) => {
                filter.connections = vec![*id];
                filter.excluded_connections.retain(|known| known != id);
            }
            Self::Direction(way) => {
                let flags = (&mut filter.sent, &mut filter.received, &mut filter.life);
                (*flags.0, *flags.1, *flags.2) =
                    (*way == Direction::Sent, *way == Direction::Received, *way == Direction::Life);
            }
        }
    }

    /// Lets frames with it pass no longer.
    pub fn exclude(&self, filter: &mut FilterSpec) {
        match self {
            Self::Path(text) | Self::Text(text) => {
                // What begins with `$` is read as a path.
                let text = if matches!(self, Self::Text(_)) { text.trim_start_matches('$') } else { text };
                if !text.is_empty() && !filter.excludes.iter().any(|known| known == text) {
                    filter.excludes.push(text.to_owned());
                }
            }
            Self::Connection(id) => {
                if !filter.excluded_connections.contains(id) {
                    filter.excluded_connections.push(*id);
                }
            }
            Self::Direction(Direction::Sent) => filter.sent = false,
            Self::Direction(Direction::Received) => filter.received = false,
            Self::Direction(Direction::Life) => filter.life = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_narrows_and_the_rest_of_the_filter_stays() {
        let mut filter = FilterSpec { sent: false, ..FilterSpec::default() };
        ValueFilter::member("$.type", "\"tick\"").unwrap().narrow(&mut filter);
        assert_eq!(
            (filter.text.as_str(), filter.mode, filter.sent),
            ("$.type == \"tick\"", FilterMode::Path, false)
        );
        ValueFilter::Connection(3).narrow(&mut filter);
        ValueFilter::Direction(Direction::Life).narrow(&mut filter);
        assert_eq!(
            (filter.connections, filter.sent, filter.received, filter.life),
            (vec![3], false, false, true)
        );
    }

    #[test]
    fn a_filter_holds_neither_a_secret_nor_a_long_value() {
        assert_eq!(ValueFilter::member("$.token", "\"{{token}}\""), None);
        assert_eq!(ValueFilter::member("$.sessions.{{token}}", "1"), None);
        assert_eq!(ValueFilter::member("$.a", &"1".repeat(LONGEST)), None);
        let mut filter = FilterSpec::default();
        ValueFilter::Text("$".to_owned()).exclude(&mut filter);
        assert_eq!(filter.excludes, [""; 0]);
    }

    #[test]
    fn what_is_excluded_is_excluded_once() {
        let mut filter = FilterSpec::default();
        for _ in 0..2 {
            ValueFilter::member("$.n", "1").unwrap().exclude(&mut filter);
            ValueFilter::Text("$5 off".to_owned()).exclude(&mut filter);
            ValueFilter::Connection(2).exclude(&mut filter);
            ValueFilter::Direction(Direction::Received).exclude(&mut filter);
        }
        assert_eq!(filter.excludes, ["$.n == 1", "5 off"]);
        assert_eq!(filter.connections, [0; 0], "a connection that is opened later passes");
        assert_eq!((&filter.excluded_connections, filter.received), (&vec![2], false));
        ValueFilter::Connection(2).narrow(&mut filter);
        assert_eq!((filter.connections, filter.excluded_connections), (vec![2], Vec::new()));
    }

    #[test]
    fn the_content_of_a_row_counts_as_far_as_it_is_what_came() {
        let text = |preview| match ValueFilter::content(preview) {
            Some(ValueFilter::Text(text)) => text,
            _ => String::new(),
        };
        assert_eq!(text("hello"), "hello");
        assert_eq!(text("a long one…"), "a long one");
        assert_eq!(text("one\\ntwo"), "one");
        assert_eq!(text("token *** and …"), "token ");
        assert_eq!(text("***"), "");
    }
}
