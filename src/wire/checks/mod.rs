//! What the view of checks and its worker say to each other.
//!
//! Owns the suites as a list, the order of a run, and what is told while it goes on. These messages carry reports, which leave
//! fields out where there is nothing to say, so they cross as JSON: see [`encode_json`](super::encode_json).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bench::Unread;
use crate::engine::report::{Broken, EventFormat, Millis, Report, TargetReport, Verdict};
use crate::engine::run::{Progress, Shard};
use crate::engine::suite::assist::{Example, Explained, OutlineCheck, OutlineVariable, Suggestion};

/// A suite of the library, as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Unique: the name of a suite that ships, or a number of one's own.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Its prose.
    pub about: String,
    /// All tags of its checks.
    pub tags: Vec<String>,
    /// How many checks it has, one for each row; those that are written where the rows are not known yet.
    pub checks: usize,
    /// Ships with the page, so it is only read.
    pub is_shipped: bool,
    /// How many mistakes it has.
    pub problems: usize,
}

/// A suite of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSuite {
    /// Unique.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The document.
    pub text: String,
}

/// A mistake and its place, counted from 1, columns in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// Where it ends, exclusive.
    pub end_column: u32,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// What is in a suite's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// Its name; empty when it cannot be read.
    pub name: String,
    /// Its prose.
    pub about: String,
    /// What it can be told.
    pub variables: Vec<OutlineVariable>,
    /// What it checks.
    pub checks: Vec<OutlineCheck>,
    /// What is wrong with it; the rest is empty then.
    pub mistakes: Vec<Mistake>,
}

/// A named set of values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// What people call it.
    pub name: String,
    /// What `{{env.NAME}}` finds, and values of variables of the same name.
    pub values: Vec<Value>,
}

/// One value of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Value {
    /// Such as `WS_URL`.
    pub name: String,
    /// Empty means: not set.
    pub value: String,
    /// Masked in everything that leaves, and kept only when asked.
    pub is_secret: bool,
}

/// What is typed into the forms of the view, kept for the next visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forms {
    /// Named sets; the first one is there always.
    pub environments: Vec<Environment>,
    /// Which of them is used.
    pub environment: usize,
    /// Values of variables, by suite and name.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// The same of secrets; empty unless they are kept.
    pub secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the values of secrets are kept too.
    pub keeps_secrets: bool,
    /// The suite that was looked at last.
    pub selected: String,
}

/// A run of an earlier time, as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastRun {
    /// Unique, growing.
    pub id: u64,
    /// The suite in the library, if it is still there.
    pub suite_id: String,
    /// The suite's name.
    pub suite: String,
    /// How it ended.
    pub verdict: Verdict,
    /// As ISO 8601 in UTC.
    pub started: String,
    /// How long it took.
    pub duration: Millis,
    /// Checks that passed.
    pub passed: u64,
    /// All checks.
    pub checks: u64,
    /// What it tested, in one line; empty in what earlier versions kept.
    #[serde(default)]
    pub target: String,
    /// What its random values came from.
    pub seed: u64,
    /// The median round trip in microseconds.
    pub rtt_p50: Option<f64>,
    /// What is kept of it, in bytes.
    pub bytes: u64,
}

/// One suite of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteRequest {
    /// In the library; empty when it comes from elsewhere.
    pub id: String,
    /// The document.
    pub text: String,
    /// Values of its variables.
    pub overrides: Vec<(String, String)>,
    /// Only checks of these names; all when empty.
    pub names: Vec<String>,
    /// Who gave a value, in words: by the name of a variable, and by `env.NAME`.
    pub told_by: BTreeMap<String, String>,
}

/// What to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    /// By which the page knows it again.
    pub number: u64,
    /// One after the other.
    pub suites: Vec<SuiteRequest>,
    /// What `{{env.NAME}}` finds.
    pub env: BTreeMap<String, String>,
    /// Values that are masked although no suite calls them secret.
    pub secrets: Vec<String>,
    /// Only checks with one of these tags; all when empty.
    pub tags: Vec<String>,
    /// What random values come from; one is drawn when there is none.
    pub seed: Option<u64>,
    /// How often; a new seed each time when none is given.
    pub times: u32,
    /// Sockets of the same page that are not ours.
    pub sockets_elsewhere: u32,
    /// Which part of the groups runs here, when several browsers run the suites together.
    pub shard: Shard,
    /// When the first run begins, in milliseconds since 1970, so that all of them begin together; at once when it is not said.
    pub start_at: Option<u64>,
}

/// How a connection of a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The handshake goes on.
    Connecting,
    /// Open.
    Open,
    /// A close was asked for.
    Closing,
    /// Ended as it should.
    Closed,
    /// Refused, broken, or closed by the server with a code of trouble.
    Failed,
}

