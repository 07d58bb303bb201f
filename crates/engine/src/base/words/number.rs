//! Counts, durations, sizes, rates and shares.

use std::time::Duration;

use crate::Instant;

/// Between groups of three digits, and between a number and its unit.
const THIN: char = '\u{2009}';

/// A whole number in groups of three: `1 234 567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 frame`, `1 200 frames`. A noun is one whose plural has an `s`.
///
/// ```
/// # use sockscope_engine::base::words::counted;
/// assert_eq!([counted(1, "check"), counted(0, "check")], ["1 check", "0 checks"]);
/// assert_eq!(counted(1200, "frame"), "1\u{2009}200 frames");
/// ```
pub fn counted(number: u64, one: &str) -> String {
    format!("{} {}", count(number), plural(number, one))
}

/// The noun alone, where the number stands elsewhere: `frame` of 1, `frames` of any other number.
pub fn plural(number: u64, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{one}{ending}")
}

/// A measured duration, with three digits: `412 µs`, `2.40 ms`, `1.20 s`, `2 min 5 s`.
pub fn duration(took: Duration) -> String {
    micros(micros_of(took))
}

/// The same of microseconds as a report has them; `?` where there is no number.
pub fn micros(micros: f64) -> String {
    // A sum of nothing is -0.0.
    if micros.is_finite() { figure_of(micros.max(0.0), 0.0) } else { "?".to_owned() }
}

/// The same without a digit that the clock does not have: `step` is the clock's. Of two durations the longer one never reads
/// as the shorter one.
pub fn figure(took: Duration, step: Duration) -> String {
    figure_of(micros_of(took), micros_of(step))
}

fn figure_of(micros: f64, step: f64) -> String {
    // The bounds are where a number rounds up to the next digit.
    let three = |number: f64| match number {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let (number, unit, one) = match micros {
        0.0 if step < 100.0 => return format!("0{THIN}µs"),
        ..999.5 if step < 100.0 => (micros, "µs", 1.0),
        ..999_500.0 => (micros / 1e3, "ms", 1e3),
        ..119_500_000.0 => (micros / 1e6, "s", 1e6),
        _ => return span(Duration::from_secs_f64((micros / 1e6).round().min(1e15))),
    };
    let places = if step > 0.0 { three(number).min(digits(step / one)) } else { three(number) };
    format!("{number:.places$}{THIN}{unit}")
}

/// A duration as it was set, with all of its digits and no more: `200 ms`, `1.5 s`, `2 min`.
pub fn bound(set: Duration) -> String {
    let nanos = set.as_nanos();
    let (unit, scale) = match nanos {
        0 => ("s", 1_000_000_000),
        _ if nanos.is_multiple_of(60_000_000_000) => ("min", 60_000_000_000),
        1_000_000_000.. => ("s", 1_000_000_000),
        1_000_000.. => ("ms", 1_000_000),
        _ => ("µs", 1_000_u128),
    };
    let width = scale.ilog10() as usize;
    let rest = nanos % scale;
    let rest = if rest == 0 { String::new() } else { format!(".{rest:0width$}") };
    format!("{}{}{THIN}{unit}", nanos / scale, rest.trim_end_matches('0'))
}

/// A duration with as many digits as `step`, the clock's own, allows: `412 µs`, `1.205 ms`, `2.500 412 s`.
pub fn exact(took: Duration, step: Duration) -> String {
    let (micros, step) = (micros_of(took), micros_of(step).max(1e-3));
    match micros {
        ..1e3 if step < 100.0 => format!("{micros:.0}{THIN}µs"),
        ..1e6 => format!("{:.*}{THIN}ms", digits(step / 1e3).min(3), micros / 1e3),
        _ => {
            let whole = (micros + 0.5) as u64;
            let seconds = count(whole / 1_000_000);
            format!("{seconds}.{}{THIN}s", fraction(whole % 1_000_000, Duration::from_secs_f64(step / 1e6)))
        }
    }
}

fn micros_of(took: Duration) -> f64 {
    took.as_nanos() as f64 / 1e3
}

/// Digits after the point that a step of this size allows.
fn digits(step: f64) -> usize {
    [1.0, 0.1, 0.01].iter().filter(|bound| step < **bound).count()
}

/// How long something has lasted, in whole seconds: `42 s`, `3 min 5 s`, `2 h 10 min`.
pub fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}{THIN}s"),
        60..3600 => format!("{}{THIN}min {}{THIN}s", seconds / 60, seconds % 60),
        _ => format!("{}{THIN}h {}{THIN}min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A size, with three digits: `43 B`, `1.5 KiB`, `16 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes}{THIN}B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{}{THIN}{}", three_at_most(value), UNITS[unit])
}

/// A size in bytes: `1 536 bytes`.
pub fn exact_size(bytes: u64) -> String {
    counted(bytes, "byte")
}

