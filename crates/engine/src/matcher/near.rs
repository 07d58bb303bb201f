//! A number or a moment that is near another one.
//!
//! Owns what a moment looks like in a message: milliseconds or seconds since 1970, or a date of RFC 3339. It refuses to read a
//! clock: what now is, a placeholder has said.

use serde_json::Value;

use crate::base::unit::parse_duration;

/// Below this a number of a moment is seconds, above it milliseconds: it is the year 5138 in seconds, and 1973 in milliseconds.
const FIRST_MILLIS: f64 = 1e11;

/// What lies within a tolerance of something.
#[derive(Clone, Copy, Debug)]
pub(super) enum Near {
    Number {
        target: f64,
        tolerance: f64,
    },
    /// In milliseconds.
    Moment {
        target: f64,
        tolerance: f64,
    },
}

impl Near {
    pub(super) const WANTS: &'static str = "a number with a tolerance, such as [0.3, 0.001], or a moment with one, such as [\"{{now}}\", \"5s\"]";

    /// Reads a target with its tolerance, else says what is wanted.
    pub(super) fn read(pair: &[Value]) -> Result<Self, &'static str> {
        match pair {
            [target, Value::String(text)] => {
                let tolerance = parse_duration(text).map_err(|_| Self::WANTS)?.as_secs_f64() * 1e3;
                let target = moment(target).ok_or(Self::WANTS)?;
                Ok(Self::Moment { target, tolerance })
            }
            [Value::Number(target), Value::Number(tolerance)] => {
                let (target, tolerance) = target.as_f64().zip(tolerance.as_f64()).ok_or(Self::WANTS)?;
                if tolerance < 0.0 {
                    Err("a tolerance that is not below zero")
                } else {
                    Ok(Self::Number { target, tolerance })
                }
            }
            _ => Err(Self::WANTS),
        }
    }

    pub(super) fn holds(self, got: &Value) -> bool {
        let (target, tolerance, got) = match self {
            Self::Number { target, tolerance } => (target, tolerance, got.as_f64()),
            Self::Moment { target, tolerance } => (target, tolerance, moment(got)),
        };
        got.is_some_and(|got| (got - target).abs() <= tolerance)
    }

    /// Whether the value is of the type that can be near.
    pub(super) fn suits(self, got: &Value) -> bool {
        match self {
            Self::Number { .. } => got.is_number(),
            Self::Moment { .. } => moment(got).is_some(),
        }
    }
}

/// Milliseconds since 1970.
fn moment(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => {
            let number = number.as_f64()?;
            Some(if number.abs() < FIRST_MILLIS { number * 1e3 } else { number })
        }
        Value::String(text) => date(text),
        _ => None,
    }
}

/// The moment of a date with a time, such as `2026-11-21T03:01:06.123Z` or `2026-11-21 04:01:06+01:00`.
pub(crate) fn date(text: &str) -> Option<f64> {
    let (date, time) = text.split_at_checked(10)?;
    let number = |text: &str, digits: usize| -> Option<i64> {
        let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse().ok() } else { None }
    };
    let mut parts = date.split('-');
    let (year, month, day) =
        (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let time = time.strip_prefix(['T', 't', ' '])?;
    let zone_at = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone_at);
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let (hours, minutes) = zone[1..].split_once(':')?;
            let minutes = number(hours, 2)? * 60 + number(minutes, 2)?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fraction: f64 = match fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("0.{fraction}").parse().ok()?,
        false => return None,
    };
    let mut parts = clock.split(':');
    let (hour, minute, second) =
        (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let fits =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !fits || parts.next().is_some() {
        return None;
    }
    // Howard Hinnant's `days_from_civil`, with years that begin in March.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let seconds = days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
    Some((seconds as f64 + fraction) * 1e3)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn near(pair: Value) -> Result<Near, &'static str> {
        Near::read(pair.as_array().expect("a list"))
    }

    #[track_caller]
    fn check(pair: Value, got: Value, holds: bool) {
        assert_eq!(near(pair).expect("good").holds(&got), holds, "{got}");
    }

    #[test]
    fn ok_numbers() {
        check(json!([0.3, 0.001]), json!(0.3004), true);
        check(json!([0.3, 0.001]), json!(0.302), false);
        check(json!([10, 0]), json!(10.0), true);
        check(json!([10, 1]), json!("10"), false);
    }

    #[test]
    fn ok_moments_in_all_their_forms() {
        let now = json!([1_795_230_066_123_u64, "5s"]);
        check(now.clone(), json!(1_795_230_070_000_u64), true);
        check(now.clone(), json!(1_795_230_066.9), true);
        check(now.clone(), json!(1_795_230_072), false);
        check(now.clone(), json!("2026-11-21T03:01:10Z"), true);
        check(now.clone(), json!("2026-11-21T04:01:06.5+01:00"), true);
        check(now.clone(), json!("2026-11-21T04:01:06.5Z"), false);
        check(now, json!("soon"), false);
        check(json!(["2026-11-21T03:01:06.123Z", "1ms"]), json!(1_795_230_066_123_u64), true);
    }

    #[test]
    fn a_date_is_what_iso_writes() {
        for millis in [0, 951_782_400_000, 951_868_799_999, 4_107_542_400_000, 1_795_230_066_123_u64] {
            assert_eq!(date(&crate::template::iso(millis)), Some(millis as f64));
        }
    }

    #[test]
    fn err_what_is_not_a_target_with_a_tolerance() {
        for pair in
            [json!([]), json!([1]), json!([1, -1]), json!([1, "5"]), json!(["x", "5s"]), json!([true, 1])]
        {
            assert!(near(pair.clone()).is_err(), "{pair}");
        }
    }
}
