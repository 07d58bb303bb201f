//! Files of sessions: what others and we have written, read into the model.
//!
//! Owns which form a file has, and what every form shares: the bound of memory, the place of a mistake, the list of
//! what could not be kept. Its one rule: the size of a file never decides how much memory it takes.

mod archive;
mod chosen;
mod csv;
mod guard;
mod har;
mod jsonl;
mod keeper;
mod lost;
mod messages;

use std::io::{self, BufReader, Cursor, Read};

use futures_util::FutureExt;

use super::Session;
use crate::base::json_words;
use crate::base::world::LocalFuture;
use guard::Guard;

pub use chosen::{Chosen, ChosenError, open_chosen, open_chosen_and_show};
pub use lost::Lost;

/// What was read.
pub struct Opened {
    /// The sessions of the file, in its order; at least one.
    pub sessions: Vec<Session>,
    /// What could not be kept, in sentences.
    pub lost: Vec<String>,
}

/// Why a file is not a session.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error("{0}")]
    Io(io::Error),
    /// A place in it is wrong.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong there.
        why: String,
    },
    /// A place in a line of it is wrong.
    #[error("line {line}, column {column}: {why}")]
    Place {
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong there.
        why: String,
    },
    /// It has another form.
    #[error("expected a session as JSON Lines, HAR or CSV, found {0}")]
    Form(String),
    /// There is none in it.
    #[error("the file has neither a message nor a handshake of a WebSocket")]
    Empty,
}

/// The files that stand beside a session, such as those that a HAR names.
pub trait Beside {
    /// The file with this name, whose parts are plain: no `..`, no root, no link is meant.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// No file stands beside it.
pub struct Alone;

impl Beside for Alone {
    fn open(&self, _: &str) -> io::Result<Box<dyn Read + '_>> {
        Err(io::Error::new(io::ErrorKind::NotFound, "only one file was chosen"))
    }
}

/// A longer text in a file is refused: it would have to be held as a whole.
pub(super) const LONGEST: usize = 192 << 20;

/// This many bytes tell the form of a file.
const BEGINNING: u64 = 4096;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    JsonLines,
    Har,
    Csv,
}

impl Form {
    /// Tells it from how the file begins.
    fn of(beginning: &[u8]) -> Result<Self, OpenError> {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
        if text.starts_with(b"number,") {
            return Ok(Self::Csv);
        }
        let Some(rest) = text.strip_prefix(b"{") else {
            return Err(match text {
                [] => OpenError::Empty,
                [b'P', b'K', 3, 4, ..] => OpenError::Form("a zip archive".to_owned()),
                [b'[', ..] => OpenError::Form("a JSON array".to_owned()),
                _ if is_binary(text) => OpenError::Form("a binary file".to_owned()),
                _ => OpenError::Form(format!("{:?}", String::from_utf8_lossy(&text[..text.len().min(20)]))),
            });
        };
        Ok(if rest.trim_ascii_start().starts_with(b"\"log\"") { Self::Har } else { Self::JsonLines })
    }
}

/// Whether the beginning of a file holds bytes that no text has.
fn is_binary(beginning: &[u8]) -> bool {
    let is_cut = |error: &std::str::Utf8Error| error.error_len().is_none();
    beginning.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace() && *byte != 0x1b)
        || std::str::from_utf8(beginning).is_err_and(|error| !is_cut(&error))
}

/// Who has a look at a session while its file is read.
pub trait Onlooker {
    /// This much is read. Reading goes on with the session that comes back, once it does.
    fn look(&self, session: Session) -> LocalFuture<Session>;
}

/// A part of a file of this many bytes is read without a look.
const PART: usize = 128 << 10;

/// What is done by a reader that waits for nothing.
fn done<T>(reading: impl Future<Output = T>) -> T {
    reading.now_or_never().expect("a reader waits for its onlooker only, and has none")
}

/// Reads a file with this name. What is held of all its sessions is at most about `budget` bytes.
pub fn open(name: &str, source: impl Read, beside: &dyn Beside, budget: usize) -> Result<Opened, OpenError> {
    done(open_and_show(name, source, beside, budget, None))
}

/// The same; the first session of JSON Lines or of a CSV can be looked at meanwhile. The entries of a HAR stand one after the other,
/// and the last one may have the oldest frame: its order is known at its end.
async fn open_and_show(
    name: &str,
    source: impl Read,
    beside: &dyn Beside,
    budget: usize,
    onlooker: Option<&dyn Onlooker>,
) -> Result<Opened, OpenError> {
    // A pipe may give its first bytes one by one.
    let mut source = source;
    let mut beginning = Vec::new();
    source.by_ref().take(BEGINNING).read_to_end(&mut beginning).map_err(OpenError::Io)?;
    let form = Form::of(&beginning)?;
    let source = BufReader::with_capacity(256 << 10, Cursor::new(beginning).chain(source));
    let mut lost = Lost::default();
    let sessions = match form {
        Form::JsonLines => jsonl::read(name, source, budget, &mut lost, onlooker).await?,
        Form::Har => vec![har::read(name, source, beside, budget, &mut lost)?],
        Form::Csv => vec![csv::read(name, source, budget, &mut lost, onlooker).await?],
    };
    if sessions.iter().all(|session| session.log.total() == 0) {
        return Err(OpenError::Empty);
    }
    for session in &sessions {
        lost.count(lost::Kind::Frames, session.log.dropped().saturating_sub(session.as_read().missing()));
        lost.count(lost::Kind::Beside, session.dropped_beside());
    }
    Ok(Opened { sessions, lost: lost.sentences() })
}

/// What serde_json found wrong, with its place in the whole file.
fn json_error(error: serde_json::Error, line_before: u64) -> OpenError {
    if error.is_io() {
        // The guard tells the place itself.
        let error = io::Error::from(error);
        let place = error.get_ref().and_then(|inner| inner.downcast_ref::<guard::Refused>());
        return match place {
            Some(guard::Refused { line, column, why }) => {
                OpenError::Place { line: *line, column: *column, why: why.clone() }
            }
            None => OpenError::Io(error),
        };
    }
    let why = match error.is_eof() {
        true => format!("the file is cut off: {}", json_words::what(&error)),
        false => json_words::what(&error),
    };
    match error.line() {
        0 => OpenError::Line { line: line_before.max(1), why },
        line => {
            OpenError::Place { line: line_before + line as u64, column: error.column().max(1) as u64, why }
        }
    }
}

/// JSON from a file of any size: deep nesting and endless texts are refused where they stand.
fn guarded<R: Read>(source: R) -> Guard<R> {
    Guard::new(source, LONGEST)
}

/// A name of a file beside another one whose parts are plain.
fn plain_name(name: &str) -> Result<&str, String> {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with([' ', '.'])
            && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '@' | '+'))
    };
    match name.len() <= 300 && name.split('/').all(is_plain) {
        true => Ok(name),
        false => Err(format!(
            "{:?} is not the plain name of a file beside the HAR, so it was not opened",
            crate::base::words::cut(name, 80)
        )),
    }
}

#[cfg(test)]
mod tests;
