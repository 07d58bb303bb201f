//! Numbers and states as people read them.
//!
//! Pure. One rule: no digit that the clock cannot back.

use std::time::Duration;

use crate::engine::base::close;
pub use crate::engine::base::count::{count, counted};
use crate::engine::{FrameKind, Instant};
use crate::wire::bench::{CloseSeen, Phase};

/// Between a number and its unit.
const THIN: char = '\u{2009}';

/// A duration with as many digits as `step`, the clock's own, allows: `412 µs`, `1.205 ms`, `2.5 s`.
pub fn duration(took: Duration, step: Duration) -> String {
    let micros = took.as_nanos() as f64 / 1000.0;
    let step = step.as_nanos().max(1) as f64 / 1000.0;
    if micros < 1000.0 && step < 100.0 {
        return format!("{micros:.0} µs");
    }
    if micros < 1_000_000.0 {
        return format!(
            "{:.*} ms",
            digits(step / 1000.0).min(if micros < 100_000.0 { 3 } else { 1 }),
            micros / 1000.0
        );
    }
    format!("{:.2} s", micros / 1_000_000.0)
}

/// A figure with three significant digits, and no digit that the clock does not have: `412 µs`, `2.40 ms`, `123 ms`, `1.20 s`.
/// Of two durations the longer one never reads as the shorter one.
pub fn figure(took: Duration, step: Duration) -> String {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let unit = 10_u64.pow(micros.max(1).ilog10().saturating_sub(2));
    let micros = micros.saturating_add(unit / 2) / unit * unit;
    let (number, unit, places) = match micros {
        0..1000 if step < Duration::from_micros(100) => return format!("{micros}{THIN}µs"),
        0..10_000 => (micros as f64 / 1e3, "ms", 2),
        10_000..100_000 => (micros as f64 / 1e3, "ms", 1),
        100_000..1_000_000 => (micros as f64 / 1e3, "ms", 0),
        _ => {
            let seconds = micros as f64 / 1e6;
            (seconds, "s", 2_usize.saturating_sub(seconds.log10() as usize))
        }
    };
    let places = if unit == "ms" { places.min(digits(step.as_secs_f64() * 1e3)) } else { places };
    format!("{number:.places$}{THIN}{unit}")
}

/// The code at the beginning of what a frame says of the end of a connection; none of a cancelled handshake.
pub fn closing_code(content: &str) -> Option<u16> {
    content.split(' ').next()?.parse().ok()
}

/// A moment as seconds since `began`, such as `+0.000 412`: milliseconds, and microseconds where the clock has them.
pub fn moment(at: Instant, began: Instant, step: Duration) -> String {
    let micros = at.since(began).as_micros();
    let (seconds, rest) = (micros / 1_000_000, (micros % 1_000_000) as u64);
    format!("+{seconds}.{}", fraction(rest, step))
}

/// Digits after the point that a step of this size allows.
fn digits(step: f64) -> usize {
    (-step.log10()).ceil().clamp(0.0, 3.0) as usize
}

/// How long something has lasted, in whole seconds: `42 s`, `3 min 5 s`, `2 h 10 min`.
pub fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A moment on the wall, such as `14:03:21.004 512`, with as many digits as the clock has. `began` is when the clock began
/// and `offset` how far the wall is from UTC, both in milliseconds.
pub fn wall(at: Instant, began: f64, offset: f64, step: Duration) -> String {
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

/// A size as `43 B`, `1.5 KiB`, `16 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let text = format!("{value:.1}");
    format!("{} {}", text.strip_suffix(".0").unwrap_or(&text), UNITS[unit])
}

/// What a phase is called.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::Open => "open",
        Phase::Closing => "closing",
        Phase::Closed => "closed",
        Phase::Waiting => "waiting",
    }
}

/// How a frame is marked: an arrow for messages, a word for the rest.
pub fn mark(kind: FrameKind) -> (&'static str, &'static str) {
    match kind {
        FrameKind::Connecting => ("•", "connect"),
        FrameKind::Opened => ("•", "open"),
        FrameKind::SentText => ("↑", "text"),
        FrameKind::SentBinary => ("↑", "binary"),
        FrameKind::ReceivedText => ("↓", "text"),
        FrameKind::ReceivedBinary => ("↓", "binary"),
        FrameKind::Closing => ("•", "closing"),
        FrameKind::Closed => ("•", "closed"),
        FrameKind::Failed => ("!", "trouble"),
        FrameKind::Waiting => ("•", "waiting"),
    }
}

/// The direction of a frame, for style sheets and screen readers.
pub fn direction(kind: FrameKind) -> &'static str {
    match kind {
        _ if kind.is_sent() => "sent",
        _ if kind.is_received() => "received",
        FrameKind::Failed => "trouble",
        _ => "life",
    }
}

