//! The subject of a threshold: `rtt.p95`, `missing`, `received.rate`, `success`.
//!
//! Owns the names before the comparison. Names of metrics may contain dots, so the figure is the part after the last
//! one.

use std::fmt;

use crate::base::nearest::nearest;
use crate::base::words;
use crate::metrics::counters::Counters;

use super::bound::Kind;
use super::error::ThresholdErrorKind as ErrorKind;

/// A figure of a timing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// How many samples.
    Count,
    /// The shortest.
    Min,
    /// The arithmetic mean.
    Mean,
    /// The median.
    P50,
    /// 90 of 100 took at most this.
    P90,
    /// 95 of 100 took at most this.
    P95,
    /// 99 of 100 took at most this.
    P99,
    /// 999 of 1000 took at most this.
    P999,
    /// The longest.
    Max,
    /// The standard deviation.
    Stddev,
}

const STATS: [(&str, Stat); 10] = [
    ("count", Stat::Count),
    ("min", Stat::Min),
    ("mean", Stat::Mean),
    ("p50", Stat::P50),
    ("p90", Stat::P90),
    ("p95", Stat::P95),
    ("p99", Stat::P99),
    ("p999", Stat::P999),
    ("max", Stat::Max),
    ("stddev", Stat::Stddev),
];

/// What other tools call a figure, in lower case.
const MEANT: [(&str, &str); 19] = [
    ("avg", "mean"),
    ("average", "mean"),
    ("med", "p50"),
    ("median", "p50"),
    ("p(50)", "p50"),
    ("p(90)", "p90"),
    ("p(95)", "p95"),
    ("p(99)", "p99"),
    ("p99.9", "p999"),
    ("p(99.9)", "p999"),
    ("p0", "min"),
    ("p100", "max"),
    ("sd", "stddev"),
    ("std", "stddev"),
    ("stdev", "stddev"),
    ("n", "count"),
    ("samples", "count"),
    ("minimum", "min"),
    ("maximum", "max"),
];

/// Timings that every build knows, which are not misspelt counters.
const TIMINGS: [&str; 3] = ["open", "rtt", "fanout"];
const SUCCESS: &str = "success";
const TIMER_STEP: &str = "timer_step";
const LOOP_LAG: &str = "loop_lag";

impl Stat {
    /// As it is written after the last dot.
    pub fn name(self) -> &'static str {
        STATS.iter().find(|(_, stat)| *stat == self).map_or("", |(name, _)| name)
    }

    /// All of them, as they are written.
    pub fn names() -> impl Iterator<Item = &'static str> {
        STATS.iter().map(|(name, _)| *name)
    }

    fn named(name: &str) -> Option<Self> {
        STATS.iter().find(|(known, _)| *known == name).map(|(_, stat)| *stat)
    }

    pub(super) fn list() -> String {
        STATS.map(|(name, _)| name).join(", ")
    }
}

