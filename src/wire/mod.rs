//! The typed messages between the page and its worker.
//!
//! Owns what either side may say and how it becomes bytes: one buffer a message, transferred, never structured clones.
//! It refuses to know who carries the bytes. The rule a reader would break: the format has no names in it, so both sides
//! must be built from the same source; [`decode`] checks that by an id of all sources, which `build.rs` works out.

#[cfg(test)]
mod build_id;
pub mod checks;
mod envelope;
mod line;
mod request;
mod sharing;
mod update;
mod workspace;

pub use envelope::{FINGERPRINT, WireError, decode, decode_json, encode, encode_json};
pub use line::{Beats, CloseSeen, LineState, Offer, Phase, Retry, Typed};
pub use request::{ConnectionId, ContentForm, Inspect, Look, PlotOf, Question, Request, Shown, ShownFrame};
pub use sharing::{Listed, Offered, Part};
pub use update::{
    Answer, Detail, DraftSeen, HitsState, ListState, Media, News, Pin, Plot, Pulse, Ready, Recorded,
    RepeatSeen, Restored, Row, Rows, RuleSeen, ShownSeen, Totals, Unread, Update, most_sockets,
};
pub use workspace::{
    Address, Heartbeat, Layout, Match, MatchBy, Opening, Panel, Repeat, Rule, SavedMessage, Setup, Times,
    Variable, Workspace,
};
