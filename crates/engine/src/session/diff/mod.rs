//! How two sessions differ in meaning.
//!
//! Owns what counts as a difference: a message that is missing or new, one whose content changed, one that came in another
//! order, and one that is slower than the noise of both sides explains. Messages are aligned by connection, by what they
//! answer and by their ids, never by their time. Values that vary between runs of one server are masked.

mod aligned;
mod masks;
mod order;
mod pace;
mod pairs;
pub(super) mod side;
mod values;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Session;
use crate::base::words::counted;
use pairs::Pairs;
use side::Side;

pub use aligned::{Aligned, diff_aligned};
pub use masks::{Learnt, Masked, Masks, MasksError, Varies};
pub use write::{
    DIFF_FORMAT, REORDERED, name, remarks, sentence, shown, summary, write_html, write_json, write_junit,
    write_text,
};

/// What differs.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Only the first session has it.
    Missing,
    /// Only the second session has it.
    New,
    /// Both have it, and it comes in another order among those before and after it.
    Reordered,
    /// Both have it, and something in it differs.
    Changed {
        /// The JSON path, or empty for what is not JSON.
        path: String,
        /// What the first session has there; none where it has nothing.
        before: Option<String>,
        /// What the second session has there.
        after: Option<String>,
    },
    /// Its answers take longer than the noise of both sides explains.
    Slower {
        /// How long it took in the first session, at the median.
        before: Duration,
        /// How long it took in the second session: at the median, or the latest one.
        after: Duration,
        /// How far the measured times of both sides lie apart without a cause.
        noise: Duration,
        /// How many times were measured, on the side that has fewer.
        samples: usize,
        /// How many answers are late while the others are not; 0 where the median has moved.
        late: usize,
    },
}

/// A difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The connection, by its name.
    pub client: String,
    /// What kind of message or event it is, in words.
    pub subject: String,
    /// The kind as masks name it; empty where it is not a message.
    pub kind: String,
    /// We sent it.
    pub is_sent: bool,
    /// What differs.
    pub what: What,
    /// The number of the first such frame in the first session.
    pub before: Option<u64>,
    /// The number of the first such frame in the second session.
    pub after: Option<u64>,
    /// How many messages differ in this way.
    pub times: usize,
}

/// A comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// What the sessions are called.
    pub names: [String; 2],
    /// The differences, in the order of the first session.
    pub differences: Vec<Difference>,
    /// Messages that both have.
    pub matched: usize,
    /// Messages of each.
    pub messages: [usize; 2],
    /// Values that differ and were not compared, since they look like ids, times or tokens.
    pub guessed: usize,
    /// Values that differ and are masked.
    pub masked: usize,
    /// Which messages were not compared, in sentences.
    pub left_out: Vec<String>,
}

/// What a comparison says of the two sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing differs.
    Same,
    /// Something does.
    Different,
    /// Nothing differs in what was compared, and messages were left out.
    Inconclusive,
}

impl Judgement {
    /// As JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl Difference {
    /// What would hide it; none of what is not a message.
    pub fn mask(&self) -> Option<Masked> {
        let varies = match &self.what {
            What::Missing | What::New => Varies::Count,
            What::Reordered => Varies::Order,
            What::Slower { .. } => Varies::Time,
            What::Changed { path, .. } => {
                Varies::Path(masks::general(if path.is_empty() { "$" } else { path }))
            }
        };
        (!self.kind.is_empty()).then(|| Masked { is_sent: self.is_sent, kind: self.kind.clone(), varies })
    }
}

impl Diff {
    /// What was not compared is never called the same.
    pub fn judgement(&self) -> Judgement {
        match (self.differences.is_empty(), self.left_out.is_empty()) {
            (false, _) => Judgement::Different,
            (true, true) => Judgement::Same,
            (true, false) => Judgement::Inconclusive,
        }
    }
}

/// At most this many messages of a session are compared.
pub const MOST_MESSAGES: usize = if cfg!(target_pointer_width = "32") { 200_000 } else { 1_000_000 };

/// Compares two sessions.
pub fn diff(first: &Session, second: &Session, masks: &Masks) -> Diff {
    diff_runs(&[first], &[second], masks)
}

/// Compares sessions that were each recorded several times: contents by the first of each, times by all.
pub fn diff_runs(first: &[&Session], second: &[&Session], masks: &Masks) -> Diff {
    compare(first, second, masks, MOST_MESSAGES).0
}

