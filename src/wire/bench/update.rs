//! What the worker sends to its page.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    ConnectionId, ConnectionState, Inspect, Listed, Offered, OpenQuestion, Origin, PlotOf, Related, Workspace,
};
use crate::engine::bench::compare::CompareLine;
use crate::engine::bench::draft::{Draft, DraftError};
use crate::engine::bench::summary::Summary;
use crate::engine::bench::view::{TextLine, ViewName};
use crate::engine::metrics::TrendPoint;
use crate::engine::{FrameKind, Instant, LatencySummary};

/// An update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// The worker runs. The first update, and the answer to a message that it cannot read.
    Ready(Ready),
    /// What was kept from the last visit; comes once.
    Restored(Box<Restored>),
    /// What has changed could not be kept, for this reason. Told once, until it can be again.
    Unkept(String),
    /// A part of the worker could not be loaded. Told once; it is tried again.
    Missing,
    /// What has changed since the last one.
    Changes(Box<Changes>),
    /// An encoded [`SessionsUpdate`](super::SessionsUpdate), since what reads it is downloaded later.
    Sessions(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An encoded [`OutsideUpdate`](super::OutsideUpdate), for the same reason.
    Outside(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An encoded [`ReplayUpdate`](super::ReplayUpdate).
    Replay(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An encoded [`DifferenceUpdate`](super::DifferenceUpdate).
    Difference(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The answer to a question.
    Answer {
        /// Of which.
        id: u32,
        /// The answer.
        answer: Answer,
    },
}

/// What the worker found out about its surroundings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// The smallest step of the clock that stamps every frame.
    pub clock_step: Duration,
    /// Whether the page is cross-origin isolated, which is what makes the clock fine.
    pub isolated: bool,
    /// When the worker's clock began, in milliseconds since 1970.
    pub clock_began: f64,
    /// How many sockets this browser opens at once.
    pub most_sockets: u16,
}

/// How many sockets a browser opens at once, going by what it calls itself. Beyond that it fails the next one without a word.
pub fn most_sockets(agent: &str) -> u16 {
    const CHROMIUM: u16 = 255;
    const FIREFOX: u16 = 200;
    // Firefox on iOS is Safari inside, and calls itself FxiOS.
    if agent.contains("Firefox/") { FIREFOX } else { CHROMIUM }
}

/// What was kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Restored {
    /// None on the first visit.
    pub workspace: Option<Workspace>,
    /// Why nothing can be kept, in the browser's words.
    pub trouble: Option<String>,
    /// What was kept and could not be read.
    pub unread: Option<Unread>,
}

/// Something that was kept and could not be read; it is not lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What, and why.
    pub reasons: Vec<String>,
    /// Under which name of the browser's storage it remains.
    pub place: String,
}

impl Unread {
    /// In words, beginning with what it is of.
    pub fn words(&self, of: &str) -> String {
        const MOST: usize = 3;
        let shown = self.reasons.iter().take(MOST).map(|reason| brief(reason)).collect::<Vec<_>>().join("; ");
        let more = match self.reasons.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let place = match self.place.as_str() {
            "" => String::new(),
            place => format!(" It is not lost: this browser's storage still has it, under \"{place}\"."),
        };
        format!("{of} could not be read: {shown}{more}.{place}")
    }
}

/// The beginning of a reason, which may quote untrusted text.
fn brief(reason: &str) -> String {
    const LONGEST: usize = 120;
    match reason.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// The connections that changed.
    pub connections: Vec<ConnectionState>,
    /// The counts.
    pub totals: Totals,
    /// The list that the rows are of.
    pub list: ListState,
    /// The rows asked for, when they changed.
    pub rows: Option<Rows>,
    /// Where the type of a message is found, when that changed.
    pub type_members: Option<TypeMembers>,
    /// What stands in the composer, as it would go out, when that changed.
    pub draft: Option<DraftSeen>,
    /// How repeating is doing, when that changed.
    pub repeat: Option<RepeatSeen>,
    /// The part of the opened frame that was asked for, when it changed.
    pub detail: Option<Box<Detail>>,
    /// The frames that are pinned, when they changed.
    pub pins: Option<Vec<Pin>>,
    /// The latencies that were asked for.
    pub plot: Option<Box<Plot>>,
    /// How often each automatic reply was sent, when that changed.
    pub replies: Option<Vec<RuleSeen>>,
    /// Frames of a check that were taken in.
    pub shown: Option<ShownSeen>,
    /// Connections that have ended and of which no frame is held any more.
    pub gone: Vec<ConnectionId>,
    /// How the worker itself is doing.
    pub pulse: Pulse,
}

