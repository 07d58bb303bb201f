//! Reads a text as it was before encoding: in JSON, percent-encoded, in HTML, and one within another.
//!
//! Owns the known encodings. Encoders differ in what they encode, and one text may have passed several, so each
//! character is read in every way that is possible at its place.

/// One way of encoding.
#[derive(Clone, Copy, PartialEq)]
enum Layer {
    Percent,
    Json,
    Html,
}

use Layer::{Html, Json, Percent};

/// What a character may have passed that begins with `%`, the last encoding first.
const PERCENT: [&[Layer]; 4] = [&[Percent], &[Percent, Percent], &[Percent, Json], &[Percent, Json, Json]];
/// What one that begins with a backslash may have passed.
const BACKSLASH: [&[Layer]; 6] =
    [&[Json], &[Json, Json], &[Json, Json, Json], &[Json, Percent], &[Json, Html], &[Html, Json]];
/// What one that begins with `&` may have passed.
const AMPERSAND: [&[Layer]; 2] = [&[Html], &[Html, Html]];
/// The most ways of one sign.
pub(super) const MOST_WAYS: usize = BACKSLASH.len();
/// This many places are followed at once. More come only from texts of backslashes alone.
const MOST_PLACES: usize = 12;

/// Up to four bytes: a byte, or a character beyond ASCII that an escape stands for.
#[derive(Clone, Copy)]
struct Unit {
    bytes: [u8; 4],
    length: usize,
}

impl Unit {
    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn char(char: char) -> Self {
        let mut bytes = [0; 4];
        let length = char.encode_utf8(&mut bytes).len();
        Self { bytes, length }
    }

