//! The pure layer: frames, close codes, latencies and checks.
//!
//! Owns every rule that needs no browser. It refuses to know web-sys and leptos. It never reads a clock: time, sockets
//! and randomness come through [`World`].

pub mod base;
pub mod bench;
pub mod conformance;
pub mod explain;
pub mod framing;
pub mod matcher;
pub mod metrics;
pub mod payload_spec;
pub mod recorder;
pub mod recording;
pub mod relay;
pub mod report;
pub mod run;
pub mod secrets;
pub mod session;
#[cfg(not(target_arch = "wasm32"))]
pub mod sim;
pub mod suite;
pub mod template;
pub mod witness;

pub use base::close::{CloseReason, Closing, SendableCode};
pub use base::endpoint::{ClientTls, Endpoint, EndpointError};
pub use base::payload::Payload;
pub use base::time::Instant;
pub use base::world::{
    ConnectError, Event, EventSink, HttpError, HttpRequest, HttpResponse, Redirect, SendError, Socket, World,
};
pub use bench::pairing::{Asked, Pairing, Unanswered};
pub use metrics::{Histogram as Latency, Summary as LatencySummary};
pub use recording::frame_log::{Entry, Frame, FrameKind, FrameLog};
