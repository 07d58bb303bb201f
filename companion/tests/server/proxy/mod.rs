//! `/ws/proxy` and `/api/proxy`.

mod api;
mod churn;
mod door;
mod ends;
mod faults;
mod passing;
mod target;
