//! An exact quotient, compared and written without a float.
//!
//! Owns the arithmetic behind "99.9 % of 1000": as floats, 999 of 1000 in percent does not equal `99.9`. Products here
//! must not overflow, whatever the counters say.

use std::cmp::Ordering;

/// A decimal number times 10⁹, so that nine decimals are exact.
pub(super) type Fixed = u128;

/// One, as a [`Fixed`].
pub(super) const ONE: Fixed = 1_000_000_000;

/// `part` of `whole`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio {
    /// At most 2⁹⁵.
    part: u128,
    /// At least one, at most 2⁸⁴.
    whole: u128,
}

impl Ratio {
    /// None when `whole` is zero.
    pub(super) fn new(part: u64, times: u32, whole: u64) -> Option<Self> {
        let part = u128::from(part) * u128::from(times);
        (whole > 0).then_some(Self { part, whole: whole.into() })
    }

    /// A number that is whole itself.
    pub(super) fn whole(number: u64) -> Self {
        Self { part: number.into(), whole: 1 }
    }

    /// The same in units of 2^`power`, at most 20.
    pub(super) fn in_units(self, power: u32) -> Self {
        Self { part: self.part, whole: self.whole << power.min(20) }
    }

    pub(super) fn order(self, other: Fixed) -> Ordering {
        let (quotient, rest) = (self.part / self.whole, self.part % self.whole);
        // Fractions are compared over the common denominator; both products stay below 2¹¹⁴.
        quotient.cmp(&(other / ONE)).then_with(|| (rest * ONE).cmp(&(other % ONE * self.whole)))
    }

    /// Rounded to this many decimals, at most nine.
    pub(super) fn rounded(self, decimals: u32) -> Fixed {
        let scale = 10_u128.pow(decimals.min(9));
        let (quotient, rest) = (self.part / self.whole, self.part % self.whole);
        let fraction = (rest * scale + self.whole / 2) / self.whole;
        (quotient * scale + fraction) * (ONE / scale)
    }
}

/// Reads digits with or without a point; none when it is anything else, or longer than any threshold has a use for.
pub(super) fn read(text: &str) -> Option<Fixed> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits =
        |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole, 18) || !are_digits(fraction, 9) {
        return None;
    }
    Some(whole.parse::<u128>().ok()? * ONE + format!("{fraction:0<9}").parse::<u128>().ok()?)
}

/// Writes the number without needless zeros.
pub(super) fn write(number: Fixed) -> String {
    let text = format!("{}.{:09}", number / ONE, number % ONE);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: u64, times: u32, whole: u64, text: &str, order: Ordering) {
        let ratio = Ratio::new(part, times, whole).expect("a whole");
        assert_eq!(
            ratio.order(read(text).expect("a number")),
            order,
            "{part} · {times} / {whole} and {text}"
        );
    }

    #[test]
    fn ok_orders_are_exact() {
        check(999, 100, 1000, "99.9", Ordering::Equal);
        check(9_989_999, 100, 10_000_000, "99.9", Ordering::Less);
        check(1, 1, 3, "0.333333333", Ordering::Greater);
        check(1, 1, 3, "0.333333334", Ordering::Less);
        check(10, 1, 1, "10", Ordering::Equal);
    }

    #[test]
    fn the_largest_counters_do_not_overflow() {
        check(u64::MAX, 1_000_000_000, 1, "999999999999999999.999999999", Ordering::Greater);
        check(u64::MAX, 100, u64::MAX, "100", Ordering::Equal);
        check(u64::MAX, 100, u64::MAX, "100.000000001", Ordering::Less);
        let least = Ratio::new(1, 1, u64::MAX).expect("a whole").in_units(20);
        assert_eq!((least.rounded(9), least.order(0)), (0, Ordering::Greater));
        assert!(Ratio::new(u64::MAX, 1_000_000_000, 1).expect("a whole").rounded(9) > ONE);
    }

    #[test]
    fn rounding_is_to_the_nearest() {
        let thirds = |part| Ratio::new(part, 1, 3).expect("a whole");
        assert_eq!(write(thirds(2).rounded(3)), "0.667");
        assert_eq!(write(thirds(1).rounded(1)), "0.3");
        assert_eq!(write(thirds(3).rounded(3)), "1");
        assert_eq!(write(Ratio::whole(1200).rounded(2)), "1200");
    }

    #[test]
    fn what_is_read_is_written() {
        for text in ["0", "10", "99.9", "0.000000001", "999999999999999999.5"] {
            assert_eq!(read(text).map(write).as_deref(), Some(text));
        }
        assert_eq!(read("007.50").map(write).as_deref(), Some("7.5"));
        for text in ["", ".5", "5.", "-1", "+1", "1e3", "0.0000000001", "1000000000000000000", "١"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
