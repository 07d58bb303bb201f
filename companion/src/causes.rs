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
        // What we say ourselves says more than its kind.
        _ if error.get_ref().is_some() => format!("cannot be read: {error}"),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: the system allows it to others only".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder; expected a file".to_owned(),
        _ => format!("cannot be read: {}", plain(&error.to_string())),
    }
}

/// Why a server gave no answer, without the number of the error.
pub fn unanswered(error: &(dyn Error + 'static)) -> String {
    let is_refusal = |error: &(dyn Error + 'static)| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    };
    match successors(Some(error), |&error| error.source()).any(is_refusal) {
        true => "the connection was refused; no process listens there".to_owned(),
        false => plain(&causes(error)).to_owned(),
    }
}

/// The words of the operating system.
fn plain(words: &str) -> &str {
    words.split(" (os error").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_and_one_of_which_we_know_more() {
        assert_eq!(unread(&io::Error::from_raw_os_error(2)), "no such file");
        let outside = io::Error::new(io::ErrorKind::PermissionDenied, "it lies outside");
        assert_eq!(unread(&outside), "cannot be read: it lies outside");
        assert_eq!(unread(&io::Error::from_raw_os_error(5)), "cannot be read: Input/output error");
    }

    #[test]
    fn a_port_on_which_no_process_listens() {
        #[derive(Debug, thiserror::Error)]
        #[error("error sending request")]
        struct Sending(#[source] io::Error);
        let refused = Sending(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(unanswered(&refused), "the connection was refused; no process listens there");
        let reset = Sending(io::Error::from_raw_os_error(104));
        assert_eq!(unanswered(&reset), "error sending request: Connection reset by peer");
    }
}