/// Counts over everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Frames ever logged.
    pub frames: u64,
    /// When the very first frame was logged.
    pub began: Option<Instant>,
    /// Frames that the budget pushed out.
    pub dropped: u64,
    /// Frames that were cleared away by hand.
    pub cleared: u64,
    /// Messages ever sent and received, in all connections.
    pub messages: u64,
    /// Their bytes: of those sent, and of those received.
    pub bytes: (u64, u64),
    /// Bytes the log holds.
    pub held_bytes: u64,
    /// Bytes the log may hold.
    pub budget: u64,
    /// Sockets that exist, also those that are still closing.
    pub sockets: u16,
    /// The round trips of all connections.
    pub latency: Option<LatencySummary>,
    /// Round trips among them that were measured while the tab was hidden or the worker was late.
    pub tainted: u64,
    /// Messages to which no reply was recognised, in all connections.
    pub unanswered: u64,
    /// What the second of two recordings has so far; none unless one was asked for.
    pub second: Option<Recorded>,
}

/// What a recording has so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Frames from its first handshake on.
    pub frames: u64,
    /// Messages sent among them.
    pub sent: u64,
    /// Messages received among them.
    pub received: u64,
}

/// The list that is scrolled: all frames, or those that pass the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListState {
    /// The position of its first row; grows as the budget drops frames, and shrinks while a filter searches backwards.
    pub first: u64,
    /// The position after its last row.
    pub end: u64,
    /// How the filter is doing; none without one.
    pub hits: Option<HitsState>,
    /// Frames for this list that came since it was paused; none when it is not.
    pub paused: Option<u64>,
}

/// How the filter is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitsState {
    /// Frames that pass, of those looked at.
    pub count: u64,
    /// Frames that were not looked at yet.
    pub unseen: u64,
    /// What is wrong with the filter, in words; then it lets everything pass.
    pub wrong: Option<String>,
}

/// A frame as a line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its place in the list.
    pub position: u64,
    /// Its place among all frames.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// How long after the row above it.
    pub delta: Option<Duration>,
    /// On which connection.
    pub connection: ConnectionId,
    /// What.
    pub kind: FrameKind,
    /// Bytes of content.
    pub size: u64,
    /// The beginning of the content.
    pub preview: String,
    /// For a reply: how long its question had been out.
    pub round_trip: Option<Duration>,
    /// The tab was hidden or the worker was late when it came.
    pub is_tainted: bool,
    /// It has gone by relay.
    pub by_relay: bool,
    /// It passes a filter that only marks.
    pub is_hit: bool,
    /// It is pinned.
    pub is_pinned: bool,
    /// The place of the highlight that takes it.
    pub highlight: Option<u8>,
    /// What it says in short; none for anything but a JSON message, and outside the list.
    pub summary: Option<Summary>,
    /// It is what a check did not expect.
    pub is_wrong: bool,
    /// Where it comes from; none where that is not known or not in the list, and outside of lanes.
    pub origin: Option<Origin>,
    /// The position of its answer; none without one in the list, and outside of lanes.
    pub answer: Option<u64>,
}

/// Where the type of a message is found, as JSONPaths.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeMembers {
    /// The members that hold it: of a message the first that it has.
    pub used: Vec<String>,
    /// Members that could hold it, the likeliest first.
    pub offered: Vec<String>,
    /// Members that messages have, those of most messages first.
    pub members: Vec<String>,
}

/// A piece of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The position of the first one.
    pub first: u64,
    /// The lines, without a gap.
    pub rows: Vec<Row>,
}

/// What stands in the composer, as it would go out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftSeen {
    /// What keeps it from being sent.
    pub wrong: Option<DraftError>,
    /// Line and column of that, from 1.
    pub place: Option<(u32, u32)>,
    /// Bytes that go out.
    pub size: u64,
    /// Whether they go out as text.
    pub is_text: bool,
    /// Whether each sending differs.
    pub varies: bool,
    /// The beginning of what goes out.
    pub preview: String,
}

/// How repeating is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatSeen {
    /// Whether it goes on.
    pub is_running: bool,
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that are to be sent, when that is known.
    pub of: Option<u64>,
    /// Why it has ended, in words.
    pub ended: String,
    /// It was not the count, the time or a person that ended it.
    pub is_failed: bool,
}

