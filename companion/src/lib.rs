//! The practice server behind the command `sockscope`: the page, a WebSocket server to practise on, and an API.
//!
//! A frame's journey: [`server`] accepts a connection and runs HTTP on it, [`web`] lets the request pass or refuses it
//! and answers pages and the API, [`routes`] turn it into a WebSocket ([`ws`]) and decide what is answered.
//!
//! An arrow points down only: `cli → server → web → routes → ws`; [`config`], [`origin`] and [`tasks`] are below them
//! all. What a client can make the server keep is bounded by [`config::Limits`].
#![warn(missing_docs)]

pub mod cli;
pub mod config;
pub mod origin;
pub mod routes;
pub mod server;
pub mod tasks;
pub mod web;
pub mod ws;

pub use config::Config;
pub use server::{Running, Server};
