//! What comes from a server, with its compressed frames inflated.
//!
//! Owns the place in the stream. Each frame stays a frame, in its order and with its final bit: control frames between fragments, and
//! whatever breaks the protocol, reach the judge above as they were sent.

use std::io;

use bytes::{Buf, BytesMut};
use flate2::{Decompress, FlushDecompress, Status};

use super::{Agreed, DeflateError, TAIL};
use crate::ws::frame::{Outline, put_outline};

/// Bytes of a message when it is inflated; a few thousand may stand for gigabytes.
pub(in crate::native) const LARGEST: usize = 64 << 20;
/// What is read at once, and the least room for what is inflated.
const CHUNK: usize = 4096;
/// The bit of a first frame whose message is compressed.
const RSV1: u8 = 0x40;
/// The first byte of a frame without its final bit.
const WITHOUT_FINAL: u8 = 0x7f;

/// A stream of frames on its way in.
pub(in crate::native) struct Inflating {
    agreed: Agreed,
    /// As it came, and what can be read of it.
    raw: BytesMut,
    ready: BytesMut,
    /// Payload bytes of the frame that passes as it is.
    left: u64,
    /// Bytes so far of the compressed message that is under way.
    message: Option<usize>,
    stream: Option<Decompress>,
}

impl Inflating {
    pub(super) fn new(agreed: Agreed, early: &[u8]) -> Self {
        let (raw, ready) = (BytesMut::from(early), BytesMut::new());
        Self { agreed, raw, ready, left: 0, message: None, stream: None }
    }

    /// Reads what `more` reads, inflated.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        mut more: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        while self.ready.is_empty() {
            if self.advance().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
                continue;
            }
            let mut chunk = [0; CHUNK];
            match more(&mut chunk)? {
                // The rest of a frame that never came whole: the judge above sees that it ends within one.
                0 if !self.raw.is_empty() => self.ready = self.raw.split(),
                0 => return Ok(0),
                read => self.raw.extend_from_slice(&chunk[..read]),
            }
        }
        let taken = self.ready.len().min(buffer.len());
        self.ready.copy_to_slice(&mut buffer[..taken]);
        // A message may have been large, and there are many connections.
        if self.ready.is_empty() {
            self.ready = BytesMut::new();
        }
        Ok(taken)
    }

    /// Makes something ready; false where more has to come first.
    fn advance(&mut self) -> Result<bool, DeflateError> {
        if self.left > 0 {
            let now = self.left.min(self.raw.len() as u64);
            self.left -= now;
            self.ready = self.raw.split_to(now as usize);
            return Ok(now > 0);
        }
        let Some(outline) = Outline::parse(&self.raw) else { return Ok(false) };
        let begins = matches!(outline.first & WITHOUT_FINAL, 0x41 | 0x42) && self.message.is_none();
        let continues = outline.first & WITHOUT_FINAL == 0 && self.message.is_some();
        // A server masks nothing; what it sends in spite of that is not read, as the judge above refuses it.
        if outline.mask.is_some() || !(begins || continues) {
            self.ready = self.raw.split_to(outline.size);
            self.left = outline.len;
            return Ok(true);
        }
        if outline.len > LARGEST as u64 {
            return Err(DeflateError::TooLarge);
        }
        let whole = outline.size + outline.len as usize;
        if self.raw.len() < whole {
            return Ok(false);
        }
        let frame = self.raw.split_to(whole);
        let payload = self.inflated(&frame[outline.size..], outline.is_final())?;
        put_outline(&mut self.ready, outline.first & !RSV1, payload.len());
        self.ready.extend_from_slice(&payload);
        Ok(true)
    }

    /// The payload of the next frame of a compressed message.
    fn inflated(&mut self, payload: &[u8], is_final: bool) -> Result<Vec<u8>, DeflateError> {
        let room = LARGEST - self.message.unwrap_or(0);
        let mut out = Vec::new();
        let stream = self
            .stream
            .get_or_insert_with(|| Decompress::new_with_window_bits(false, self.agreed.other_window()));
        inflate(stream, payload, &mut out, room)?;
        if is_final {
            inflate(stream, &TAIL, &mut out, room)?;
            if !self.agreed.keeps_other_context {
                stream.reset(false);
            }
        }
        self.message = (!is_final).then_some(LARGEST - room + out.len());
        Ok(out)
    }
}

