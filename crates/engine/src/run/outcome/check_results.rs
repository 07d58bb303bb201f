//! What a check has to say: the results of its steps, notes, and why it is not applicable.

use std::cell::RefCell;

use super::step_results::StepResults;

/// How many remarks a report shows of one check.
const MOST_REMARKS: usize = 100;

/// The results of a check that runs.
pub(crate) struct CheckResults {
    pub steps: RefCell<StepResults>,
    /// Why it is not applicable, if a step says so.
    skipped: RefCell<Option<String>>,
    /// What steps have to say of it.
    remarks: RefCell<Vec<String>>,
}

impl CheckResults {
    pub fn new(steps: StepResults) -> Self {
        Self { steps: RefCell::new(steps), skipped: RefCell::default(), remarks: RefCell::default() }
    }

    /// Says something of the check, once.
    pub fn remark(&self, text: String) {
        let mut remarks = self.remarks.borrow_mut();
        if remarks.len() < MOST_REMARKS && !remarks.contains(&text) {
            remarks.push(text);
        }
    }

    /// The check is not applicable; the first step that says so gives the reason.
    pub fn skip(&self, reason: String) {
        self.skipped.borrow_mut().get_or_insert(reason);
    }

    pub fn take_skipped(&self) -> Option<String> {
        self.skipped.take()
    }

    pub fn take_remarks(&self) -> Vec<String> {
        self.remarks.take()
    }
}