/// How many a second, without the unit, with three digits: `0.13`, `99.9`, `28 615`. From 1,000 on it is whole, as a count is.
pub fn rate(number: f64) -> String {
    if (999.5..1e15).contains(&number) { count(number.round() as u64) } else { three_at_most(number) }
}

/// A share of a hundred: `12.3 %`. It reads as nothing or as all only where that is exact: `99.98 %`, `0.02 %`.
pub fn percent(share: f64) -> String {
    let text = match share {
        0.0..0.01 if share > 0.0 => "<0.01".to_owned(),
        0.01..0.995 => trimmed(format!("{share:.2}")),
        99.995..100.0 => "99.99".to_owned(),
        99.5..100.0 => trimmed(format!("{share:.2}")),
        _ => three_at_most(share),
    };
    format!("{text}{THIN}%")
}

/// Three digits, and none behind the point that says nothing.
fn three_at_most(number: f64) -> String {
    trimmed(match number {
        ..9.995 => format!("{number:.2}"),
        ..99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    })
}

fn trimmed(number: String) -> String {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => number,
    }
}

/// A moment as seconds since `began`, such as `+0.000 412`: milliseconds, and microseconds where the clock has them. It says
/// when something was, not how long it took: it keeps the digits that order events.
pub fn moment(at: Instant, began: Instant, step: Duration) -> String {
    let micros = at.since(began).as_micros();
    let (seconds, rest) = (micros / 1_000_000, (micros % 1_000_000) as u64);
    format!("+{seconds}.{}", fraction(rest, step))
}

/// A moment or a time of day in two parts: up to its milliseconds, and what a narrow list leaves out.
pub fn coarse_and_rest(time: &str) -> (&str, &str) {
    let end = time.rfind('.').map_or(time.len(), |point| point + ".000".len());
    time.split_at_checked(end).unwrap_or((time, ""))
}

/// A time of day, such as `14:03:21.004`. `began` is when the clock began and `offset` how far the place is from UTC, both in
/// milliseconds.
pub fn time_of_day(at: Instant, began: f64, offset: f64) -> String {
    time_of_day_exact(at, began, offset, Duration::from_millis(1))
}

/// The same with as many digits as the clock has: `14:03:21.004 512`.
pub fn time_of_day_exact(at: Instant, began: f64, offset: f64, step: Duration) -> String {
    let micros = (began + offset).max(0.0) * 1000.0 + at.as_nanos() as f64 / 1000.0;
    let micros = micros as u64 % 86_400_000_000;
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{clock}.{}", fraction(rest, step))
}

