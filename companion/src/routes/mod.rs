//! What each WebSocket path does. One file a path; [`Practice`] holds what they share.
//!
//! **Invariant:** a route knows messages and users, never frames or HTTP beyond its query.

pub mod census;
pub mod echo;
pub mod practice;

pub use practice::Practice;
