//! Whole numbers in bytes: `u16`, `i32le`, `varint`.
//!
//! Owns their names. The high byte comes first, as in the network; with `le` at the end of the name the low byte does. A
//! `varint` is that of MQTT and Protocol Buffers: seven bits a byte, the low ones first.

use serde_json::{Number, Value};

/// The names of all of them.
pub const INTEGERS: [&str; 15] = [
    "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "u16le", "i16le", "u32le", "i32le", "u64le",
    "i64le", "varint",
];

/// The longest `varint`: 63 bits.
const LONGEST_VARINT: usize = 9;

/// How a whole number stands in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integer {
    /// A number of bytes that is always the same.
    Fixed {
        /// How many bytes.
        size: usize,
        /// Whether it may be below zero.
        is_signed: bool,
        /// Whether the low byte comes first.
        is_little: bool,
    },
    /// As many bytes as it needs, and no number below zero.
    Varint,
}

impl Integer {
    /// The one of this name.
    ///
    /// ```
    /// # use sockscope_engine::base::integer::Integer;
    /// let length = Integer::named("u16").unwrap();
    /// assert_eq!(length.read(&[1, 2, 3]).unwrap().as_u64(), Some(258));
    /// assert_eq!(Integer::named("i16le").unwrap().write(-2), Some(vec![0xfe, 0xff]));
    /// assert_eq!(Integer::named("varint").unwrap().write(321), Some(vec![0xc1, 0x02]));
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        INTEGERS.contains(&name).then(|| {
            if name == "varint" {
                return Self::Varint;
            }
            let (bits, is_little) = match name.strip_suffix("le") {
                Some(rest) => (&rest[1..], true),
                None => (&name[1..], false),
            };
            let size = match bits {
                "8" => 1,
                "16" => 2,
                "32" => 4,
                _ => 8,
            };
            Self::Fixed { size, is_signed: name.starts_with('i'), is_little }
        })
    }

    /// How many bytes it needs, in words.
    pub fn size(self) -> String {
        match self {
            Self::Fixed { size, .. } => crate::base::words::counted(size as u64, "byte"),
            Self::Varint => format!("at most {LONGEST_VARINT} bytes, of which the last one is below 128"),
        }
    }

    /// What it is, in a sentence.
    pub fn words(self) -> String {
        match self {
            Self::Fixed { size, is_signed, is_little } => {
                let bits = size * 8;
                let (least, most) = match is_signed {
                    true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
                    false => (0, (1i128 << bits) - 1),
                };
                let order = match (size, is_little) {
                    (1, _) => "",
                    (_, true) => ", the low byte first",
                    (_, false) => ", the high byte first",
                };
                format!("A whole number of {bits} bits from {least} to {most}{order}.")
            }
            Self::Varint => {
                "A whole number in seven bits a byte, the low ones first, as in MQTT and Protocol Buffers."
                    .to_owned()
            }
        }
    }

    /// How many bytes it can have.
    pub fn longest(self) -> usize {
        match self {
            Self::Fixed { size, .. } => size,
            Self::Varint => LONGEST_VARINT,
        }
    }

    /// The number at the beginning; none where it is not whole.
    pub fn read(self, bytes: &[u8]) -> Option<Number> {
        let (value, _) = self.measure(bytes)?;
        Some(match u64::try_from(value) {
            Ok(value) => value.into(),
            Err(_) => (value as i64).into(),
        })
    }

    /// The number at the beginning, and how many bytes it has.
    pub fn measure(self, bytes: &[u8]) -> Option<(i128, usize)> {
        let Self::Fixed { size, is_signed, is_little } = self else { return varint(bytes) };
        let bytes = bytes.get(..size)?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = match is_little {
            true => bytes.iter().rev().fold(0, fold),
            false => bytes.iter().fold(0, fold),
        };
        let unused = 64 - 8 * size as u32;
        let value = if is_signed { i128::from((value << unused) as i64 >> unused) } else { value.into() };
        Some((value, size))
    }

    /// The bytes of a number; none where it does not fit.
    pub fn write(self, value: i128) -> Option<Vec<u8>> {
        let Self::Fixed { size, is_signed, is_little } = self else { return write_varint(value) };
        let bits = 8 * size as u32;
        let (low, high) = match is_signed {
            true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            false => (0, (1i128 << bits) - 1),
        };
        if !(low..=high).contains(&value) {
            return None;
        }
        let all = value.to_be_bytes();
        let mut bytes = all[all.len() - size..].to_vec();
        if is_little {
            bytes.reverse();
        }
        Some(bytes)
    }

    /// The whole number that a value is.
    pub fn whole(value: &Value) -> Option<i128> {
        match value {
            Value::Number(number) => number.as_str().parse().ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

fn varint(bytes: &[u8]) -> Option<(i128, usize)> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().take(LONGEST_VARINT).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value.into(), place + 1));
        }
    }
    None
}

fn write_varint(value: i128) -> Option<Vec<u8>> {
    let mut rest = u64::try_from(value).ok().filter(|value| value >> (7 * LONGEST_VARINT) == 0)?;
    let mut bytes = Vec::with_capacity(2);
    loop {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return Some(bytes);
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for name in INTEGERS {
            let integer = Integer::named(name).unwrap();
            for value in [0, 1, 127, -1, -128, 200, 65535, 1 << 40] {
                if let Some(bytes) = integer.write(value) {
                    assert_eq!(integer.measure(&bytes), Some((value, bytes.len())), "{name}");
                    assert_eq!(integer.read(&bytes).unwrap().to_string(), value.to_string(), "{name}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_bytes_is_that_of_the_network_unless_it_says_le() {
        let read = |name, bytes: &[u8]| Integer::named(name).unwrap().read(bytes).map(|n| n.to_string());
        assert_eq!(read("u16", &[1, 0, 9]).as_deref(), Some("256"));
        assert_eq!(read("u16le", &[1, 0, 9]).as_deref(), Some("1"));
        assert_eq!(read("i8", &[0xff]).as_deref(), Some("-1"));
        assert_eq!(read("u64", &[0xff; 8]).as_deref(), Some("18446744073709551615"));
        assert_eq!(read("i64", &[0xff; 8]).as_deref(), Some("-1"));
        assert_eq!(read("u32", &[1, 2, 3]), None);
    }

    #[test]
    fn a_number_that_does_not_fit_is_not_written() {
        assert_eq!(Integer::named("u8").unwrap().write(256), None);
        assert_eq!(Integer::named("u8").unwrap().write(-1), None);
        assert_eq!(Integer::named("i8").unwrap().write(-128), Some(vec![0x80]));
        assert_eq!(Integer::named("u128"), None);
        assert_eq!(Integer::named("varint").unwrap().write(-1), None);
        assert_eq!(Integer::named("varint").unwrap().write(1 << 63), None);
    }

    #[test]
    fn a_varint_has_as_many_bytes_as_it_needs() {
        let varint = Integer::named("varint").unwrap();
        assert_eq!(varint.write(127), Some(vec![0x7f]));
        assert_eq!(varint.write(128), Some(vec![0x80, 1]));
        assert_eq!(varint.write((1 << 63) - 1).map(|bytes| bytes.len()), Some(9));
        assert_eq!(varint.measure(&[0x80, 1, 9]), Some((128, 2)));
        assert_eq!(varint.measure(&[0x80]), None, "its end is still to come");
        assert_eq!(varint.measure(&[0xff; 12]), None, "it has no end");
    }
}
