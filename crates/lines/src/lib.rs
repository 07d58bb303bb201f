//! A message as our JSON Lines have it: read from a line that has its members in the order of our writer.
//!
//! Owns that one form. It refuses every other line, right or wrong: a reader of JSON judges those, and finds the same in a line
//! that is read here. A crate of its own, since the page is built for size and this is built for speed.

mod scan;

use scan::Scan;

/// What a line says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Whether we sent it.
    pub is_sent: bool,
    /// Its number among all frames.
    pub number: u64,
    /// In microseconds from the start of the session.
    pub at: u64,
    /// The same on the calendar.
    pub iso: &'a str,
    /// Which connection.
    pub connection: u32,
    /// What that is called.
    pub name: Option<&'a str>,
    /// Its size on the wire.
    pub bytes: u64,
    /// In microseconds.
    pub round_trip: Option<u64>,
    /// What was said.
    pub content: Content<'a>,
}

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A text.
    Text(&'a str),
    /// Bytes, in base64.
    Base64(&'a str),
}

/// Reads a line without its end; none when it has another form. A text with escapes is written to `unescaped`.
#[inline(never)]
pub fn message<'a>(line: &'a [u8], unescaped: &'a mut Vec<u8>) -> Option<Message<'a>> {
    let mut scan = Scan::of(line);
    scan.word(b"{\"event\":\"")?;
    let is_sent = scan.is_next(b"sent\"");
    if !is_sent {
        scan.word(b"received\"")?;
    }
    scan.word(b",\"number\":")?;
    let number = scan.integer()?;
    scan.word(b",\"at_ms\":")?;
    let at = scan.micros()?;
    scan.word(b",\"iso\":")?;
    let iso = scan.plain()?;
    scan.word(b",\"connection\":")?;
    let connection = u32::try_from(scan.integer()?).ok()?;
    let name = if scan.is_next(b",\"name\":") { Some(scan.plain()?) } else { None };
    scan.word(b",\"bytes\":")?;
    let bytes = scan.integer()?;
    let round_trip = if scan.is_next(b",\"round_trip_ms\":") { Some(scan.micros()?) } else { None };
    let content = if scan.is_next(b",\"text\":") {
        Content::Text(scan.text(unescaped)?)
    } else {
        scan.word(b",\"base64\":")?;
        Content::Base64(scan.plain()?)
    };
    scan.word(b"}")?;
    scan.is_over().then_some(Message {
        is_sent,
        number,
        at,
        iso,
        connection,
        name,
        bytes,
        round_trip,
        content,
    })
}

/// The first line of these bytes with its end; none when its end is not among them.
#[inline(never)]
pub fn line(bytes: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b'\n', bytes).map(|end| &bytes[..=end])
}

#[cfg(test)]
mod tests;
