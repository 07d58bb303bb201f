//! Repeatable chance: SplitMix64, written out so that a seed keeps its meaning.

/// What SplitMix64 adds from number to number.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of pseudo-random numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Passes over numbers.
    pub fn skip(&mut self, numbers: u64) {
        self.0 = self.0.wrapping_add(STEP.wrapping_mul(numbers));
    }

    /// The next number, from 0 up to and without 1.
    pub fn fraction(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_splitmix64() {
        let mut dice = Dice::new(1_234_567);
        assert_eq!([dice.roll(), dice.roll()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn numbers_passed_over_are_those_that_would_have_come() {
        let (mut one, mut other) = (Dice::new(7), Dice::new(7));
        let _: Vec<_> = (0..5).map(|_| one.roll()).collect();
        other.skip(5);
        assert_eq!(one.roll(), other.roll());
    }

    #[test]
    fn fractions_spread_between_zero_and_one() {
        let mut dice = Dice::new(7);
        let sum =
            (0..10_000).map(|_| dice.fraction()).inspect(|it| assert!((0.0..1.0).contains(it))).sum::<f64>();
        assert!((4_900.0..5_100.0).contains(&sum), "{sum}");
    }
}