/// A fragment as a sentence. Our fragments begin with ASCII; the tables of all other capitals weigh 10 kB in the page.
pub fn sentence(fragment: &str) -> String {
    let mut sentence = fragment.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
        if !sentence.ends_with(['.', '!', '?']) {
            sentence.push('.');
        }
    }
    sentence
}

/// How a connection ended, in one sentence, with what to try.
pub fn ending(closed: &CloseSeen) -> String {
    if let Some(after) = closed.cancelled_after {
        return format!("Cancelled after {:.1} s; the server had not answered.", after.as_secs_f64());
    }
    if closed.code == 1006 && !closed.was_open {
        return "It did not open (1006).".to_owned();
    }
    if closed.code == 1006 {
        return "The connection broke without a close frame (1006).".to_owned();
    }
    let reason = if closed.reason.is_empty() { String::new() } else { format!(": {}", closed.reason) };
    let clean = if closed.clean { "" } else { ", not cleanly" };
    format!("Closed with {} ({}){clean}{reason}", closed.code, close::meaning(closed.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Duration = Duration::from_micros(5);
    const COARSE: Duration = Duration::from_micros(100);
    const FIREFOX: Duration = Duration::from_millis(1);

    #[track_caller]
    fn check(micros: u64, step: Duration, expected: &str) {
        assert_eq!(duration(Duration::from_micros(micros), step), expected);
    }

    #[test]
    fn a_duration_has_the_digits_of_its_clock() {
        check(412, FINE, "412 µs");
        check(1205, FINE, "1.205 ms");
        check(412, COARSE, "0.4 ms");
        check(1205, COARSE, "1.2 ms");
        check(12_345, FIREFOX, "12 ms");
        check(123_456, FINE, "123.5 ms");
        check(2_500_000, FINE, "2.50 s");
    }

    #[test]
    fn a_percentile_has_three_digits() {
        for (micros, step, text) in [
            (0, FINE, "0 µs"),
            (5, FINE, "5 µs"),
            (412, FINE, "412 µs"),
            (2_271, FINE, "2.27 ms"),
            (2_395, FINE, "2.40 ms"),
            (16_103, FINE, "16.1 ms"),
            (123_456, FINE, "123 ms"),
            (999_600, FINE, "1.00 s"),
            (12_345_678, FINE, "12.3 s"),
            (500_100_000, FINE, "500 s"),
            (2_271, COARSE, "2.3 ms"),
            (412, COARSE, "0.4 ms"),
            (16_103, FIREFOX, "16 ms"),
        ] {
            assert_eq!(figure(Duration::from_micros(micros), step), text.replace(' ', "\u{2009}"));
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
    fn the_code_of_an_end_is_read_from_what_the_frame_says() {
        assert_eq!(closing_code("4001 the application's own code: revoked"), Some(4001));
        assert_eq!(closing_code("cancelled before it was open"), None);
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
    fn an_age_has_at_most_two_units() {
        for (seconds, text) in [(0, "0 s"), (59, "59 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")] {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn the_wall_clock_has_the_digits_of_its_clock() {
        let at = Instant::from_nanos(4_512_000);
        let began = 50_601_000.0;
        assert_eq!(wall(at, began, 0.0, FINE), "14:03:21.004 512");
        assert_eq!(wall(at, began, 3_600_000.0, FIREFOX), "15:03:21.004");
    }

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (16 << 20, "16 MiB"),
            ((1 << 20) - 1, "1 MiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_fragment_becomes_a_sentence() {
        assert_eq!(sentence("not sent"), "Not sent.");
        assert_eq!(sentence(""), "");
        assert_eq!(
            sentence("The server stopped."),
            "The server stopped.",
            "one that is whole gets no second end"
        );
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(999), "999");
        assert_eq!(counted(1, "frame"), "1 frame");
        assert_eq!(counted(1200, "frame"), "1\u{2009}200 frames");
        assert_eq!(count(1_234_567), "1\u{2009}234\u{2009}567");
    }

    #[test]
    fn an_ending_separates_a_refusal_from_a_break() {
        let seen = |code, was_open| CloseSeen {
            code,
            reason: String::new(),
            clean: code != 1006,
            was_open,
            cancelled_after: None,
        };
        assert!(ending(&seen(1006, false)).starts_with("It did not open"));
        assert!(ending(&seen(1006, true)).starts_with("The connection broke"));
        assert_eq!(ending(&seen(1001, true)), "Closed with 1001 (going away)");
        let cancelled = CloseSeen { cancelled_after: Some(Duration::from_millis(712)), ..seen(1006, false) };
        assert_eq!(ending(&cancelled), "Cancelled after 0.7 s; the server had not answered.");
        let with_reason = CloseSeen { reason: "too many".into(), ..seen(4029, true) };
        assert_eq!(ending(&with_reason), "Closed with 4029 (the application's own code): too many");
    }
}
