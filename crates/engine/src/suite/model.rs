//! The suite as the runner sees it.
//!
//! Owns the meaning of each part, with names resolved and all values without placeholders read. It refuses to know JSON
//! syntax. Every step knows its place in the text, so that every failure can be found.

mod client;
mod http;
mod pacing;

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

pub use self::client::{AnswerRule, Client, ClientFraming, Correlate, HandshakeSpec, Heartbeat, TlsSpec};
pub use self::http::{FileBody, FormPart, HttpBody, HttpExpectation, HttpSpec, PartValue};
pub use self::pacing::{Pause, Ramp, RampLoad, Stage};

use super::field::{Field, Size, StatusSet};
use super::origin::Origin;
use crate::matcher::{Matcher, Pick};
use crate::payload_spec::PayloadSpec;
use crate::template::Document;

/// A place in the text of a suite, counted from 1; columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A suite that has been read and holds no mistake that can be seen without running it.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its prose.
    pub about: Option<String>,
    /// Variables with their defaults, as written.
    pub vars: Map<String, Value>,
    /// The variables whose values are masked.
    pub secrets: Vec<String>,
    /// What expectations and connections use by default.
    pub defaults: Defaults,
    /// Messages that no expectation, silence or strict sees.
    pub ignore: Vec<Field<Rc<Matcher>>>,
    /// Messages that are answered beside the steps, on every connection.
    pub answers: Vec<Rc<AnswerRule>>,
    /// What always holds.
    pub invariants: Vec<Invariant>,
    /// Before each check.
    pub setup: Vec<Step>,
    /// After each check, also after a failed one.
    pub teardown: Vec<Step>,
    /// In the order in which they run.
    pub checks: Vec<Check>,
    /// For the whole suite.
    pub thresholds: Vec<Bound>,
    /// What the harness must offer.
    pub require: Vec<Bound>,
}

impl Suite {
    /// Whether a page opens any client of it by relay.
    pub fn needs_relay(&self) -> bool {
        self.checks.iter().flat_map(|check| &check.clients).any(|client| !client.handshake.is_empty())
    }
}

/// What expectations and connections use by default.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// How long an expectation waits.
    pub within: Field<Duration>,
    /// The field by which replies are paired.
    pub correlate: Option<Correlate>,
    /// The pause after an open before the next one; none where the world decides.
    pub connect_gap: Option<Field<Duration>>,
    /// How long a close may take.
    pub close_within: Field<Duration>,
    /// Whether cookies go along with HTTP calls to other origins.
    pub cookies: Option<Field<bool>>,
}

/// One check.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name, which may hold variables of its row.
    pub name: Field<String>,
    /// The same as it is written, by which all rows are chosen at once.
    pub written_name: String,
    /// Its prose.
    pub about: Option<String>,
    /// For choosing.
    pub tags: Vec<String>,
    /// How long it may take.
    pub timeout: Option<Field<Duration>>,
    /// Whether a message that no step selected fails it.
    pub strict: bool,
    /// Why it does not run.
    pub skip: Option<String>,
    /// Why it runs and others do not.
    pub only: Option<String>,
    /// One check per row.
    pub each: Option<Each>,
    /// All clients that can act in it: those of the suite with the overrides of the check.
    pub clients: Vec<Client>,
    /// Messages that are answered beside its steps.
    pub answers: Vec<Rc<AnswerRule>>,
    /// What happens.
    pub steps: Vec<Step>,
    /// Its own.
    pub thresholds: Vec<Bound>,
    /// Where it is.
    pub position: Position,
}

/// The rows of a check.
#[derive(Clone, Debug)]
pub struct Each {
    /// `{"n": [1, 2]}` or `[{"n": 1}, {"n": 2}]`, with placeholders.
    pub rows: Document,
    /// The names that every row gives a value.
    pub names: Vec<String>,
}

/// The clients that a step acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `"*"`
    All,
    /// `"alice"`; all members when it is a group.
    Client(String),
    /// `"crowd[3]"`
    Member(String, u64),
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it is in its check, such as `steps[2].all[0][1]`, or `setup[0]`.
    pub path: String,
    /// Where it is in the text.
    pub position: Position,
    /// What it does, in a few words; placeholders as they are written.
    pub title: String,
    /// What its author says of it.
    pub note: Option<String>,
    /// The name of the moment at which it begins; for a send, of the moment at which the message goes out.
    pub mark: Option<String>,
    /// It runs only if this holds.
    pub condition: Option<Condition>,
    /// It runs only if this does not hold.
    pub exception: Option<Condition>,
    /// The clients it acts on. None means those of the step around it, or the only client.
    pub on: Option<Vec<Field<Target>>>,
    /// What it does.
    pub verb: Verb,
    /// Where its definition is used; none when it stands where it runs.
    pub origin: Option<Rc<Origin>>,
}

