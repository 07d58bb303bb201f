//! What goes wrong on a connection, read from its query.

use crate::routes::faulty_link::Faults;
use crate::routes::query::{LONGEST, Query, QueryError, duration, probability};
use crate::ws::close::{Close, MAX_REASON};

const KNOWN: &str = "latency, jitter, drop, duplicate, reorder, corrupt, throttle, silent, close_after, close_code, \
    close_reason, abort_after, refuse, seed";

/// The faults of one connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What happens to messages.
    pub faults: Faults,
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
        Self { faults: Faults::default(), silence: Silence::No, ending: None, refuse: None, seed: 1 }
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
            let time = || {
                duration(value, LONGEST)
                    .ok_or_else(|| invalid("a duration up to 60s, such as 50ms, 1s or 20"))
            };
            match name {
                "latency" => plan.faults.latency = time()?,
                "jitter" => plan.faults.jitter = time()?,
                "drop" => plan.faults.drop = chance()?,
                "duplicate" => plan.faults.duplicate = chance()?,
                "reorder" => plan.faults.reorder = chance()?,
                "corrupt" => plan.faults.corrupt = chance()?,
                "throttle" => {
                    let rate = whole()?;
                    plan.faults.throttle = Some(rate);
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
