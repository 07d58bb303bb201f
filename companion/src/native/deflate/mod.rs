//! `permessage-deflate` (RFC 7692) beneath `tungstenite`, which has no extensions and refuses frames with RSV1.
//!
//! Owns what a handshake agreed on ([`agreed`]), what is made of messages that go out, and of frames that come ([`inflating`]). It refuses
//! to judge the protocol: a frame comes out as a frame, so `tungstenite` judges as it does without compression.
//! The streams are `flate2`'s, by `zlib-rs`, which knows windows of other sizes and keeps a context between messages.

mod agreed;
mod inflating;

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};

pub(super) use agreed::Agreed;
pub(super) use inflating::{Inflating, LARGEST};

/// What a sender leaves out at the end of each message (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// A message without content (section 7.2.3.6).
const EMPTY: [u8; 1] = [0];
/// What the smallest messages need.
const LEAST: usize = 64;

/// Why a message that came cannot be inflated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum DeflateError {
    /// A few bytes may stand for gigabytes.
    #[error("a compressed message has more than {} MiB when it is inflated, and no more are taken", LARGEST >> 20)]
    TooLarge,
    /// Not what a sender of this extension makes.
    #[error("a compressed message cannot be inflated: {0}")]
    Malformed(String),
}

impl DeflateError {
    /// The reason of an error that went through `tungstenite`.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// The extension on one connection. Its streams begin with the first message of their direction, since each takes memory.
pub(super) struct Deflate {
    agreed: Agreed,
    stream: Option<Compress>,
    /// What comes.
    pub inflating: Inflating,
}

impl Deflate {
    /// As agreed; `early` came right behind the handshake.
    pub fn new(agreed: Agreed, early: &[u8]) -> Self {
        Self { agreed, stream: None, inflating: Inflating::new(agreed, early) }
    }

    /// A message as it goes out. None where it goes out as it is: `zlib` makes no streams with the smallest window.
    pub fn deflated(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let bits = self.agreed.own_window()?;
        if payload.is_empty() {
            return Some(EMPTY.to_vec());
        }
        let new = || Compress::new_with_window_bits(Compression::default(), false, bits);
        let stream = self.stream.get_or_insert_with(new);
        let before = stream.total_in();
        let mut out = Vec::with_capacity(payload.len() / 2 + LEAST);
        loop {
            let at = (stream.total_in() - before) as usize;
            let status = stream
                .compress_vec(&payload[at..], &mut out, FlushCompress::Sync)
                .expect("a stream that is not finished takes more");
            let is_done = (stream.total_in() - before) as usize == payload.len();
            // Room that is left says that all has come out.
            if is_done && (out.len() < out.capacity() || status == Status::BufError) {
                break;
            }
            out.reserve(out.len().max(LEAST));
        }
        debug_assert!(out.ends_with(&TAIL), "a flush ends with an empty block");
        out.truncate(out.len() - TAIL.len());
        if !self.agreed.keeps_own_context {
            stream.reset();
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(answer: &str) -> Agreed {
        Agreed::read(answer).expect("an answer that fits the offer")
    }

    /// What a server with this extension hears of a message of ours.
    fn heard(deflate: &mut Deflate, server: &mut flate2::Decompress, payload: &[u8]) -> Vec<u8> {
        let mut sent = deflate.deflated(payload).expect("it is compressed");
        sent.extend_from_slice(&TAIL);
        let mut out = Vec::with_capacity(payload.len() + 100);
        server.decompress_vec(&sent, &mut out, flate2::FlushDecompress::Sync).expect("a stream");
        out
    }

    #[test]
    fn messages_of_any_size_are_inflated_by_the_other_side() {
        for answer in [
            "permessage-deflate",
            "permessage-deflate; client_no_context_takeover",
            "permessage-deflate; client_max_window_bits=9",
        ] {
            let (mut deflate, mut server) =
                (Deflate::new(agreed(answer), &[]), flate2::Decompress::new(false));
            let noise: Vec<u8> =
                (0..100_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            for payload in [&b"hello"[..], b"", b"", b"hello", &noise, &noise[..1], &[7; 300_000]] {
                assert_eq!(heard(&mut deflate, &mut server, payload), payload, "{answer}");
            }
        }
    }

    #[test]
    fn a_context_that_is_kept_makes_the_second_message_short() {
        let text = b"the quick brown fox jumps over the lazy dog";
        let mut sizes =
            ["permessage-deflate", "permessage-deflate; client_no_context_takeover"].map(|answer| {
                let mut deflate = Deflate::new(agreed(answer), &[]);
                [(); 2].map(|()| deflate.deflated(text).expect("it is compressed").len())
            });
        let [[kept, kept_again], [fresh, fresh_again]] = &mut sizes;
        assert!(kept_again < kept, "{kept_again} {kept}");
        assert_eq!((&fresh, &fresh_again), (&kept, &fresh));
    }

    #[test]
    fn the_smallest_window_sends_messages_as_they_are() {
        let mut deflate = Deflate::new(agreed("permessage-deflate; client_max_window_bits=8"), &[]);
        assert_eq!(deflate.deflated(b"hello"), None);
    }
}
