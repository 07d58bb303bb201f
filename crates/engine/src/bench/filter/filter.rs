//! Whether a frame passes.
//!
//! Owns the order of the tests, cheapest first. A text search looks at the bytes, of binary messages too; a regular
//! expression and a path look at valid UTF-8. Nothing is allocated before the byte search has found that the content
//! can pass.

use std::fmt;
use std::rc::Rc;

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use super::automaton::Automaton;
use super::literal;
use super::needle::Needle;
use super::spec::{FilterMode, FilterSpec};
use crate::Frame;
use crate::matcher::{Condition, QueryError};

/// The largest compiled pattern, in bytes.
const LARGEST_PROGRAM: usize = 64 << 10;

/// A regular expression sees only this much of a message. At a few dozen MB a second the rest of a giant one would hold
/// up the sockets, which live in the same worker.
const MOST_SEARCHED: usize = 1 << 20;

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No regular expression.
    #[error("{what}, at character {column}")]
    Regex {
        /// What is wrong.
        what: String,
        /// The character after which it was certain, from 1.
        column: usize,
    },
    /// No path, or no comparison after it.
    #[error(transparent)]
    Path(#[from] QueryError),
}

/// A filter that has been read.
#[derive(Clone, Debug)]
pub struct Filter {
    spec: FilterSpec,
    search: Search,
    excludes: Vec<Search>,
}

#[derive(Clone, Debug)]
enum Search {
    Anything,
    Nothing,
    Text(Needle),
    Regex { needed: Option<Needle>, pattern: Pattern },
    Path { needed: Vec<Needle>, holds: Holds },
}

/// Whether a regular expression is found in a text. What looks is called by its address: in a release it is downloaded with what
/// reads filters, and not with the search.
#[derive(Clone)]
struct Pattern(Rc<dyn Fn(&str) -> bool>);

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pattern")
    }
}

/// Whether a condition holds of a JSON document. It is called by its address for the same reason.
#[derive(Clone)]
struct Holds(Rc<Judge>);

type Judge = dyn Fn(&[u8]) -> bool;

impl fmt::Debug for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holds")
    }
}

impl Pattern {
    fn compile(text: &str, match_case: bool) -> Result<Self, FilterError> {
        let regex = build(text, match_case).map_err(|what| where_wrong(text, what))?;
        let automaton = Automaton::new(text, match_case);
        Ok(Self(Rc::new(move |text| {
            let found = automaton.as_ref().and_then(|automaton| automaton.finds(text));
            found.unwrap_or_else(|| regex.is_match(text))
        })))
    }
}

impl Filter {
    /// Reads a filter.
    pub fn compile(spec: &FilterSpec) -> Result<Self, FilterError> {
        let text = spec.text.as_str();
        let search = match spec.mode {
            FilterMode::Text => Needle::new(text, spec.match_case).map_or(Search::Anything, Search::Text),
            _ if text.trim_ascii().is_empty() => Search::Anything,
            FilterMode::Regex => Search::Regex {
                pattern: Pattern::compile(text, spec.match_case)?,
                needed: Needle::new(&literal::needed(text), spec.match_case),
            },
            FilterMode::Path => Search::path(text)?,
        };
        let exclude = |text: &String| match text.starts_with('$') {
            true => Search::path(text),
            false => Ok(Needle::new(text, true).map_or(Search::Nothing, Search::Text)),
        };
        let excludes = spec.excludes.iter().map(exclude).collect::<Result<_, _>>()?;
        let mut spec = spec.clone();
        spec.connections.sort_unstable();
        Ok(Self { spec, search, excludes })
    }

