//! The events on the wire: the frame log, transcripts, and their file formats.
//!
//! Owns how a frame is stored and how it is written as HAR, JSON Lines and CSV. It refuses to judge it.

pub mod as_read;
pub mod bug;
pub(super) mod calls;
pub(super) mod csv;
pub mod frame_log;
pub mod handshakes;
pub(super) mod har;
pub(super) mod jsonl;
pub(super) mod notes;
pub mod run_recording;
pub mod told;
pub(super) mod transcript;
