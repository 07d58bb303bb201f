//! Whole numbers in bytes: `u16`, `i32le`.
//!
//! Owns their names. The order of bytes is that of the network, and with `le` behind it the other one.

use serde_json::{Number, Value};

/// The names of all of them.
pub const INTEGERS: [&str; 14] = [
    "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "u16le", "i16le", "u32le", "i32le", "u64le",
    "i64le",
];

/// How a whole number stands in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    size: usize,
    is_signed: bool,
    is_little: bool,
}

impl Integer {
    /// The one of this name.
    ///
    /// ```
    /// # use sockscope_engine::base::integer::Integer;
    /// let length = Integer::named("u16").unwrap();
    /// assert_eq!(length.read(&[1, 2, 3]).unwrap().as_u64(), Some(258));
    /// assert_eq!(Integer::named("i16le").unwrap().write(-2), Some(vec![0xfe, 0xff]));
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        INTEGERS.contains(&name).then(|| {
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
            Self { size, is_signed: name.starts_with('i'), is_little }
        })
    }

    /// How many bytes it has.
    pub fn size(self) -> usize {
        self.size
    }

    /// The number at the beginning; none where there are too few bytes.
    pub fn read(self, bytes: &[u8]) -> Option<Number> {
        let bytes = bytes.get(..self.size)?;
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = match self.is_little {
            true => bytes.iter().rev().fold(0, fold),
            false => bytes.iter().fold(0, fold),
        };
        if !self.is_signed {
            return Some(value.into());
        }
        let unused = 64 - 8 * self.size as u32;
        Some(((value << unused) as i64 >> unused).into())
    }

    /// The bytes of a number; none where it does not fit.
    pub fn write(self, value: i128) -> Option<Vec<u8>> {
        let bits = 8 * self.size as u32;
        let (low, high) = match self.is_signed {
            true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            false => (0, (1i128 << bits) - 1),
        };
        if !(low..=high).contains(&value) {
            return None;
        }
        let all = value.to_be_bytes();
        let mut bytes = all[all.len() - self.size..].to_vec();
        if self.is_little {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for name in INTEGERS {
            let integer = Integer::named(name).unwrap();
            for value in [0, 1, 127, -1, -128, 200, 65535, 1 << 40] {
                if let Some(bytes) = integer.write(value) {
                    assert_eq!(bytes.len(), integer.size(), "{name}");
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
    }
}
