//! The ranges of values that an HDR histogram counts together.
//!
//! Owns the arithmetic between a value and the number of its bucket, as every HDR tool does it; `hdrhistogram` has it
//! too but does not export it. These numbers are in exported files, so they cannot change.

/// How a histogram cuts up its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Buckets {
    /// Values differ in steps of two to this power.
    unit: u32,
    /// Two to this power is how many buckets each doubling of the value is cut into.
    half: u32,
}

impl Buckets {
    /// Three significant digits of whole microseconds.
    pub(super) const OURS: Self = Self { unit: 0, half: 10 };

    /// The buckets of a histogram from elsewhere; none when no such histogram can be.
    pub(super) fn with(lowest: u64, digits: u32) -> Option<Self> {
        let unit = lowest.checked_ilog2()?;
        let wanted = 2 * 10_u64.pow(Some(digits).filter(|digits| (1..=5).contains(digits))?);
        let half = wanted.next_power_of_two().ilog2() - 1;
        // Beyond, the buckets of the first doubling would not fit into the range of values.
        (unit + half < 62).then_some(Self { unit, half })
    }

    /// The number of the bucket that counts this value.
    pub(super) fn index(self, value: u64) -> usize {
        let value = value >> self.unit;
        let doublings = (value >> self.half).checked_ilog2().unwrap_or(0);
        // The lower half of the first doubling is counted as well, all others are the upper half of theirs.
        ((u64::from(doublings) << self.half) + (value >> doublings)) as usize
    }

    /// The lowest value that this bucket counts; none when it is beyond all values.
    pub(super) fn lowest(self, index: usize) -> Option<u64> {
        let index = index as u64;
        let doublings = (index >> self.half).saturating_sub(1);
        let value = index - (doublings << self.half);
        let shift = u32::try_from(doublings).ok()?.checked_add(self.unit)?;
        (value.leading_zeros() >= shift).then(|| value << shift)
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::*;
    use crate::base::random::Random;

    #[track_caller]
    fn check(value: u64, index: usize, lowest: u64) {
        assert_eq!(Buckets::OURS.index(value), index, "the bucket of {value}");
        assert_eq!(Buckets::OURS.lowest(index), Some(lowest), "the lowest of bucket {index}");
    }

    #[test]
    fn ok_known_buckets() {
        check(0, 0, 0);
        check(1, 1, 1);
        check(1023, 1023, 1023);
        check(2047, 2047, 2047);
        check(2048, 2048, 2048);
        check(2049, 2048, 2048);
        check(4095, 3071, 4094);
        check(4096, 3072, 4096);
        check(10_000, 4322, 10_000);
        check(10_007, 4322, 10_000);
    }

    #[test]
    fn a_bucket_is_the_one_of_hdrhistogram() {
        let mut random = Random::with_seed(1);
        for (lowest, digits) in [(1, 3), (1, 1), (1, 2), (1, 5), (1000, 3), (7, 4)] {
            let theirs = Histogram::<u64>::new_with_bounds(lowest, 1 << 40, digits).unwrap();
            let buckets = Buckets::with(lowest, digits.into()).unwrap();
            for _ in 0..5_000 {
                let value = (random.next_u64() >> 24) >> (random.next_u64() % 40);
                let index = buckets.index(value);
                assert_eq!(buckets.lowest(index), Some(theirs.lowest_equivalent(value)), "{value}");
                assert_eq!(buckets.lowest(index + 1), Some(theirs.next_non_equivalent(value)), "{value}");
            }
        }
    }

    #[test]
    fn three_digits_of_one_are_ours() {
        assert_eq!(Buckets::with(1, 3), Some(Buckets::OURS));
    }

    #[test]
    fn err_impossible_buckets_are_none() {
        for (lowest, digits) in [(0, 3), (1, 0), (1, 6), (1, u32::MAX), (u64::MAX, 3)] {
            assert_eq!(Buckets::with(lowest, digits), None, "{lowest} {digits}");
        }
        assert_eq!(Buckets::OURS.lowest(usize::MAX), None);
        assert_eq!(Buckets::OURS.lowest(1 << 20), None);
    }
}
