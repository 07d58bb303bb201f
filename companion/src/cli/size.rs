//! Sizes as people write them: `65536`, `64KiB`, `16 MiB`, `16m`.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub usize);

/// What is wrong with a size.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("write a number of bytes, with KiB, MiB or GiB if you like")]
pub struct SizeError;

const UNITS: [(&str, usize); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1)];

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let digits = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            _ => return Err(SizeError),
        };
        let number: usize = number.parse().map_err(|_| SizeError)?;
        number.checked_mul(unit).map(Size).ok_or(SizeError)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS
            .into_iter()
            .find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit))
            .unwrap_or(("", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_with_or_without_a_unit() {
        for (text, bytes) in
            [("0", 0), ("65536", 65536), ("64k", 65536), ("16 MiB", 1 << 24), ("1GB", 1 << 30)]
        {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5M", "1T", "99999999999999999999", "99999999999GiB"] {
            assert_eq!(text.parse::<Size>(), Err(SizeError), "{text}");
        }
    }

    #[test]
    fn a_size_is_written_in_the_largest_whole_unit() {
        assert_eq!(Size(16 * 1024 * 1024 + 64 * 1024).to_string(), "16448KiB");
        assert_eq!(Size(4 * 1024 * 1024).to_string(), "4MiB");
        assert_eq!(Size(100).to_string(), "100");
    }
}
