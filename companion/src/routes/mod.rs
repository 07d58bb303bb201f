//! What each WebSocket path does, in a file or folder for each path; [`Practice`] holds what they share.
//!
//! [`fault`] and [`proxy`] share what they do to messages: [`faulty_link`], [`dice`] and [`damage`].
//!
//! **Invariant:** a route knows messages, users and its query, never frames or HTTP. Only [`proxy`] and [`relay`] know frames.

pub mod agent;
pub mod census;
pub mod damage;
pub mod dice;
pub mod echo;
pub mod error_reply;
pub mod events;
pub mod fault;
pub mod faulty_link;
pub mod follow;
pub mod fragments;
pub mod jobs;
pub mod offers;
pub mod plain;
pub mod practice;
pub mod priority;
pub mod proxy;
pub mod query;
pub mod recordings;
pub mod relay;
pub mod rooms;
pub mod route_request;
pub mod sessions;

pub use practice::Practice;
