//! A measured value, for comparison with a bound and for display beside it.
//!
//! Owns how a value is shown. The shown value is on the same side of the bound as the compared one. Readers do not
//! believe a line that says `10ms` is not `< 10ms`, or that 99.9996 % is `100%`.

use std::time::Duration;

use crate::base::unit::{show_duration, show_size};
use crate::metrics::counters::Success;
use crate::metrics::figures::per_second;
use crate::metrics::measured::Metrics;
use crate::metrics::ratio::{self, Fixed, ONE, Ratio};

use super::bound::Kind;
use super::subject::{Stat, Subject};

/// A measured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// How long.
    Duration(Duration),
    /// How many, messages or bytes.
    Count(u64),
    /// How many in how much time.
    Rate {
        /// How many.
        count: u64,
        /// In how much time.
        over: Duration,
    },
    /// A share.
    Success(Success),
}

impl Reading {
    /// What was measured of a threshold's subject; none when nothing was.
    pub fn of(metrics: &Metrics, subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Timing { name, stat: Stat::Count } => {
                Some(Self::Count(metrics.timings.get(name).map_or(0, |timing| timing.count())))
            }
            Subject::Timing { name, stat } => {
                let figures = metrics.timings.get(name)?.summary()?;
                Some(Self::Duration(match stat {
                    Stat::Min => figures.min,
                    Stat::Mean => figures.mean,
                    Stat::P50 => figures.p50,
                    Stat::P90 => figures.p90,
                    Stat::P95 => figures.p95,
                    Stat::P99 => figures.p99,
                    Stat::P999 => figures.p999,
                    Stat::Max => figures.max,
                    Stat::Stddev => figures.stddev,
                    Stat::Count => return Some(Self::Count(figures.count)),
                }))
            }
            Subject::Counter(counter) => metrics.counters.get(counter).map(Self::Count),
            Subject::Rate(counter) => {
                metrics.counters.get(counter).map(|count| Self::Rate { count, over: metrics.over })
            }
            Subject::Success => metrics.counters.success().map(Self::Success),
            Subject::TimerStep => None,
        }
    }

    /// The exact value in the unit of this kind; none when it is not a value of this kind, or has nothing to divide by.
    pub(super) fn exact(self, kind: Kind) -> Option<Ratio> {
        match (self, kind) {
            (Self::Duration(duration), Kind::Duration) => Some(Ratio::whole(nanos(duration))),
            (Self::Count(count), Kind::Count | Kind::Bytes) => Some(Ratio::whole(count)),
            (Self::Rate { count, over }, Kind::Rate | Kind::ByteRate) => per_second(count, over),
            (Self::Success(success), Kind::Share) => Ratio::new(success.matched, 100, success.expected),
            _ => None,
        }
    }
}

/// Writes a value of this kind, as briefly as the bound allows.
pub(super) fn show(value: Ratio, kind: Kind, bound: Fixed) -> String {
    let is_faithful = |shown: Fixed| shown.cmp(&bound) == value.order(bound);
    match kind {
        Kind::Duration => {
            let nanos = value.rounded(0) / ONE;
            let brief = Some(three_digits(nanos)).filter(|brief| is_faithful(brief * ONE)).unwrap_or(nanos);
            show_duration(Duration::from_nanos(u64::try_from(brief).unwrap_or(u64::MAX)))
        }
        Kind::Count => ratio::write(value.rounded(0)),
        Kind::Bytes => show_size(u64::try_from(value.rounded(0) / ONE).unwrap_or(u64::MAX)),
        Kind::Share => {
            let is_honest =
                |shown: Fixed| is_faithful(shown) && shown.cmp(&(100 * ONE)) == value.order(100 * ONE);
            format!("{}%", decimals(value, 1, is_honest))
        }
        Kind::Rate => format!("{}/s", decimals(value, usual_decimals(value), is_faithful)),
        Kind::ByteRate => {
            let bytes = value.rounded(0) / ONE;
            let (power, unit) = match bytes {
                0..1024 => (0, ""),
                1024..1_048_576 => (10, "KiB"),
                _ => (20, "MiB"),
            };
            let scaled = value.in_units(power);
            format!(
                "{}{unit}/s",
                decimals(scaled, usual_decimals(scaled), |shown| is_faithful(shown << power))
            )
        }
    }
}

/// With as few decimals as are faithful, and never zero of something.
fn decimals(value: Ratio, fewest: u32, is_faithful: impl Fn(Fixed) -> bool) -> String {
    let is_good = |shown: Fixed| is_faithful(shown) && (shown == 0) == value.order(0).is_eq();
    let shown = (fewest..=9).map(|count| value.rounded(count)).find(|shown| is_good(*shown));
    ratio::write(shown.unwrap_or_else(|| value.rounded(9)))
}

/// Three significant digits of what is small.
fn usual_decimals(value: Ratio) -> u32 {
    match value.rounded(9) {
        number if number >= 10 * ONE => 1,
        number if number >= ONE => 2,
        _ => 3,
    }
}

fn three_digits(nanos: u128) -> u128 {
    let scale = 10_u128.pow(nanos.checked_ilog10().unwrap_or(0).saturating_sub(2));
    (nanos + scale / 2) / scale * scale
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