/// The comparison, and which frames stand beside each other.
fn compare(first: &[&Session], second: &[&Session], masks: &Masks, most: usize) -> (Diff, Vec<Aligned>) {
    let mut found = Diff::default();
    let (Some(one), Some(other)) = (first.first(), second.first()) else { return (found, Vec::new()) };
    found.names = [one.name.clone(), other.name.clone()];
    let read = |session: &&Session| Side::of(session, most);
    let (a, b): (Vec<Side>, Vec<Side>) =
        (first.iter().map(read).collect(), second.iter().map(read).collect());
    for (side, which) in [(&a[0], "first"), (&b[0], "second")] {
        if side.left_out > 0 {
            let left_out = counted(side.left_out as u64, "message");
            found.left_out.push(format!(
                "Not compared: {left_out} at the end of the {which} session; the limit is {}.",
                counted(most as u64, "message")
            ));
        }
        if side.dropped > 0 {
            let dropped = counted(side.dropped, "frame");
            found.left_out.push(format!(
                "Not compared: the oldest {dropped} of the {which} session, which are missing."
            ));
        }
    }
    found.messages = [a[0].messages(), b[0].messages()];
    let (slower, late) = pace::slower(&a, &b, masks);
    let rows = aligned::Rows::default();
    let mut compared = Compared { a: &a[0], b: &b[0], masks, late, found, groups: BTreeMap::new(), rows };
    compared.connections();
    let Compared { mut found, groups, rows, .. } = compared;
    let mut differences: Vec<(usize, Option<Group>, Difference)> =
        groups.into_iter().map(|(group, (at, it))| (at, Some(group), it)).collect();
    differences.extend(slower.into_iter().map(|it| (usize::MAX, None, it)));
    differences.sort_by_key(|(at, ..)| *at);
    let (mut groups, mut late) = (BTreeMap::new(), Vec::new());
    for (nth, (_, group, difference)) in differences.into_iter().enumerate() {
        match (group, difference.after) {
            (Some(group), _) => drop(groups.insert(group, nth)),
            (None, Some(frame)) => late.push((frame, nth)),
            (None, None) => {}
        }
        found.differences.push(difference);
    }
    (found, rows.finish(&groups, &late))
}

/// Differences of one kind at one path are one.
type Group = (String, bool, String, String);

struct Compared<'s> {
    a: &'s Side,
    b: &'s Side,
    masks: &'s Masks,
    /// Frames of the second session that are late.
    late: BTreeSet<u64>,
    found: Diff,
    groups: BTreeMap<Group, (usize, Difference)>,
    rows: aligned::Rows,
}

