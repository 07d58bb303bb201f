//! Finds the edges of frames and messages in a stream of bytes, of either side, and changes nothing.
//!
//! It owns the bytes that were read and not passed on. It refuses to know what frames mean, and judges none: what breaks the
//! protocol passes like everything else.
//!
//! **Invariant:** the bytes that come out are those that went in, in their order but for a control frame in the middle of a
//! message that is waited for, which goes first.

use bytes::{Bytes, BytesMut};

use super::frame::Outline;

/// What a stream is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// All frames of a message.
    Message {
        /// As they are on the wire.
        wire: Bytes,
        /// Whether the message is a text.
        is_text: bool,
    },
    /// A control frame.
    Control {
        /// As it is on the wire.
        wire: Bytes,
        /// Whether it is a close frame.
        is_close: bool,
    },
    /// Some of the bytes of a message that is not waited for: it had begun before, or is too large.
    Piece(Bytes),
}

/// A stream of frames, taken apart.
#[derive(Debug, Default)]
pub struct Splitter {
    read: BytesMut,
    /// Bytes of `read` that are whole frames of a message that is waited for.
    whole: usize,
    /// Whether the message that is waited for is a text.
    is_text: bool,
    /// Payload bytes, not read yet or at the start of `read`, of the frame that is being passed on.
    left: u64,
    /// Whether some frames of a message are passed on and its last one is not.
    is_mid_message: bool,
    messages: u64,
    payload: u64,
}

