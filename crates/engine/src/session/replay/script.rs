//! What a replay does, step by step.
//!
//! Owns the reading of a session as a script: what was sent, opened and closed by us, and what came before each.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::address::{Target, common};
use super::masked::{Secrets, Unfilled, in_address, in_message};
use super::values::{Given, Need};
use super::{ReplayError, Session};
use crate::base::mask::MASK;
use crate::base::words::counted;
use crate::recording::transcript::asked_close;
use crate::report::Noted;
use crate::session::diff::side::{EventOf, Side, names};
use crate::{Endpoint, FrameKind, Payload};

/// What is awaited: a message of this kind, or the end of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Awaited {
    Message(String),
    End,
}

/// What we do.
#[derive(Debug)]
pub(super) enum Deed {
    Connect(Endpoint),
    Send(Payload),
    Close(u16, String),
}

#[derive(Debug)]
pub(super) struct Step {
    /// Since the session began.
    pub at: Duration,
    pub connection: u32,
    pub deed: Deed,
    /// What came since the step before.
    pub awaited: Vec<(u32, Awaited)>,
    /// Values of the server in what is sent.
    pub needs: Vec<Need>,
}

pub(super) struct Script {
    pub steps: Vec<Step>,
    /// What came after the last step.
    pub last: Vec<(u32, Awaited)>,
    /// When the last event was, since the session began.
    pub ends: Duration,
    pub names: HashMap<u32, String>,
    /// The same without two that are alike.
    pub unlike: BTreeMap<u32, String>,
    pub remarks: Vec<String>,
    /// The messages whose values are needed: connection, kind, which of them.
    pub sources: Vec<(u32, String, usize)>,
}

impl Script {
    pub fn of(session: &Session, target: &Target, secrets: &Secrets) -> Result<Self, ReplayError> {
        let side = Side::of(session, crate::session::diff::MOST_MESSAGES);
        let shared =
            common(session.connections().iter().map(|it| it.url.as_str()).filter(|url| !url.is_empty()));
        let mut script = Self {
            steps: Vec::new(),
            last: Vec::new(),
            ends: Duration::ZERO,
            names: HashMap::new(),
            unlike: names(session),
            remarks: Vec::new(),
            sources: Vec::new(),
        };
        for connection in session.connections() {
            script.names.entry(connection.id).or_insert_with(|| connection.name.clone());
        }
        let mut building = Building {
            target,
            shared,
            given: Given::new(&side),
            side: &side,
            message: 0,
            begun: None,
            secrets,
            unfilled: Unfilled::default(),
        };
        let mut is_open = HashMap::<u32, bool>::new();
        let transcript = session.transcript();
        for (frame, handshake) in transcript.frames() {
            let number = transcript.number(&frame);
            let at = Duration::from_nanos(frame.at.as_nanos());
            let began = *building.begun.get_or_insert(at);
            let since = at.saturating_sub(began);
            script.ends = script.ends.max(since);
            let id = frame.connection;
            // A connection that was open before the recording began is opened first.
            let is_begun = is_open.contains_key(&id);
            if !is_begun || frame.kind == FrameKind::Connecting {
                let Some(connection) = handshake.and_then(|place| session.connections().get(place)) else {
                    continue;
                };
                if !is_begun || frame.kind == FrameKind::Connecting {
                    let deed = building.connect(number, &connection.url, &connection.offered)?;
                    script.step(since, id, deed);
                    is_open.insert(id, false);
                }
            }
            match frame.kind {
                FrameKind::Connecting | FrameKind::Opened | FrameKind::Failed | FrameKind::Waiting => {}
                FrameKind::Closing => {
                    let text = String::from_utf8_lossy(frame.bytes);
                    let (code, reason) = asked_close(&text).unwrap_or((1000, ""));
                    script.step(since, id, (Deed::Close(code, reason.to_owned()), Vec::new()));
                    is_open.insert(id, true);
                }
                FrameKind::Closed => {
                    let is_ours = is_open.remove(&id).unwrap_or_default();
                    if !is_ours {
                        script.last.push((id, Awaited::End));
                    }
                }
                _ => building.message(&mut script, number, since, id),
            }
        }
        if !script.steps.iter().any(|step| matches!(step.deed, Deed::Connect(_))) {
            return Err(ReplayError::Nothing);
        }
        let unfilled = building.unfilled;
        if !unfilled.places.is_empty() && !secrets.sends_masks {
            return Err(ReplayError::Masked(unfilled));
        }
        script.sources = building.given.sources();
        script.remark(session, &side, unfilled.frames() as u64);
        Ok(script)
    }