impl Compared<'_> {
    fn connections(&mut self) {
        let (a, b) = (self.a, self.b);
        let pairs = side::pair_clients(&a.clients, &b.clients);
        for (one, other) in pairs {
            match (one, other) {
                (Some(one), Some(other)) => self.connection(&a.clients[one].name, &b.clients[other].name),
                (Some(one), None) => self.whole(&a.clients[one], What::Missing, one),
                (None, Some(other)) => self.whole(&b.clients[other], What::New, usize::MAX - 1),
                (None, None) => {}
            }
        }
    }

    /// A connection that only one session has.
    fn whole(&mut self, client: &side::Client, what: What, place: usize) {
        let frame = Some(client.first);
        let (before, after) = if what == What::Missing { (frame, None) } else { (None, frame) };
        let difference = Difference {
            client: client.name.clone(),
            subject: format!("connection to {}", client.url),
            kind: String::new(),
            is_sent: true,
            what,
            before,
            after,
            times: 1,
        };
        let group = (client.name.clone(), true, "connection".to_owned(), String::new());
        let side = if before.is_some() { self.a } else { self.b };
        self.rows.mark(before, after, &group);
        for event in side.of_client(&client.name).map(|at| side.events[at].number) {
            let of = |frame: Option<u64>| frame.map(|_| event);
            self.rows.mark(of(before), of(after), &group);
        }
        self.groups.insert(group, (place, difference));
    }

    fn connection(&mut self, one: &str, other: &str) {
        let (a, b) = (self.a, self.b);
        let pairs = Pairs::find(a, b, one, other, self.masks);
        self.found.matched += pairs.both.len();
        for (i, j) in &pairs.both {
            self.rows.add(Some(a.events[*i].number), Some(b.events[*j].number));
            self.contents(*i, *j, one);
        }
        for i in &pairs.left {
            self.lonely(a, *i, one, What::Missing);
        }
        for j in &pairs.right {
            self.lonely(b, *j, one, What::New);
        }
        for (i, j) in order::moved(a, b, &pairs.both, self.masks) {
            // It comes behind others since it is late, which is reported already.
            if self.late.contains(&b.events[j].number) {
                continue;
            }
            self.add(one, Some(i), Some(j), "order", What::Reordered);
        }
        self.lives(one, other);
    }

    /// A message that only one session has.
    fn lonely(&mut self, side: &Side, at: usize, client: &str, what: What) {
        let (kind, number) = (&side.events[at].kind, side.events[at].number);
        match what {
            What::Missing => self.rows.add(Some(number), None),
            _ => self.rows.add(None, Some(number)),
        }
        if self.masks.of(kind, side.events[at].is_sent()).is_some_and(|mask| mask.count) {
            self.found.masked += 1;
            return;
        }
        match what {
            What::Missing => self.add(client, Some(at), None, "missing", what),
            _ => self.add(client, None, Some(at), "new", what),
        }
    }

    fn contents(&mut self, i: usize, j: usize, client: &str) {
        let (a, b) = (self.a, self.b);
        let mask = self.masks.of(&a.events[i].kind, a.events[i].is_sent());
        let mut values = values::Values::new(a, b, (i, j), mask, self.masks.guess);
        values.compare();
        self.found.guessed += values.guessed;
        self.found.masked += values.masked;
        for change in values.changes {
            let shape = change.shape();
            let what = What::Changed { path: change.path, before: change.before, after: change.after };
            self.add(client, Some(i), Some(j), &shape, what);
        }
    }

    fn add(&mut self, client: &str, i: Option<usize>, j: Option<usize>, shape: &str, what: What) {
        let Some((side, at)) = i.map(|i| (self.a, i)).or(j.map(|j| (self.b, j))) else { return };
        let event = &side.events[at];
        let group = (client.to_owned(), event.is_sent(), event.kind.clone(), shape.to_owned());
        self.rows.mark(i.map(|i| self.a.events[i].number), j.map(|j| self.b.events[j].number), &group);
        if let Some((_, known)) = self.groups.get_mut(&group) {
            known.times += 1;
            return;
        }
        let difference = Difference {
            client: client.to_owned(),
            subject: event.subject(),
            kind: event.kind.clone(),
            is_sent: event.is_sent(),
            what,
            before: i.map(|i| self.a.events[i].number),
            after: j.map(|j| self.b.events[j].number),
            times: 1,
        };
        self.groups.insert(group, (i.unwrap_or(usize::MAX - 1), difference));
    }

    /// How the connection was opened, and how the server has ended it.
    fn lives(&mut self, one: &str, other: &str) {
        let (a, b) = (self.a, self.b);
        let (ours, theirs) = (a.lives(one), b.lives(other));
        for (nth, (left, right)) in side::zip_all(&ours, &theirs).enumerate() {
            let told = |life: Option<&side::Life>| (life.map(|it| it.text.clone()), life.map(|it| it.number));
            let ((before, first), (after, second)) = (told(left), told(right));
            // Where a file does not say so, messages tell that a connection was open.
            let was_open = |life: &Option<String>, side: &Side, client: &str| {
                life.is_none() && side.of_client(client).next().is_some()
            };
            let is_handshake = left.or(right).is_some_and(|it| it.subject == side::HANDSHAKE);
            let is_unsaid = was_open(&before, a, one) || was_open(&after, b, other);
            if before == after || is_handshake && is_unsaid {
                continue;
            }
            let subject = left.or(right).map_or("", |it| it.subject).to_owned();
            let what = match (&before, &after) {
                (Some(_), None) => What::Missing,
                (None, Some(_)) => What::New,
                _ => What::Changed { path: String::new(), before, after },
            };
            let difference = Difference {
                client: one.to_owned(),
                subject: subject.clone(),
                kind: String::new(),
                is_sent: false,
                what,
                before: first,
                after: second,
                times: 1,
            };
            let group = (one.to_owned(), false, subject, nth.to_string());
            self.rows.mark(first, second, &group);
            self.groups.insert(group, (usize::MAX - 2, difference));
        }
    }
}

#[cfg(test)]
mod tests;
