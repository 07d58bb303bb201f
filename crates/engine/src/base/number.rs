//! JSON numbers, compared by value.
//!
//! Owns the order of numbers as they are written. It refuses to turn them into floats: `10000000000000001` and `1e16`
//! are the same float and different numbers. Work grows with the digits, never with the exponent: `1e999999999` is
//! eleven bytes of work.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde_json::Number;

/// The order of two numbers by value: `1.0` equals `1`, `-0` equals `0`.
///
/// Exponents of more than 36 digits are taken as one and the same; no message has a use for them.
///
/// ```
/// # use std::cmp::Ordering;
/// # use sockscope_engine::base::number::compare;
/// let number = |text| serde_json::from_str(text).unwrap();
/// assert_eq!(compare(&number("1.0"), &number("1")), Ordering::Equal);
/// assert_eq!(compare(&number("10000000000000001"), &number("1e16")), Ordering::Greater);
/// ```
pub fn compare(a: &Number, b: &Number) -> Ordering {
    if a.as_str() == b.as_str() {
        return Ordering::Equal;
    }
    Decimal::read(a.as_str()).order(&Decimal::read(b.as_str()))
}

/// Whether the value has no fraction: `1.0` and `1e3` have none.
pub fn is_integer(number: &Number) -> bool {
    let decimal = Decimal::read(number.as_str());
    decimal.is_zero() || decimal.exponent() >= 0
}

/// The whole number from zero that it is, `2.0` and `1e3` too; what is past the largest is the largest.
pub fn whole(number: &Number) -> Option<u64> {
    let decimal = Decimal::read(number.as_str());
    if decimal.is_zero() {
        return Some(0);
    }
    if decimal.is_negative || decimal.exponent() < 0 {
        return None;
    }
    if decimal.magnitude > 20 {
        return Some(u64::MAX);
    }
    let digits = decimal.digits().chain(std::iter::repeat(b'0')).take(decimal.magnitude as usize);
    let value = digits.fold(0u128, |value, digit| value * 10 + u128::from(digit - b'0'));
    Some(u64::try_from(value).unwrap_or(u64::MAX))
}

/// Tells the hasher the value: numbers that [`compare`] as equal have equal hashes.
pub fn hash(number: &Number, state: &mut impl Hasher) {
    let decimal = Decimal::read(number.as_str());
    decimal.sign().hash(state);
    if !decimal.is_zero() {
        decimal.magnitude.hash(state);
        decimal.significant().for_each(|digit| state.write_u8(digit));
    }
}

/// A number above zero whose multiples can be recognised exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divisor {
    /// Not a multiple of ten, below [`Divisor::DIGITS`] digits.
    mantissa: u128,
    exponent: i128,
}

impl Divisor {
    /// How many digits it may have besides leading and trailing zeros. More digits measure nothing, and with these
    /// every product of two remainders has room in 128 bits.
    pub const DIGITS: usize = 18;

    /// None unless it is above zero and has few enough digits.
    ///
    /// ```
    /// # use sockscope_engine::base::number::Divisor;
    /// let number = |text| serde_json::from_str(text).unwrap();
    /// let cent = Divisor::new(&number("0.01")).unwrap();
    /// assert!(cent.divides(&number("19.99")) && cent.divides(&number("1e999999999")));
    /// assert!(!cent.divides(&number("19.999")));
    /// ```
    pub fn new(number: &Number) -> Option<Self> {
        let decimal = Decimal::read(number.as_str());
        if decimal.sign() != 1 || decimal.significant().count() > Self::DIGITS {
            return None;
        }
        let mantissa = decimal.significant().fold(0, |value, digit| value * 10 + u128::from(digit - b'0'));
        Some(Self { mantissa, exponent: decimal.exponent() })
    }

    /// Whether the number is a whole multiple.
    pub fn divides(&self, number: &Number) -> bool {
        let decimal = Decimal::read(number.as_str());
        // The last digit of the number is not zero, so no multiple of a higher power of ten divides it.
        let shift = decimal.exponent() - self.exponent;
        if decimal.is_zero() || shift < 0 {
            return decimal.is_zero();
        }
        let rest = decimal
            .significant()
            .fold(0, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % self.mantissa);
        (rest * self.power_of_ten(shift)).is_multiple_of(self.mantissa)
    }

