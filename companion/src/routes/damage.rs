//! Corrupts one byte of a message. A text stays valid UTF-8: an invalid one would end the connection at the client,
//! which is another fault.

use bytes::{Bytes, BytesMut};

/// Flips the lowest bit of a byte at or after `at`, wrapping round. An empty message has nothing to flip.
pub fn corrupt(payload: &Bytes, is_text: bool, at: u64) -> Bytes {
    let Some(place) = weak_place(payload, is_text, at) else { return payload.clone() };
    let mut payload = BytesMut::from(&payload[..]);
    payload[place] ^= WRONG;
    payload.freeze()
}

/// The bit that is flipped.
pub const WRONG: u8 = 1;

/// The place of the byte to flip it in: the first that may be changed at or after `at`, wrapping round.
pub fn weak_place(payload: &[u8], is_text: bool, at: u64) -> Option<usize> {
    let len = payload.len();
    let start = at.checked_rem(len as u64)? as usize;
    // The lowest bit is free in ASCII and in every continuation byte, whatever the lead byte: the ranges that lead
    // bytes prescribe all begin at an even value and end at an odd one.
    let is_free = |byte: u8| !is_text || byte < 0xc0;
    (start..len).chain(0..start).find(|&place| is_free(payload[place]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_byte_changes() {
        let payload = Bytes::from_static(b"\xff\x00abc");
        for at in 0..10 {
            let corrupted = corrupt(&payload, false, at);
            assert_eq!(corrupted.iter().zip(&payload).filter(|(a, b)| a != b).count(), 1);
        }
    }

    #[test]
    fn text_stays_valid_wherever_it_is_hit() {
        let text = "a\u{7f}é\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}";
        for at in 0..text.len() as u64 {
            let corrupted = corrupt(&Bytes::from_static(text.as_bytes()), true, at);
            assert_ne!(corrupted, text.as_bytes());
            assert!(std::str::from_utf8(&corrupted).is_ok(), "at {at}");
        }
    }

    #[test]
    fn an_empty_message_stays_empty() {
        assert_eq!(corrupt(&Bytes::new(), true, 3), Bytes::new());
    }
}
