//! `/ws/recordings?name=NAME`: what the proxy records, told while it goes on.
//!
//! Owns the pace. A follower has no queue: it reads the bounded recording at its own speed, so a slow page costs the server nothing
//! and costs the recorded connection no time. What was dropped before the page came to it is missing between two numbers.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::error_reply::ErrorReply;
use super::recordings::Recordings;
use crate::ws::close::Close;
use crate::ws::session::Session;
use crate::ws::socket::{Kind, Message};

/// What comes within this time goes in one message.
const EVERY: Duration = Duration::from_millis(20);
/// Bytes of one message, beside those of its last frame.
const PIECE: usize = 256 << 10;
/// There is no recording of this name.
const UNKNOWN: u16 = 4004;

/// What is asked for.
#[derive(Debug)]
pub struct Asked {
    /// The recording.
    pub name: String,
    /// The id of the recording that was followed before.
    pub of: Option<String>,
    /// The number of the first frame that was not had then.
    pub from: u64,
}

/// Tells a recording until it or the connection is over.
pub async fn run(recordings: &Recordings, session: &mut Session, asked: Asked) {
    let Some(recording) = recordings.get(&asked.name) else {
        return session.close(Close::new(UNKNOWN, "nothing has been recorded under this name"));
    };
    let mut follower = recording.follower(asked.of.as_deref(), asked.from);
    loop {
        let mut news = std::pin::pin!(recording.news());
        // Before the look, so that no change falls between the two.
        news.as_mut().enable();
        if session.is_full() {
            if !waits(session, sleep(EVERY)).await {
                return;
            }
            continue;
        }
        match recording.piece(&mut follower, PIECE) {
            Some(piece) => {
                session.send(&Message { kind: Kind::Binary, payload: Bytes::from(piece) });
                if !waits(session, sleep(EVERY)).await {
                    return;
                }
            }
            None if recording.is_over() => {
                return session.close(Close::new(1000, "the recording was removed"));
            }
            None => {
                if !waits(session, news).await {
                    return;
                }
            }
        }
    }
}

/// Sends what is queued until something happens; false when the connection is over.
async fn waits(session: &mut Session, until: impl Future<Output = ()>) -> bool {
    let mut until = std::pin::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => return true,
            message = session.receive() => match message {
                Some(_) => session.send_text(ErrorReply::new("receive_only", "this route only tells").to_text(None)),
                None => return false,
            },
        }
    }
}