    fn ascii(self) -> Option<u8> {
        (self.length == 1 && self.bytes[0].is_ascii()).then_some(self.bytes[0])
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Whether an encoded character may begin with this byte.
pub(super) fn is_sign(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// What the encoded characters that may stand here begin with.
pub(super) fn first_bytes(text: &[u8], at: usize) -> impl Iterator<Item = u8> {
    units(text, at).map(|(unit, _)| unit.bytes[0])
}

/// The encoded characters that may stand here, and where each ends.
fn units(text: &[u8], at: usize) -> impl Iterator<Item = (Unit, usize)> {
    let ways: &[&[Layer]] = match text.get(at) {
        Some(b'%') => &PERCENT,
        Some(b'\\') => &BACKSLASH,
        Some(b'&') => &AMPERSAND,
        _ => &[],
    };
    let ways = ways.iter().filter_map(move |way| read(text, at, way));
    // Where nothing was encoded, the sign is a sign.
    ways.filter(move |(_, next)| *next > at + 1)
}

/// A character, with these encodings undone, and where it ends.
fn read(text: &[u8], at: usize, way: &[Layer]) -> Option<(Unit, usize)> {
    let Some((layer, outer)) = way.split_last() else {
        return text.get(at).map(|byte| (Unit::byte(*byte), at + 1));
    };
    let (first, next) = read(text, at, outer)?;
    let undone = match (layer, first.ascii()) {
        (Percent, Some(b'%')) => percent(text, next, outer),
        (Json, Some(b'\\')) => json(text, next, outer),
        (Html, Some(b'&')) => html(text, next, outer),
        _ => None,
    };
    undone.or(Some((first, next)))
}

/// A number in this many hexadecimal digits.
fn number(text: &[u8], mut at: usize, outer: &[Layer], digits: usize) -> Option<(u32, usize)> {
    let mut number = 0;
    for _ in 0..digits {
        let (unit, next) = read(text, at, outer)?;
        number = number * 16 + char::from(unit.ascii()?).to_digit(16)?;
        at = next;
    }
    Some((number, at))
}

fn percent(text: &[u8], at: usize, outer: &[Layer]) -> Option<(Unit, usize)> {
    let (byte, next) = number(text, at, outer, 2)?;
    Some((Unit::byte(byte as u8), next))
}

/// What follows a backslash. JavaScript has more escapes than JSON, and `\x41` is one.
fn json(text: &[u8], at: usize, outer: &[Layer]) -> Option<(Unit, usize)> {
    let (kind, next) = read(text, at, outer)?;
    let plain = match kind.ascii()? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        same @ (b'"' | b'\\' | b'/' | b'\'') => same,
        b'x' => {
            let (byte, next) = number(text, next, outer, 2)?;
            return Some((Unit::char(char::from_u32(byte)?), next));
        }
        b'u' => return unicode(text, next, outer),
        _ => return None,
    };
    Some((Unit::byte(plain), next))
}

fn unicode(text: &[u8], at: usize, outer: &[Layer]) -> Option<(Unit, usize)> {
    let (high, next) = number(text, at, outer, 4)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((Unit::char(char::from_u32(high)?), next));
    }
    let (backslash, next) = read(text, next, outer)?;
    let (letter, next) = read(text, next, outer)?;
    if (backslash.ascii(), letter.ascii()) != (Some(b'\\'), Some(b'u')) {
        return None;
    }
    let (low, next) = number(text, next, outer, 4)?;
    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((Unit::char(char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?), next))
}

/// The entities that encoders write: the five of XML, and numbers.
fn html(text: &[u8], at: usize, outer: &[Layer]) -> Option<(Unit, usize)> {
    const LONGEST: usize = 8;
    let mut name = [0; LONGEST];
    let (mut length, mut at) = (0, at);
    loop {
        let (unit, next) = read(text, at, outer)?;
        at = next;
        match unit.ascii()? {
            b';' => break,
            byte if length < LONGEST => {
                name[length] = byte;
                length += 1;
            }
            _ => return None,
        }
    }
    let number = |digits: &[u8], radix| u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok();
    let char = match &name[..length] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((Unit::char(char), at))
}

fn is_same(plain: u8, wanted: u8) -> bool {
    // A form writes a blank as `+`.
    plain == wanted || (plain == b'+' && wanted == b' ')
}

/// Where a text that begins with what is wanted, encoded in any way, has its end; the furthest one.
pub(super) fn same_decoded(text: &[u8], start: usize, wanted: &[u8]) -> Option<usize> {
    let (mut at, mut nth) = (start, 0);
    while nth < wanted.len() {
        let plain = *text.get(at)?;
        if is_sign(plain) {
            return same_in_any_way(text, at, &wanted[nth..]);
        }
        if !is_same(plain, wanted[nth]) {
            return None;
        }
        at += 1;
        nth += 1;
    }
    Some(at)
}

fn same_in_any_way(text: &[u8], start: usize, wanted: &[u8]) -> Option<usize> {
    // The places that are reached with the next bytes of what is wanted: with none more, with one, and so on up to four.
    let mut ahead: [Vec<usize>; 5] = Default::default();
    ahead[0].push(start);
    for nth in 0..wanted.len() {
        let here = std::mem::take(&mut ahead[0]);
        for at in here {
            let Some(&plain) = text.get(at) else { continue };
            if is_same(plain, wanted[nth]) {
                reach(&mut ahead[1], at + 1);
            }
            if is_sign(plain) {
                for (unit, next) in
                    units(text, at).filter(|(unit, _)| wanted[nth..].starts_with(unit.as_bytes()))
                {
                    reach(&mut ahead[unit.length], next);
                }
            }
        }
        ahead.rotate_left(1);
        if ahead.iter().all(Vec::is_empty) {
            return None;
        }
    }
    ahead[0].iter().copied().max()
}

fn reach(places: &mut Vec<usize>, at: usize) {
    if places.len() < MOST_PLACES && !places.contains(&at) {
        places.push(at);
    }
}

/// How far a text is the same as the beginning of what is wanted, at most up to `end`: where that is in the text, and how many
/// of the wanted bytes there are. An encoded character that is cut off counts.
pub(super) fn same_until(text: &[u8], start: usize, wanted: &[u8], end: usize) -> (usize, usize) {
    const LONGEST_ESCAPE: usize = 6;
    let text = &text[..end];
    let (mut at, mut length) = (start, 0);
    while at < end && length < wanted.len() {
        let plain = text[at];
        let unit =
            units(text, at).find(|(unit, _)| is_sign(plain) && wanted[length..].starts_with(unit.as_bytes()));
        (at, length) = match unit {
            Some((unit, next)) => (next, length + unit.length),
            None if is_same(plain, wanted[length]) => (at + 1, length + 1),
            None if is_sign(plain) && at + LONGEST_ESCAPE > end && !text[at..].contains(&b';') => {
                (end, length + 1)
            }
            None => break,
        };
    }
    (at, length)
}
