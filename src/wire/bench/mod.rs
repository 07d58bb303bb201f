//! What the bench and its worker say to each other.

mod connection;
mod difference;
mod outside;
mod related;
mod replay;
mod request;
mod session;
mod sharing;
mod update;
mod workspace;

pub use connection::{Beats, CloseSeen, ConnectionState, Offer, Phase, Retry, Typed};
pub use difference::{
    DifferenceCell, DifferenceForm, DifferenceFrom, DifferenceLine, DifferenceLook, DifferenceRequest,
    DifferenceRow, DifferenceRows, DifferenceSeen, DifferenceSide, DifferenceStart, DifferenceUpdate,
    MaskSeen,
};
pub use outside::{
    FileSeen, FileState, FolderPlace, FolderSeen, FollowedSeen, OutsideRequest, OutsideUpdate, Taken,
};
pub use related::{OpenQuestion, Origin, Related};
pub use replay::{
    ReplayConnection, ReplayLooked, ReplayOf, ReplayPace, ReplayPhase, ReplayRequest, ReplaySeen,
    ReplayStart, ReplayUpdate,
};
pub use request::{
    BugReport, ConnectionId, ContentForm, Inspect, Look, PlotOf, Question, Request, Shown, ShownFrame, Which,
};
pub use session::{
    JournalSetup, Keeping, Kept, Owned, ReadingSeen, SessionSeen, SessionsRequest, SessionsSeen,
    SessionsUpdate,
};
pub use sharing::{Listed, Offered, Part};
pub use update::{
    Answer, Changes, Detail, DraftSeen, HitsState, ListState, Media, Pin, Plot, Pulse, Ready, Recorded,
    RepeatSeen, Restored, Row, Rows, RuleSeen, ShownSeen, Totals, TypeMembers, Unread, Update, most_sockets,
};
pub use workspace::{
    Address, Column, Heartbeat, Highlight, HighlightTone, Layout, MOST_HIGHLIGHTS, Match, MatchBy, Opening,
    Panel, Repeat, RowContent, Rule, SavedFilter, SavedMessage, Setup, Times, Variable, Workspace,
};
