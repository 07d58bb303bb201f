//! The command `sockscope`: the page, a WebSocket server to practise on with its API, and suites run headless.
//!
//! A frame's journey: [`server`] accepts a connection and runs HTTP on it, [`web`] lets the request pass or refuses it
//! and serves the page and the API, [`routes`] turn it into a WebSocket ([`ws`]) and decide the answers.
//!
//! An arrow points down only: `cli → monitor → check → native → server → web → routes → ws`; `beside`, [`causes`], [`config`], [`destination`], [`folder`], [`log`], [`lsp`], [`origin`], [`suites`] and [`tasks`]
//! are below them all. [`check`] runs suites in a browser that it starts, or by [`native`] without one. What a client can make the server keep is bounded by [`config::Limits`].
#![warn(missing_docs)]

mod beside;
pub mod causes;
pub mod check;
pub mod cli;
pub mod config;
pub mod destination;
pub mod folder;
pub mod log;
pub mod lsp;
pub mod monitor;
pub mod native;
pub mod origin;
pub mod routes;
pub mod server;
pub mod sessions;
pub mod suites;
pub mod tasks;
pub mod web;
pub mod ws;

pub use config::Config;
pub use server::{Running, Server};
