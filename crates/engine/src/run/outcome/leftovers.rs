//! The unselected messages of a check, as many as its report shows.

use std::rc::Rc;

use super::super::inbox::message::Message;
use crate::report::{Leftover, Millis};
use crate::{Instant, Payload};

/// How many unselected messages of one check a report shows.
pub(crate) const MOST_LEFTOVERS: usize = 100;

/// Those that came first, each with the client that got it, and how many more there are.
pub(crate) fn shown(
    mut all: Vec<(Rc<Message>, &str)>,
    began: Instant,
    mask: impl Fn(&Payload) -> String,
) -> (Vec<Leftover>, u64) {
    all.sort_by_key(|(message, _)| message.order);
    let omitted = all.len().saturating_sub(MOST_LEFTOVERS) as u64;
    let shown = all.into_iter().take(MOST_LEFTOVERS).map(|(message, client)| Leftover {
        client: client.to_owned(),
        at_ms: Millis::from(message.at - began),
        message: mask(message.subject.payload()),
        bytes: message.subject.payload().as_bytes().len() as u64,
    });
    (shown.collect(), omitted)
}
