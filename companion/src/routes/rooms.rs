//! `/ws/rooms?user=`: members of a room see who joins, leaves and says something. A member is a connection; one user
//! may be in a room twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::census::Visit;
use super::error_reply::{ErrorReply, with_id};
use super::query::LONGEST_NAME;
use crate::config::Limits;
use crate::ws::outbox::{Lane, Outbox};
use crate::ws::session::Session;
use crate::ws::socket::{Kind, Message};

type Members = BTreeMap<u64, Arc<Outbox>>;

/// All rooms of a server. A room exists while it has members.
#[derive(Debug)]
pub struct Rooms {
    limits: Limits,
    rooms: Mutex<HashMap<String, Members>>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    room: Option<String>,
    text: Option<Value>,
}

impl Rooms {
    /// No rooms yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, rooms: Mutex::default() }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Members>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Empties every room, without a word to its members.
    pub fn reset(&self) {
        self.rooms().clear();
    }

    /// Serves one connection until it is over, and lets it leave its rooms.
    pub async fn run(&self, session: &mut Session, visit: &Visit, user: String) {
        let guest = Guest { rooms: self, visit, user };
        while let Some(message) = session.receive().await {
            guest.take(&message);
        }
    }
}

/// One connection in the rooms. Dropping it leaves them all.
struct Guest<'a> {
    rooms: &'a Rooms,
    visit: &'a Visit,
    user: String,
}

impl Guest<'_> {
    fn take(&self, message: &Message) {
        let mut id = None;
        let acted = if message.kind == Kind::Text {
            serde_json::from_slice::<Request<'_>>(&message.payload)
                .map_err(|error| ErrorReply::bad_message(&error))
                .and_then(|request| {
                    id = request.id;
                    self.act(&request)
                })
        } else {
            Err(ErrorReply::not_text())
        };
        if let Err(error_reply) = acted {
            self.visit.outbox().post(Lane::Normal, &Bytes::from(error_reply.to_text(id)));
        }
    }

    fn act(&self, request: &Request<'_>) -> Result<(), ErrorReply> {
        if !matches!(request.kind.as_str(), "join" | "leave" | "say") {
            return Err(ErrorReply::unknown_type(&request.kind, "join, leave, say"));
        }
        let name = request.room.as_deref().filter(|room| !room.is_empty());
        let name = name.ok_or_else(|| ErrorReply::missing("room"))?;
        if name.len() > LONGEST_NAME {
            return Err(ErrorReply::invalid("room", "at most 128 bytes long"));
        }
        let mut rooms = self.rooms.rooms();
        if request.kind == "join" {
            return self.join(&mut rooms, name, request.id);
        }
        let members = rooms.get_mut(name).filter(|members| members.contains_key(&self.visit.id()));
        let members = members
            .ok_or_else(|| ErrorReply::new("not_joined", format!("you are not in the room {name:?}")))?;
        if request.kind == "say" {
            let text = request.text.as_ref().ok_or_else(|| ErrorReply::missing("text"))?;
            self.tell(
                members,
                json!({ "type": "said", "room": name, "from": self.user, "text": text }),
                request.id,
            );
            return Ok(());
        }
        let count = members.len() - 1;
        self.tell(members, self.left(name, count, "left"), request.id);
        members.remove(&self.visit.id());
        if members.is_empty() {
            rooms.remove(name);
        }
        Ok(())
    }

    fn join(
        &self,
        rooms: &mut HashMap<String, Members>,
        name: &str,
        id: Option<&RawValue>,
    ) -> Result<(), ErrorReply> {
        let limits = &self.rooms.limits;
        if !rooms.contains_key(name) && rooms.len() >= limits.rooms {
            return Err(ErrorReply::new(
                "too_many_rooms",
                format!("there are {} rooms already", limits.rooms),
            ));
        }
        let members = rooms.entry(name.to_owned()).or_default();
        if members.contains_key(&self.visit.id()) {
            return Err(ErrorReply::new("already_joined", format!("you are in the room {name:?} already")));
        }
        if members.len() >= limits.members {
            return Err(ErrorReply::new(
                "room_full",
                format!("the room has {} members already", limits.members),
            ));
        }
        members.insert(self.visit.id(), Arc::clone(self.visit.outbox()));
        let joined = json!({ "type": "joined", "room": name, "user": self.user, "members": members.len() });
        self.tell(members, joined, id);
        Ok(())
    }

    fn left(&self, room: &str, members: usize, reason: &str) -> Value {
        json!({ "type": "left", "room": room, "user": self.user, "members": members, "reason": reason })
    }

    /// Posts to every member. Only the actor's own copy carries its request's `id`.
    fn tell(&self, members: &Members, message: Value, id: Option<&RawValue>) {
        let for_all = Bytes::from(message.to_string());
        let for_us = id.map(|_| Bytes::from(with_id(message, id)));
        for (member, outbox) in members {
            let own = for_us.as_ref().filter(|_| *member == self.visit.id());
            outbox.post(Lane::Normal, own.unwrap_or(&for_all));
        }
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.rooms.rooms().retain(|name, members| {
            if members.remove(&self.visit.id()).is_some() {
                self.tell(members, self.left(name, members.len(), "disconnected"), None);
            }
            !members.is_empty()
        });
    }
}
