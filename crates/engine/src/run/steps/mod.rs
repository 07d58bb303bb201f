//! The steps of a check: one executor for each verb.
//!
//! Each takes its [`StepContext`](super::context::step::StepContext) by reference and does one thing; `execute` dispatches.
//! It refuses to judge a check; that is in `outcome`.

mod alone;
mod at_end;
mod attempt;
mod capture;
mod close;
mod compare;
mod connect;
mod connection;
pub(super) mod execute;
mod expectation;
mod http;
mod messages;
mod missed;
mod multipart;
mod pause;
mod ping;
mod ramp;
mod repeat;
mod resolve;
mod rounds;
mod targets;
mod until;
