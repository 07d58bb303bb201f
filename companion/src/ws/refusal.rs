//! The body of an HTTP answer that does not open a WebSocket: read up to a bound of bytes and of time.
//!
//! Owns where such a body ends: by its length, by its chunks, or with the connection. **Invariant:** no more bytes are kept than
//! asked for, whatever the server sends.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

use super::conn::Conn;
use super::upgrade::names;

/// A body, or its beginning.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What was read of it, at most as much as was asked for.
    pub bytes: Bytes,
    /// Whether more of it was to come.
    pub is_cut: bool,
}

/// Reads at most this many bytes of a body until then; `read` is what came along with its head.
pub async fn read_body(
    conn: &mut Conn,
    (status, headers): (StatusCode, &HeaderMap),
    mut read: BytesMut,
    most: usize,
    until: Instant,
) -> Body {
    // RFC 9112, section 6.3: these have none.
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Body::default();
    }
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let is_chunked = names(headers, header::TRANSFER_ENCODING, "chunked");
    let wanted = length.map_or(most as u64 + 1, |length| length.min(most as u64 + 1));
    let is_last = |read: &[u8]| is_chunked && read.ends_with(b"0\r\n\r\n") && unchunked(read).1;
    let mut has_ended = length == Some(0) || is_last(&read);
    while (read.len() as u64) < wanted && !has_ended {
        match timeout_at(until, conn.read_buf(&mut read)).await {
            Ok(Ok(1..)) => has_ended = is_last(&read),
            Ok(_) => {
                has_ended = true;
                break;
            }
            Err(_) => break,
        }
    }
    let (mut body, is_whole) = match (is_chunked, length) {
        (true, _) => unchunked(&read),
        (false, Some(length)) => (read.to_vec(), read.len() as u64 >= length),
        (false, None) => (read.to_vec(), has_ended),
    };
    let is_cut = body.len() > most || !is_whole;
    body.truncate(most);
    Body { bytes: body.into(), is_cut }
}

/// The chunks of a body that has come as far as this, joined, and whether the last one has come.
fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).ok().and_then(|it| it.split(';').next());
        let Some(size) = size.and_then(|it| usize::from_str_radix(it.trim(), 16).ok()) else { break };
        rest = &rest[line + 2..];
        let part = &rest[..size.min(rest.len())];
        body.extend_from_slice(part);
        if size == 0 {
            return (body, true);
        }
        if rest.len() < size.saturating_add(2) {
            break;
        }
        rest = &rest[size + 2..];
    }
    (body, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_as_far_as_they_came() {
        let check = |bytes: &[u8], body: &[u8], is_whole| {
            assert_eq!(unchunked(bytes), (body.to_vec(), is_whole), "{}", bytes.escape_ascii());
        };
        check(b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", b"hello world", true);
        check(b"5\r\nhello\r\nff\r\n wor", b"hello wor", false);
        check(b"9\r\nnot 0\r\n\r\n", b"not 0\r\n\r\n", false);
        check(b"no size\r\n", b"", false);
        check(b"ffffffffffffffff\r\nx", b"x", false);
    }
}
