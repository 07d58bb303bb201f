//! What changes in the library, for the folder on the disk that the worker of the bench has.

use crate::browser::page;
use crate::wire;
use crate::wire::bench::{OutsideRequest, Request};
use crate::wire::checks::Question;

/// What a question changes in the library.
pub(super) fn change_of(question: &Question) -> Option<OutsideRequest> {
    match question {
        Question::Keep(suite) => Some(OutsideRequest::Suite(suite.clone())),
        Question::Forget(id) => Some(OutsideRequest::SuiteGone(id.clone())),
        _ => None,
    }
}

/// Tells the worker of the bench, by way of its page.
pub(super) fn tell(change: &OutsideRequest) {
    page::announce_bytes(page::FRAMES, &wire::encode(&Request::Outside(wire::encode(change))));
}
