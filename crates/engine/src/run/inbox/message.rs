//! One message of a check, its place among all of them, and what becomes of it.

use std::cell::Cell;
use std::rc::Rc;

use crate::Instant;
use crate::matcher::Subject;

/// A message with its place among all messages of the check.
pub(crate) struct Message {
    /// Grows from message to message, over all connections.
    pub order: u64,
    /// When it came.
    pub at: Instant,
    /// What it is.
    pub subject: Subject<'static>,
    /// Whether an answer or a heartbeat has it.
    pub is_answered: Cell<bool>,
}

impl Message {
    /// What it costs to keep it. A text may have been read as JSON, which takes several times its length.
    pub(crate) fn bytes(&self) -> usize {
        let payload = self.subject.payload();
        let each = if payload.is_text() { 4 } else { 1 };
        payload.as_bytes().len() * each + OVERHEAD
    }
}

/// What a kept message costs beside its content.
const OVERHEAD: usize = 160;
/// The next place in the order of a check. A mark is such a place.
#[derive(Clone, Default)]
pub(crate) struct Sequence(Rc<Cell<u64>>);

impl Sequence {
    /// The place of what comes next.
    pub fn next(&self) -> u64 {
        self.0.get()
    }

    pub(super) fn take(&self) -> u64 {
        let order = self.0.get();
        self.0.set(order + 1);
        order
    }
}

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// An expectation has it.
    Taken,
    /// No expectation waits for it.
    Left,
    /// It answers something that had its answer before.
    Duplicate,
    /// It answers a message whose expectation has ended.
    Late,
}
