//! Looks at the frames of a stream that passes, of either side, and says what a page does not see of them.
//!
//! Owns the place in the stream. It holds back nothing but a head or a control frame that is not whole yet, and judges nothing.
//!
//! **Invariant:** the bytes of all parts, in order, are the bytes that came in.

use bytes::{Bytes, BytesMut};

use crate::ws::frame::{Outline, unmask};

/// The payload of a control frame is at most this long; what claims to be longer passes unread.
const MOST_OF_CONTROL: u64 = 125;

/// A piece of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Bytes of data frames, and of what breaks the protocol.
    Data(Bytes),
    /// A whole control frame.
    Control {
        /// As it is on the wire.
        wire: Bytes,
        /// Close, ping, pong, or an opcode that has no meaning yet.
        opcode: u8,
        /// Without its mask.
        payload: Vec<u8>,
    },
}

/// A message that came in several frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragmented {
    /// Which message of its direction, from 1.
    pub message: u64,
    /// How many frames.
    pub frames: u64,
    /// Bytes of payload.
    pub bytes: u64,
}

/// A stream of frames, looked at.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Payload bytes of the frame that is passing.
    left: u64,
    /// Messages so far.
    messages: u64,
    /// Frames and bytes of the message that is passing.
    frames: u64,
    bytes: u64,
    fragmented: Vec<Fragmented>,
}

impl Scanner {
    /// Whether a frame could be put in here.
    pub fn is_between_frames(&self) -> bool {
        self.left == 0
    }

    /// Messages whose last frame has begun to pass.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// The messages in several frames that have passed since the last call.
    pub fn fragmented(&mut self) -> std::vec::Drain<'_, Fragmented> {
        self.fragmented.drain(..)
    }

    /// Takes the next part off the front: data as far as it came, or one control frame.
    pub fn next(&mut self, read: &mut BytesMut) -> Option<Part> {
        let mut end = 0;
        loop {
            let now = self.left.min((read.len() - end) as u64);
            end += now as usize;
            self.left -= now;
            if self.left > 0 {
                break;
            }
            let Some(outline) = Outline::parse(&read[end..]) else { break };
            if outline.is_control() && outline.len <= MOST_OF_CONTROL {
                if end > 0 {
                    break;
                }
                let size = outline.size + outline.len as usize;
                return (read.len() >= size).then(|| control(outline, read.split_to(size).freeze()));
            }
            self.count(outline);
            end += outline.size;
            self.left = outline.len;
        }
        (end > 0).then(|| Part::Data(read.split_to(end).freeze()))
    }

    fn count(&mut self, outline: Outline) {
        self.frames += 1;
        self.bytes = self.bytes.saturating_add(outline.len);
        if outline.is_final() {
            self.messages += 1;
            let (frames, bytes) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.bytes));
            if frames > 1 {
                self.fragmented.push(Fragmented { message: self.messages, frames, bytes });
            }
        }
    }
}

fn control(outline: Outline, wire: Bytes) -> Part {
    let mut payload = wire[outline.size..].to_vec();
    if let Some(mask) = outline.mask {
        unmask(&mut payload, mask);
    }
    Part::Control { wire, opcode: outline.first & 0x0f, payload }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first, 126];
        bytes.extend_from_slice(&(payload.len() as u16).to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }

    /// All bytes, the control frames with their payloads, and the messages in fragments.
    type Scanned = (Vec<u8>, Vec<(u8, Vec<u8>)>, Vec<Fragmented>);

    /// Everything that a stream comes to when it arrives in chunks of this size.
    fn scanned(stream: &[u8], chunk: usize) -> Scanned {
        let (mut scanner, mut read) = (Scanner::default(), BytesMut::new());
        let (mut all, mut controls, mut fragmented) = (Vec::new(), Vec::new(), Vec::new());
        for chunk in stream.chunks(chunk) {
            read.extend_from_slice(chunk);
            while let Some(part) = scanner.next(&mut read) {
                match part {
                    Part::Data(bytes) => all.extend_from_slice(&bytes),
                    Part::Control { wire, opcode, payload } => {
                        all.extend_from_slice(&wire);
                        controls.push((opcode, payload));
                    }
                }
                fragmented.extend(scanner.fragmented());
            }
        }
        assert!(read.is_empty() && scanner.is_between_frames());
        (all, controls, fragmented)
    }

    #[test]
    fn control_frames_and_fragments_are_seen_and_no_byte_changes() {
        let masked_pong = [0x8a, 0x82, 1, 2, 3, 4, b'o' ^ 1, b'k' ^ 2];
        let stream = [
            frame(0x81, b"one"),
            frame(0x01, &[1; 300]),
            vec![0x89, 1, b'?'],
            frame(0x00, b"two"),
            frame(0x80, b"three"),
            masked_pong.to_vec(),
            frame(0x82, b""),
            vec![0x88, 3, 0x0f, 0xa0, b'x'],
        ]
        .concat();
        for chunk in [1, 2, 3, 7, 100, stream.len()] {
            let (all, controls, fragmented) = scanned(&stream, chunk);
            assert_eq!(all, stream, "in chunks of {chunk}");
            let expected = [(9, b"?".to_vec()), (10, b"ok".to_vec()), (8, vec![0x0f, 0xa0, b'x'])];
            assert_eq!(controls, expected, "in chunks of {chunk}");
            assert_eq!(
                fragmented,
                [Fragmented { message: 2, frames: 3, bytes: 308 }],
                "in chunks of {chunk}"
            );
        }
    }

    #[test]
    fn what_breaks_the_protocol_passes_unread() {
        // A ping of more than 125 bytes, an unknown data opcode with reserved bits.
        let stream = [frame(0x89, &[7; 200]), frame(0xf3, b"odd")].concat();
        for chunk in [1, 5, stream.len()] {
            let (all, controls, _) = scanned(&stream, chunk);
            assert_eq!((all, controls), (stream.clone(), vec![]), "in chunks of {chunk}");
        }
    }

    #[test]
    fn data_does_not_wait_for_the_end_of_its_frame() {
        let (mut scanner, mut read) = (Scanner::default(), BytesMut::new());
        let whole = frame(0x82, &[1; 100]);
        read.extend_from_slice(&whole[..50]);
        assert_eq!(scanner.next(&mut read), Some(Part::Data(Bytes::copy_from_slice(&whole[..50]))));
        assert!(!scanner.is_between_frames());
        assert_eq!(scanner.next(&mut read), None);
    }
}
