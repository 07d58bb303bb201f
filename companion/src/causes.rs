//! An error with all its causes, in one line, and what the operating system says in plain words.

use std::error::Error;
use std::io;
use std::iter::successors;

/// The error and its causes, the outermost first. So a message never says its cause itself.
pub fn causes(error: &dyn Error) -> String {
    let all = successors(Some(error), |&error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Why a file cannot be read, without the number of the error.
pub fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: the system allows it to others only".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder; expected a file".to_owned(),
        _ => {
            let words = error.to_string();
            let plain = words.split(" (os error").next().unwrap_or_default();
            format!("cannot be read: {plain}")
        }
    }
}
