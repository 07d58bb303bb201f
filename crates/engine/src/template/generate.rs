//! Values that a placeholder makes up: an identifier, a number of a range, a date.
//!
//! Owns their form. It refuses to know any source of randomness or time: both are arguments.

/// A version 4 UUID of 128 random bits. By hand: two masks and a format, against a crate in the worker's download.
pub(super) fn uuid(high: u64, low: u64) -> String {
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// A number from `low` to `high`, both included. The upper bits of `random · span` favour no number by more than `span / 2^64`.
pub(super) fn between(low: i64, high: i64, random: u64) -> i64 {
    let span = (i128::from(high) - i128::from(low) + 1).max(1) as u128;
    let step = (u128::from(random) * span) >> 64;
    // The step is below the span, so the sum lies between two numbers that fit.
    (i128::from(low) + step as i128) as i64
}

/// A moment as ISO 8601 in UTC, such as `2026-11-21T03:01:06.123Z`. A date crate brings time zones, which are not
/// needed here; the civil date is Howard Hinnant's `civil_from_days`, which counts eras of 400 years from the first of
/// March of year 0.
pub(crate) fn iso(millis: u64) -> String {
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Random;

    #[track_caller]
    fn check(millis: u64, expected: &str) {
        assert_eq!(iso(millis), expected);
    }

    #[test]
    fn ok_dates() {
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(951_868_799_999, "2000-02-29T23:59:59.999Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(1_795_230_066_123, "2026-11-21T03:01:06.123Z");
    }

    #[test]
    fn no_moment_panics() {
        assert!(iso(u64::MAX).ends_with('Z'));
    }

    #[test]
    fn a_uuid_says_its_version_and_variant() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            uuid(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef),
            "01234567-89ab-4def-8123-456789abcdef"
        );
    }

    #[test]
    fn a_range_includes_both_ends_and_nothing_else() {
        let mut random = Random::with_seed(4);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            let number = between(-2, 3, random.next_u64());
            seen[(number + 2) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| count > 800), "{seen:?}");
    }

    #[test]
    fn ok_the_widest_range() {
        assert_eq!(between(i64::MIN, i64::MAX, 0), i64::MIN);
        assert_eq!(between(i64::MIN, i64::MAX, u64::MAX), i64::MAX);
        assert_eq!(between(7, 7, u64::MAX), 7);
    }
}
