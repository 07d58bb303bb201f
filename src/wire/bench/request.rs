//! What the page asks of its worker.

use serde::{Deserialize, Serialize};

use super::{Part, Workspace};
use crate::engine::bench::draft::Draft;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::explain::Surroundings;
use crate::engine::report::EventFormat;
use crate::engine::{Closing, FrameKind, Payload};

/// A connection, for as long as the page is open. It stays the same through a reconnect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub u32);

impl ConnectionId {
    /// The page numbers its connections from 1; the worker numbers those of checks from here.
    pub const FIRST_OF_CHECKS: u32 = 1 << 31;

    /// Whether a check opened it.
    pub fn is_of_check(self) -> bool {
        self.0 >= Self::FIRST_OF_CHECKS
    }
}

/// Which rows of the list the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The position of the first one in the list; none to follow the newest.
    pub from: Option<u64>,
    /// How many.
    pub rows: u16,
}

/// Which part of an opened frame the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspect {
    /// The number of the frame.
    pub frame: u64,
    /// The other one, when two are compared.
    pub with: Option<u64>,
    /// The name of the view; empty for the one that suits best.
    pub view: String,
    /// The first line.
    pub from: u64,
    /// How many.
    pub lines: u16,
    /// The lines that are folded, as numbers of the whole view. `from` counts what is seen.
    pub folds: Vec<u64>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// What is set up has changed. What was left out is gone.
    Arrange(Box<Workspace>),
    /// What stands in the composer has changed.
    Draft(Draft),
    /// This is what a draft of a file stands for from now on.
    Attach(Payload),
    /// Where the page is has changed.
    Surroundings(Surroundings),
    /// A second recording of a conversation may begin with this frame; none when the first one is missing.
    RecordAgain(Option<u64>),
    /// The page is out of sight, or in sight again.
    Hidden(bool),
    /// Open a connection as it is set up, or open a closed one again.
    Connect {
        /// Which.
        connection: ConnectionId,
    },
    /// Send a message again and again, as the set-up says.
    Repeat {
        /// On which connections.
        to: Vec<ConnectionId>,
        /// What.
        draft: Draft,
    },
    /// Stop that.
    StopRepeat,
    /// The relay sends a ping to the server of this connection.
    Ping {
        /// Which.
        connection: ConnectionId,
    },
    /// Start the closing handshake.
    Close {
        /// Which.
        connection: ConnectionId,
        /// With what.
        closing: Closing,
    },
    /// Close it and never speak of it again. Its frames stay in the log.
    Forget {
        /// Which.
        connection: ConnectionId,
    },
    /// Show other rows.
    Look(Look),
    /// Show, or mark, only some frames.
    Filter {
        /// Which.
        spec: FilterSpec,
        /// Whether the others are hidden, and not only left unmarked.
        hides: bool,
    },
    /// The list stands still, or goes on.
    Pause(bool),
    /// Forget all frames but those that are pinned.
    Clear,
    /// Open a frame; none closes what is open.
    Inspect(Option<Inspect>),
    /// Keep a frame, whatever the budget says, with what people say of it.
    Pin {
        /// Its number.
        frame: u64,
        /// A remark, possibly empty.
        note: String,
    },
    /// That is over.
    Unpin {
        /// Its number.
        frame: u64,
    },
    /// Reset the figures of round trips: of one connection, or of all and of the sum.
    ResetFigures(PlotOf),
    /// Tell the latencies in detail: of one connection, or of all; none when they are not shown.
    Plot(Option<PlotOf>),
    /// Answer a question with an [`Update::Answer`](super::Update::Answer) of the same id.
    Question {
        /// Which answer belongs to it.
        id: u32,
        /// The question.
        question: Question,
    },
    /// The page has drawn the last update, or has just met its worker; it is ready for the next.
    Seen,
    /// Take in frames of a check's run, to be looked at among the others.
    Show(Box<Shown>),
    /// An encoded [`SessionsRequest`](super::SessionsRequest), since what reads it is downloaded later.
    Sessions(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An encoded [`OutsideRequest`](super::OutsideRequest), since what reads it is downloaded later.
    Outside(#[serde(with = "serde_bytes")] Vec<u8>),
    /// From now on this worker shows the kept session of this name, and nothing else; without a name, the first one of the files
    /// that were given to it before this.
    Read(Option<String>),
    /// An encoded [`ReplayRequest`](super::ReplayRequest).
    Replay(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An encoded [`DifferenceRequest`](super::DifferenceRequest). The worker that gets one compares and does nothing else.
    Difference(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// Frames from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The names of their connections.
    pub names: Vec<String>,
    /// In order.
    pub frames: Vec<ShownFrame>,
    /// The place of the one to look at.
    pub chosen: u32,
    /// The places of those that a check did not expect.
    pub wrong: Vec<u32>,
    /// They are shown alone, in lanes.
    pub in_lanes: bool,
}

/// A frame from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownFrame {
    /// The place of its connection's name.
    pub name: u32,
    /// Nanoseconds since 1970: clocks of two workers have no other origin in common.
    pub at: u64,
    /// What it is.
    pub kind: FrameKind,
    /// The content.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// Whose latencies are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlotOf {
    /// Of all connections.
    All,
    /// Of one.
    One(ConnectionId),
}

/// A question that has one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Send a message; the answer says why it was not sent.
    Send {
        /// On which connections.
        to: Vec<ConnectionId>,
        /// What.
        draft: Draft,
    },
    /// Send the content of a frame once more, byte for byte.
    SendAgain {
        /// On which connections.
        to: Vec<ConnectionId>,
        /// The number of the frame.
        frame: u64,
    },
    /// The next hit, from a frame.
    Seek {
        /// The number of the frame to start from; none for the newest.
        from: Option<u64>,
        /// Towards the newer ones.
        forward: bool,
    },
    /// The value on a line of the opened frame, with its path.
    Node {
        /// The number of the line.
        line: u64,
    },
    /// The value at a path of a frame's message.
    Value {
        /// The number of the frame.
        frame: u64,
        /// Its JSONPath.
        path: String,
    },
    /// A place of a text in the opened frame.
    Within {
        /// What is looked for.
        text: String,
        /// Which of the places, from 0; it goes on at the other end.
        nth: i64,
    },
    /// The last messages without an answer: of one connection, or of all.
    Unanswered(PlotOf),
    /// The frame beside another one in the list.
    Beside {
        /// The number of the other one.
        frame: u64,
        /// Towards the newer ones.
        forward: bool,
    },
    /// Where a frame stands in the list.
    Find {
        /// Its number.
        frame: u64,
    },
    /// The content of a frame.
    Content {
        /// Its number.
        frame: u64,
        /// In which form.
        form: ContentForm,
    },
    /// A JSON text, laid out.
    Format(String),
    /// The parts of the set-up that a link could carry.
    Share(Box<Workspace>),
    /// These parts of the set-up as the fragment of a link.
    Link {
        /// The set-up.
        workspace: Box<Workspace>,
        /// What the link carries of it.
        parts: Vec<Part>,
    },
    /// What a link of that kind would set up.
    OpenShared(String),
    /// What looks like a secret in the frames, beside the values of secret variables.
    Suspects {
        /// Only those that pass the filter.
        filtered: bool,
    },
    /// The frames as a file.
    Export {
        /// In which format.
        format: EventFormat,
        /// Only those that pass the filter.
        filtered: bool,
        /// What looks like a secret is masked, as the values of secret variables always are.
        masks_suspects: bool,
    },
    /// What looks like a secret in the frames of a report.
    ReportSuspects(Which),
    /// The frames as a report for a bug.
    Report(Box<BugReport>),
    /// The present session, or some of its connections, as JSON Lines for a comparison. Values of secret variables are
    /// masked as those that are kept are.
    Lines {
        /// Which, with what they are called there; all when empty.
        connections: Vec<(ConnectionId, String)>,
    },
    /// The frames with what else a suite is made of, for the recorder of the checks and nothing else: it is not masked.
    Record {
        /// Only those that pass the filter.
        filtered: bool,
        /// From this number on; from another than 0, from the first handshake after it.
        from: u64,
    },
}

/// Which frames a report has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// All that are held.
    #[default]
    All,
    /// Those that pass the filter.
    Filtered,
    /// The pinned ones, with the openings and ends of their connections.
    Pinned,
}

/// A report for a bug, to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BugReport {
    /// One HTML file, and not Markdown.
    pub is_page: bool,
    /// Of which frames.
    pub which: Which,
    /// Its heading.
    pub title: String,
    /// What a person says about it.
    pub about: String,
    /// What looks like a secret is masked, as the values of secret variables always are.
    pub masks_suspects: bool,
}

impl BugReport {
    /// More frames are not for a person to read.
    pub const MOST_FRAMES: u64 = 10_000;
}

/// In which form a content is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentForm {
    /// As it is.
    Raw,
    /// As text: JSON laid out, binary as hexadecimal digits.
    Readable,
    /// As a step of a suite.
    Step,
    /// As a draft that can be edited.
    Draft,
}