    /// The rest of 10^exponent, by squaring.
    fn power_of_ten(&self, mut exponent: i128) -> u128 {
        let (mut base, mut power) = (10 % self.mantissa, 1 % self.mantissa);
        while exponent > 0 {
            if exponent % 2 == 1 {
                power = power * base % self.mantissa;
            }
            base = base * base % self.mantissa;
            exponent /= 2;
        }
        power
    }
}

/// Whether the value is zero, however it is written.
pub fn is_zero(number: &Number) -> bool {
    Decimal::read(number.as_str()).is_zero()
}

/// Sign, digits without leading and trailing zeros, and magnitude: the same for equal values and for no others.
pub(crate) fn parts(number: &Number) -> (bool, String, i128) {
    let decimal = Decimal::read(number.as_str());
    if decimal.is_zero() {
        return (false, String::new(), 0);
    }
    let digits: String = decimal.digits().map(char::from).collect();
    (decimal.is_negative, digits.trim_end_matches('0').to_owned(), decimal.magnitude)
}

/// The number 0.d₁d₂d₃… × 10^magnitude, with d₁ not zero, as pieces of its text.
struct Decimal<'a> {
    is_negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    magnitude: i128,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a str) -> Self {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = whole.trim_start_matches('0');
        let (fraction, skipped) = if whole.is_empty() {
            let kept = fraction.trim_start_matches('0');
            (kept, fraction.len() - kept.len())
        } else {
            (fraction, 0)
        };
        let position = if whole.is_empty() { -(skipped as i128) } else { whole.len() as i128 };
        Self {
            is_negative,
            whole: whole.as_bytes(),
            fraction: fraction.as_bytes(),
            magnitude: position + read_exponent(exponent),
        }
    }

    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// Without trailing zeros.
    fn significant(&self) -> impl Iterator<Item = u8> {
        let trailing = self.digits().rev().take_while(|digit| *digit == b'0').count();
        self.digits().take(self.whole.len() + self.fraction.len() - trailing)
    }

    /// The exponent of the last digit that is not zero: 1200 is 12 × 10^2.
    fn exponent(&self) -> i128 {
        self.magnitude - self.significant().count() as i128
    }

    /// Leading zeros are gone, so only zero has no digits left.
    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self.sign(), other.sign()) {
            (0, 0) => Ordering::Equal,
            (a, b) if a != b => a.cmp(&b),
            (sign, _) => {
                let by_size = self.magnitude.cmp(&other.magnitude).then_with(|| self.order_of_digits(other));
                if sign < 0 { by_size.reverse() } else { by_size }
            }
        }
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// Digit by digit; the shorter one goes on with zeros.
    fn order_of_digits(&self, other: &Self) -> Ordering {
        let (mut ours, mut theirs) = (self.digits(), other.digits());
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return Ordering::Equal,
                (a, b) => match a.unwrap_or(b'0').cmp(&b.unwrap_or(b'0')) {
                    Ordering::Equal => {}
                    unequal => return unequal,
                },
            }
        }
    }
}

