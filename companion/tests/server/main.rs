//! The practice server with real clients over real sockets. Every test starts a server of its own on a free port.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, and not what they call")]

mod page_files;

mod agent;
mod answers;
mod api;
mod closing;
mod echo;
mod events;
mod fault;
mod folder;
mod follow;
mod fragments;
mod gate;
mod held;
mod jobs;
mod limits;
mod opened;
mod page;
mod plain;
mod probe;
mod protocol;
mod proxy;
mod relay;
mod rooms;
mod shutdown;
mod tls;