impl Step {
    /// The steps in it.
    pub fn inner(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.verb {
            Verb::All(branches) => Box::new(branches.iter().flatten()),
            Verb::Repeat(repeat) => Box::new(repeat.steps.iter()),
            Verb::Ramp(ramp) => Box::new(ramp.steps.iter()),
            Verb::Try(tried) => Box::new(tried.steps.iter().chain(&tried.otherwise)),
            Verb::Bisect(bisect) => Box::new(bisect.steps.iter()),
            Verb::Use(used) => Box::new(used.steps.iter()),
            Verb::Measure(_, steps) => Box::new(steps.iter()),
            _ => Box::new(std::iter::empty()),
        }
    }
}

/// Whether a step runs.
#[derive(Clone, Debug)]
pub enum Condition {
    /// It is truthy.
    Truthy(Document),
    /// A variable is as described.
    Compares(Box<Comparison>),
}

/// What a variable must be.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Such as `state` or `bob.sid`.
    pub name: String,
    /// The placeholder that is its value.
    pub value: Document,
    /// Matched against the value: JSON matchers against it as it is, those of text against it as a text.
    pub matcher: Field<Rc<Matcher>>,
    /// Whether it holds while the variable has no value; without one, that is a mistake of the suite.
    pub if_missing: Option<bool>,
}

/// When a repeat has reached what it is for.
#[derive(Clone, Debug)]
pub enum Until {
    /// The last message or answer that a round got is as described.
    Got(Field<Rc<Matcher>>),
    /// A variable is.
    Variable(Box<Comparison>),
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Opens connections.
    Connect(ConnectSpec),
    /// Closes if open, and opens again with the same settings.
    Reconnect(ConnectSpec),
    /// Sends a message and, with `expect`, waits for the answer.
    Send(PayloadSpec, Option<Box<Expectation>>),
    /// Sends a ping and waits for its pong.
    Ping(PingSpec),
    /// Waits for messages.
    Expect(Box<Expectation>),
    /// Watches that nothing comes.
    Silence(Silence),
    /// Closes.
    Close(CloseSpec),
    /// Waits for the other side to close.
    Closed(ClosedSpec),
    /// Makes an HTTP call.
    Http(Box<HttpSpec>),
    /// Does nothing for a while.
    Wait(Pause),
    /// Branches that run at once.
    All(Vec<Vec<Step>>),
    /// Rounds of the same steps.
    Repeat(Repeat),
    /// Load that changes over time.
    Ramp(Ramp),
    /// Gives variables of the check new values.
    Set(Vec<(String, Document)>),
    /// Takes the time of its steps.
    Measure(String, Vec<Step>),
    /// Gives variables of the suite new values, for this check and for those after it.
    Keep(Vec<(String, Document)>),
    /// Steps that may fail.
    Try(TrySpec),
    /// Finds the largest number with which its steps hold.
    Bisect(BisectSpec),
    /// A variable must be as described.
    Assert(Box<Comparison>),
    /// Runs the steps of a definition.
    Use(UseSpec),
    /// Something to say of the check.
    Remark(Field<String>),
    /// Ends the check as not applicable.
    Skip(Field<String>),
    /// Only names a moment, or only says something.
    Mark,
}

/// A definition with the values of its parameters.
#[derive(Clone, Debug)]
pub struct UseSpec {
    /// Its parameters with their values, which are read once, before the first step.
    pub arguments: Vec<(String, Document)>,
    /// A copy of its steps, with paths of their own.
    pub steps: Vec<Step>,
}

/// Steps that may fail without failing the check.
#[derive(Clone, Debug)]
pub struct TrySpec {
    /// What is tried.
    pub steps: Vec<Step>,
    /// What happens when it has failed.
    pub otherwise: Vec<Step>,
    /// The variable that gets the message of the failure.
    pub why: Option<String>,
}

/// The search for the largest number with which steps hold.
#[derive(Clone, Debug)]
pub struct BisectSpec {
    /// The variable that is the number which is tried, and afterwards the one that was found.
    pub name: String,
    /// The least one that is tried.
    pub from: Field<Size>,
    /// The largest one that is tried.
    pub to: Field<Size>,
    /// What is tried.
    pub steps: Vec<Step>,
}

/// A ping, and the pong that must come.
#[derive(Clone, Debug)]
pub struct PingSpec {
    /// What it holds.
    pub payload: Field<String>,
    /// How long the pong may take.
    pub within: Option<Field<Duration>>,
    /// Where the round trip goes; `ping` unless given.
    pub metric: Option<String>,
}