/// A connection of the check that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    /// Such as `crowd[3]`.
    pub name: String,
    /// How it stands.
    pub phase: Phase,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
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

/// A question of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// What is in this text?
    Examine(String),
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
    /// The same document, set neatly.
    Format(String),
    /// Ready-made steps.
    Examples,
    /// What would the first suite of this order test, and with how many checks?
    Plan(Box<RunRequest>),
    /// Where near this byte can a ready-made step, or a whole check, be put in?
    Place {
        /// The whole document.
        text: String,
        /// Where the cursor is.
        offset: usize,
        /// Whether it is a check.
        is_check: bool,
    },
    /// Keeps a suite of one's own, a new one or a changed one.
    Keep(OwnSuite),
    /// Forgets a suite of one's own.
    Forget(String),
    /// Keeps the forms.
    KeepForms(Forms),
    /// A run of an earlier time.
    Past(u64),
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
    /// A suite that does what a recording (JSON Lines) did.
    FromRecording(String),
}

/// The answer to an [`Question`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Done.
    Done,
    /// The library after a change.
    Library(Vec<Card>),
    /// Of [`Question::Examine`].
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
    /// Of [`Question::Complete`].
    Suggestions(Vec<Suggestion>),
    /// Of [`Question::Explain`].
    Explained(Option<Explained>),
    /// Of [`Question::Place`].
    Place {
        /// The byte, if there is any.
        at: Option<usize>,
        /// The names of the document's clients, where it can be read.
        clients: Vec<String>,
    },
    /// Of [`Question::Examples`].
    Examples(Vec<Example>),
    /// Of [`Question::Plan`]; [`Answer::Failed`] while a value is wrong, or an address needs one that is missing.
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
    /// Of [`Question::Around`]; `dropped` says how many frames of the run are not held any more.
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
    /// Of [`Question::Mask`].
    Masked(Vec<String>),
    /// Of [`Question::Broken`].
    Broken(Vec<Broken>),
    /// Frames for the timeline, as bytes of a [`Request`](super::bench::Request) for the bench's worker.
    Frames(Vec<u8>),
    /// It could not be done, in words.
    Failed(String),
}

/// What the page says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// A question; its answer carries the same id.
    Question {
        /// Of the question.
        id: u32,
        /// The question.
        question: Question,
    },
    /// Runs this, in place of what runs.
    Run(Box<RunRequest>),
    /// Stops what runs; reports come all the same.
    Stop,
    /// The page has drawn what it got, and would rather draw nothing for so long; an end of a run it takes at once.
    Seen(Duration),
    /// Nobody looks at the page, or somebody does again.
    Hidden(bool),
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// It listens.
    Ready {
        /// The smallest step of its clock.
        clock_step: Duration,
    },
    /// What is kept has been read.
    Restored(Box<Restored>),
    /// The answer to a question.
    Answer {
        /// Of the question.
        id: u32,
        /// The answer.
        answer: Answer,
    },
    /// What has happened in a run, in order.
    RunEvent(Vec<RunEvent>),
}

/// What was kept from earlier visits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Restored {
    /// All suites.
    pub library: Vec<Card>,
    /// What was typed.
    pub forms: Forms,
    /// Earlier runs, the newest first.
    pub past: Vec<PastRun>,
    /// Why nothing can be kept.
    pub trouble: Option<String>,
    /// What was kept and could not be read, each with the place where it remains.
    pub unread: Vec<Unread>,
}

/// Something of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RunEvent {
    /// An order has begun: so many runs will follow.
    Begun {
        /// Which.
        order: u64,
        /// Suites times rounds.
        runs: u32,
    },
    /// The next run of the order begins.
    Run {
        /// Counted from 1 in this visit.
        run: u64,
        /// Of which suite in the library.
        suite_id: String,
        /// Which of the order's suites.
        suite: usize,
        /// Which time, from 0.
        round: u32,
    },
    /// This suite cannot run.
    Refused {
        /// Of which suite in the library.
        suite_id: String,
        /// Its mistakes.
        mistakes: Vec<Mistake>,
        /// What is wrong with the values it was given.
        reasons: Vec<String>,
    },
    /// What the engine tells.
    Progress(Progress),
    /// The connections of the check that runs, all of them.
    Connections(Vec<ConnectionRow>),
    /// The run has ended.
    Ended {
        /// Which.
        run: u64,
        /// Under which id it is kept; none when it is not.
        past: Option<PastRun>,
        /// What came of it.
        report: Box<Report>,
    },
    /// The whole order has ended.
    Over,
    /// Something could not be kept.
    Trouble(String),
}
