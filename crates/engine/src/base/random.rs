//! Pseudo-random numbers, the same for the same seed.

/// SplitMix64: short, seedable, and good enough to pick faults and identifiers that guard nothing.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence of this seed.
    pub fn with_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Another sequence for each number; that of 0 is this one.
    pub fn branch(&self, number: u32) -> Self {
        match number {
            0 => self.clone(),
            // A hash of the number, since states that differ by a multiple of the step would be the same sequence later.
            _ => Self { state: self.state ^ Self::with_seed(number.into()).next_u64() },
        }
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut random = Random::with_seed(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_branch_is_a_sequence_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        let whole = Random::with_seed(42);
        for number in 0..16 {
            let mut branch = whole.branch(number);
            assert!((0..1000).all(|_| seen.insert(branch.next_u64())), "{number}");
        }
        assert_eq!(whole.branch(0).next_u64(), whole.clone().next_u64());
    }
}
