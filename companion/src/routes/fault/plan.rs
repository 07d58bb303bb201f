//! What goes wrong on a connection, read from its query.

use std::time::Duration;

use crate::routes::query::{Query, QueryError};
use crate::ws::close::{Close, MAX_REASON};

const KNOWN: &str = "latency, jitter, drop, duplicate, reorder, corrupt, throttle, silent, close_after, close_code, \
    close_reason, abort_after, refuse, seed";

/// The longest delay that may be asked for.
const LONGEST: Duration = Duration::from_secs(60);

/// The faults of one connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Every message waits this long.
    pub latency: Duration,
    /// And up to this much longer.
    pub jitter: Duration,
    /// The chance that a message is lost.
    pub drop: f64,
    /// The chance that it comes twice.
    pub duplicate: f64,
    /// The chance that it changes places with the next one.
    pub reorder: f64,
    /// The chance that one of its bytes is wrong.
    pub corrupt: f64,
    /// Payload bytes a second.
    pub throttle: Option<u64>,
    /// What is not answered.
    pub silence: Silence,
    /// After how many messages the connection ends, and how.
    pub ending: Option<(u64, Ending)>,
    /// The handshake is answered with this HTTP status.
    pub refuse: Option<u16>,
    /// What all chances follow from.
    pub seed: u64,
}

/// What a silent server leaves without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nothing.
    No,
    /// Messages. Pings and the closing handshake are answered.
    Data,
    /// Everything, the closing handshake too.
    All,
}

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// With a close frame.
    Close(Close),
    /// With a TCP reset.
    Abort,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            drop: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            corrupt: 0.0,
            throttle: None,
            silence: Silence::No,
            ending: None,
            refuse: None,
            seed: 1,
        }
    }
}

impl Plan {
    /// Reads a query. A fault that is misspelt must not look like a server that survives it, so every parameter has to
    /// be known and valid.
    pub fn read(query: &Query<'_>) -> Result<Self, QueryError> {
        let mut plan = Self::default();
        let (mut close_after, mut abort_after) = (None, None);
        let mut close = Close::new(1000, "");
        for (name, value) in query.iter() {
            let invalid =
                |expected| QueryError::Invalid { name: name.to_owned(), value: value.to_owned(), expected };
            let whole = || value.parse::<u64>().map_err(|_| invalid("a whole number"));
            let chance = || probability(value).ok_or_else(|| invalid("a probability from 0 to 1"));
            let time =
                || duration(value).ok_or_else(|| invalid("a duration up to 60s, such as 50ms, 1s or 20"));
            match name {
                "latency" => plan.latency = time()?,
                "jitter" => plan.jitter = time()?,
                "drop" => plan.drop = chance()?,
                "duplicate" => plan.duplicate = chance()?,
                "reorder" => plan.reorder = chance()?,
                "corrupt" => plan.corrupt = chance()?,
                "throttle" => {
                    let rate = whole()?;
                    plan.throttle = Some(rate);
                    if rate == 0 {
                        return Err(invalid("a number of bytes a second above 0"));
                    }
                }
                "silent" => {
                    plan.silence = match value {
                        "" | "1" | "true" | "all" => Silence::All,
                        "data" => Silence::Data,
                        "0" | "false" => Silence::No,
                        _ => return Err(invalid("true, data or false")),
                    }
                }
                "close_after" => close_after = Some(whole()?),
                "close_code" if value == "none" => close.code = None,
                "close_code" => {
                    close.code =
                        Some(value.parse().map_err(|_| invalid("a number from 0 to 65535, or none"))?);
                }
                "close_reason" if value.len() > MAX_REASON => return Err(invalid("at most 123 bytes long")),
                "close_reason" => close.reason = value.to_owned().into(),
                "abort_after" => abort_after = Some(whole()?),
                "refuse" => {
                    let status = value.parse().ok().filter(|status| (300..=599).contains(status));
                    plan.refuse = Some(status.ok_or_else(|| invalid("an HTTP status from 300 to 599"))?);
                }
                "seed" => plan.seed = whole()?,
                _ => return Err(QueryError::Unknown { name: name.to_owned(), known: KNOWN.to_owned() }),
            }
        }
        let asks_for_close = ["close_code", "close_reason"].iter().any(|name| query.get(name).is_some());
        plan.ending = match (close_after, abort_after) {
            (Some(close_after), Some(abort_after)) if abort_after < close_after => {
                Some((abort_after, Ending::Abort))
            }
            (None, Some(abort_after)) => Some((abort_after, Ending::Abort)),
            (Some(close_after), _) => Some((close_after, Ending::Close(close))),
            // A code without a moment would never be sent, and the suite that asked for it would wait.
            (None, None) if asks_for_close => Some((1, Ending::Close(close))),
            (None, None) => None,
        };
        Ok(plan)
    }
}

fn probability(text: &str) -> Option<f64> {
    text.parse().ok().filter(|chance| (0.0..=1.0).contains(chance))
}

/// `50ms`, `1s`, `1.5s`, or milliseconds.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1e-3),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1e-3),
    };
    let seconds = number.trim().parse::<f64>().ok()? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Plan, QueryError> {
        Plan::read(&Query::parse(text))
    }

    #[test]
    fn no_query_is_a_faultless_echo() {
        assert_eq!(read(""), Ok(Plan::default()));
    }

    #[test]
    fn durations_have_units_or_are_milliseconds() {
        for (text, millis) in
            [("50ms", 50), ("1s", 1000), ("1.5s", 1500), ("20", 20), ("0", 0), ("60s", 60_000)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "ms", "s", "-1", "1m", "61s", "inf", "NaN"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_known_ones() {
        let error = read("latncy=5").unwrap_err();
        assert_eq!(error, QueryError::Unknown { name: "latncy".to_owned(), known: KNOWN.to_owned() });
    }

    #[test]
    fn a_bad_value_is_refused_by_name() {
        for text in [
            "latency=soon",
            "drop=2",
            "drop=-0.1",
            "drop=NaN",
            "throttle=0",
            "silent=maybe",
            "close_after=-1",
            "close_code=65536",
            "refuse=200",
            "refuse=101",
            "seed=x",
            "abort_after=",
        ] {
            let name = text.split('=').next().unwrap();
            match read(text) {
                Err(QueryError::Invalid { name: named, .. }) => assert_eq!(named, name),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_earlier_ending_counts() {
        let close = |code| Ending::Close(Close::new(code, ""));
        for (text, expected) in [
            ("close_after=3", Some((3, close(1000)))),
            ("close_after=3&close_code=999", Some((3, close(999)))),
            ("close_code=4001", Some((1, close(4001)))),
            ("abort_after=0", Some((0, Ending::Abort))),
            ("abort_after=2&close_after=3", Some((2, Ending::Abort))),
            ("abort_after=3&close_after=2", Some((2, close(1000)))),
            ("drop=1", None),
        ] {
            assert_eq!(read(text).unwrap().ending, expected, "{text}");
        }
    }

    #[test]
    fn a_close_frame_without_a_body_can_be_asked_for() {
        let ending = read("close_after=1&close_code=none").unwrap().ending;
        assert_eq!(ending, Some((1, Ending::Close(Close::empty()))));
    }
}