    /// Whether the frame passes.
    pub fn takes(&self, frame: &Frame<'_>) -> bool {
        let is_excluded = |frame: &Frame<'_>| {
            frame.kind.is_message() && self.excludes.iter().any(|it| it.finds(frame.bytes))
        };
        self.takes_head(frame) && self.search.finds(frame.bytes) && !is_excluded(frame)
    }

    /// Whether it looks into contents, which costs more the longer they are.
    pub fn reads_contents(&self) -> bool {
        !matches!(self.search, Search::Anything) || !self.excludes.is_empty()
    }

    /// Whether everything passes, so that no index is needed.
    pub fn is_open(&self) -> bool {
        let passes = FilterSpec {
            text: self.spec.text.clone(),
            mode: self.spec.mode,
            match_case: self.spec.match_case,
            ..FilterSpec::default()
        };
        matches!(self.search, Search::Anything) && self.spec == passes
    }

    fn takes_head(&self, frame: &Frame<'_>) -> bool {
        let spec = &self.spec;
        if spec.between.is_some_and(|(first, last)| frame.at < first || last < frame.at) {
            return false;
        }
        let is_of_kind = if frame.kind.is_sent() || frame.kind.is_received() {
            let size = frame.bytes.len() as u64;
            (if frame.kind.is_sent() { spec.sent } else { spec.received })
                && (if frame.kind.is_text() { spec.texts } else { spec.binaries })
                && spec.least_size.is_none_or(|least| size >= least)
                && spec.most_size.is_none_or(|most| size <= most)
        } else {
            spec.life && spec.least_size.is_none() && spec.most_size.is_none()
        };
        is_of_kind
            && (spec.connections.is_empty() || spec.connections.binary_search(&frame.connection).is_ok())
            && !spec.excluded_connections.contains(&frame.connection)
    }
}

impl Search {
    fn path(text: &str) -> Result<Self, FilterError> {
        let condition = Condition::parse(text)?;
        let needed = condition.needed().filter_map(|text| Needle::new(text, true)).collect();
        let holds = move |bytes: &[u8]| {
            serde_json::from_slice::<Value>(bytes).is_ok_and(|document| condition.holds(&document))
        };
        Ok(Self::Path { needed, holds: Holds(Rc::new(holds)) })
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => false,
            Self::Text(needle) => needle.is_in(bytes),
            Self::Regex { needed, pattern } => {
                let bytes = &bytes[..bytes.len().min(MOST_SEARCHED)];
                needed.as_ref().is_none_or(|needle| needle.is_in(bytes))
                    && text(bytes).is_some_and(|text| (pattern.0)(text))
            }
            Self::Path { needed, holds } => {
                // With an escape in it, a name may be written in other bytes than its own.
                let can_hold =
                    needed.iter().all(|needle| needle.is_in(bytes)) || memchr::memchr(b'\\', bytes).is_some();
                can_hold && (holds.0)(bytes)
            }
        }
    }
}

/// The content as text. A character that is cut at the end of what is searched is left out.
fn text(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && bytes.len() == MOST_SEARCHED => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn build(pattern: &str, match_case: bool) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).case_insensitive(!match_case).size_limit(LARGEST_PROGRAM).build();
    built.map_err(|error| error.to_string())
}

