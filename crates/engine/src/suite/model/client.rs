//! The clients of a suite: where each connects to, and what it does beside the steps.

use std::rc::Rc;
use std::time::Duration;

use super::{Each, Position};
use crate::framing::Framing;
use crate::matcher::{Matcher, Pick};
use crate::payload_spec::PayloadSpec;
use crate::suite::field::Field;
use crate::suite::origin::Origin;

/// A connection, or a group of them, by name.
#[derive(Clone, Debug)]
pub struct Client {
    /// Such as `alice`.
    pub name: String,
    /// Where it connects to.
    pub url: Field<String>,
    /// Subprotocols to offer, best first.
    pub protocols: Vec<Field<String>>,
    /// What its handshakes say beside what a browser lets a page say.
    pub handshake: HandshakeSpec,
    /// Whether the native engine offers `permessage-deflate`.
    pub compression: Option<Field<bool>>,
    /// How many members; none when it is not a group.
    pub count: Option<Field<u64>>,
    /// Overrides the default.
    pub correlate: Option<Correlate>,
    /// The rows that its members get, one each and from the first one on again.
    pub each: Option<Each>,
    /// How what comes is cut into messages, where it is a stream.
    pub framing: Option<ClientFraming>,
    /// Messages that it answers beside the steps.
    pub answers: Vec<Rc<AnswerRule>>,
    /// What it sends again and again.
    pub heartbeat: Option<Rc<Heartbeat>>,
}

/// What the handshakes of a client say beside what a browser lets a page say.
#[derive(Clone, Debug, Default)]
pub struct HandshakeSpec {
    /// Header fields.
    pub headers: Vec<(String, Field<String>)>,
    /// Cookies.
    pub cookies: Vec<(String, Field<String>)>,
    /// The `Origin`.
    pub origin: Option<Field<String>>,
    /// Certificates.
    pub tls: Option<TlsSpec>,
}

/// What a client shows and takes in its TLS handshakes, in PEM.
#[derive(Clone, Debug, Default)]
pub struct TlsSpec {
    /// Its certificate.
    pub certificate: Option<Field<String>>,
    /// The key of that.
    pub key: Option<Field<String>>,
    /// The authorities that sign the server's.
    pub ca: Option<Field<String>>,
    /// Whether any certificate of the server is taken.
    pub insecure: Option<Field<bool>>,
}

impl HandshakeSpec {
    /// Whether there is nothing of it.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.cookies.is_empty() && self.origin.is_none() && self.tls.is_none()
    }
}

/// The framing of a client.
#[derive(Clone, Debug)]
pub struct ClientFraming {
    /// How it cuts.
    pub rule: Field<Rc<Framing>>,
    /// Where it is.
    pub position: Position,
    /// The file that it stands in; none for the suite itself.
    pub origin: Option<Rc<Origin>>,
}

impl Client {
    /// The path of the line that says whether all that came was whole frames.
    pub fn framing_path(&self) -> String {
        format!("clients.{}.framing", self.name)
    }
}

/// A message that is answered beside the steps.
#[derive(Clone, Debug)]
pub struct AnswerRule {
    /// Where it is, such as `answers[0]`, `check.answers[0]` or `clients.alice.answers[0]`.
    pub path: String,
    /// Where it is in the text.
    pub position: Position,
    /// The file that it stands in; none for the suite itself.
    pub origin: Option<Rc<Origin>>,
    /// What it does, in a few words.
    pub title: String,
    /// Which messages.
    pub to: Field<Rc<Matcher>>,
    /// What goes out.
    pub send: PayloadSpec,
    /// How long after the message.
    pub after: Option<Field<Duration>>,
    /// How many messages of each client; all unless given.
    pub times: Option<Field<u64>>,
}

/// What a client sends again and again while it is open.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// Where it is: `clients.alice.heartbeat`.
    pub path: String,
    /// Where it is in the text.
    pub position: Position,
    /// The file that it stands in; none for the suite itself.
    pub origin: Option<Rc<Origin>>,
    /// What it does, in a few words.
    pub title: String,
    /// From beat to beat.
    pub every: Field<Duration>,
    /// What goes out.
    pub send: PayloadSpec,
    /// The reply that each beat must get.
    pub expect: Option<Field<Rc<Matcher>>>,
    /// How long it may take.
    pub within: Option<Field<Duration>>,
}

/// How replies are paired with what they answer.
#[derive(Clone, Debug)]
pub enum Correlate {
    /// They are not, whatever the defaults say.
    Off,
    /// By the value there.
    By(Field<Rc<Pick>>),
}