fn read_exponent(text: &str) -> i128 {
    const BEYOND: i128 = 10i128.pow(37);
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, text),
    };
    let digits = digits.trim_start_matches('0');
    match digits.len() {
        0 => 0,
        1..=36 => sign * digits.parse().unwrap_or(BEYOND),
        _ => sign * BEYOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[track_caller]
    fn check(a: &str, b: &str, expected: Ordering) {
        assert_eq!(compare(&number(a), &number(b)), expected, "{a} and {b}");
        assert_eq!(compare(&number(b), &number(a)), expected.reverse(), "{b} and {a}");
    }

    #[test]
    fn the_same_value_is_equal_however_it_is_written() {
        check("1.0", "1", Ordering::Equal);
        check("100", "1e2", Ordering::Equal);
        check("1E+2", "100.000", Ordering::Equal);
        check("0.001", "1e-3", Ordering::Equal);
        check("0.00120", "12e-4", Ordering::Equal);
        check("10e9223372036854775807", "1e9223372036854775808", Ordering::Equal);
    }

    #[test]
    fn zero_has_no_sign_and_no_exponent() {
        check("-0", "0", Ordering::Equal);
        check("0e999999999", "-0.000", Ordering::Equal);
        check("0", "-1e-999999999", Ordering::Greater);
    }

    #[test]
    fn nothing_is_rounded() {
        check("10000000000000001", "1e16", Ordering::Greater);
        check("18446744073709551616", "18446744073709551615", Ordering::Greater);
        check("0.1000000000000000000000000000000000001", "0.1", Ordering::Greater);
        check("9007199254740993", "9007199254740992", Ordering::Greater);
    }

    #[test]
    fn beyond_the_floats_there_is_still_an_order() {
        check("1e400", "1e401", Ordering::Less);
        check("-1e400", "-1e401", Ordering::Greater);
        check("1e-400", "0", Ordering::Greater);
        check("1e999999999", "1e-999999999", Ordering::Greater);
        check("1e999999999999999999999999999999999999999999", "1e400", Ordering::Greater);
    }

    #[test]
    fn signs_come_first() {
        check("-2", "1", Ordering::Less);
        check("-2", "-1", Ordering::Less);
        check("2", "10", Ordering::Less);
    }

    #[test]
    fn an_integer_is_known_by_its_value() {
        for text in ["1", "1.0", "1e3", "12.5e1", "-0.0", "0", "1e999999999", "100"] {
            assert!(is_integer(&number(text)), "{text}");
        }
        for text in ["1.5", "1e-3", "12.55e1", "1e-999999999", "0.1"] {
            assert!(!is_integer(&number(text)), "{text}");
        }
    }

    #[test]
    fn a_whole_number_is_read_however_it_is_written() {
        for (text, expected) in [
            ("2.0", Some(2)),
            ("1e3", Some(1000)),
            ("-0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("1e999999999", Some(u64::MAX)),
            ("99999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("1.5", None),
        ] {
            assert_eq!(whole(&number(text)), expected, "{text}");
        }
    }

    #[test]
    fn equal_numbers_have_equal_hashes() {
        let hashed = |text| {
            let mut state = std::hash::DefaultHasher::new();
            hash(&number(text), &mut state);
            state.finish()
        };
        assert_eq!(hashed("1.0"), hashed("10e-1"));
        assert_eq!(hashed("-0.0"), hashed("0e5"));
        assert_ne!(hashed("1"), hashed("-1"));
        assert_ne!(hashed("1"), hashed("10"));
    }

    #[test]
    fn multiples_are_judged_without_rounding() {
        let divides = |step, text| Divisor::new(&number(step)).unwrap().divides(&number(text));
        for (step, text) in
            [("2", "10"), ("0.01", "0.07"), ("0.0001", "0.0075"), ("1.5", "4.50"), ("0.5", "1e308")]
        {
            assert!(divides(step, text), "{text} of {step}");
        }
        assert!(!divides("3", "1e999999999999999999999999999999999999999999999999"));
        assert!(divides("7", "0") && divides("7", "-14") && divides("1e-999999999", "5"));
        assert!(
            !divides("0.01", "0.075") && !divides("1e999999999", "5") && !divides("0.123456789", "1e308")
        );
        assert!(divides("3", "99999999999999999999999999999999999999999999999999"));
        for text in ["0", "-1", "0.1234567890123456789"] {
            assert_eq!(Divisor::new(&number(text)), None, "{text}");
        }
    }

    /// Small decimals have an order that whole arithmetic knows: mantissa × 10^exponent, scaled to integers.
    #[test]
    fn the_order_is_that_of_whole_arithmetic() {
        let mut random = Random::with_seed(3);
        let mut draw = |below: u64| random.next_u64() % below;
        for _ in 0..50_000 {
            let mut one = || {
                let mantissa = draw(2001) as i128 - 1000;
                let exponent = draw(9) as i32 - 4;
                let scaled = mantissa * 10i128.pow((exponent + 4) as u32);
                let text = match draw(3) {
                    0 => format!("{mantissa}e{exponent}"),
                    1 => format!("{mantissa}.000E{exponent:+}"),
                    _ => {
                        let sign = if scaled < 0 { "-" } else { "" };
                        format!("{sign}{}.{:04}", scaled.abs() / 10_000, scaled.abs() % 10_000)
                    }
                };
                (text, scaled)
            };
            let ((a, a_value), (b, b_value)) = (one(), one());
            check(&a, &b, a_value.cmp(&b_value));
        }
    }
}
