//! The cases, each a function that measures and gives lines of the table.

pub mod crowd;
pub mod engine;
pub mod flood;
pub mod journal;
pub mod life;
pub mod lighthouse;
pub mod peers;
pub mod redraw;
pub mod servers;
pub mod trips;
