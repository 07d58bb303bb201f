//! What each WebSocket path does. One file a path; [`Practice`] holds what they share.
//!
//! **Invariant:** a route knows messages, users and its query, never frames or HTTP. Only [`proxy`] knows frames.

pub mod agent;
pub mod census;
pub mod damage;
pub mod dice;
pub mod echo;
pub mod error_reply;
pub mod events;
pub mod fault;
pub mod faulty_link;
pub mod fragments;
pub mod plain;
pub mod practice;
pub mod priority;
pub mod proxy;
pub mod query;
pub mod rooms;
pub mod route_request;

pub use practice::Practice;