/// What a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A figure of a timing.
    Timing {
        /// The name of the timing.
        name: String,
        /// The figure.
        stat: Stat,
    },
    /// How many.
    Counter(&'static str),
    /// How many a second.
    Rate(&'static str),
    /// The share of what was expected that came.
    Success,
    /// How finely the harness's clock steps.
    TimerStep,
}

impl Subject {
    /// Reads what comes before the comparison in `thresholds`.
    pub fn parse(key: &str) -> Result<Self, ErrorKind> {
        let name = spelt(key)?;
        if let Some(counter) = counter(name) {
            return Ok(Self::Counter(counter));
        }
        if name == SUCCESS {
            return Ok(Self::Success);
        }
        if let Some((base, stat)) = name.split_once('.') {
            // A counter has two figures only, so whatever else follows its name is a mistake and no metric's name.
            if let Some(counter) = counter(base) {
                return match stat {
                    "count" => Ok(Self::Counter(counter)),
                    "rate" => Ok(Self::Rate(counter)),
                    _ => Err(ErrorKind::CounterStat { counter, stat: cut(stat) }),
                };
            }
            if base == SUCCESS {
                return Err(ErrorKind::OneValue { name: SUCCESS, stat: cut(stat) });
            }
        }
        Self::timing(name).ok_or_else(|| mistaken(name))
    }

    /// Reads what comes before the comparison in `require`.
    pub fn parse_requirement(key: &str) -> Result<Self, ErrorKind> {
        let name = spelt(key)?;
        let (base, stat) = name.split_once('.').unwrap_or((name, ""));
        match (base, stat) {
            (TIMER_STEP, "") => Ok(Self::TimerStep),
            (TIMER_STEP, stat) => Err(ErrorKind::OneValue { name: TIMER_STEP, stat: cut(stat) }),
            (LOOP_LAG, _) => Self::timing(name).ok_or_else(|| mistaken(name)),
            _ => {
                let stat = if stat.is_empty() { "p99" } else { stat };
                Err(match nearest(base, [TIMER_STEP, LOOP_LAG]) {
                    Some(TIMER_STEP) => meant(name, TIMER_STEP.to_owned()),
                    Some(near) => meant(name, format!("{near}.{stat}")),
                    None => ErrorKind::NotOfHarness { name: cut(name) },
                })
            }
        }
    }

    fn timing(name: &str) -> Option<Self> {
        let (base, stat) = name.rsplit_once('.').filter(|(base, _)| !base.is_empty())?;
        Some(Self::Timing { name: base.to_owned(), stat: Stat::named(stat)? })
    }

    pub(super) fn kind(&self) -> Kind {
        let is_bytes = |counter: &str| Counters::unit(counter) == "bytes";
        match self {
            Self::Timing { stat: Stat::Count, .. } => Kind::Count,
            Self::Timing { .. } | Self::TimerStep => Kind::Duration,
            Self::Counter(counter) if is_bytes(counter) => Kind::Bytes,
            Self::Counter(_) => Kind::Count,
            Self::Rate(counter) if is_bytes(counter) => Kind::ByteRate,
            Self::Rate(_) => Kind::Rate,
            Self::Success => Kind::Share,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timing { name, stat } => write!(f, "{name}.{}", stat.name()),
            Self::Counter(counter) => f.write_str(counter),
            Self::Rate(counter) => write!(f, "{counter}.rate"),
            Self::Success => f.write_str(SUCCESS),
            Self::TimerStep => f.write_str(TIMER_STEP),
        }
    }
}

/// The name, unless there is none or it has blanks around.
fn spelt(key: &str) -> Result<&str, ErrorKind> {
    match key.trim() {
        "" => Err(ErrorKind::NoName),
        name if name.len() == key.len() => Ok(name),
        name => Err(meant(key, name.to_owned())),
    }
}

fn counter(name: &str) -> Option<&'static str> {
    Counters::NAMES.into_iter().find(|known| *known == name)
}

/// Why this is neither a counter nor a timing with a figure.
fn mistaken(name: &str) -> ErrorKind {
    let lower = name.to_lowercase();
    for (word, stat) in MEANT {
        let base = lower.strip_suffix(word).and_then(|rest| rest.strip_suffix('.'));
        if let Some(base) = base.filter(|base| !base.is_empty() && name.is_char_boundary(base.len())) {
            return meant(name, format!("{}.{stat}", &name[..base.len()]));
        }
    }
    let (base, stat) = name.split_once('.').unwrap_or((name, ""));
    let counters = Counters::NAMES.into_iter().chain([SUCCESS]);
    let near = nearest(base, counters).filter(|_| !TIMINGS.contains(&base));
    if let Some(near) = near.filter(|_| stat.is_empty()) {
        return meant(name, near.to_owned());
    }
    if let Some(near) = near.filter(|_| ["rate", "count"].contains(&stat)) {
        return meant(name, format!("{near}.{stat}"));
    }
    match name.rsplit_once('.') {
        Some(("", _)) => ErrorKind::NoName,
        // Among equally near ones, the first wins, and most slips are meant to be one of these.
        Some((base, stat)) => {
            match nearest(stat, ["p95", "p99"].into_iter().chain(STATS.map(|(known, _)| known))) {
                Some(near) => meant(name, format!("{base}.{near}")),
                None => ErrorKind::NoStat { name: cut(name.trim_end_matches('.')) },
            }
        }
        None => ErrorKind::NoStat { name: cut(name) },
    }
}

fn meant(written: &str, meant: String) -> ErrorKind {
    ErrorKind::Meant { written: cut(written), meant: cut(&meant) }
}

/// An error quotes at most this much of the text.
pub(super) fn cut(text: &str) -> String {
    words::cut(text, 60)
}
