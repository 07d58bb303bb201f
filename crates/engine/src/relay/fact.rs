//! What the relay tells of a connection, and its words.
//!
//! Owns the form of a fact. What it does not know it leaves aside, since a newer companion may tell more.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::base::close;
use crate::base::words::{self, counted};
use crate::explain::{Outcome, Probed};
use crate::metrics::Histogram;

/// A fact of a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionFact {
    /// The id of its connection.
    pub id: String,
    /// What.
    pub fact: Fact,
}

/// What a fact tells.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// How the server answered the handshake.
    Answered {
        /// The status.
        status: u16,
        /// The words beside it.
        #[serde(default)]
        reason: String,
        /// The header fields.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The address that was connected to.
        address: Option<String>,
        /// Milliseconds from the first byte to the answer.
        #[serde(default)]
        took_ms: f64,
        /// The body of a refusal.
        #[serde(default)]
        body: String,
        /// More of it was to come.
        #[serde(default)]
        body_is_cut: bool,
    },
    /// Why there is no answer.
    Unreachable {
        /// In the relay's words.
        words: String,
    },
    /// A ping has passed.
    Ping {
        /// Whose.
        from: String,
        /// What was in it.
        #[serde(default)]
        payload: String,
    },
    /// A pong has passed, or has come for the relay.
    Pong {
        /// Whose.
        from: String,
        /// Whose ping it answers, if any.
        to: Option<String>,
        /// How long after the ping, in milliseconds.
        rtt_ms: Option<f64>,
    },
    /// A message came in several frames.
    Fragments {
        /// Who sent it.
        from: String,
        /// Its number in its direction.
        message: u64,
        /// How many frames.
        frames: u64,
        /// Bytes of payload.
        bytes: u64,
    },
    /// A close frame as it is on the wire.
    Close {
        /// Who sent it.
        from: String,
        /// Its code.
        code: Option<u16>,
        /// Its reason.
        #[serde(default)]
        reason: String,
    },
    /// How long bytes were inside the relay.
    Delay {
        /// To the server.
        out: Option<Delay>,
        /// From the server.
        r#in: Option<Delay>,
    },
    /// The connection has ended.
    Ended {
        /// How.
        how: String,
        /// How long bytes were inside the relay over its whole life.
        #[serde(default)]
        delay: WholeDelay,
    },
    /// Something that this version does not know.
    Other {},
}

/// How long bytes were inside the relay over the life of a connection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct WholeDelay {
    out: Option<Distribution>,
    r#in: Option<Distribution>,
}

/// All that was measured in one direction.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Distribution {
    histogram: String,
}

impl WholeDelay {
    /// All that was measured; none of a companion that does not tell it.
    pub fn histograms(&self) -> impl Iterator<Item = Histogram> {
        let both = self.out.iter().chain(&self.r#in);
        both.filter_map(|direction| Histogram::from_base64(&direction.histogram).ok())
    }
}

/// How long bytes were inside the relay, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct Delay {
    /// How many times bytes have passed.
    pub count: u64,
    /// The median in milliseconds.
    pub p50_ms: f64,
    /// Milliseconds that one of a hundred exceeds.
    pub p99_ms: f64,
}

impl ConnectionFact {
    /// Reads a message of the relay; none when it is not a fact.
    pub fn read(text: &str) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_str(text).ok()?;
        let id = fields.remove("id")?.as_str()?.to_owned();
        let name = fields.remove("fact")?.as_str()?.to_owned();
        // By the name of the variant: a tag within would keep numbers as they are written, and then not read them.
        let fact = Value::Object(Map::from_iter([(name, Value::Object(fields))]));
        Some(Self { id, fact: serde_json::from_value(fact).unwrap_or(Fact::Other {}) })
    }
}