    fn step(&mut self, at: Duration, connection: u32, (deed, needs): (Deed, Vec<Need>)) {
        let awaited = std::mem::take(&mut self.last);
        self.steps.push(Step { at, connection, deed, awaited, needs });
    }

    fn remark(&mut self, session: &Session, side: &Side, masked: u64) {
        if side.left_out > 0 {
            self.remarks
                .push(format!("The last {} are not replayed.", counted(side.left_out as u64, "message")));
        }
        if session.log.dropped() > 0 {
            let dropped = counted(session.log.dropped(), "frame");
            self.remarks
                .push(format!("The oldest {dropped} are missing in the session and so in the replay."));
        }
        if masked > 0 {
            let masked = counted(masked, "frame");
            self.remarks
                .push(format!("{masked} with a masked value ({MASK}) went out as the session has it."));
        }
        let calls = session.notes().iter().filter(|note| matches!(note.what, Noted::Call(_))).count();
        if calls > 0 {
            let calls = counted(calls as u64, "HTTP call");
            self.remarks.push(format!("{calls} of the session are not made again."));
        }
    }
}

struct Building<'s> {
    target: &'s Target,
    shared: String,
    side: &'s Side,
    given: Given<'s>,
    /// Which message of the side comes next.
    message: usize,
    begun: Option<Duration>,
    secrets: &'s Secrets,
    unfilled: Unfilled,
}

impl Building<'_> {
    fn connect(
        &mut self,
        number: u64,
        url: &str,
        offered: &[String],
    ) -> Result<(Deed, Vec<Need>), ReplayError> {
        let url = self.target.instead_of(url, &self.shared);
        let mut needs = self.given.needed_in_text(&url);
        let (url, unfilled) = self.secrets.fill(&url, None, &mut needs, in_address);
        self.unfilled.places.extend(unfilled.into_iter().map(|name| (number, name)));
        let endpoint = Endpoint::parse(&url).and_then(|it| it.with_protocols(offered.iter().cloned()));
        match endpoint {
            Ok(endpoint) => Ok((Deed::Connect(endpoint), needs)),
            Err(source) => Err(ReplayError::Address { url, source }),
        }
    }

    fn message(&mut self, script: &mut Script, number: u64, at: Duration, id: u32) {
        let place = self.message;
        self.message += 1;
        let Some(event) = self.side.events.get(place) else { return };
        if !event.is_sent() {
            self.given.learn(id, place);
            if !event.is_feed {
                script.last.push((id, Awaited::Message(event.kind.clone())));
            }
            return;
        }
        let mut payload = payload(event);
        let mut needs = self.given.needed(place);
        if let Payload::Text(text) = &mut payload
            && text.contains(MASK)
        {
            let content = event.content();
            let (filled, unfilled) = self.secrets.fill(text, content.json(), &mut needs, in_message);
            self.unfilled.places.extend(unfilled.into_iter().map(|name| (number, name)));
            *text = filled;
        }
        script.step(at, id, (Deed::Send(payload), needs));
    }
}

fn payload(event: &EventOf) -> Payload {
    let content = event.content();
    match content.text() {
        Some(text) => Payload::Text(text.to_owned()),
        None => Payload::Binary(content.bytes()),
    }
}
