//! `/ws/fault`: an echo that misbehaves as its query says, the same way every time for the same seed.

mod plan;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{sleep_until, timeout};

use super::damage::corrupt;
use super::dice::Dice;
use super::faulty_link::{FaultyLink, Freight};
use crate::ws::budget::{self, Budget};
use crate::ws::close::Close;
use crate::ws::session::Session;
use crate::ws::socket::{Kind, LARGEST_CHUNK, Message};

pub use plan::Plan;
use plan::{Ending, Silence};

/// How long a reset waits for the echoes before it to leave.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves the connection until it is over.
pub async fn run(plan: Plan, session: &mut Session, budget: &Arc<Budget>) {
    match plan.silence {
        Silence::All => return session.swallow().await,
        Silence::Data => return ignore(&plan, session).await,
        Silence::No => {}
    }
    let ending = plan.ending.clone();
    let mut line = FaultyLink::new(plan.faults, Dice::new(plan.seed));
    let mut share = budget.share();
    let ending = loop {
        if let Some((after, ending)) = &ending
            && line.taken() >= *after
        {
            break ending;
        }
        if !share.set(line.weight()) {
            return session.close(budget::close());
        }
        let due = line.due();
        let has_room = line.has_room();
        let next = async {
            if has_room {
                return session.receive().await;
            }
            session.hold().await;
            None
        };
        let message = tokio::select! {
            biased;
            () = async { if let Some(due) = due { sleep_until(due).await } }, if due.is_some() => {
                None
            }
            message = next => match message {
                Some(message) => Some(message),
                None => return,
            },
        };
        if let Some(message) = message {
            line.take(message);
        }
        deliver(&mut line, session);
    };
    line.release();
    while let Some(due) = line.due() {
        tokio::select! {
            () = sleep_until(due) => {}
            () = session.hold() => return,
        }
        deliver(&mut line, session);
        // It has become less.
        let _ = share.set(line.weight());
    }
    end(ending, session).await;
}

/// Queues on the session what has arrived by now.
fn deliver(line: &mut FaultyLink<Message>, session: &mut Session) {
    while let Some(message) = line.arrived() {
        session.send(&message);
    }
}

impl Freight for Message {
    fn size(&self) -> usize {
        self.payload.len()
    }

    fn corrupt(&mut self, place: u64) {
        self.payload = corrupt(&self.payload, self.kind == Kind::Text, place);
    }

    fn detach(&mut self) {
        if self.payload.len() < LARGEST_CHUNK {
            self.payload = Bytes::copy_from_slice(&self.payload);
        }
    }
}

/// Counts messages, and answers none.
async fn ignore(plan: &Plan, session: &mut Session) {
    let mut taken = 0;
    loop {
        if let Some((after, ending)) = &plan.ending
            && taken >= *after
        {
            return end(ending, session).await;
        }
        match session.receive().await {
            Some(_) => taken += 1,
            None => return,
        }
    }
}

async fn end(ending: &Ending, session: &mut Session) {
    match ending {
        Ending::Close(close) => session.close(Close::clone(close)),
        Ending::Abort => {
            // A reset throws away what the operating system has not sent yet.
            let _ = timeout(LAST_WORDS, session.flush()).await;
            session.abort();
        }
    }
}
