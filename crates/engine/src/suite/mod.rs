//! A suite: what it says, and how it is read.
//!
//! Owns the suite format. It refuses to run anything. Reading a suite reports every mistake that can be known then, all
//! at once and each with its place: a run is too late to learn of a typo.

pub mod assist;
mod changes;
mod field;
mod files;
mod keys;
mod model;
mod names;
mod notes;
mod origin;
mod parse;
mod problem;
mod schema;
pub mod shipped;
mod source;
pub(crate) mod title;
mod words;

pub use changes::{Changes, changes};
pub use field::{Field, FieldError, FromValue, Rate, Size, StatusSet};
pub use files::{FileKind, Files, path_from};
pub use model::{
    AnswerRule, BisectSpec, Bound, Capture, Check, Client, CloseSpec, ClosedSpec, Comparison, Condition,
    ConnectSpec, Correlate, Defaults, Each, Expectation, FileBody, FormPart, HandshakeSpec, Heartbeat,
    HttpBody, HttpExpectation, HttpSpec, Invariant, Order, PartValue, Pause, PingSpec, Position, Ramp,
    RampLoad, Repeat, Rule, Silence, Stage, Step, Suite, Target, TlsSpec, TrySpec, Until, UseSpec, Verb,
};
pub(crate) use origin::way;
pub use origin::{Origin, Place};
pub use parse::rows_in;
pub(crate) use parse::{content_type_complaint, too_often};
pub use problem::{Elsewhere, Problem};
pub use schema::{schema, schema_text};
