//! The faults as the page shows them: toxics, their settings, presets, and the links that have them.

pub mod knob;
pub mod link;
pub mod links;
pub mod preset;
pub mod round_trips;
pub mod setting;
pub mod toxic;