/// The engine gives no place. It is where the shortest beginning ends from which on the same is said of every longer one.
fn where_wrong(pattern: &str, what: String) -> FilterError {
    /// Longer patterns are pasted and not typed; trying all their beginnings would take a while.
    const LONGEST_TRIED: usize = 500;
    let mut column = pattern.chars().count();
    if pattern.len() <= LONGEST_TRIED {
        for (end, _) in pattern.char_indices().rev() {
            if build(&pattern[..end], true).err().as_ref() != Some(&what) {
                break;
            }
            column -= 1;
        }
    }
    FilterError::Regex { what, column }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FrameKind, Instant};

    fn frame(kind: FrameKind, bytes: &[u8]) -> Frame<'_> {
        Frame {
            number: 0,
            at: Instant::from_nanos(0),
            connection: 7,
            kind,
            bytes,
            round_trip: None,
            is_tainted: false,
        }
    }

    fn spec(mode: FilterMode, text: &str) -> FilterSpec {
        FilterSpec { mode, text: text.to_owned(), ..FilterSpec::default() }
    }

    #[track_caller]
    fn check(spec: &FilterSpec, kind: FrameKind, content: impl AsRef<[u8]>, expected: bool) {
        let filter = Filter::compile(spec).unwrap_or_else(|error| panic!("{spec:?}: {error}"));
        assert_eq!(filter.takes(&frame(kind, content.as_ref())), expected, "{spec:?}");
    }

    #[track_caller]
    fn check_text(mode: FilterMode, text: &str, content: &str, expected: bool) {
        check(&spec(mode, text), FrameKind::ReceivedText, content, expected);
    }

    #[track_caller]
    fn check_err(mode: FilterMode, text: &str, expected: &str) {
        assert_eq!(Filter::compile(&spec(mode, text)).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_filter_that_says_nothing_takes_everything() {
        let open = FilterSpec::default();
        for kind in [FrameKind::Failed, FrameKind::SentText, FrameKind::ReceivedBinary] {
            check(&open, kind, [0xff], true);
        }
        assert!(Filter::compile(&open).unwrap().is_open());
        assert!(!Filter::compile(&FilterSpec { life: false, ..open }).unwrap().is_open());
    }

    #[test]
    fn a_span_takes_what_happened_in_it_with_both_ends() {
        let between = Some((Instant::from_nanos(10), Instant::from_nanos(20)));
        let filter = Filter::compile(&FilterSpec { between, ..FilterSpec::default() }).unwrap();
        assert!(!filter.is_open());
        let taken = |at| {
            let at = Instant::from_nanos(at);
            [FrameKind::ReceivedText, FrameKind::Failed]
                .map(|kind| filter.takes(&Frame { at, ..frame(kind, b"x") }))
        };
        assert_eq!([9, 10, 20, 21].map(taken), [[false; 2], [true; 2], [true; 2], [false; 2]]);
    }

    #[test]
    fn an_excluded_connection_is_hidden_and_one_that_is_opened_later_is_not() {
        let spec = FilterSpec { excluded_connections: vec![3, 7], ..FilterSpec::default() };
        let filter = Filter::compile(&spec).unwrap();
        assert!(!filter.is_open());
        let takes = |connection, kind| filter.takes(&Frame { connection, ..frame(kind, b"x") });
        assert_eq!([3, 7, 8].map(|id| takes(id, FrameKind::ReceivedText)), [false, false, true]);
        assert_eq!([3, 8].map(|id| takes(id, FrameKind::Failed)), [false, true]);
    }

    #[test]
    fn text_is_found_in_any_case_unless_asked_otherwise() {
        check_text(FilterMode::Text, "PING", r#"{"type":"ping"}"#, true);
        check_text(FilterMode::Text, "É", "é", false);
        let exact = FilterSpec { match_case: true, ..spec(FilterMode::Text, "PING") };
        check(&exact, FrameKind::SentText, "ping", false);
        check(&spec(FilterMode::Text, "ping"), FrameKind::SentBinary, b"\xff\x00ping", true);
    }

    #[test]
    fn a_regex_is_found_in_what_is_text() {
        check_text(FilterMode::Regex, r#""n":\d{2}\b"#, r#"{"n":42}"#, true);
        check_text(FilterMode::Regex, "HEL+O", "say hello", true);
        check(&spec(FilterMode::Regex, "ab+c"), FrameKind::ReceivedBinary, "xabbc", true);
        check(&spec(FilterMode::Regex, "ab+c"), FrameKind::ReceivedBinary, b"abc\xff", false);
        check_text(FilterMode::Regex, "b", &format!("{}b", "é".repeat(MOST_SEARCHED / 2 - 1)), true);
        check_text(FilterMode::Regex, "b", &format!("{}b", "é".repeat(MOST_SEARCHED / 2)), false);
        check_text(FilterMode::Regex, "xé*", &format!("x{}", "é".repeat(MOST_SEARCHED)), true);
    }

    #[test]
    fn a_path_is_found_however_its_name_is_written() {
        check_text(FilterMode::Path, "$.type == \"ping\"", r#"{"type":"ping"}"#, true);
        check_text(FilterMode::Path, "$.type == \"ping\"", r#"{"\u0074ype":"pin\u0067"}"#, true);
        check_text(FilterMode::Path, "$.type == \"ping\"", r#"{"type":"pong","x":"ping"}"#, false);
        check_text(FilterMode::Path, "$.a", "no JSON with a", false);
        check(&spec(FilterMode::Path, "$.a"), FrameKind::SentBinary, br#"{"a":1}"#, true);
    }

    #[test]
    fn what_is_excluded_does_not_pass_whatever_else_does() {
        let spec = FilterSpec {
            excludes: vec![r#"$.type == "tick""#.to_owned(), "$.n == 1".to_owned()],
            ..FilterSpec::default()
        };
        assert!(!Filter::compile(&spec).unwrap().is_open());
        check(&spec, FrameKind::ReceivedText, r#"{"type":"tick"}"#, false);
        check(&spec, FrameKind::ReceivedText, r#"{"type":"order","n":1}"#, false);
        check(&spec, FrameKind::ReceivedText, r#"{"type":"order","n":2}"#, true);
        check(&spec, FrameKind::ReceivedText, "no JSON", true);
        let with_text = |text: &str| FilterSpec { excludes: vec![text.to_owned()], ..FilterSpec::default() };
        check(&with_text("a ping"), FrameKind::ReceivedText, "not a ping", false);
        check(&with_text("a ping"), FrameKind::ReceivedText, "not A ping", true);
        check(&with_text(""), FrameKind::ReceivedText, "anything", true);
        check(&spec, FrameKind::Closed, r#"{"type":"tick"}"#, true);
        check(&FilterSpec { text: "b".to_owned(), ..spec }, FrameKind::SentText, r#"{"a":1}"#, false);
        let wrong = FilterSpec { excludes: vec!["$.a ==".to_owned()], ..FilterSpec::default() };
        assert!(Filter::compile(&wrong).is_err());
    }

    #[test]
    fn kinds_sizes_and_connections_differ() {
        let all = FilterSpec::default;
        check(&FilterSpec { sent: false, ..all() }, FrameKind::SentText, "", false);
        check(&FilterSpec { sent: false, ..all() }, FrameKind::ReceivedText, "", true);
        check(&FilterSpec { texts: false, ..all() }, FrameKind::ReceivedText, "", false);
        check(&FilterSpec { texts: false, ..all() }, FrameKind::Opened, "", true);
        check(&FilterSpec { life: false, ..all() }, FrameKind::Opened, "", false);
        check(&FilterSpec { least_size: Some(3), ..all() }, FrameKind::SentText, "ab", false);
        check(&FilterSpec { most_size: Some(2), ..all() }, FrameKind::SentText, "ab", true);
        check(&FilterSpec { least_size: Some(0), ..all() }, FrameKind::Closed, "", false);
        check(&FilterSpec { connections: vec![9, 7], ..all() }, FrameKind::SentText, "", true);
        check(&FilterSpec { connections: vec![9, 8], ..all() }, FrameKind::SentText, "", false);
    }

    #[test]
    fn err_a_pattern_says_where_it_is_wrong() {
        use FilterMode::{Path, Regex};
        check_err(Regex, "(a)(b", "found open group without closing ')', at character 4");
        check_err(Regex, "a)b", "found closing ')' without matching '(', at character 2");
        check_err(Regex, r"é\q", "unrecognized escape sequence, at character 3");
        check_err(
            Path,
            "$.a ==",
            "expected a JSON value such as 1, true or \"text\" in double quotes at character 7",
        );
    }
}
