//! Why a block of steps did not come to its end.

/// Why the rest of a block does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// In a round of a repeat something did not come, and a threshold decides how often that may happen. The next round
    /// runs.
    Missed,
    /// A step says that the check is not applicable, so nothing more of it runs.
    Skipped,
    /// A step has failed; its record says what and why.
    Failed,
}

impl Interrupted {
    /// The graver of two ends.
    pub fn either(a: Result<(), Self>, b: Result<(), Self>) -> Result<(), Self> {
        match (a, b) {
            (Err(Self::Failed), _) | (_, Err(Self::Failed)) => Err(Self::Failed),
            (Err(Self::Skipped), _) | (_, Err(Self::Skipped)) => Err(Self::Skipped),
            (Err(Self::Missed), _) | (_, Err(Self::Missed)) => Err(Self::Missed),
            _ => Ok(()),
        }
    }
}
