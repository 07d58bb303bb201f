//! Running a suite.
mod bell;
mod inbox;
mod lane;
mod waiter;