impl Splitter {
    /// Where the next bytes are to be put.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.read
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.read.len()
    }

    /// Whole messages so far, and those whose last frame is being passed on.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Payload bytes of data frames whose heads have been seen.
    pub fn payload(&self) -> u64 {
        self.payload
    }

    /// Whether a control frame could be put in here.
    pub fn is_between_frames(&self) -> bool {
        self.left == 0
    }

    /// Whether all that was passed on is whole messages.
    pub fn is_between_messages(&self) -> bool {
        self.left == 0 && !self.is_mid_message
    }

    /// Everything that is there, but for a head that is not complete.
    pub fn pass(&mut self) -> Option<Bytes> {
        self.advance(false)
    }

    /// The next unit. A message is waited for until all of it is there, unless it has more than `most` bytes.
    pub fn next(&mut self, most: usize) -> Option<Unit> {
        if !self.is_between_messages() {
            return self.advance(true).map(Unit::Piece);
        }
        loop {
            let outline = Outline::parse(&self.read[self.whole..])?;
            let size = (outline.size as u64).saturating_add(outline.len);
            if (self.whole as u64).saturating_add(size) > most as u64 {
                self.whole = 0;
                return self.advance(true).map(Unit::Piece);
            }
            if ((self.read.len() - self.whole) as u64) < size {
                return None;
            }
            let size = size as usize;
            if outline.is_control() {
                return Some(self.take_control(outline, size));
            }
            if self.whole == 0 {
                self.is_text = outline.is_text();
            }
            self.whole += size;
            self.payload += outline.len;
            if outline.is_final() {
                self.messages += 1;
                let wire = self.read.split_to(std::mem::take(&mut self.whole)).freeze();
                return Some(Unit::Message { wire, is_text: self.is_text });
            }
        }
    }

    fn take_control(&mut self, outline: Outline, size: usize) -> Unit {
        if outline.is_close() && self.whole > 0 {
            // The rest of that message will not come.
            return Unit::Piece(self.read.split_to(std::mem::take(&mut self.whole)).freeze());
        }
        let mut from_here = self.read.split_off(self.whole);
        let wire = from_here.split_to(size).freeze();
        self.read.unsplit(from_here);
        Unit::Control { wire, is_close: outline.is_close() }
    }

    /// What is left when the stream has ended.
    pub fn rest(&mut self) -> Bytes {
        self.whole = 0;
        self.read.split().freeze()
    }

    /// Takes bytes off the front as they are, up to the end of a message if that is wanted.
    fn advance(&mut self, to_edge: bool) -> Option<Bytes> {
        // Frames that were counted while their message was waited for are not counted again.
        let counted = std::mem::take(&mut self.whole);
        let mut end = 0;
        loop {
            let now = self.left.min((self.read.len() - end) as u64);
            end += now as usize;
            self.left -= now;
            if self.left > 0 || (to_edge && end > 0 && self.is_between_messages()) {
                break;
            }
            let Some(outline) = Outline::parse(&self.read[end..]) else { break };
            if !outline.is_control() {
                self.is_mid_message = !outline.is_final();
                self.messages += u64::from(outline.is_final());
                if end >= counted {
                    self.payload += outline.len;
                }
            }
            end += outline.size;
            self.left = outline.len;
        }
        (end > 0).then(|| self.read.split_to(end).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unmasked frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..=125 => bytes.push(len as u8),
            len => {
                bytes.push(126);
                bytes.extend_from_slice(&(len as u16).to_be_bytes());
            }
        }
        bytes.extend_from_slice(payload);
        bytes
    }

    fn message(frames: &[Vec<u8>], is_text: bool) -> Unit {
        Unit::Message { wire: Bytes::from(frames.concat()), is_text }
    }

    fn control(wire: Vec<u8>) -> Unit {
        let is_close = wire[0] == 0x88;
        Unit::Control { wire: Bytes::from(wire), is_close }
    }

    /// The units of a stream that comes in chunks of this size.
    fn units(stream: &[u8], chunk: usize, most: usize) -> Vec<Unit> {
        let mut splitter = Splitter::default();
        let mut units = Vec::new();
        for chunk in stream.chunks(chunk) {
            splitter.buffer().extend_from_slice(chunk);
            units.extend(std::iter::from_fn(|| splitter.next(most)));
        }
        assert_eq!(splitter.waiting(), 0);
        units
    }

    #[track_caller]
    fn check(stream: &[Vec<u8>], expected: &[Unit]) {
        let stream = stream.concat();
        for chunk in [1, 2, 3, 7, 100, stream.len()] {
            assert_eq!(units(&stream, chunk, 10_000), expected, "in chunks of {chunk}");
        }
    }

    #[test]
    fn messages_are_whole_however_they_come() {
        let (a, b, c) = (frame(0x81, b"a"), frame(0x82, &[7; 300]), frame(0x81, b""));
        check(
            &[a.clone(), b.clone(), c.clone()],
            &[message(&[a], true), message(&[b], false), message(&[c], true)],
        );
    }

    #[test]
    fn frames_of_a_message_stay_frames() {
        let parts = [frame(0x01, b"one "), frame(0x00, b"two "), frame(0x80, b"three")];
        check(&parts, &[message(&parts, true)]);
    }

    #[test]
    fn a_ping_within_a_message_goes_first() {
        let (begin, ping, end) = (frame(0x02, b"x"), frame(0x89, b"?"), frame(0x80, b"y"));
        check(&[begin.clone(), ping.clone(), end.clone()], &[control(ping), message(&[begin, end], false)]);
    }

    #[test]
    fn a_close_within_a_message_comes_after_what_there_was_of_it() {
        let (begin, close) = (frame(0x02, b"x"), frame(0x88, b""));
        check(&[begin.clone(), close.clone()], &[Unit::Piece(Bytes::from(begin)), control(close)]);
    }

    #[test]
    fn a_message_that_is_too_large_passes_in_pieces_and_the_next_one_is_whole() {
        let large = [frame(0x02, &[1; 60]), frame(0x80, &[2; 60])].concat();
        let small = frame(0x81, b"next");
        let stream = [large.clone(), small.clone()].concat();
        for chunk in [1, 10, 64, 1000] {
            let mut units = units(&stream, chunk, 100);
            assert_eq!(units.pop(), Some(message(std::slice::from_ref(&small), true)), "{chunk}");
            let pieces: Vec<u8> = units
                .iter()
                .flat_map(|unit| match unit {
                    Unit::Piece(piece) => piece.to_vec(),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(pieces, large);
        }
    }

    #[test]
    fn passing_changes_nothing_and_keeps_track() {
        let stream =
            [frame(0x01, &[1; 200]), frame(0x89, b"?"), frame(0x80, b"x"), frame(0xf3, b"odd")].concat();
        for chunk in [1, 2, 5, 50, 1000] {
            let mut splitter = Splitter::default();
            let mut passed = Vec::new();
            for chunk in stream.chunks(chunk) {
                splitter.buffer().extend_from_slice(chunk);
                passed.extend(splitter.pass().into_iter().flatten());
            }
            assert_eq!(passed, stream);
            assert_eq!((splitter.messages(), splitter.payload()), (2, 204), "{chunk}");
            assert!(splitter.is_between_messages());
        }
    }

    #[test]
    fn units_begin_with_the_message_after_the_one_that_is_being_passed() {
        let mut splitter = Splitter::default();
        let first = frame(0x82, &[1; 100]);
        let second = frame(0x82, b"second");
        splitter.buffer().extend_from_slice(&first[..50]);
        assert_eq!(splitter.pass().as_deref(), Some(&first[..50]));
        splitter.buffer().extend_from_slice(&first[50..]);
        splitter.buffer().extend_from_slice(&second);
        assert_eq!(splitter.next(1000), Some(Unit::Piece(Bytes::copy_from_slice(&first[50..]))));
        assert_eq!(splitter.next(1000), Some(message(&[second], false)));
        assert_eq!((splitter.messages(), splitter.payload()), (2, 106));
    }

    #[test]
    fn waiting_can_be_given_up_in_the_middle_of_a_message() {
        let mut splitter = Splitter::default();
        let (begin, end) = (frame(0x01, b"be"), frame(0x80, b"gin"));
        splitter.buffer().extend_from_slice(&begin);
        assert_eq!(splitter.next(1000), None);
        assert_eq!(splitter.pass().as_deref(), Some(&begin[..]));
        splitter.buffer().extend_from_slice(&end);
        assert_eq!(splitter.pass().as_deref(), Some(&end[..]));
        assert_eq!((splitter.messages(), splitter.payload()), (1, 5));
    }
}
