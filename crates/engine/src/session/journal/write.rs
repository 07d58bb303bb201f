//! Writing records.

use serde::Serialize;

use super::{
    ABOUT, AS_READ, About, CONNECTION, FRAME, FRAME_HEAD, KINDS, LONGEST, MAGIC, NAME, NO_TRIP, NOTE, PIN,
    SEGMENT, UNPIN, checksum,
};
use crate::Frame;
use crate::report::{Connection, Note};
use crate::session::AsRead;

/// A frame as it is written: what the log has of it, and what the log does not have.
#[derive(Clone, Copy, Debug)]
pub struct FrameRecord<'a> {
    /// The frame; its content may be masked.
    pub frame: Frame<'a>,
    /// The number of the frame that it answers.
    pub question: Option<u64>,
}

/// Begins a file.
pub fn begin(file: &mut Vec<u8>) {
    file.extend_from_slice(&MAGIC);
}

/// What the session is. The latest counts.
pub fn write_about(file: &mut Vec<u8>, about: &About) {
    json(file, ABOUT, about);
}

/// What people call the session from now on.
pub fn write_name(file: &mut Vec<u8>, name: &str) {
    record(file, NAME, |content| content.extend_from_slice(name.as_bytes()));
}

/// A handshake as it is now. One with the same connection and the same start takes the place of the one before.
pub fn write_connection(file: &mut Vec<u8>, connection: &Connection) {
    json(file, CONNECTION, connection);
}

/// Something happened beside the connections. Notes are written in their order.
pub fn write_note(file: &mut Vec<u8>, note: &Note) {
    json(file, NOTE, note);
}

/// What the file that the session was read from says about its frames.
pub fn write_as_read(file: &mut Vec<u8>, read: &AsRead) {
    json(file, AS_READ, read);
}

/// A frame is pinned, or its remark has changed. It is written whole, since its own file may go before it.
pub fn write_pin(file: &mut Vec<u8>, frame: FrameRecord<'_>, remark: &str) {
    record(file, PIN, |content| {
        content.extend_from_slice(&frame.frame.number.to_le_bytes());
        content.extend_from_slice(&(remark.len() as u32).to_le_bytes());
        content.extend_from_slice(remark.as_bytes());
        frame_content(content, frame, frame.frame.number);
    });
}

/// A frame is no longer pinned.
pub fn write_unpin(file: &mut Vec<u8>, number: u64) {
    record(file, UNPIN, |content| content.extend_from_slice(&number.to_le_bytes()));
}

/// The file goes on with the frame of this number.
pub fn write_segment(file: &mut Vec<u8>, first: u64) {
    record(file, SEGMENT, |content| content.extend_from_slice(&first.to_le_bytes()));
}

/// A frame of the segment that begins with the frame `first`. Says whether it is written: one that is longer than
/// [`LONGEST`] is not.
pub fn write_frame(file: &mut Vec<u8>, frame: FrameRecord<'_>, first: u64) -> bool {
    if frame.frame.bytes.len() > LONGEST - FRAME_HEAD {
        return false;
    }
    record(file, FRAME, |content| frame_content(content, frame, first));
    true
}

fn frame_content(content: &mut Vec<u8>, FrameRecord { frame, question }: FrameRecord<'_>, first: u64) {
    let kind = KINDS.iter().position(|kind| *kind == frame.kind).unwrap_or_default();
    let trip = frame.round_trip.map_or(NO_TRIP, |it| u32::try_from(it.as_micros()).unwrap_or(NO_TRIP - 1));
    // How far back the question is; a frame does not answer itself.
    let back = question.and_then(|of| frame.number.checked_sub(of)).and_then(|back| u32::try_from(back).ok());
    content.extend_from_slice(&(frame.number.wrapping_sub(first) as u32).to_le_bytes());
    content.extend_from_slice(&frame.at.as_nanos().to_le_bytes());
    content.extend_from_slice(&frame.connection.to_le_bytes());
    content.push(kind as u8);
    content.push(u8::from(frame.is_tainted));
    content.extend_from_slice(&trip.to_le_bytes());
    content.extend_from_slice(&back.unwrap_or_default().to_le_bytes());
    content.extend_from_slice(frame.bytes);
}

fn json(file: &mut Vec<u8>, tag: u8, value: &impl Serialize) {
    let text = serde_json::to_vec(value).expect("it has texts for keys and no number that JSON lacks");
    record(file, tag, |content| content.extend_from_slice(&text));
}

pub(super) fn record(file: &mut Vec<u8>, tag: u8, content: impl FnOnce(&mut Vec<u8>)) {
    let start = file.len();
    file.push(tag);
    file.extend_from_slice(&[0; 4]);
    content(file);
    let len = (file.len() - start - 5) as u32;
    file[start + 1..start + 5].copy_from_slice(&len.to_le_bytes());
    let sum = checksum(&file[start..]);
    file.extend_from_slice(&sum.to_le_bytes());
}
