//! Every key of the format except those of matchers and payloads, which [`super::words`] has: where it may stand, what
//! follows it, and what it means.
//!
//! Owns the tables from which the parser knows a key and from which the JSON Schema is made, so that neither can know one
//! that the other does not. It refuses to read anything.

mod document;
mod key;
mod pacing;
mod parts;
mod standing;
mod step;

pub(super) use document::{CHECK, CLIENT, DEFAULTS, DEFINITION, FRAMING, INVARIANT, PEM_FILE, SUITE, TLS};
pub(super) use key::{CAPTURED, CAPTURED_BYTES, Key, REST, Shape, Table, key, needed};
pub(super) use pacing::{EXPONENTIAL, LOGNORMAL, NORMAL, PAUSE, RAMP, STAGE, UNIFORM};
pub(super) use parts::{
    CLOSE, CLOSE_EXPECT, CLOSED, COMPARISON, CONNECT_EXPECT, EXPECT, HTTP, HTTP_EXPECT, HTTP_FILE, HTTP_PART,
    ITEM, PONG, REPEAT, SILENCE, UNTIL,
};
pub(super) use standing::{ANSWER, HEARTBEAT};
pub(super) use step::{BARE, VERBS, Verb};
