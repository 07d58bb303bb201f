//! What the page asks and waits for.

use serde::{Deserialize, Serialize};

use super::forms::Forms;
use super::library::OwnSuite;
use super::request::RunRequest;
use crate::engine::report::{EventFormat, NearMiss};
use crate::engine::suite::assist::Example;

/// A question of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// What is in this text?
    Examine {
        /// The suite that has it, whose imports are found from its own file; empty for none.
        suite: String,
        /// The whole document.
        text: String,
    },
    /// The document of a suite of the library.
    Text(String),
    /// What can be written here? The place is counted in bytes.
    Complete {
        /// The whole document.
        text: String,
        /// Where.
        offset: usize,
    },
    /// What is this?
    Explain {
        /// The whole document.
        text: String,
        /// Where.
        offset: usize,
    },
    /// The same document, formatted.
    Format(String),
    /// Ready-made steps.
    Examples,
    /// What would the first suite of this request test, and with how many checks?
    Plan(Box<RunRequest>),
    /// Where near this byte can a ready-made step, or a whole check, be put in, and how does it read there?
    Place {
        /// The suite that has the document.
        suite: String,
        /// The whole document.
        text: String,
        /// Where the cursor is.
        offset: usize,
        /// What is put in.
        example: Example,
    },
    /// Which own suite is it that this one imports by this path?
    Find {
        /// The one that imports; may be empty.
        suite: String,
        /// From the folder of that suite.
        path: String,
    },
    /// Keeps an own suite, a new one or a changed one.
    Keep(OwnSuite),
    /// Forgets an own suite.
    Forget(String),
    /// Keeps the forms.
    KeepForms(Forms),
    /// A run of an earlier time.
    Past(u64),
    /// Keeps a report that was written elsewhere, such as by `sockscope check --json`.
    TakeReport(String),
    /// Forgets runs of earlier times.
    ForgetPast(Vec<u64>),
    /// A report as a file. The run may be of this visit or of an earlier one.
    Write {
        /// Of which run.
        run: u64,
        /// The name of the form.
        form: String,
    },
    /// The recording of a run of this visit as a file.
    Events {
        /// Of which run.
        run: u64,
        /// In which form.
        form: EventFormat,
    },
    /// The connections of a run of this visit that ended without a close frame.
    Broken(u64),
    /// These texts without the secrets that a run of this visit knows, those included that it has learnt.
    Mask {
        /// Of which run.
        run: u64,
        /// The texts.
        texts: Vec<String>,
    },
    /// The frames around a failure.
    Around(Spot),
    /// The same as JSON Lines for the bench, with more before and after.
    Recording(Spot),
    /// The same to be shown alone and in lanes, with the messages that the failure names.
    Lanes(Spot, Vec<NearMiss>),
    /// A suite that does what a recording (JSON Lines) did.
    FromRecording(String),
}

/// Where in a run a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// Which run of this visit, counted from 1.
    pub run: u64,
    /// Which check.
    pub check: usize,
    /// Which step.
    pub step: usize,
}