/// A part of an opened frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// What was asked.
    pub of: Inspect,
    /// The frame; none when it is no longer held.
    pub row: Option<Row>,
    /// The other one, when two are compared.
    pub with: Option<Row>,
    /// The views that suit it, the best first.
    pub views: Vec<ViewName>,
    /// The name of the view that is shown.
    pub view: String,
    /// The media type, when the first bytes tell it.
    pub media: Option<Media>,
    /// Lines in all; those known so far while it is being opened.
    pub lines: u64,
    /// It is still being opened.
    pub is_opening: bool,
    /// The lines asked for.
    pub shown: Vec<TextLine>,
    /// Of each of them its number, and whether it is folded, where it can be.
    pub folds: Vec<(u64, Option<bool>)>,
    /// The same of a comparison.
    pub compared: Vec<CompareLine>,
    /// Places in which the two differ.
    pub changes: u32,
    /// The comparison was too long to be finished.
    pub is_cut: bool,
    /// The question that it answers, or its answer.
    pub related: Option<Box<Related>>,
}

/// What a binary content is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Such as `image/png`.
    pub media_type: String,
    /// In words.
    pub words: String,
}

/// A pinned frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The frame.
    pub row: Row,
    /// What people say of it.
    pub note: String,
}

/// Latencies in detail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Whose.
    pub of: PlotOf,
    /// How many round trips are in each bar.
    pub bars: Vec<u64>,
    /// The shortest and the longest of them.
    pub range: Option<(Duration, Duration)>,
    /// The latencies over time.
    pub trend: Vec<TrendPoint>,
    /// When it was drawn: the right edge of what is over time.
    pub now: Instant,
}

/// How an automatic reply is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSeen {
    /// Replies sent.
    pub sent: u64,
    /// What is wrong with it, in words; then it does not reply.
    pub wrong: Option<String>,
}

/// Frames of a check that were taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSeen {
    /// Their connections.
    pub names: Vec<(ConnectionId, String)>,
    /// The number of the one to look at.
    pub frame: u64,
    /// They are shown alone, in lanes.
    pub in_lanes: bool,
}

/// How the worker is doing: a harness that lags must not blame the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// How late the worker's own timer came, at worst, in the last second; none in the first one.
    pub loop_lag: Option<Duration>,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// A frame in the list, and which hit it is, from 1, when that is known.
    Found {
        /// Its number.
        frame: u64,
        /// Where it stands.
        position: u64,
        /// Which hit it is, from 1.
        nth: Option<u64>,
    },
    /// The frame is held, and the filter hides it.
    Hidden,
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// A message to edit.
    Draft(Draft),
    /// A piece of a file; more come.
    Piece(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The last piece of a file, with its name.
    File {
        /// The last bytes.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        /// The name of the file.
        name: String,
        /// The media type.
        media_type: String,
        /// Frames in it.
        frames: u64,
    },
    /// The last piece of a recording.
    Recording {
        /// The last bytes.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        /// What there was; frames in it are fewer when it is large.
        recorded: Recorded,
        /// The number of the frame that comes next.
        next: u64,
    },
    /// What looks like a secret in frames: each place in words, and how many values there are.
    Suspects(Vec<(String, u64)>),
    /// The parts that a link could carry.
    Parts(Vec<Listed>),
    /// The fragment of a link, and what was left out of it.
    Link {
        /// The fragment.
        fragment: String,
        /// In words.
        left_out: Vec<String>,
    },
    /// What a link would set up.
    Offer(Box<Offered>),
    /// A value of a frame.
    Node {
        /// Its JSONPath.
        path: String,
        /// As it was written; secrets as their names.
        value: String,
        /// It has values of its own.
        is_container: bool,
    },
    /// A place in the opened frame.
    Within {
        /// How many places there are, up to a bound.
        count: u64,
        /// Which this is, from 0.
        nth: u64,
        /// The line.
        line: u64,
        /// Where that is seen once what hides it is unfolded.
        position: u64,
        /// The lines that are to be unfolded.
        unfolds: Vec<u64>,
    },
    /// Messages without an answer, the newest last.
    Unanswered(Vec<OpenQuestion>),
    /// It was sent.
    Sent,
    /// It does not exist.
    Nothing,
    /// It did not work, in words.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::most_sockets;

    #[test]
    fn the_limit_of_sockets_is_that_of_the_browser() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!((most_sockets(firefox), most_sockets(chrome)), (200, 255));
    }
}
