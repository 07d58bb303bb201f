//! Sums, differences and products of JSON numbers, exact to the last digit.
//!
//! Owns the calculation in decimal: 0.1 and 0.2 make 0.3. It refuses to round: a result that needs more digits than it has
//! room for is an error. Work grows with the digits, never with the exponent.

use serde_json::Number;

use super::number::parts;

/// Beyond this many digits a number is written with an exponent.
const LONGEST: usize = 40;

/// A whole number times a power of ten.
#[derive(Clone, Copy)]
struct Scaled {
    mantissa: i128,
    exponent: i128,
}

/// The sum; none when it needs more than 38 digits.
///
/// ```
/// # use sockscope_engine::base::arithmetic::sum;
/// let number = |text| serde_json::from_str(text).unwrap();
/// assert_eq!(sum(&number("0.1"), &number("0.2")).unwrap().to_string(), "0.3");
/// ```
pub fn sum(a: &Number, b: &Number) -> Option<Number> {
    add(Scaled::read(a)?, Scaled::read(b)?)?.write()
}

/// The first without the second; none when it needs more than 38 digits.
pub fn difference(a: &Number, b: &Number) -> Option<Number> {
    let b = Scaled::read(b)?;
    add(Scaled::read(a)?, Scaled { mantissa: -b.mantissa, ..b })?.write()
}

/// The product; none when it needs more than 38 digits.
pub fn product(a: &Number, b: &Number) -> Option<Number> {
    let (a, b) = (Scaled::read(a)?, Scaled::read(b)?);
    let exponent = a.exponent.checked_add(b.exponent)?;
    Scaled { mantissa: a.mantissa.checked_mul(b.mantissa)?, exponent }.write()
}

fn add(a: Scaled, b: Scaled) -> Option<Scaled> {
    // Zero has every exponent.
    if a.mantissa == 0 {
        return Some(b);
    }
    if b.mantissa == 0 {
        return Some(a);
    }
    let exponent = a.exponent.min(b.exponent);
    let mantissa = a.at(exponent)?.checked_add(b.at(exponent)?)?;
    Some(Scaled { mantissa, exponent })
}

impl Scaled {
    fn read(number: &Number) -> Option<Self> {
        let (is_negative, digits, magnitude) = parts(number);
        if digits.is_empty() {
            return Some(Self { mantissa: 0, exponent: 0 });
        }
        let size: i128 = if digits.len() > 38 { None } else { digits.parse().ok() }?;
        let exponent = magnitude.checked_sub(digits.len() as i128)?;
        Some(Self { mantissa: if is_negative { -size } else { size }, exponent })
    }

    /// The mantissa with this exponent, which is not above its own.
    fn at(self, exponent: i128) -> Option<i128> {
        let shift = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.mantissa.checked_mul(10i128.checked_pow(shift)?)
    }

    /// As people write it, without zeros at the end of a fraction.
    fn write(self) -> Option<Number> {
        let (mut mantissa, mut exponent) = (self.mantissa, self.exponent);
        if mantissa == 0 {
            return Some(0.into());
        }
        while mantissa % 10 == 0 {
            (mantissa, exponent) = (mantissa / 10, exponent + 1);
        }
        let sign = if mantissa < 0 { "-" } else { "" };
        let digits = mantissa.unsigned_abs().to_string();
        let length = digits.len() as i128;
        let text = if exponent >= 0 && length + exponent <= LONGEST as i128 {
            format!("{sign}{digits}{}", "0".repeat(exponent as usize))
        } else if exponent < 0 && length + exponent > 0 {
            let (whole, fraction) = digits.split_at((length + exponent) as usize);
            format!("{sign}{whole}.{fraction}")
        } else if exponent < 0 && -exponent <= LONGEST as i128 {
            format!("{sign}0.{}{digits}", "0".repeat((-exponent - length) as usize))
        } else {
            format!("{sign}{digits}e{exponent}")
        };
        serde_json::from_str(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[track_caller]
    fn check(made: Option<Number>, expected: Option<&str>) {
        assert_eq!(made.map(|made| made.to_string()).as_deref(), expected);
    }

    #[test]
    fn ok_sums_are_exact() {
        check(sum(&number("0.1"), &number("0.2")), Some("0.3"));
        check(sum(&number("10000000000000001"), &number("1e16")), Some("20000000000000001"));
        check(sum(&number("1.50"), &number("0.5")), Some("2"));
        check(sum(&number("1e999999999"), &number("0")), Some("1e+999999999"));
        check(difference(&number("1"), &number("1.0")), Some("0"));
        check(difference(&number("1"), &number("3")), Some("-2"));
        check(difference(&number("0.001"), &number("0.0010005")), Some("-0.0000005"));
    }

    #[test]
    fn ok_products_are_exact() {
        check(product(&number("1767225600123"), &number("0.001")), Some("1767225600.123"));
        check(product(&number("-4"), &number("2.5")), Some("-10"));
        check(product(&number("1e300"), &number("1e300")), Some("1e+600"));
        check(product(&number("0"), &number("1e999")), Some("0"));
    }

    #[test]
    fn err_more_digits_than_there_is_room_for() {
        check(sum(&number("1e999999999"), &number("1")), None);
        check(product(&number("99999999999999999999"), &number("99999999999999999999")), None);
        check(sum(&number("0.1000000000000000000000000000000000000000001"), &number("1")), None);
        check(
            product(&number("1e99999999999999999999999999999999999999999"), &number("1e-9")),
            Some("1e+9999999999999999999999999999999999991"),
        );
    }
}
