//! One frame's head (RFC 6455, section 5.2): reading a client's, writing a server's, the outline of either side's, and the mask.
//! Payloads are the socket's business.

use bytes::{Bytes, BytesMut};

use super::close::{Close, Violation};

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// The next part of a message.
    Continuation,
    /// A text message, or its first part.
    Text,
    /// A binary message, or its first part.
    Binary,
    /// The closing handshake.
    Close,
    /// A question for a pong.
    Ping,
    /// The answer to a ping.
    Pong,
}

impl Opcode {
    fn parse(bits: u8) -> Result<Self, Violation> {
        Ok(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(Violation::Protocol("unknown opcode")),
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    /// Close, ping and pong: never split, at most 125 bytes, allowed between the parts of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The head of a client's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whether this is the message's last frame.
    pub is_final: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key that its payload is masked with.
    pub mask: [u8; 4],
    /// Bytes of payload.
    pub len: u64,
    /// Bytes of the head itself.
    pub size: usize,
}

impl Head {
    /// Reads a head from the start of `bytes`; `None` when it is not complete yet.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let &[first, second, ..] = bytes else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(Violation::Protocol("reserved bits are set and no extension was agreed on"));
        }
        let opcode = Opcode::parse(first & 0x0f)?;
        let is_final = first & 0x80 != 0;
        if second & 0x80 == 0 {
            return Err(Violation::Protocol("a client's frame is not masked"));
        }
        let short = second & 0x7f;
        if opcode.is_control() && (!is_final || short > 125) {
            return Err(Violation::Protocol("a control frame is split or longer than 125 bytes"));
        }
        let (len, after) = match short {
            126 => match bytes.get(2..4) {
                Some(&[a, b]) => (u64::from(u16::from_be_bytes([a, b])), 4),
                _ => return Ok(None),
            },
            127 => match bytes.get(2..10).and_then(|long| long.try_into().ok()) {
                Some(long) => (u64::from_be_bytes(long), 10),
                None => return Ok(None),
            },
            short => (u64::from(short), 2),
        };
        // Section 5.2: the minimal number of bytes must be used, and the top bit is zero.
        if (short == 126 && len < 126) || (short == 127 && (len <= 0xffff || len >> 63 != 0)) {
            return Err(Violation::Protocol("a frame's length is not in its shortest form"));
        }
        let Some(mask) = bytes.get(after..after + 4).and_then(|mask| mask.try_into().ok()) else {
            return Ok(None);
        };
        Ok(Some(Self { is_final, opcode, mask, len, size: after + 4 }))
    }
}

/// Where a frame begins and ends, from either side and whatever rules it breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline {
    /// The first byte: the final bit, the reserved bits, the opcode.
    pub first: u8,
    /// The key that its payload is masked with, if it is.
    pub mask: Option<[u8; 4]>,
    /// Bytes of payload.
    pub len: u64,
    /// Bytes of the head.
    pub size: usize,
}

impl Outline {
    /// Reads a head from the start of `bytes`; `None` when it is not complete yet. Whatever the bytes are, they are some
    /// frame.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let &[first, second, ..] = bytes else { return None };
        let (len, after) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        if second & 0x80 == 0 {
            return Some(Self { first, mask: None, len, size: after });
        }
        let mask = bytes.get(after..after + 4)?.try_into().ok()?;
        Some(Self { first, mask: Some(mask), len, size: after + 4 })
    }

    /// Close, ping, pong, and what else might be one day.
    pub fn is_control(&self) -> bool {
        self.first & 0x08 != 0
    }

    /// Whether it is a close frame.
    pub fn is_close(&self) -> bool {
        self.first & 0x0f == Opcode::Close.bits()
    }

    /// Whether it begins a text.
    pub fn is_text(&self) -> bool {
        self.first & 0x0f == Opcode::Text.bits()
    }

    /// Whether it is the last frame of its message.
    pub fn is_final(&self) -> bool {
        self.first & 0x80 != 0
    }
}

/// A close frame as a client (with a mask) or a server sends it.
pub fn close_frame(close: &Close, mask: Option<[u8; 4]>) -> Bytes {
    let mut body = close.body();
    let mut frame = BytesMut::with_capacity(body.len() + 6);
    put_head(&mut frame, Opcode::Close, body.len());
    if let Some(mask) = mask {
        frame[1] |= 0x80;
        frame.extend_from_slice(&mask);
        unmask(&mut body, mask);
    }
    frame.extend_from_slice(&body);
    frame.freeze()
}

/// Appends the head of an unmasked, final frame.
pub fn put_head(out: &mut BytesMut, opcode: Opcode, len: usize) {
    put_outline(out, 0x80 | opcode.bits(), len);
}