/// Appends what `input` stands for, at most `room` bytes in all.
fn inflate(
    stream: &mut Decompress,
    mut input: &[u8],
    out: &mut Vec<u8>,
    room: usize,
) -> Result<(), DeflateError> {
    while !input.is_empty() || out.len() == out.capacity() {
        // No more than one byte beyond the limit is ever made.
        out.reserve_exact(out.len().max(CHUNK).min(room + 1 - out.len()));
        let (read, made) = (stream.total_in(), out.len());
        let status = stream
            .decompress_vec(input, out, FlushDecompress::Sync)
            .map_err(|error| DeflateError::Malformed(error.to_string()))?;
        input = &input[(stream.total_in() - read) as usize..];
        if out.len() > room {
            return Err(DeflateError::TooLarge);
        }
        match status {
            // A sender may end its stream within a message (RFC 7692, section 7.2.3.5); what follows is a new one.
            Status::StreamEnd => stream.reset(false),
            Status::Ok | Status::BufError if input.is_empty() && out.len() < out.capacity() => break,
            Status::BufError if out.len() == made => {
                return Err(DeflateError::Malformed("it ends within a block".to_owned()));
            }
            Status::Ok | Status::BufError => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    /// A server's stream, with its context.
    struct Server(Compress);

    impl Server {
        fn new() -> Self {
            Self(Compress::new(Compression::default(), false))
        }

        fn deflated(&mut self, text: &[u8]) -> Vec<u8> {
            let mut out = Vec::with_capacity(text.len() + 100);
            self.0.compress_vec(text, &mut out, FlushCompress::Sync).expect("a stream");
            out.truncate(out.len() - TAIL.len());
            out
        }
    }

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        put_outline(&mut out, first, payload.len());
        [&out, payload].concat()
    }

    /// All that comes out of a stream that comes in chunks of this size, and why it ended before.
    fn read(answer: &str, stream: &[u8], chunk: usize) -> (Vec<u8>, Option<String>) {
        let agreed = Agreed::read(answer).expect("an answer");
        let mut chunks = stream.chunks(chunk);
        let mut inflating = Inflating::new(agreed, chunks.next().unwrap_or_default());
        let (mut all, mut buffer) = (Vec::new(), [0; 50]);
        loop {
            let more = |into: &mut [u8]| {
                let next = chunks.next().unwrap_or_default();
                into[..next.len()].copy_from_slice(next);
                Ok(next.len())
            };
            match inflating.read(&mut buffer, more) {
                Ok(0) => return (all, None),
                Ok(read) => all.extend_from_slice(&buffer[..read]),
                Err(error) => return (all, DeflateError::of(&error).map(ToString::to_string)),
            }
        }
    }

    #[track_caller]
    fn check(answer: &str, stream: &[u8], expected: &[u8]) {
        for chunk in [1, 2, 3, 7, 100, CHUNK] {
            assert_eq!(read(answer, stream, chunk), (expected.to_vec(), None), "in chunks of {chunk}");
        }
    }

    #[test]
    fn frames_are_inflated_one_by_one_and_all_else_passes() {
        let mut server = Server::new();
        let (first, second) = (server.deflated(b"hello hello hello"), server.deflated(b"hello again"));
        let (start, rest) = second.split_at(4);
        let stream = [
            frame(0xc1, &first),
            frame(0x89, b"ping"),
            frame(0x42, start),
            frame(0x8a, b"pong"),
            frame(0x80, rest),
            frame(0x81, b"as it is"),
            frame(0x02, b"two "),
            frame(0x80, b"parts"),
            frame(0x88, &[0x03, 0xe8]),
        ]
        .concat();
        let (out, error) = read("permessage-deflate", &stream, 1);
        assert_eq!(error, None);
        // How much of a message comes out of its first half is the stream's business.
        let begins = [frame(0x81, b"hello hello hello"), frame(0x89, b"ping")].concat();
        let ends = [
            frame(0x81, b"as it is"),
            frame(0x02, b"two "),
            frame(0x80, b"parts"),
            frame(0x88, &[0x03, 0xe8]),
        ]
        .concat();
        assert!(out.starts_with(&begins) && out.ends_with(&ends), "{out:x?}");
        let middle = &out[begins.len()..out.len() - ends.len()];
        let head = usize::from(middle[1]);
        assert_eq!((middle[0], &middle[2 + head..8 + head]), (0x02, &frame(0x8a, b"pong")[..]));
        assert_eq!(middle[8 + head], 0x80);
        assert_eq!([&middle[2..2 + head], &middle[10 + head..]].concat(), b"hello again");
        check("permessage-deflate", &stream, &out);
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        let hello = frame(0x81, b"Hello");
        let first = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
        let twice = [&hello[..], &hello[..]].concat();
        check("permessage-deflate", &[frame(0xc1, &first), frame(0xc1, &again)].concat(), &twice);
        let fresh = "permessage-deflate; server_no_context_takeover";
        check(fresh, &[frame(0xc1, &first), frame(0xc1, &first)].concat(), &twice);
        // A block without compression, a stream that ends, two blocks, an empty message.
        check(
            "permessage-deflate",
            &frame(0xc1, &[0, 5, 0, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0]),
            &hello,
        );
        check("permessage-deflate", &frame(0xc1, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0]), &hello);
        let blocks = [0xf2, 0x48, 0x05, 0, 0, 0, 0xff, 0xff, 0xca, 0xc9, 0xc9, 7, 0];
        check("permessage-deflate", &frame(0xc1, &blocks), &hello);
        check("permessage-deflate", &frame(0xc1, &[0]), &frame(0x81, b""));
    }

    #[test]
    fn what_breaks_the_protocol_reaches_the_judge() {
        let compressed = Server::new().deflated(b"one");
        for stream in [
            // Compressed within a message, a second message within one, a mask, another bit, a control frame with the bit.
            [frame(0x01, b"one"), frame(0xc0, &compressed)].concat(),
            [frame(0x01, b"one"), frame(0xa1, &compressed)].concat(),
            [vec![0xc1, 0x80 | 3, 1, 2, 3, 4], b"abc".to_vec()].concat(),
            frame(0xe1, &compressed),
            frame(0xc9, b"ping"),
            // It ends within a frame, and within a head.
            frame(0xc1, &compressed)[..4].to_vec(),
            vec![0xc1],
        ] {
            check("permessage-deflate", &stream, &stream);
        }
    }

    #[test]
    fn what_is_no_stream_is_told() {
        let stream = frame(0xc1, &[0xff; 20]);
        let (out, error) = read("permessage-deflate", &stream, CHUNK);
        assert_eq!(out, b"");
        assert!(error.as_ref().is_some_and(|it| it.contains("cannot be inflated")), "{error:?}");
    }

    #[test]
    fn a_small_message_that_stands_for_much_is_refused_in_one_frame_or_many() {
        let mut server = Server::new();
        let half = vec![0; LARGEST / 2];
        let (one, two) = (server.deflated(&half), server.deflated(&half));
        let whole = [frame(0x42, &[&one[..], &TAIL].concat()), frame(0x80, &two)].concat();
        let (out, error) = read("permessage-deflate", &whole, CHUNK);
        assert_eq!(error, None);
        assert!(out.len() > LARGEST && whole.len() < LARGEST / 500, "{} {}", out.len(), whole.len());
        let more = server.deflated(b"!");
        let beyond = [&one[..], &TAIL, &two, &TAIL, &more].concat();
        let frames = [
            frame(0x42, &[&one[..], &TAIL].concat()),
            frame(0, &[&two[..], &TAIL].concat()),
            frame(0x80, &more),
        ];
        for stream in [frame(0xc2, &beyond), frames.concat()] {
            let (_, error) = read("permessage-deflate", &stream, CHUNK);
            assert!(error.as_ref().is_some_and(|it| it.contains("more than 64 MiB")), "{error:?}");
        }
        let long = [&[0xc2, 127][..], &(LARGEST as u64 + 1).to_be_bytes()].concat();
        let (_, error) = read("permessage-deflate", &long, CHUNK);
        assert!(error.is_some_and(|it| it.contains("more than 64 MiB")));
    }
}
