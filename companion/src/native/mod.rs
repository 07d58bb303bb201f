//! The engine's world on sockets of this process: no browser, no page.
//!
//! Owns the client's side of real connections: names, TCP, TLS, the opening handshake, messages, HTTP calls with cookies, a clock
//! and timers. It refuses to know suites and reports. One rule: what a browser does to a connection that breaks the protocol
//! is done here too, so that a check has the same verdict in both.
//!
//! Frames are `tungstenite`'s, driven by tokio's sockets without a task or a channel between a step and the network: a message
//! goes out within the call that sends it. `tokio-tungstenite` shares that code and adds a waker of its own on each side.
//! Compression stands between the two, in [`deflate`]. `fastwebsockets` leaves closing to the caller and writes only from an async task.

mod clock;
mod deflate;
mod effort;
mod handshake;
mod http;
mod io;
mod link;
mod net;
mod socket;
mod talk;
mod world;

pub use effort::Effort;
pub use net::{NetOptions, Reason};
pub use socket::NativeSocket;
pub use world::NativeWorld;
