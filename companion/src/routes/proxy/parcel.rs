//! What is under way through the proxy: frames as they are on the wire.

use bytes::{Bytes, BytesMut};

use super::pipe::LARGEST_CHUNK;
use crate::routes::damage::{WRONG, weak_place};
use crate::routes::faulty_link::Freight;
use crate::ws::frame::{Outline, unmask};

/// Bytes under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// As they were read, but for what a toxic did.
    pub wire: Bytes,
    /// Whether they are the frames of a text.
    pub is_text: bool,
}

impl Freight for Parcel {
    fn size(&self) -> usize {
        self.wire.len()
    }

    fn corrupt(&mut self, place: u64) {
        // What is a character's may lie in two frames, so the place is looked for in the whole payload.
        let (mut payload, mut frames, mut at) = (Vec::new(), Vec::new(), 0);
        while let Some(outline) = Outline::parse(&self.wire[at..]) {
            let begin = at + outline.size;
            let end = self.wire.len().min(begin.saturating_add(outline.len as usize));
            frames.push((payload.len(), begin));
            payload.extend_from_slice(&self.wire[begin..end]);
            if let (Some(mask), Some((from, _))) = (outline.mask, frames.last()) {
                unmask(&mut payload[*from..], mask);
            }
            at = end;
        }
        let Some(place) = weak_place(&payload, self.is_text, place) else { return };
        let Some((from, begin)) = frames.iter().rev().find(|(from, _)| *from <= place) else { return };
        let mut wire = BytesMut::from(&self.wire[..]);
        // Under a mask the same bit is the same bit.
        wire[begin + place - from] ^= WRONG;
        self.wire = wire.freeze();
    }

    fn detach(&mut self) {
        if self.wire.len() < LARGEST_CHUNK {
            self.wire = Bytes::copy_from_slice(&self.wire);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(mut wire: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        while let Some(outline) = Outline::parse(wire) {
            let mut part = wire[outline.size..][..outline.len as usize].to_vec();
            unmask(&mut part, outline.mask.unwrap_or_default());
            payload.extend(part);
            wire = &wire[outline.size + outline.len as usize..];
        }
        payload
    }

    #[test]
    fn one_byte_of_the_payload_is_wrong_and_text_stays_text() {
        let mut masked = "é\u{10ffff}".as_bytes().to_vec();
        unmask(&mut masked, [9, 8, 7, 6]);
        let frames =
            [&[0x01, 0x80 | 3, 9, 8, 7, 6][..], &masked[..3], &[0x80, 0x80 | 3, 9, 8, 7, 6]].concat();
        // The second frame begins with the mask's first byte again.
        let mut rest = "é\u{10ffff}".as_bytes()[3..].to_vec();
        unmask(&mut rest, [9, 8, 7, 6]);
        let wire = Bytes::from([frames, rest].concat());
        for place in 0..12 {
            let mut parcel = Parcel { wire: wire.clone(), is_text: true };
            parcel.corrupt(place);
            let got = payload(&parcel.wire);
            let text = "é\u{10ffff}".as_bytes();
            assert_eq!(got.iter().zip(text).filter(|(a, b)| a != b).count(), 1, "{place}");
            assert!(std::str::from_utf8(&got).is_ok(), "{place}");
        }
    }

    #[test]
    fn an_empty_message_stays_as_it_is() {
        let mut parcel = Parcel { wire: Bytes::from_static(&[0x82, 0]), is_text: false };
        parcel.corrupt(7);
        assert_eq!(parcel.wire[..], [0x82, 0]);
    }
}
