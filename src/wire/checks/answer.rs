//! What a question gets for an answer.

use serde::{Deserialize, Serialize};

use super::library::{Card, Examined, Mistake};
use super::past::PastRun;
use crate::engine::report::{Broken, Millis, Report, TargetReport};
use crate::engine::suite::assist::{Example, Explained, Suggestion};

/// The answer to a [`Question`](super::Question).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Done.
    Done,
    /// The library after a change.
    Library(Vec<Card>),
    /// Of [`Question::Examine`](super::Question::Examine).
    Examined(Examined),
    /// A document.
    Text(String),
    /// A document with what should be looked at before it is used.
    Drafted {
        /// The document.
        text: String,
        /// In sentences.
        remarks: Vec<String>,
        /// Values for its secret variables, which stand in no document.
        secrets: Vec<(String, String)>,
    },
    /// Mistakes that kept it from being done.
    Mistakes(Vec<Mistake>),
    /// Of [`Question::Complete`](super::Question::Complete).
    Suggestions(Vec<Suggestion>),
    /// Of [`Question::Explain`](super::Question::Explain).
    Explained(Option<Explained>),
    /// Of [`Question::Place`](super::Question::Place); [`Answer::Failed`] when it cannot go in.
    Place {
        /// The byte.
        at: usize,
        /// What goes in, with the names of the suite.
        text: String,
    },
    /// Of [`Question::Find`](super::Question::Find): the id of the suite, if the library has it.
    Found(Option<String>),
    /// Of [`Question::Examples`](super::Question::Examples).
    Examples(Vec<Example>),
    /// Of [`Question::Plan`](super::Question::Plan); [`Answer::Failed`] while a value is wrong, or an address needs one that is missing.
    Planned {
        /// The addresses, without secrets.
        targets: Vec<TargetReport>,
        /// How many checks would run, one for each row.
        checks: usize,
        /// Which values Run needs and no address does, in sentences.
        missing: Vec<String>,
    },
    /// The library after a change that only this visit has, since nothing can be kept here.
    Unkept {
        /// All suites.
        library: Vec<Card>,
        /// In the browser's words.
        why: String,
    },
    /// A run of an earlier time.
    Report(Box<Report>),
    /// The list after a change.
    Past(Vec<PastRun>),
    /// A report that was taken in.
    Taken {
        /// The run that it is now.
        run: u64,
        /// All earlier runs with it.
        past: Vec<PastRun>,
        /// The report.
        report: Box<Report>,
    },
    /// Of [`Question::Around`](super::Question::Around); `dropped` says how many frames of the run are not held any more.
    Around {
        /// In order.
        frames: Vec<Nearby>,
        /// Too old to be held.
        dropped: u64,
    },
    /// A file; its content is text.
    File {
        /// A name for it.
        name: String,
        /// For the download.
        media_type: String,
        /// All of it.
        text: String,
    },
    /// Of [`Question::Mask`](super::Question::Mask).
    Masked(Vec<String>),
    /// Of [`Question::Broken`](super::Question::Broken).
    Broken(Vec<Broken>),
    /// Frames for the timeline, as bytes of a [`Request`](crate::wire::bench::Request) for the bench's worker.
    Frames(Vec<u8>),
    /// It could not be done, in words.
    Failed(String),
}

/// A frame beside a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearby {
    /// On which connection.
    pub client: String,
    /// From the start of the recording.
    pub at: Millis,
    /// A sign for its direction.
    pub mark: String,
    /// Its beginning.
    pub content: String,
    /// All of its bytes.
    pub bytes: u64,
    /// It stands right before the moment of the failure.
    pub is_last_before: bool,
}
