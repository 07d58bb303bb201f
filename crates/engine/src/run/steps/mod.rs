//! The steps of a check: the action of each verb.
//!
//! Owns how a step is executed and how blocks of steps nest. It refuses to judge a check; that is in `outcome`.

pub(super) mod attempt;
pub(super) mod connect;
pub(super) mod execute;
pub(super) mod expectation;
pub(super) mod http;
pub(super) mod messages;
pub(super) mod repeat;
pub(super) mod targets;
