//! What `serve` and `record` have in common: they serve until a signal comes.
//!
//! Owns why that ends before it was asked to, and with which exit code.

use std::io;
use std::net::IpAddr;

use super::{Exit, complain, on_all_cores};
use crate::folder::OpenError;
use crate::server::StartError;

/// Why serving ends before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServingError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Folder(#[from] OpenError),
    #[error(
        "--dir and --seed need a --host that only this machine reaches, such as 127.0.0.1; {0} is another"
    )]
    Reachable(IpAddr),
    #[error("cannot print where the server is")]
    Print(#[source] io::Error),
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("{0}: cannot be written: {1}")]
    Unwritten(String, io::Error),
}

/// Serves on all cores, and says what went wrong.
pub fn until_it_ends(serving: impl Future<Output = Result<(), ServingError>>) -> Exit {
    match on_all_cores(ServingError::Runtime, serving) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Environment
        }
    }
}