/// Appends the head of an unmasked frame with this first byte.
pub fn put_outline(out: &mut BytesMut, first: u8, len: usize) {
    match len {
        0..=125 => out.extend_from_slice(&[first, len as u8]),
        126..=0xffff => {
            let [a, b] = (len as u16).to_be_bytes();
            out.extend_from_slice(&[first, 126, a, b]);
        }
        _ => {
            out.extend_from_slice(&[first, 127]);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
}

/// Applies the mask to a payload, from its first byte on.
pub fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    // Eight bytes at a time is a loop that the compiler turns into vector instructions.
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
    for (byte, key) in rest.iter_mut().skip(4).zip(mask) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<Option<Head>, Violation>) {
        assert_eq!(Head::parse(bytes), expected);
    }

    #[test]
    fn a_head_is_read_at_every_length_form() {
        let head = |len, size| {
            Ok(Some(Head { is_final: true, opcode: Opcode::Text, mask: [1, 2, 3, 4], len, size }))
        };
        check(&[0x81, 0x80 | 5, 1, 2, 3, 4], head(5, 6));
        check(&[0x81, 0x80 | 126, 0, 126, 1, 2, 3, 4], head(126, 8));
        check(&[0x81, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], head(65536, 14));
    }

    #[test]
    fn a_head_is_awaited_byte_by_byte() {
        let whole = [0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4];
        for end in 0..whole.len() {
            check(&whole[..end], Ok(None));
        }
        assert!(Head::parse(&whole).unwrap().is_some());
    }

    #[test]
    fn a_head_that_breaks_a_rule_is_refused() {
        for bytes in [
            &[0xc1, 0x80][..],                                 // RSV1
            &[0x83, 0x80],                                     // opcode 3
            &[0x8b, 0x80],                                     // opcode 11
            &[0x81, 0x05],                                     // not masked
            &[0x09, 0x80],                                     // a split ping
            &[0x88, 0x80 | 126],                               // a close of more than 125 bytes
            &[0x81, 0x80 | 126, 0, 125],                       // not the shortest form
            &[0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], // not the shortest form
            &[0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0],    // the top bit
        ] {
            assert!(matches!(Head::parse(bytes), Err(Violation::Protocol(_))), "{bytes:x?}");
        }
    }

    #[test]
    fn an_outline_is_that_of_the_head_and_needs_no_rules() {
        let bytes = [0x81, 0x80 | 126, 0, 126, 1, 2, 3, 4];
        let outline = Outline::parse(&bytes).unwrap();
        assert_eq!(outline, Outline { first: 0x81, mask: Some([1, 2, 3, 4]), len: 126, size: 8 });
        assert!((0..8).all(|end| Outline::parse(&bytes[..end]).is_none()));
        // Reserved bits, an unknown opcode, a length that is too long for its value: it still ends somewhere.
        for (bytes, len, size) in
            [(&[0xf3, 0x05][..], 5, 2), (&[0x8b, 0x00], 0, 2), (&[0x02, 126, 0, 1], 1, 4)]
        {
            assert_eq!(Outline::parse(bytes).map(|it| (it.len, it.size)), Some((len, size)));
        }
    }

    #[test]
    fn a_close_frame_can_be_a_client_s() {
        let close = Close::new(4000, "x");
        assert_eq!(close_frame(&close, None)[..], [0x88, 3, 0x0f, 0xa0, b'x']);
        let mask = [1, 2, 3, 4];
        let bytes = close_frame(&close, Some(mask));
        let head = Head::parse(&bytes).unwrap().unwrap();
        let mut body = bytes[head.size..].to_vec();
        unmask(&mut body, head.mask);
        assert_eq!((head.opcode, body), (Opcode::Close, close.body()));
    }

    #[test]
    fn unmasking_is_the_same_at_every_length() {
        let mask = [0x11, 0x22, 0x33, 0x44];
        for len in 0..40 {
            let plain: Vec<u8> = (0..len).collect();
            let mut masked: Vec<u8> =
                plain.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
            unmask(&mut masked, mask);
            assert_eq!(masked, plain);
        }
    }

    #[test]
    fn a_written_head_uses_the_shortest_form() {
        let written = |len| {
            let mut out = BytesMut::new();
            put_head(&mut out, Opcode::Binary, len);
            out.to_vec()
        };
        assert_eq!(written(125), [0x82, 125]);
        assert_eq!(written(126), [0x82, 126, 0, 126]);
        assert_eq!(written(65535), [0x82, 126, 0xff, 0xff]);
        assert_eq!(written(65536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
