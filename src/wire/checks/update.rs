//! What the worker reports without being asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::library::Mistake;
use super::past::{PastRun, Restored};
use crate::engine::report::Report;
use crate::engine::run::Progress;

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

/// Something of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RunEvent {
    /// A run request has begun.
    Begun {
        /// Which.
        request: u64,
        /// How many runs will follow: suites times rounds.
        runs: u32,
    },
    /// The next run of the request begins.
    Run {
        /// Counted from 1 in this visit.
        run: u64,
        /// Of which suite in the library.
        suite_id: String,
        /// Which of the request's suites.
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
    /// An event of the engine.
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
    /// The whole request has ended.
    Over,
    /// Something could not be kept.
    Trouble(String),
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
    /// Whether the relay of the companion opened it.
    pub is_relayed: bool,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
}
