//! Why steps failed, and how much of it the lack of time explains.

use crate::report::{FailureKind, Verdict};

/// Why something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An open took too long.
    LateOpen,
    /// Something else took too long.
    Late,
    /// The bound is finer than the clock.
    TooFine,
    /// What time does not explain.
    Other,
}

/// How much failed for lack of time, and how much otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failures {
    /// Opens that took too long.
    pub late_opens: usize,
    /// Anything else that took too long.
    pub late: usize,
    /// Bounds that are finer than the clock.
    pub too_fine: usize,
    /// What time does not explain.
    pub others: usize,
}

impl Failures {
    pub fn add(&mut self, cause: Cause) {
        match cause {
            Cause::LateOpen => self.late_opens += 1,
            Cause::Late => self.late += 1,
            Cause::TooFine => self.too_fine += 1,
            Cause::Other => self.others += 1,
        }
    }
}

/// Whether the server or the script is to blame.
pub(super) fn verdict_of(kind: FailureKind) -> Verdict {
    if kind == FailureKind::Script { Verdict::Error } else { Verdict::Fail }
}
