//! `/ws/proxy` and `/api/proxy`.

mod api;
mod door;
mod ends;
mod faults;
mod passing;
