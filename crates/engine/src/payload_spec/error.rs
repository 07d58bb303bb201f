//! What can be wrong with a payload, in words.

use crate::base::integer::INTEGERS;
use crate::base::unit::{UnitError, show_size};
use crate::template::{ExpandErrorKind, LIMIT, TemplateErrorKind};

/// What is wrong with a payload, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct PayloadError {
    /// JSON path within the payload, `$` for the whole.
    pub path: String,
    /// Byte offset within the string, for what a placeholder is to blame for.
    pub at: usize,
    /// What is wrong.
    pub kind: PayloadErrorKind,
}

/// What can be wrong with a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadErrorKind {
    /// An unknown `$` key.
    #[error(
        "unknown payload key {key}{}; to send a message with such a key, write {{\"$json\": {{\"{key}\": …}}}}",
        .nearest.as_ref().map(|near| format!(", did you mean {near}?")).unwrap_or_default()
    )]
    UnknownKind {
        /// What was written.
        key: String,
        /// The nearest notation.
        nearest: Option<String>,
    },
    /// A part of `$concat` by itself.
    #[error("{0} is a part of bytes; write {{\"$concat\": [{{\"{0}\": …}}]}}")]
    PartAlone(String),
    /// A `$` key and others.
    #[error(
        "{key} must be the only key, but {other:?} is there too; to send both, write {{\"$json\": {{…}}}}"
    )]
    NotAlone {
        /// The `$` key.
        key: String,
        /// Another one.
        other: String,
    },
    /// A key that the notation does not have.
    #[error("{kind} has no {key:?}; {}", .nearest.as_ref().map_or_else(|| format!("it has {known}"), |near| format!("did you mean {near}?")))]
    UnknownKey {
        /// Such as `$bytes`.
        kind: &'static str,
        /// What was written.
        key: String,
        /// The nearest key.
        nearest: Option<String>,
        /// All of its keys.
        known: &'static str,
    },
    /// No size.
    #[error("{0} needs a size, such as \"64KiB\"")]
    NoSize(&'static str),
    /// Another type of value.
    #[error("{kind} is {wanted}, not {got}")]
    Type {
        /// Such as `$hex`.
        kind: &'static str,
        /// What it takes.
        wanted: &'static str,
        /// What was written.
        got: &'static str,
    },
    /// A number with a fraction, or one that does not fit.
    #[error("{found} does not fit into {name}")]
    NotInteger {
        /// Such as `u16`.
        name: String,
        /// What it became.
        found: String,
    },
    /// No name of a whole number.
    #[error("$length is one of {}, not {name:?}{}", INTEGERS.join(", "), .nearest.as_ref().map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    UnknownInteger {
        /// What was written.
        name: String,
        /// The nearest name.
        nearest: Option<String>,
    },
    /// `$length` without its parts.
    #[error("$length needs what it is the length of; write \"of\": [\"…\"] beside it")]
    NoParts,
    /// Not hexadecimal.
    #[error("{0:?} is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f")]
    HexDigit(char),
    /// Half a byte too much.
    #[error("$hex has {0} digits; a byte is two")]
    HexHalf(usize),
    /// Not base64, in the decoder's words.
    #[error("$base64 cannot be decoded: {0}")]
    Base64(String),
    /// Not a size.
    #[error(transparent)]
    Size(#[from] UnitError),
    /// Larger than [`LIMIT`].
    #[error("a payload of {bytes} bytes; the limit is {}", show_size(LIMIT as u64))]
    TooLarge {
        /// How large it would be.
        bytes: u64,
    },
    /// An unknown fill.
    #[error("{given:?} is not a fill; {}", .nearest.as_ref().map_or_else(|| "write zero, ramp or random".to_owned(), |near| format!("did you mean {near}?")))]
    Fill {
        /// What was written.
        given: String,
        /// The nearest fill.
        nearest: Option<String>,
    },
    /// A frame in place of a message.
    #[error("a frame is not a message; $frame stands in a send step, and nowhere else")]
    FrameAsMessage,
    /// Nothing to fill with.
    #[error("\"of\" is empty; name at least one character to fill with")]
    NoCharacters,
    /// The last character does not fit.
    #[error(
        "{size} bytes cannot be filled with whole characters of {of:?}: {rest} remain; add a character of one byte, such as a, or change the size"
    )]
    NoFit {
        /// The size in bytes.
        size: usize,
        /// The characters.
        of: String,
        /// The bytes that remain.
        rest: usize,
    },
    /// A placeholder that does not read.
    #[error(transparent)]
    Template(TemplateErrorKind),
    /// A placeholder without a value.
    #[error(transparent)]
    Expand(ExpandErrorKind),
}

/// A mistake in what stands at `path`.
pub(super) fn at(path: &str, kind: impl Into<PayloadErrorKind>) -> PayloadError {
    PayloadError { path: path.to_owned(), at: 0, kind: kind.into() }
}
