//! The journal of a session: how it is written to files that may end anywhere, and how it is read back.
//!
//! Owns the bytes. It refuses to know where the files are and when they are written. One rule: a record is whole or it is
//! nothing, so a file that was cut anywhere is read up to its last whole record.
//!
//! A file begins with [`MAGIC`]. A record is a tag, the length of its content, the content and a checksum of all three;
//! numbers are little-endian. A tag that a reader does not know is passed over, so later versions may add some.

mod read;
mod write;

pub use read::{Counted, Kept, Lost, Opened, Opening, Piece, Pinned, Unreadable, count, masked, pieces};
pub use write::{
    FrameRecord, begin, write_about, write_as_read, write_connection, write_frame, write_name, write_note,
    write_pin, write_segment, write_unpin,
};

use serde::{Deserialize, Serialize};

use crate::FrameKind;

/// What a file begins with; the last byte is the version of the format.
pub const MAGIC: [u8; 8] = *b"SOCKSES\x01";

/// What a record costs beside its content: tag, length, checksum.
const AROUND: usize = 1 + 4 + 4;
/// A frame's record before its content.
const FRAME_HEAD: usize = 26;
/// No content is longer than this. It bounds what a damaged length makes a reader wait for.
pub const LONGEST: usize = 256 << 20;
/// No round trip.
const NO_TRIP: u32 = u32::MAX;

const ABOUT: u8 = 1;
const NAME: u8 = 2;
const CONNECTION: u8 = 3;
const PIN: u8 = 4;
const UNPIN: u8 = 5;
const SEGMENT: u8 = 6;
const FRAME: u8 = 7;
const NOTE: u8 = 8;
const AS_READ: u8 = 9;

/// The kinds of frames by the number that stands for each in a file. A kind may be added at the end.
const KINDS: [FrameKind; 11] = [
    FrameKind::Connecting,
    FrameKind::Opened,
    FrameKind::SentText,
    FrameKind::SentBinary,
    FrameKind::ReceivedText,
    FrameKind::ReceivedBinary,
    FrameKind::Closing,
    FrameKind::Closed,
    FrameKind::Failed,
    FrameKind::Waiting,
    FrameKind::Told,
];

/// What a session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// What was done on the bench.
    #[default]
    Bench,
    /// It was read from a file.
    Imported,
}

/// The head of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// Which session: a name that no other one has.
    pub id: String,
    /// What people call it; empty for its time.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// When its clock was zero, in microseconds since 1970.
    pub origin_us: u64,
    /// The smallest step of its clock, in nanoseconds.
    pub clock_step_ns: u64,
    /// When its first frame was logged, in nanoseconds of its clock.
    pub began_ns: u64,
}

/// The checksum of a record.
fn checksum(bytes: &[u8]) -> u32 {
    xxhash_rust::xxh32::xxh32(bytes, 0)
}

#[cfg(test)]
mod tests;
