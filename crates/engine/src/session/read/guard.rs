//! A reader of JSON that refuses what would take memory without bound.
//!
//! Owns the depth of nesting and the length of a text. It refuses to know what the JSON says.

use std::io::{self, Read};

/// Deeper nesting is refused; the parser holds a byte for each level also of what it skips.
const DEEPEST: usize = 128;

/// Why the bytes are not passed on.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {why}")]
pub(super) struct Refused {
    pub line: u64,
    pub column: u64,
    pub why: String,
}

/// Passes bytes on while they are JSON that can be held.
pub(super) struct Guard<R> {
    source: R,
    longest: usize,
    depth: usize,
    /// The length of the text so far; none outside of one.
    text: Option<usize>,
    is_escaped: bool,
    /// The length of a number or a word so far.
    word: usize,
    line: u64,
    column: u64,
}

impl<R: Read> Guard<R> {
    pub fn new(source: R, longest: usize) -> Self {
        Self { source, longest, depth: 0, text: None, is_escaped: false, word: 0, line: 1, column: 0 }
    }

    fn look(&mut self, byte: u8) -> Result<(), String> {
        self.column += 1;
        if byte == b'\n' {
            (self.line, self.column) = (self.line + 1, 0);
        }
        if let Some(length) = &mut self.text {
            *length += 1;
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.text = None,
                _ => {}
            }
            return match self.text {
                Some(length) if length > self.longest => {
                    Err(format!("a text is longer than {} MiB", self.longest >> 20))
                }
                _ => Ok(()),
            };
        }
        self.word = if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.') {
            self.word + 1
        } else {
            0
        };
        match byte {
            b'"' => self.text = Some(0),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ if self.word > 1000 => return Err("a number is longer than 1000 characters".to_owned()),
            _ => {}
        }
        match self.depth > DEEPEST {
            true => Err(format!("nested more than {DEEPEST} levels deep")),
            false => Ok(()),
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        for byte in &into[..read] {
            self.look(*byte).map_err(|why| {
                let refused = Refused { line: self.line, column: self.column, why };
                io::Error::new(io::ErrorKind::InvalidData, refused)
            })?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &[u8], expected: Result<(), &str>) {
        let read = Guard::new(json, 100).read_to_end(&mut Vec::new());
        assert_eq!(read.map(drop).map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn json_that_can_be_held_passes_and_other_is_refused_at_its_place() {
        check(br#"{"a":[1,"[[\"[",{}]}"#, Ok(()));
        check(format!("\"{}\"", "[".repeat(99)).as_bytes(), Ok(()));
        check(
            format!("\n\"{}\"", "x".repeat(101)).as_bytes(),
            Err("line 2, column 102: a text is longer than 0 MiB"),
        );
        check(&[b'['; 129], Err("line 1, column 129: nested more than 128 levels deep"));
        check(&[b'1'; 2000], Err("line 1, column 1001: a number is longer than 1000 characters"));
    }
}
