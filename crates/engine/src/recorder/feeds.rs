//! Which messages come by themselves, again and again: tickers and heartbeats.
//!
//! Owns what becomes of each event: a step of its own, part of one expectation with a count, or nothing. A count covers
//! one stretch without a send, an open or a close, since a run does not wait as a person did.

use std::collections::BTreeMap;
use std::time::Duration;

use super::kinds;
use super::lines::{Event, What};
use super::looks;
use super::own::Own;

/// This many of a kind in one stretch are a feed.
const MANY: usize = 6;
/// As many make one when they come evenly.
const MANY_AND_EVEN: usize = 3;
/// Even messages closer together than this may be the parts of one answer.
const CLOSEST_EVEN: Duration = Duration::from_millis(100);
/// A run waits for a feed at most as long, when it comes as it came.
const LONGEST: Duration = Duration::from_secs(10);
/// A list of expectations has at most this many places.
const MOST: usize = 1000;

/// What an event becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is a step, or part of one.
    Step,
    /// It is counted by this feed.
    Feed(usize),
    /// An automatic reply or a heartbeat of this place sent it, set it off, or got it as its reply.
    Reply(usize),
    /// It came in one of two recordings only.
    Once,
}

/// Messages of a kind that come again and again.
pub(crate) struct Feed {
    pub client: String,
    pub kind: String,
    /// All of them, by their places among the events.
    pub all: Vec<usize>,
    /// How many a run waits for; none when that would take too long, so that they are ignored.
    pub counted: Option<Counted>,
}

/// What a run waits for.
pub(crate) struct Counted {
    pub times: usize,
    /// The event before which the expectation stands.
    pub before: usize,
    pub within: Duration,
}

/// Events at which a stretch ends.
pub(crate) fn is_boundary(event: &Event) -> bool {
    !matches!(event.what, What::Received(_) | What::Opened)
}

/// Each event's stretch: the place of the boundary with which it began.
pub(crate) fn stretches(events: &[Event], fates: &[Fate]) -> Vec<Option<usize>> {
    let mut began = None;
    let of_event = |(at, event): (usize, &Event)| {
        if is_boundary(event) && fates[at] == Fate::Step {
            began = Some(at);
        }
        began
    };
    events.iter().enumerate().map(of_event).collect()
}

/// Finds the feeds, and says so in `fates`.
pub(crate) fn find(events: &[Event], own: &Own, fates: &mut [Fate]) -> Vec<Feed> {
    let stretches = stretches(events, fates);
    let is_reply = replies(events, own, fates);
    let mut kinds = BTreeMap::<(&str, String), Vec<usize>>::new();
    for (at, event) in events.iter().enumerate() {
        let Some(content) = event.received().filter(|_| fates[at] == Fate::Step) else { continue };
        if !is_sent_back(event, own, at) {
            kinds.entry((&event.client, kinds::kind(content, own, at))).or_default().push(at);
        }
    }
    let mut feeds = Vec::new();
    for ((client, kind), all) in kinds {
        let mut by_stretch = BTreeMap::<Option<usize>, Vec<usize>>::new();
        for at in &all {
            by_stretch.entry(stretches[*at]).or_default().push(*at);
        }
        let Some((began, most)) = by_stretch.iter().max_by_key(|(_, some)| some.len()) else { continue };
        let replies = all.iter().filter(|at| is_reply[**at]).count();
        let is_alive = events[all[0]].received().is_some_and(kinds::is_sign_of_life);
        let comes_by_itself = replies * 5 < all.len().max(1) * 4 || most.len() >= MANY;
        let is_feed = comes_by_itself
            && (most.len() >= MANY || is_alive || (most.len() >= MANY_AND_EVEN && is_even(events, most)));
        if is_feed {
            let counted = count(events, fates, *began, most);
            all.iter().for_each(|at| fates[*at] = Fate::Feed(feeds.len()));
            feeds.push(Feed { client: client.to_owned(), kind, all, counted });
        }
    }
    feeds
}

/// How many of a stretch a run waits for.
fn count(events: &[Event], fates: &[Fate], began: Option<usize>, some: &[usize]) -> Option<Counted> {
    let from = began.map_or(Duration::ZERO, |at| events[at].at);
    let took = |at: usize| events[at].at.saturating_sub(from);
    let times = some.iter().take(MOST).take_while(|at| took(**at) <= LONGEST).count();
    let last = *some.get(times.checked_sub(1)?)?;
    let next = (last + 1..events.len()).find(|at| is_boundary(&events[*at]) && fates[*at] == Fate::Step);
    Some(Counted { times, before: next.unwrap_or(events.len()), within: patience(took(last)) })
}

/// How long a run waits for what took as long in the recording.
pub(crate) fn patience(took: Duration) -> Duration {
    let wanted = took * 3 + Duration::from_secs(1);
    Duration::from_secs(wanted.as_secs() + u64::from(wanted.subsec_nanos() > 0)).max(Duration::from_secs(2))
}

fn is_even(events: &[Event], some: &[usize]) -> bool {
    let waits = some.windows(2).map(|pair| events[pair[1]].at.saturating_sub(events[pair[0]].at));
    let (least, most) =
        waits.fold((Duration::MAX, Duration::ZERO), |(least, most), wait| (least.min(wait), most.max(wait)));
    least >= CLOSEST_EVEN && most <= least + least / 2
}

/// Whether something in it was sent afterwards: then it is remembered, so it needs a step of its own.
fn is_sent_back(event: &Event, own: &Own, at: usize) -> bool {
    fn any(name: &str, value: &serde_json::Value, holds: &dyn Fn(&str, &serde_json::Value) -> bool) -> bool {
        match value {
            serde_json::Value::Object(members) => members.iter().any(|(name, value)| any(name, value, holds)),
            serde_json::Value::Array(items) => items.iter().any(|item| any(name, item, holds)),
            scalar => holds(name, scalar),
        }
    }
    let Some(json) = event.received().and_then(|content| content.json()) else { return false };
    any("", json, &|name, value| {
        looks::why_varying(name, value) == Some(looks::Why::Id) && own.is_sent_after(at, value)
    })
}

/// Which messages look like replies: with the id of what was sent, or the first one after it.
pub(super) fn replies(events: &[Event], own: &Own, fates: &[Fate]) -> Vec<bool> {
    let mut waits = BTreeMap::<&str, bool>::new();
    let mut are_replies = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        are_replies.push(match &event.what {
            What::Sent(_) if fates[at] == Fate::Step => {
                waits.insert(&event.client, true);
                false
            }
            What::Received(content) => {
                let is_first = waits.insert(&event.client, false) == Some(true);
                let members = content.json().and_then(serde_json::Value::as_object);
                let has_id = kinds::PAIRING.iter().any(|name| {
                    let value = members.and_then(|it| it.get(*name));
                    value.is_some_and(|value| own.is_own(at, &format!("$.{name}"), value))
                });
                is_first || has_id
            }
            _ => false,
        });
    }
    are_replies
}
