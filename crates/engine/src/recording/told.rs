//! The words that stand in the log for the events of a connection's life.

use crate::base::close;

/// Of a handshake that was started.
pub fn connecting(url: &str, offered: &[String]) -> String {
    if offered.is_empty() { url.to_owned() } else { format!("{url} offering {}", offered.join(", ")) }
}

/// What is added to the words of a handshake that was started by relay.
pub const BY_RELAY: &str = " by relay";

/// Of a handshake that was done; empty when nothing was agreed on.
pub fn opened(protocol: &str, extensions: &str) -> String {
    let agreed: Vec<&str> = [protocol, extensions].into_iter().filter(|it| !it.is_empty()).collect();
    agreed.join(" · ")
}

/// Of a connection that has ended.
pub fn closed(code: u16, reason: &str) -> String {
    let content = format!("{code} {}: {reason}", close::meaning(code));
    content.trim_end_matches([' ', ':']).to_owned()
}

/// Of a close that we asked for.
pub fn closing(code: u16, reason: &str) -> String {
    format!("{code} {reason}").trim_end().to_owned()
}
