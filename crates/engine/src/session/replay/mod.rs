//! The sent half of a session, sent again.
//!
//! Owns when what goes out, and what becomes of values that the server had given: they are replaced by what it gives now.
//! It runs on any [`World`], and makes a session of what happens, with the names and numbers of the connections that were
//! recorded. Its one rule: what it changes, leaves out or waits for in vain, it tells.

mod address;
mod masked;
mod running;
mod script;
mod state;
mod values;

use std::future::Future;
use std::time::Duration;

use super::Session;
use crate::base::mask::Masker;
use crate::report::Origin;
use crate::{EndpointError, World};

pub use address::Target;
pub use masked::{Secrets, Unfilled};

/// How fast a session is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// N times as fast as it was recorded.
    Times(f64),
    /// Each message goes out when all that came before it in the recording has come.
    Answers,
}

/// How a session is replayed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to.
    pub target: Target,
    /// How fast.
    pub speed: Speed,
    /// Bytes that the new session may hold.
    pub budget: usize,
    /// When the world's clock was zero.
    pub origin: Origin,
    /// How long it goes on listening after the last message that is expected.
    pub quiet: Duration,
    /// What goes out where the session has a mask.
    pub secrets: Secrets,
}

/// What came of it.
pub struct Replayed {
    /// What happened.
    pub session: Session,
    /// What was changed, left out or waited for in vain, in sentences.
    pub remarks: Vec<String>,
    /// Handshakes that were done, of how many.
    pub opened: (usize, usize),
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What was opened, sent and closed, of how much.
    pub steps: (usize, usize),
    /// Messages that were sent.
    pub sent: u64,
    /// Messages that came.
    pub received: u64,
    /// Handshakes that were done, of those asked for in all.
    pub opened: (usize, usize),
}

/// Why a session cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// There is no handshake in it, and no address was given for all.
    #[error("the session has no connection that could be opened again")]
    Nothing,
    /// An address is wrong.
    #[error("{url}: {source}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        source: EndpointError,
    },
    /// The speed is not a number of times.
    #[error("a speed is a number above 0, found {0}")]
    Speed(String),
    /// A value that is to be sent was masked when the session was kept.
    #[error("{0}")]
    Masked(Unfilled),
}

/// Replays a session. Dropping the future closes its connections.
///
/// To the world each connection has a name of its own: of two that are called alike the second one is `NAME (2)`.
pub fn replay<W: World>(
    world: W,
    session: &Session,
    options: &Options,
) -> Result<impl Future<Output = Replayed> + use<W>, ReplayError> {
    replay_and_tell(world, session, options, |_| {})
}

/// The same, and tells how far it is after each step.
pub fn replay_and_tell<W: World, T: Fn(Progress) + 'static>(
    world: W,
    session: &Session,
    options: &Options,
    tell: T,
) -> Result<impl Future<Output = Replayed> + use<W, T>, ReplayError> {
    if let Speed::Times(times) = options.speed
        && (times.is_nan() || times <= 0.0)
    {
        return Err(ReplayError::Speed(times.to_string()));
    }
    let script = script::Script::of(session, &options.target, &options.secrets)?;
    let name = format!("{}, replayed", session.name);
    let empty = Session::new(&name, options.origin, options.budget);
    // What the one session was kept without, the other one does not hold either.
    let masker = Masker::new(options.secrets.values.iter().map(|(_, value)| value));
    Ok(running::run(world, script, empty, (options.speed, options.quiet), masker, tell))
}

#[cfg(test)]
mod tests;