/// Millionths of a second with as many digits as the clock has.
fn fraction(micros: u64, step: Duration) -> String {
    let (millis, rest) = (micros / 1000, micros % 1000);
    if step >= Duration::from_millis(1) {
        return format!("{millis:03}");
    }
    if step >= Duration::from_micros(100) {
        return format!("{millis:03} {}", rest / 100);
    }
    format!("{millis:03} {rest:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_list_shows_a_time_up_to_its_milliseconds() {
        let parts = |micros: u64, step: u64| {
            let at = Instant::ORIGIN + Duration::from_micros(micros);
            let moment = moment(at, Instant::ORIGIN, Duration::from_micros(step));
            let (coarse, rest) = coarse_and_rest(&moment);
            assert_eq!(format!("{coarse}{rest}"), moment);
            coarse.to_owned()
        };
        assert_eq!([5, 100, 1000].map(|step| parts(12_345_678, step)), ["+12.345", "+12.345", "+12.345"]);
        assert_eq!(coarse_and_rest("14:03:21.004"), ("14:03:21.004", ""));
        assert_eq!((coarse_and_rest("–"), coarse_and_rest("")), (("–", ""), ("", "")));
    }

    const FINE: Duration = Duration::from_micros(5);
    const COARSE: Duration = Duration::from_micros(100);
    const FIREFOX: Duration = Duration::from_millis(1);

    /// The expected texts have plain spaces, which are thin where a unit follows.
    #[track_caller]
    fn same(found: &str, expected: &str) {
        assert_eq!(found.replace(THIN, " "), expected);
    }

    #[test]
    fn digits_stand_in_groups_of_three_with_a_thin_space_between_them() {
        let counts = [7, 999, 1234, 1_234_567].map(count);
        assert_eq!(counts, ["7", "999", "1\u{2009}234", "1\u{2009}234\u{2009}567"]);
    }

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!([counted(1, "check"), counted(0, "check")], ["1 check", "0 checks"]);
    }

    #[test]
    fn a_figure_has_three_digits_and_a_thin_space_before_its_unit() {
        for (us, text) in [
            (0, "0 µs"),
            (5, "5 µs"),
            (412, "412 µs"),
            (2_271, "2.27 ms"),
            (2_395, "2.40 ms"),
            (16_103, "16.1 ms"),
            (123_456, "123 ms"),
            (999_600, "1.00 s"),
            (12_345_678, "12.3 s"),
            (125_000_000, "2 min 5 s"),
            (7_800_000_000, "2 h 10 min"),
        ] {
            same(&figure(Duration::from_micros(us), FINE), text);
        }
        assert_eq!(duration(Duration::from_millis(43)), "43.0\u{2009}ms");
    }

    #[test]
    fn a_figure_has_no_digit_that_its_clock_lacks() {
        for (us, step, text) in [
            (2_271, COARSE, "2.3 ms"),
            (412, COARSE, "0.4 ms"),
            (16_103, FIREFOX, "16 ms"),
            (5, FIREFOX, "0 ms"),
        ] {
            same(&figure(Duration::from_micros(us), step), text);
        }
    }

    #[test]
    fn the_microseconds_of_a_report_need_not_be_whole() {
        for (us, text) in
            [(-0.0, "0 µs"), (5.25, "5.25 µs"), (999.6, "1.00 ms"), (812_400.0, "812 ms"), (f64::NAN, "?")]
        {
            same(&micros(us), text);
        }
    }

    #[test]
    fn a_longer_duration_never_reads_as_a_shorter_one() {
        let read = |micros: u64, step| {
            let text = figure(Duration::from_micros(micros), step);
            let (number, unit) = text.split_once(THIN).expect("a number and its unit");
            let number: f64 = number.parse().expect("a number");
            number
                * [("µs", 1.0), ("ms", 1e3), ("s", 1e6)].iter().find(|(it, _)| *it == unit).expect("known").1
        };
        for step in [FINE, COARSE, FIREFOX] {
            let mut before = 0.0;
            for micros in (0..20_000).chain((20_000..30_000_000).step_by(997)) {
                let now = read(micros, step);
                assert!(now >= before, "{micros} µs reads as {now} after {before}");
                before = now;
            }
        }
    }

    #[test]
    fn a_bound_has_the_digits_that_were_set() {
        for (us, text) in [
            (0, "0 s"),
            (250, "250 µs"),
            (200_000, "200 ms"),
            (12_345, "12.345 ms"),
            (1_500_000, "1.5 s"),
            (2_000_000, "2 s"),
            (90_000_000, "90 s"),
            (120_000_000, "2 min"),
        ] {
            same(&bound(Duration::from_micros(us)), text);
        }
    }

    #[test]
    fn an_exact_duration_has_every_digit_of_its_clock() {
        for (us, step, text) in [
            (412, FINE, "412 µs"),
            (1205, FINE, "1.205 ms"),
            (412, COARSE, "0.4 ms"),
            (1205, COARSE, "1.2 ms"),
            (12_345, FIREFOX, "12 ms"),
            (123_456, FINE, "123.456 ms"),
            (2_500_412, FINE, "2.500 412 s"),
            (2_500_412, FIREFOX, "2.500 s"),
        ] {
            same(&exact(Duration::from_micros(us), step), text);
        }
    }

    #[test]
    fn a_span_is_told_in_two_units_at_most() {
        for (seconds, text) in [(0, "0 s"), (59, "59 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")] {
            same(&span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_size_has_three_digits() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (9349, "9.13 KiB"),
            (197_632, "193 KiB"),
            (16 << 20, "16 MiB"),
            ((1 << 20) - 1, "1 MiB"),
        ] {
            same(&size(bytes), text);
        }
        same(&exact_size(197_632), "197 632 bytes");
    }

    #[test]
    fn a_rate_has_no_digits_that_say_nothing() {
        for (number, text) in [(99.9, "99.9"), (100.0, "100"), (0.126, "0.13"), (28_615.38, "28 615")] {
            same(&rate(number), text);
        }
    }

    #[test]
    fn a_share_reads_as_nothing_or_as_all_only_where_it_is() {
        for (share, text) in [
            (0.0, "0 %"),
            (0.001, "<0.01 %"),
            (0.126, "0.13 %"),
            (12.345, "12.3 %"),
            (99.4, "99.4 %"),
            (99.95, "99.95 %"),
            (99.9999, "99.99 %"),
            (100.0, "100 %"),
        ] {
            same(&percent(share), text);
        }
    }

    #[test]
    fn a_moment_has_the_digits_of_its_clock() {
        let at = Instant::from_nanos(12_345_678_000);
        assert_eq!(moment(at, Instant::ORIGIN, FINE), "+12.345 678");
        assert_eq!(moment(at, Instant::ORIGIN, COARSE), "+12.345 6");
        assert_eq!(moment(at, Instant::ORIGIN, FIREFOX), "+12.345");
        assert_eq!(moment(at, at, FINE), "+0.000 000");
    }

    #[test]
    fn a_time_of_day_has_milliseconds_and_an_exact_form() {
        let at = Instant::from_nanos(4_512_000);
        let began = 50_601_000.0;
        assert_eq!(time_of_day(at, began, 0.0), "14:03:21.004");
        assert_eq!(time_of_day_exact(at, began, 0.0, FINE), "14:03:21.004 512");
        assert_eq!(time_of_day_exact(at, began, 3_600_000.0, FIREFOX), "15:03:21.004");
    }
}
