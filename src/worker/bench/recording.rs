//! What was done on the bench, for a suite that does it again.
//!
//! Owns what the recorder needs beside the frames: secret variables, addresses, automatic replies. One rule: nothing here is
//! masked, since each secret becomes a variable; so it goes to the recorder of this page and nowhere else.

use std::fmt;

use serde_json::{Value, json};

use super::leaving::Pieces;
use super::worker::BenchWorker;
use crate::engine::base::mask::Masker;
use crate::engine::bench::draft::{Draft, Form};
use crate::engine::recorder::MOST_FRAMES;
use crate::engine::report::{EventFormat, Transcript};
use crate::engine::{Frame, FrameKind, FrameLog, World};
use crate::wire::bench::{Answer, Heartbeat, Match, MatchBy, Recorded, Rule, Update};

/// The second of two recordings, while it is made.
pub(super) struct Second {
    /// The frame that came next when the first one was over: its connections were closed after it.
    from: u64,
    /// Frames before this one were looked at.
    looked_until: u64,
    has_begun: bool,
    recorded: Recorded,
}

impl Second {
    pub fn new(from: u64) -> Self {
        Self { from, looked_until: from, has_begun: false, recorded: Recorded::default() }
    }

    /// Frames were cleared away, and what was counted of them with them.
    pub fn forget(&mut self) {
        *self = Self::new(self.from);
    }

    /// Looks at the frames that came since.
    pub fn recorded(&mut self, log: &FrameLog) -> Recorded {
        for frame in log.from(self.looked_until) {
            self.has_begun |= frame.kind == FrameKind::Connecting;
            if self.has_begun {
                count(&mut self.recorded, frame.kind);
            }
        }
        self.looked_until = log.total();
        self.recorded
    }
}

fn count(recorded: &mut Recorded, kind: FrameKind) {
    recorded.frames += 1;
    recorded.sent += u64::from(kind.is_message() && !kind.is_received());
    recorded.received += u64::from(kind.is_message() && kind.is_received());
}

impl<W: World> BenchWorker<W> {
    /// The frames from a number on, as JSON Lines behind one line about the bench.
    ///
    /// From a later number on, they begin with the first handshake: what a connection said before belongs to the recording before.
    pub(super) fn record(&self, id: u32, filtered: bool, from: u64) -> Answer {
        let mut pieces = Pieces {
            waiting: Vec::new(),
            post: |piece| self.post(&Update::Answer { id, answer: Answer::Piece(piece) }),
        };
        let written = self.state(|s| {
            let log = &s.record.log;
            let filter = s.list.only().filter(|_| filtered);
            let begins = match from {
                0 => 0,
                from => {
                    let mut later = log.from(from);
                    later.find(|it| it.kind == FrameKind::Connecting).map_or(log.total(), |it| it.number)
                }
            };
            let passes =
                |frame: &Frame<'_>| frame.number >= begins && filter.is_none_or(|filter| filter.takes(frame));
            let (mut recorded, mut until) = (Recorded::default(), log.total());
            for frame in log.from(begins).filter(passes) {
                count(&mut recorded, frame.kind);
                if recorded.frames == MOST_FRAMES as u64 {
                    until = frame.number + 1;
                }
            }
            let takes = |frame: &Frame<'_>| frame.number < until && passes(frame);
            let session = Transcript {
                log,
                pins: None,
                notes: s.former.as_ref().map_or(&[], |former| &former.notes),
                only: Some(&takes),
                connections: s.record.handshakes.as_slice(),
                origin: self.origin(s),
                as_read: None,
            };
            let mut secrets = serde_json::Map::<String, Value>::new();
            for secret in s.workspace.secrets() {
                // One that is gone may have the name of one that is there.
                let numbered = (2..).map(|n| format!("{}_{n}", secret.name));
                let mut names = std::iter::once(secret.name.clone()).chain(numbered);
                let name = names.find(|it| !secrets.contains_key(it)).expect("names never end");
                secrets.insert(name, secret.value.clone().into());
            }
            let connections: Vec<_> = session
                .connections
                .iter()
                .map(|it| json!({ "id": it.id, "url": it.url, "protocols": it.offered }))
                .collect();
            let replies: Vec<_> = s.workspace.rules.iter().filter_map(reply).collect();
            let heartbeats: Vec<_> = s
                .connections
                .iter()
                .filter_map(|(id, it)| beat(id.0, it.setup.heartbeat.as_ref()?))
                .collect();
            let about = json!({
                "event": "bench", "secrets": secrets, "connections": connections, "replies": replies,
                "heartbeats": heartbeats, "frames": recorded.frames,
            });
            fmt::Write::write_fmt(&mut pieces, format_args!("{about}\n"))?;
            EventFormat::JsonLines.write(&session, &Masker::default(), &mut pieces)?;
            Ok::<_, fmt::Error>((recorded, log.total()))
        });
        match written {
            Ok((recorded, next)) => Answer::Recording { bytes: pieces.waiting, recorded, next },
            Err(fmt::Error) => Answer::Failed("the frames could not be written".to_owned()),
        }
    }
}

/// An automatic reply, as the recorder reads it; none for one that is off or sends bytes.
fn reply(rule: &Rule) -> Option<Value> {
    let is_text = matches!(rule.reply.form, Form::Text | Form::Json);
    let to = matcher(&rule.when)?;
    (rule.is_on && is_text).then(|| {
        json!({
            "connections": rule.connections.iter().map(|id| id.0).collect::<Vec<_>>(),
            "to": to,
            "template": rule.reply.text,
            "pattern": pattern(&rule.reply),
            "after_ms": rule.after.as_millis() as u64,
        })
    })
}

/// A heartbeat, as the recorder reads it; none for one that sends bytes, or whose reply a suite cannot describe.
fn beat(connection: u32, of: &Heartbeat) -> Option<Value> {
    let reply = of.reply.as_ref().map(matcher);
    let is_known = reply != Some(None) && matches!(of.message.form, Form::Text | Form::Json);
    is_known.then(|| {
        json!({
            "connection": connection,
            "every_ms": of.every.as_millis() as u64,
            "template": of.message.text,
            "pattern": pattern(&of.message),
            "reply": reply.flatten(),
            "within_ms": of.within.min(of.every).as_millis() as u64,
        })
    })
}

/// The matcher of a suite that takes the same messages.
fn matcher(when: &Match) -> Option<Value> {
    let text = when.text.as_str();
    Some(match when.by {
        _ if text.is_empty() => return None,
        MatchBy::Contains => json!({ "contains": text }),
        MatchBy::Equals => json!({ "text": text }),
        MatchBy::Regex => json!({ "regex": text }),
        MatchBy::Subset => json!({ "subset": serde_json::from_str::<Value>(text).ok()? }),
    })
}

/// A regular expression of everything that can go out for a draft.
fn pattern(draft: &Draft) -> String {
    let mut pattern = String::from("(?s)^");
    let mut rest = draft.text.as_str();
    while let Some((before, after)) = rest.split_once("{{").filter(|_| draft.varies()) {
        pattern.push_str(&regex_lite::escape(before));
        pattern.push_str(".*");
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    pattern.push_str(&regex_lite::escape(rest));
    pattern.push('$');
    pattern
}
