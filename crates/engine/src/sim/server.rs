//! A scripted server, and the other end of a connection as that server has it.

use std::rc::Weak;
use std::time::Duration;

use super::{Sim, SimConnection};
use crate::base::payload::Payload;

/// What a scripted server does, after a delay.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends a message.
    Send(Payload),
    /// Closes with a close frame.
    Close(u16, String),
    /// The same, and the client hears of it only after a while.
    Closing(Duration, u16, String),
    /// Drops the connection without one.
    Abort,
}

/// A scripted server: what it does when something reaches it. The default accepts at once and never says anything.
pub trait Server {
    /// How long the handshake takes; `None` refuses it.
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
    /// What follows a message, each after its delay.
    fn on_message(&mut self, _payload: Payload, _random: u64) -> Vec<(Duration, Act)> {
        Vec::new()
    }
    /// How many bytes a second the network takes on the way to it; `None` takes everything at once, none at all nothing ever.
    fn takes(&self) -> Option<u64> {
        None
    }
    /// The subprotocol that it chooses of those offered; empty for none.
    fn chooses(&mut self, _offered: &[String]) -> String {
        String::new()
    }
    /// The connection is open. The owner of the peer can send at any time, also to other peers.
    fn on_open(&mut self, _peer: Peer) {}
    /// The connection has ended, by either side.
    fn on_end(&mut self) {}
    /// How long until a close is answered; `None` never answers.
    fn answers_close_after(&mut self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

/// The other end of a connection, as its server has it.
#[derive(Clone)]
pub struct Peer {
    pub(super) sim: Sim,
    pub(super) line: Weak<SimConnection>,
}

impl Peer {
    /// Does something after a while, if the connection is there by then.
    pub fn after(&self, wait: Duration, act: Act) {
        let (sim, line) = (self.sim.clone(), self.line.clone());
        self.sim.after(wait, move || {
            if let Some(line) = line.upgrade() {
                line.act(&sim, act);
            }
        });
    }
}
