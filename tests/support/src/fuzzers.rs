//! What each fuzzer does with its bytes.

use crate::hostile::{claims, grown, kept};

/// The bytes are the text of a suite.
pub fn suite_parse(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(claims::suite_parse(text));
    }
}

/// The bytes are a text with placeholders.
pub fn template(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        claims::template(text);
    }
}

/// The bytes are a matcher or a JSONPath, a zero, and a message.
pub fn matcher_message(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (spec, message) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    claims::matcher_message(spec, message);
}

/// The bytes are the choices of a server and of a suite.
pub fn run_suite(bytes: &[u8]) {
    claims::run_suite(bytes);
}

/// The same, and the bytes stand in the report as well, which is written in every form.
pub fn report_forms(bytes: &[u8]) {
    claims::report_forms(bytes);
}

/// The bytes are the text of a suite and those of the files beside it, with a zero before each.
pub fn suite_files(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        grown::suite_files(&text.split('\0').collect::<Vec<_>>());
    }
}

/// The bytes are a framing, a zero, and a stream.
pub fn framing(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    grown::framing(parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
}

/// The bytes are a file of a session: JSON Lines, HAR or CSV.
pub fn session_read(bytes: &[u8]) {
    kept::session_read(bytes);
}

/// The bytes are files of the journal, and the choices of a session that is written and damaged.
pub fn journal_read(bytes: &[u8]) {
    kept::journal_read(bytes);
}
