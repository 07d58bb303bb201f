//! What happened on the wire, kept and written: the frame log, transcripts, and their forms as files.
//!
//! Owns what is kept of a frame and how it is written as HAR, JSON Lines and CSV. It refuses to judge it.

pub(super) mod calls;
pub(super) mod csv;
pub mod frame_log;
pub mod handshakes;
pub(super) mod har;
pub(super) mod jsonl;
pub(super) mod notes;
pub mod run_recording;
pub(super) mod transcript;
