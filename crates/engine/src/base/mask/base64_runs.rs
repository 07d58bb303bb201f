//! Runs of base64 in a text, and their content.
//!
//! Owns where such a run begins and ends, and which of its characters hold a byte. A secret that was escaped before it
//! was encoded is found by decoding. Decoding costs time, so only runs that may hold an escape are decoded.

/// A run within a run is decoded down to here.
pub(super) const DEEPEST: usize = 2;
/// The shortest secret with one escape takes as many characters.
const SHORTEST: usize = 7;

/// A run, as the values of its characters and where each is in the text.
pub(super) struct Run {
    values: Vec<u8>,
    spans: Vec<(usize, usize)>,
    /// Behind its padding.
    end: usize,
}

/// Finds each run that is long enough.
pub(super) fn each(text: &[u8], mut tell: impl FnMut(&Run)) {
    let mut at = 0;
    while at < text.len() {
        let begin = at;
        let mut run = Run { values: Vec::new(), spans: Vec::new(), end: at };
        // Most runs are words: nothing is kept before one is long enough.
        let plain = text[at..].iter().take(SHORTEST).take_while(|b| value(**b).is_some()).count();
        let has_signs = text[at..].iter().take(SHORTEST).any(|b| matches!(b, b'\\' | b'%'));
        if plain < SHORTEST && !has_signs {
            at += plain + 1;
            continue;
        }
        while let Some((value, length)) = digit(&text[at..]) {
            run.values.push(value);
            run.spans.push((at, at + length));
            at += length;
        }
        run.end = at;
        while let Some(length) = padding(&text[run.end..]) {
            run.end += length;
        }
        if run.values.len() >= SHORTEST {
            tell(&run);
        }
        at = at.max(begin) + 1;
    }
}

fn value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// The character of base64 that begins here, also where JSON or an address had to escape it.
fn digit(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'/', ..] | [b'%', b'2', b'f' | b'F', ..] => Some((63, if text[0] == b'%' { 3 } else { 2 })),
        [b'%', b'2', b'b' | b'B', ..] => Some((62, 3)),
        [byte, ..] => Some((value(*byte)?, 1)),
        [] => None,
    }
}

fn padding(text: &[u8]) -> Option<usize> {
    match text {
        [b'=', ..] => Some(1),
        [b'%', b'3', b'd' | b'D', ..] => Some(3),
        _ => None,
    }
}

impl Run {
    /// What it says from its first, second, third and fourth character on, where that may hold an escaped secret.
    pub(super) fn decoded(&self) -> impl Iterator<Item = (Vec<u8>, usize)> {
        (0..4).filter_map(|shift| {
            let mut bytes = Vec::with_capacity(self.values.len() * 3 / 4);
            let (mut held, mut bits) = (0_u32, 0);
            for value in self.values.get(shift..)? {
                held = held << 6 | u32::from(*value);
                bits += 6;
                if bits >= 8 {
                    bits -= 8;
                    bytes.push((held >> bits) as u8);
                }
            }
            let is_escaped = memchr::memchr3(b'\\', b'%', b'&', &bytes).is_some();
            let is_base64 =
                || bytes.len() >= SHORTEST && bytes.iter().all(|b| value(*b).is_some() || *b == b'=');
            (is_escaped || is_base64()).then_some((bytes, shift))
        })
    }

    /// The characters that hold any bit of these bytes.
    pub(super) fn covering(&self, shift: usize, (start, end): (usize, usize)) -> (usize, usize) {
        let first = shift + start * 8 / 6;
        let last = (shift + (end * 8).div_ceil(6)).min(self.spans.len());
        let behind = if last == self.spans.len() { self.end } else { self.spans[last - 1].1 };
        (self.spans[first].0, behind)
    }
}
