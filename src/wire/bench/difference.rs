//! The difference of two sessions: what the page asks of the worker that compares them, and what it shows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ConnectionId;

/// What is asked of the worker that compares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DifferenceRequest {
    /// Compare these, with the masks of a file of masks. From now on the worker shows both in its timeline.
    Start(Box<DifferenceStart>),
    /// Tell these rows.
    Rows(DifferenceLook),
    /// Do not compare this any more.
    Mask(MaskSeen),
    /// Compare this again.
    Unmask(MaskSeen),
    /// Values that look like ids, times and counters are compared, or not.
    Guess(bool),
    /// Learn what varies from another run against the server of the first session.
    Learn(Box<DifferenceSide>),
    /// Take the masks of a file in place of those that are there.
    Masks(String),
    /// Write the comparison.
    Export(DifferenceForm),
}

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceStart {
    /// The session that is right, and the one that is compared with it.
    pub sides: [DifferenceSide; 2],
    /// A file of masks; empty for none.
    pub masks: String,
}

/// One of the sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceSide {
    /// What people call it.
    pub name: String,
    /// Where it comes from.
    pub from: DifferenceFrom,
    /// Which of its connections; all when empty.
    pub connections: Vec<ConnectionId>,
}

/// Where a session comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DifferenceFrom {
    /// It is kept under this name.
    Kept(String),
    /// It is the present one, as JSON Lines.
    Lines(#[serde(with = "serde_bytes")] Vec<u8>),
}

impl Default for DifferenceFrom {
    fn default() -> Self {
        Self::Kept(String::new())
    }
}

/// Which rows are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceLook {
    /// The first one.
    pub from: u64,
    /// How many.
    pub rows: u16,
    /// Only rows that differ are counted.
    pub only_differing: bool,
}

/// How a comparison is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DifferenceForm {
    /// For programs.
    Json,
    /// One page, for people.
    Html,
    /// The masks, as the command reads them.
    Masks,
}

/// What the worker says of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DifferenceUpdate {
    /// Frames of both sessions that were read so far.
    Reading(u64),
    /// It cannot be done, for this reason.
    Failed(String),
    /// What was asked of the masks could not be done, for this reason.
    Refused(String),
    /// What differs.
    Seen(Box<DifferenceSeen>),
    /// The rows that were asked for.
    Rows(Box<DifferenceRows>),
    /// The file that was asked for.
    File {
        /// Its name.
        name: String,
        /// Its media type.
        media_type: String,
        /// Its content.
        text: String,
    },
}

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceSeen {
    /// What the sessions are called.
    pub names: [String; 2],
    /// How it went, in one line.
    pub summary: String,
    /// The differences, at most as many as a person reads.
    pub lines: Vec<DifferenceLine>,
    /// How many there are.
    pub differences: u64,
    /// Rows in all, and those that differ.
    pub rows: (u64, u64),
    /// What was not compared, in sentences.
    pub remarks: Vec<String>,
    /// What is masked.
    pub masks: Vec<MaskSeen>,
    /// The same as a file.
    pub masks_file: String,
    /// Values that look like ids, times and counters are not compared.
    pub guesses: bool,
    /// The connections of both sessions in the timeline, those of one name beside each other.
    pub connections: Vec<(ConnectionId, String)>,
}

/// A difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceLine {
    /// Such as `missing`.
    pub what: String,
    /// The connection.
    pub client: String,
    /// The message or event.
    pub subject: String,
    /// We sent it.
    pub is_sent: bool,
    /// The JSON path; empty for what is not JSON.
    pub path: String,
    /// What it was; none where nothing was, and where there is nothing to say.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// What more there is to say, such as the noise.
    pub note: String,
    /// How many messages differ in this way.
    pub times: u64,
    /// The first such frames, by their numbers in the timeline.
    pub frames: [Option<u64>; 2],
    /// The row where it stands, among all and among those that differ.
    pub row: Option<(u64, u64)>,
    /// What would hide it.
    pub mask: Option<MaskSeen>,
}

/// Something that is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskSeen {
    /// We send these messages.
    pub is_sent: bool,
    /// The kind as masks name it.
    pub kind: String,
    /// A JSON path, or `order`, `count`, `time`.
    pub varies: String,
    /// Why it is masked, in words; empty when a person or a file says so.
    pub why: String,
}

/// A piece of the rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRows {
    /// What was asked.
    pub of: DifferenceLook,
    /// How many there are.
    pub count: u64,
    /// The rows from there on.
    pub rows: Vec<DifferenceRow>,
}

/// The same message or event in both sessions, or what only one has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// In the first and in the second session.
    pub sides: [Option<DifferenceCell>; 2],
    /// What differs, such as `changed`.
    pub words: Vec<String>,
}

/// A frame in a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceCell {
    /// Its number in the timeline of the comparison.
    pub frame: u64,
    /// On which connection.
    pub connection: ConnectionId,
    /// Since its session began.
    pub at: Duration,
    /// An arrow: sent, received, or none.
    pub arrow: String,
    /// The beginning of its content.
    pub preview: String,
}
