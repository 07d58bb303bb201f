//! What rows say of messages, learnt from the log.
//!
//! Owns how much of the traffic is looked at. It refuses to look at a message when it comes: that moment belongs to its
//! answer, so the traffic is learnt when the page is about to draw.

use crate::engine::bench::summary::{Summary, Traffic, ValueKind};
use crate::engine::{Frame, FrameLog};
use crate::wire::bench::{TypeMembers, Workspace};

/// Of more new frames than this, a sample is looked at.
const AT_ONCE: u64 = 128;
/// Other members that are offered as the type.
const MOST_OFFERED: usize = 12;
/// Members that are offered as columns.
const MOST_MEMBERS: usize = 40;

/// What was learnt, and up to which frame.
#[derive(Default)]
pub(super) struct Summaries {
    traffic: Traffic,
    next: u64,
    /// What the page got last, and whether something was learnt after it.
    sent: TypeMembers,
    is_due: bool,
}

impl Summaries {
    /// Takes what a person chose; says whether rows look different now.
    pub fn arrange(&mut self, workspace: &Workspace) -> bool {
        let chosen = (!workspace.type_member.is_empty()).then(|| workspace.type_member.clone());
        self.is_due = true;
        let columns = workspace.columns.iter().map(|it| it.path.clone()).collect();
        // Both take what is new, whatever the other one says.
        self.traffic.set_columns(columns) | self.traffic.choose(chosen)
    }

    /// Looks at what came since the last time; says whether rows look different now.
    pub fn learn(&mut self, log: &FrameLog) -> bool {
        let (from, end) = (self.next.max(log.oldest()), log.total());
        self.next = end;
        let step = (end.saturating_sub(from) / AT_ONCE).max(1);
        let mut is_news = false;
        for number in (from..end).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let Some(frame) = log.get(number).filter(is_text) else { continue };
            self.is_due = true;
            is_news |= self.traffic.learn(frame.bytes);
        }
        is_news
    }

    /// What a row says of a frame; none for anything but a JSON message.
    pub fn of(&self, frame: &Frame<'_>) -> Option<Summary> {
        is_text(frame).then(|| self.traffic.sum_up(frame.bytes)).flatten()
    }

    /// The values of a frame that is a JSON message, also those that its row leaves out.
    pub fn values_of(&self, frame: &Frame<'_>) -> Option<Vec<(ValueKind, String)>> {
        is_text(frame).then(|| self.traffic.values(frame.bytes)).flatten()
    }

    /// The next update says once more where the type is found.
    pub fn tell(&mut self) {
        (self.is_due, self.sent) = (true, TypeMembers::default());
    }

    /// Where the type is found, when that has changed.
    pub fn changes(&mut self) -> Option<TypeMembers> {
        // Nothing came since the last drawing, so the answer is the same.
        if !std::mem::take(&mut self.is_due) {
            return None;
        }
        let mut offered = self.traffic.candidates();
        offered.truncate(MOST_OFFERED);
        let members = self.traffic.members(MOST_MEMBERS);
        let now = TypeMembers { used: self.traffic.type_members().to_vec(), offered, members };
        (now != self.sent).then(|| {
            self.sent = now.clone();
            now
        })
    }
}

fn is_text(frame: &Frame<'_>) -> bool {
    frame.kind.is_text() && (frame.kind.is_sent() || frame.kind.is_received())
}
