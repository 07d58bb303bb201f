//! One connection to the agent.

use std::sync::Arc;

use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::request::{Message, Request};
use super::{Agents, NoPlace, Options, Place, script};
use crate::routes::census::Visit;
use crate::routes::error_reply::{ErrorReply, with_id};
use crate::ws::close::Close;
use crate::ws::session::Session;
use crate::ws::socket::{self, Kind};

/// A connection and what it asked for.
#[derive(Debug)]
pub struct Talk {
    options: Options,
}

impl Talk {
    /// A connection with these wishes.
    pub fn new(options: Options) -> Self {
        Self { options }
    }

    /// Serves the connection until it is over.
    pub async fn run(&self, agents: &Arc<Agents>, session: &mut Session, visit: &Visit) {
        let place = match agents.enter(visit, &self.options) {
            Ok(place) => place,
            Err(no_place) => {
                let code = match no_place {
                    NoPlace::Connections(_) => 4029,
                    NoPlace::Users(_) => 1013,
                };
                return session.close(Close::new(code, no_place.to_string()));
            }
        };
        let Some(every) = self.options.heartbeat else {
            while let Some(message) = session.receive().await {
                self.take(&place, &message);
            }
            return;
        };
        let mut heartbeat = interval_at(Instant::now() + every, every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = session.receive() => match message {
                    Some(message) => self.take(&place, &message),
                    None => return,
                },
                _ = heartbeat.tick() => {
                    place.with(|user| user.beat(place.id));
                }
            }
        }
    }

    fn take(&self, place: &Place, message: &socket::Message) {
        let mut id = None;
        let acted = if message.kind == Kind::Text {
            serde_json::from_slice::<Message<'_>>(&message.payload)
                .map_err(|error| ErrorReply::bad_message(&error))
                .and_then(|message| {
                    id = message.id;
                    Request::read(message)
                })
                .and_then(|request| match request {
                    Request::Chat(chat, pace) => place.queue(|user| {
                        let run = user.next_run();
                        script::chat(&run, &chat, pace.unwrap_or(self.options.pace))
                    }),
                    Request::Fail(failure) => place.queue(|user| {
                        let run = user.next_run();
                        script::fail(&run, &failure, self.options.pace)
                    }),
                    Request::Resume(last_seq) => {
                        place.with(|user| user.replay(place.id, last_seq, id));
                        Ok(())
                    }
                    Request::Ping => {
                        place.with(|user| user.tell(place.id, with_id(json!({ "type": "pong" }), id)));
                        Ok(())
                    }
                })
        } else {
            Err(ErrorReply::not_text())
        };
        if let Err(error_reply) = acted {
            place.with(|user| user.tell(place.id, error_reply.to_text(id)));
        }
    }
}
