//! An error with all its causes, in one line.

use std::error::Error;
use std::iter::successors;

/// The error and its causes, the outermost first. So a message never says its cause itself.
pub fn causes(error: &dyn Error) -> String {
    let all = successors(Some(error), |&error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