impl Fact {
    /// What stands in the timeline; none for what is shown elsewhere.
    pub fn words(&self) -> Option<String> {
        let whose = |from: &str| if from == "page" { "this browser" } else { "the server" }.to_owned();
        Some(match self {
            Self::Ping { from, payload } if payload.is_empty() => format!("ping of {}", whose(from)),
            Self::Ping { from, payload } => format!("ping of {}: {payload}", whose(from)),
            Self::Pong { from, to: Some(to), rtt_ms: Some(took) } => {
                let to = if to == "relay" { "the relay".to_owned() } else { whose(to) };
                format!("pong of {} to {to} after {}", whose(from), words::duration(millis(*took)))
            }
            Self::Pong { from, .. } => format!("pong of {} to no ping", whose(from)),
            Self::Fragments { from, message, frames, bytes } => {
                format!(
                    "message {message} of {} came in {frames} frames, {}",
                    whose(from),
                    counted(*bytes, "byte")
                )
            }
            // A browser tells of such a frame as if none had come.
            Self::Close { from, code: Some(code), .. } if from != "page" && close::is_reserved(*code) => {
                format!("{}, which breaks the protocol; the browser says 1006", close::breach(*code))
            }
            Self::Close { from, code, reason } => {
                let code = code.map_or_else(|| "without a code".to_owned(), |code| code.to_string());
                let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                format!("close frame of {}, {code}{reason}", whose(from))
            }
            _ => return None,
        })
    }

    /// What is known of a handshake that failed, in the form of a look at the server.
    pub fn probed(&self, url: &str) -> Option<Probed> {
        match self {
            Self::Answered { status, reason, headers, address, took_ms, body, body_is_cut }
                if *status != 101 =>
            {
                Some(Probed {
                    url: url.split('?').next().unwrap_or_default().to_owned(),
                    address: address.clone().unwrap_or_default(),
                    outcome: Outcome::Answered,
                    took_ms: took_ms.max(0.0) as u64,
                    status: Some(*status),
                    reason: reason.clone(),
                    headers: headers.clone(),
                    body: body.clone(),
                    body_is_cut: *body_is_cut,
                    ..Probed::default()
                })
            }
            Self::Unreachable { words } => Some(Probed {
                url: url.split('?').next().unwrap_or_default().to_owned(),
                outcome: Outcome::Told,
                detail: words.clone(),
                ..Probed::default()
            }),
            _ => None,
        }
    }
}

/// Of the relay's milliseconds.
fn millis(millis: f64) -> Duration {
    Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, words: Option<&str>) {
        let told = ConnectionFact::read(text).expect("a fact");
        let said = told.fact.words().map(|it| it.replace('\u{2009}', " "));
        assert_eq!((told.id.as_str(), said.as_deref()), ("7", words));
    }

    #[test]
    fn facts_are_read_and_said() {
        check(
            r#"{"id":"7","fact":"ping","at_ms":1.5,"from":"server","payload":"beat"}"#,
            Some("ping of the server: beat"),
        );
        check(
            r#"{"id":"7","fact":"pong","from":"server","to":"relay","rtt_ms":1.5,"payload":"x"}"#,
            Some("pong of the server to the relay after 1.50 ms"),
        );
        check(
            r#"{"id":"7","fact":"pong","from":"page","to":null,"rtt_ms":null}"#,
            Some("pong of this browser to no ping"),
        );
        check(
            r#"{"id":"7","fact":"fragments","from":"server","message":3,"frames":2,"bytes":1}"#,
            Some("message 3 of the server came in 2 frames, 1 byte"),
        );
        check(
            r#"{"id":"7","fact":"close","from":"server","code":999,"reason":"0xff","bytes":3}"#,
            Some(
                "the server sent a close frame with the reserved code 999, which breaks the protocol; the browser says 1006",
            ),
        );
        check(
            r#"{"id":"7","fact":"close","from":"server","code":1001,"reason":"0xff","bytes":3}"#,
            Some("close frame of the server, 1001: 0xff"),
        );
        check(r#"{"id":"7","fact":"made up","more":[]}"#, None);
        check(
            r#"{"id":"7","fact":"delay","out":null,"in":{"count":2,"p50_ms":0.01,"p99_ms":0.02,"max_ms":1}}"#,
            None,
        );
        assert_eq!(ConnectionFact::read(r#"{"type":"error","code":"unknown_id"}"#), None);
    }

    #[test]
    fn a_refusal_is_told_as_a_look_at_the_server_is() {
        let told = ConnectionFact::read(
            r#"{"id":"7","fact":"answered","status":401,"reason":"Unauthorized","headers":[["www-authenticate","Bearer"]],
            "address":"127.0.0.1:1","took_ms":2.5,"body":"no key","body_is_cut":false}"#,
        );
        let probed = told.unwrap().fact.probed("ws://h/x?token=s3cret").expect("a refusal");
        assert_eq!(probed.fact(), "The server answered 401 Unauthorized: no key.");
        assert_eq!((probed.url.as_str(), probed.headers.len()), ("ws://h/x", 1));
    }
}