/// How to open connections.
#[derive(Clone, Debug, Default)]
pub struct ConnectSpec {
    /// How many members of the group; all unless given.
    pub count: Option<Field<u64>>,
    /// How many opens may be pending at once.
    pub pace: Option<Field<u64>>,
    /// What the chosen subprotocol must be; its text is matched, which is empty when none was chosen.
    pub protocol: Option<Field<Rc<Matcher>>>,
    /// What the extensions must be that were agreed on; empty when none were.
    pub extensions: Option<Field<Rc<Matcher>>>,
    /// What to remember of the handshake.
    pub capture: Vec<Capture>,
    /// The status of the server's answer.
    pub status: Option<Field<StatusSet>>,
    /// What header fields of the answer must be; a field that is not there is an empty text.
    pub headers: Vec<(String, Field<Rc<Matcher>>)>,
    /// Whether the handshake must fail.
    pub refused: Option<Field<bool>>,
    /// How long one handshake may take, from its turn on.
    pub within: Option<Field<Duration>>,
}

/// What must come.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// Selects the message; any message when none.
    pub matcher: Option<Field<Rc<Matcher>>>,
    /// Several messages, each described by an expectation of its own, instead of `matcher`.
    pub order: Option<Order>,
    /// How long to wait, from the start of the step.
    pub within: Option<Field<Duration>>,
    /// Only messages from this mark on.
    pub since: Option<String>,
    /// Exactly how many; see the reference for what that means for the waiting.
    pub times: Option<Field<u64>>,
    /// Asserted on what was selected.
    pub check: Option<Field<Rc<Matcher>>>,
    /// What to remember of it.
    pub capture: Vec<Capture>,
    /// Where its latency goes; `rtt` unless given.
    pub metric: Option<String>,
    /// The field by which the reply is paired; overrides the client's and the default.
    pub correlate: Option<Correlate>,
}

/// Something to remember of a message.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Under which name.
    pub name: String,
    /// Where it is.
    pub path: Field<Rc<Pick>>,
}

/// Several messages.
#[derive(Clone, Debug)]
pub struct Order {
    /// Whether they must come one after the other.
    pub is_strict: bool,
    /// Each has a matcher and no order of its own.
    pub items: Vec<Expectation>,
}

/// Nothing must come.
#[derive(Clone, Debug)]
pub struct Silence {
    /// For how long.
    pub lasting: Field<Duration>,
    /// What must not come; nothing at all when none.
    pub matching: Option<Field<Rc<Matcher>>>,
    /// Also what came from this mark on.
    pub since: Option<String>,
}

/// How to close.
#[derive(Clone, Debug, Default)]
pub struct CloseSpec {
    /// 1000 unless given.
    pub code: Option<Field<u64>>,
    /// Any code, in place of `code`.
    pub raw: Option<Field<u64>>,
    /// Empty unless given.
    pub reason: Option<Field<String>>,
    /// What the end must look like.
    pub expect: Option<ClosedSpec>,
}

/// What the end of a connection must look like.
#[derive(Clone, Debug, Default)]
pub struct ClosedSpec {
    /// One of these codes.
    pub codes: Option<Field<StatusSet>>,
    /// Matched against the reason as a text.
    pub reason: Option<Field<Rc<Matcher>>>,
    /// Whether the closing handshake must have been completed, or must not.
    pub clean: Option<Field<bool>>,
    /// What to remember of it, also when it is not as expected.
    pub capture: Vec<Capture>,
    /// How long to wait for it.
    pub within: Option<Field<Duration>>,
}

/// Rounds of the same steps.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// At most this many times.
    pub times: Option<Field<u64>>,
    /// No new round after this long. At least one of the two is there.
    pub lasting: Option<Field<Duration>>,
    /// From the start of a round to the start of the next one.
    pub every: Option<Field<Duration>>,
    /// The rounds end when this holds, and it must.
    pub until: Option<Until>,
    /// Whether rounds start on the clock, whether or not the ones before have ended. Needs `every`.
    pub is_open: bool,
    /// One round.
    pub steps: Vec<Step>,
}

/// What holds during the whole check, also across reconnects.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Where it is, such as `invariants[0]`.
    pub path: String,
    /// Where it is in the text.
    pub position: Position,
    /// What it says, in a few words.
    pub title: String,
    /// Whose messages; those of all clients when none.
    pub on: Option<Vec<Field<Target>>>,
    /// What holds.
    pub rule: Rule,
}

/// What an invariant says of the messages of each connection, one after the other.
#[derive(Clone, Debug)]
pub enum Rule {
    /// The value there grows from message to message; messages without one do not count.
    Increasing(Field<Rc<Pick>>),
    /// The value there comes once; messages without one do not count.
    Unique(Field<Rc<Pick>>),
    /// Every message is as described; the matcher has the one key `schema`.
    Schema(Field<Rc<Matcher>>),
    /// No two messages lie further apart.
    MaxGap(Field<Duration>),
}

/// A threshold or a requirement, read when its figures are known.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Such as `rtt.p95`.
    pub metric: String,
    /// Such as `< 10ms`.
    pub bound: Field<Value>,
    /// Where it is.
    pub position: Position,
}
