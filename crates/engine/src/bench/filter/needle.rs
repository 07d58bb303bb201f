//! Bytes to be found in other bytes.
//!
//! Owns a search that costs about a byte compare per byte: it looks for the rarest byte of the needle first. Case is ASCII
//! only, because the tables of the other letters would be downloaded with the page.

use memchr::{memchr, memchr2};

/// Bytes of JSON messages from the commonest down; what is not here is rare.
const COMMON: &[u8] = b"\" :,e{}at0iosnr1dl2c_m5u3p4h6978g[]f.b-vykwTSCIE";

/// Something to look for.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    /// In lower case when case does not matter.
    bytes: Vec<u8>,
    match_case: bool,
    /// Where the rarest byte is.
    rare: usize,
}

impl Needle {
    /// None for nothing, which is found everywhere.
    pub(super) fn new(text: &str, match_case: bool) -> Option<Self> {
        let mut bytes = text.as_bytes().to_vec();
        if !match_case {
            bytes.make_ascii_lowercase();
        }
        let rank = |byte: u8| COMMON.iter().position(|common| *common == byte).unwrap_or(COMMON.len());
        let rare = (0..bytes.len()).max_by_key(|at| rank(bytes[*at]))?;
        Some(Self { bytes, match_case, rare })
    }

    pub(super) fn is_in(&self, content: &[u8]) -> bool {
        // The rare byte cannot stand before its place in the needle, nor so late that the rest has no room.
        let Some(last) = content.len().checked_sub(self.bytes.len()) else { return false };
        let mut from = self.rare;
        let end = last + self.rare + 1;
        let rare = self.bytes[self.rare];
        while from < end {
            let within = &content[from..end];
            let found = match self.match_case {
                true => memchr(rare, within),
                false => memchr2(rare, rare.to_ascii_uppercase(), within),
            };
            let Some(found) = found else { return false };
            let start = from + found - self.rare;
            let candidate = &content[start..start + self.bytes.len()];
            let is_equal = match self.match_case {
                true => candidate == self.bytes,
                false => candidate.eq_ignore_ascii_case(&self.bytes),
            };
            if is_equal {
                return true;
            }
            from += found + 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[test]
    fn it_finds_what_a_plain_search_finds() {
        let mut random = Random::with_seed(5);
        let mut text = |most: u64| -> String {
            let len = random.next_u64() % most;
            (0..len).map(|_| ['a', 'B', '"', 'é', 'A', 'b'][(random.next_u64() % 6) as usize]).collect()
        };
        for _ in 0..50_000 {
            let (needle, content) = (text(4), text(20));
            let found = |match_case| {
                Needle::new(&needle, match_case).is_none_or(|needle| needle.is_in(content.as_bytes()))
            };
            assert_eq!(found(true), content.contains(&needle), "{needle:?} in {content:?}");
            let (small, small_content) = (needle.to_ascii_lowercase(), content.to_ascii_lowercase());
            assert_eq!(found(false), small_content.contains(&small), "{needle:?} in {content:?}");
        }
    }
}
