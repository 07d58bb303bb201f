//! The pure layer: what a frame, a close code, a latency and a check are.
//!
//! Owns every rule that needs no browser. It refuses to know web-sys, leptos and any clock of its own: time, sockets and
//! randomness come through [`World`]. The rule a reader would break: nothing here may read a clock.

pub mod as_step;
pub mod backoff;
pub mod canonical;
pub mod close;
pub mod companion;
pub mod compare;
pub mod conformance;
pub mod count;
pub mod draft;
pub mod endpoint;
pub mod explain;
pub mod filter;
pub mod framelog;
pub mod handshakes;
pub mod json_words;
pub mod mask;
pub mod matcher;
pub mod metrics;
pub mod names;
pub mod nearest;
pub mod number;
pub mod pairing;
pub mod payload;
pub mod payload_spec;
pub mod random;
pub mod record;
pub mod recorded;
pub mod report;
pub mod run;
pub mod secrets;
pub mod share;
pub mod shipped;
#[cfg(not(target_arch = "wasm32"))]
pub mod sim;
pub mod suite;
pub mod template;
pub mod time;
pub mod typed_address;
pub mod unit;
pub mod view;
pub mod world;

pub use close::{CloseReason, Closing, SendableCode};
pub use endpoint::{Endpoint, EndpointError};
pub use framelog::{Entry, Frame, FrameKind, FrameLog};
pub use metrics::{Histogram as Latency, Summary as LatencySummary};
pub use pairing::{Asked, Pairing};
pub use payload::Payload;
pub use time::Instant;
pub use world::{
    ConnectError, Event, EventSink, HttpError, HttpRequest, HttpResponse, SendError, Socket, World,
};
