//! `/ws/fault`: an echo that misbehaves as its query says, the same way every time for the same seed.

mod plan;

use std::time::Duration;

use tokio::time::{sleep_until, timeout};

use super::damage::corrupt;
use super::dice::Dice;
use super::line::{Freight, Line};
use crate::ws::close::Close;
use crate::ws::session::Session;
use crate::ws::socket::{Kind, Message};

pub use plan::Plan;
use plan::{Ending, Silence};

/// How long a reset waits for the echoes before it to leave.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves the connection until it is over.
pub async fn run(plan: Plan, session: &mut Session) {
    match plan.silence {
        Silence::All => return session.swallow().await,
        Silence::Data => return ignore(&plan, session).await,
        Silence::No => {}
    }
    let ending = plan.ending.clone();
    let mut line = Line::new(plan.faults, Dice::new(plan.seed));
    let ending = loop {
        if let Some((after, ending)) = &ending
            && line.taken() >= *after
        {
            break ending;
        }
        let due = line.due();
        tokio::select! {
            biased;
            () = async { if let Some(due) = due { sleep_until(due).await } }, if due.is_some() => {
                deliver(&mut line, session);
            }
            message = session.receive(), if line.has_room() => match message {
                Some(message) => {
                    line.take(message);
                    deliver(&mut line, session);
                }
                None => return,
            },
        }
    };
    line.release();
    while let Some(due) = line.due() {
        session.flush().await;
        sleep_until(due).await;
        deliver(&mut line, session);
    }
    end(ending, session).await;
}

/// Queues on the session what has arrived by now.
fn deliver(line: &mut Line<Message>, session: &mut Session) {
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
