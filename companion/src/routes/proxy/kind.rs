//! The types of toxics and their attributes, with the names of Toxiproxy where it has one.
//!
//! It owns the table [`TYPES`] and how attributes are read, from a query or from JSON. A [`Kind`] is a type with its
//! attributes; a `Toxic` is a kind with a direction, a key and a chance. It refuses to know whom a toxic strikes.
//! What is misspelt is refused, since a fault that is not there looks like a server that survives it.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use crate::routes::query::{LONGEST, QueryError, duration, probability};
use crate::ws::close::{Close, MAX_REASON};

/// The longest wait of a toxic that ends connections.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// The largest slice, and the most that one may vary.
const LARGEST_SLICE: u64 = 1 << 30;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Messages come late.
    Latency {
        /// By this much.
        latency: Duration,
        /// And up to this much more.
        jitter: Duration,
    },
    /// Bytes go slowly.
    Bandwidth {
        /// Bytes a second.
        rate: u64,
    },
    /// The end of the TCP connection is passed on late.
    SlowClose {
        /// By this much.
        delay: Duration,
    },
    /// Nothing passes any more.
    Timeout {
        /// After this long the connection ends; never when absent.
        timeout: Option<Duration>,
    },
    /// The connection ends with a TCP reset.
    ResetPeer {
        /// After this long.
        timeout: Duration,
    },
    /// Bytes go in small pieces.
    Slicer {
        /// Bytes of a piece.
        average_size: u64,
        /// More or less by this.
        size_variation: u64,
        /// The time between two pieces.
        delay: Duration,
    },
    /// The connection ends after this many bytes.
    LimitData {
        /// Bytes that still pass.
        bytes: u64,
    },
    /// Messages are lost.
    Drop {
        /// The chance of each.
        probability: f64,
    },
    /// Messages come twice.
    Duplicate {
        /// The chance of each.
        probability: f64,
    },
    /// Messages change places with the next one.
    Reorder {
        /// The chance of each.
        probability: f64,
    },
    /// One byte of a message is wrong.
    Corrupt {
        /// The chance of each.
        probability: f64,
    },
    /// One side is gone and the other does not learn of it.
    HalfOpen {
        /// After this long the other side ends too; when absent, after [`LONGEST_WAIT`].
        timeout: Option<Duration>,
    },
    /// A close frame in place of what would come.
    Close(Close),
    /// The handshake is answered with an HTTP status.
    Refuse {
        /// From 300 to 599.
        status: u16,
    },
}

/// A type's name, and its attributes, each with the parameter of a query that stands for it.
pub struct Type {
    /// As Toxiproxy has it, if it does.
    pub name: &'static str,
    /// Names of attributes and of parameters.
    pub attributes: &'static [(&'static str, &'static str)],
}

/// Every type.
pub const TYPES: [Type; 14] = [
    Type { name: "latency", attributes: &[("latency", "latency"), ("jitter", "jitter")] },
    Type { name: "bandwidth", attributes: &[("rate", "bandwidth")] },
    Type { name: "slow_close", attributes: &[("delay", "slow_close")] },
    Type { name: "timeout", attributes: &[("timeout", "timeout")] },
    Type { name: "reset_peer", attributes: &[("timeout", "reset_peer")] },
    Type {
        name: "slicer",
        attributes: &[("average_size", "slicer"), ("size_variation", "size_variation"), ("delay", "delay")],
    },
    Type { name: "limit_data", attributes: &[("bytes", "limit_data")] },
    Type { name: "drop", attributes: &[("probability", "drop")] },
    Type { name: "duplicate", attributes: &[("probability", "duplicate")] },
    Type { name: "reorder", attributes: &[("probability", "reorder")] },
    Type { name: "corrupt", attributes: &[("probability", "corrupt")] },
    Type { name: "half_open", attributes: &[("timeout", "half_open")] },
    Type { name: "close", attributes: &[("code", "close_code"), ("reason", "close_reason")] },
    Type { name: "refuse", attributes: &[("status", "refuse")] },
];

/// The attributes of one toxic, as text, each with the name that an error calls it by.
#[derive(Debug, Default)]
pub struct Given<'a>(Vec<(&'static str, &'static str, Cow<'a, str>)>);

impl<'a> Given<'a> {
    /// Adds one.
    pub fn push(&mut self, attribute: &'static str, called: &'static str, value: impl Into<Cow<'a, str>>) {
        self.0.push((attribute, called, value.into()));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An attribute, `None` when it is not given.
    fn get<T>(
        &self,
        attribute: &str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, QueryError> {
        let Some((_, called, value)) = self.0.iter().find(|(name, ..)| *name == attribute) else {
            return Ok(None);
        };
        let invalid =
            || QueryError::Invalid { name: (*called).to_owned(), value: value.to_string(), expected };
        read(value).map(Some).ok_or_else(invalid)
    }

    fn time(&self, attribute: &str) -> Result<Duration, QueryError> {
        let read = |text: &str| duration(text, LONGEST);
        Ok(self.get(attribute, "a duration up to 60s, such as 50ms, 1s or 20", read)?.unwrap_or_default())
    }

    /// A wait of up to ten minutes; 0, and `true` in a query, stand for none.
    fn wait(&self, attribute: &str) -> Result<Option<Duration>, QueryError> {
        let read = |text: &str| match text {
            "" | "true" => Some(Duration::ZERO),
            text => duration(text, LONGEST_WAIT),
        };
        let wait = self.get(attribute, "a duration up to 600s, such as 50ms, 1s or 20, or 0", read)?;
        Ok(wait.filter(|wait| !wait.is_zero()))
    }

    fn chance(&self) -> Result<f64, QueryError> {
        Ok(self.get("probability", "a probability from 0 to 1", probability)?.unwrap_or(1.0))
    }

    fn size(&self, attribute: &str, from: u64) -> Result<Option<u64>, QueryError> {
        let read = |text: &str| text.parse().ok().filter(|size| (from..=LARGEST_SLICE).contains(size));
        self.get(attribute, if from == 0 { "a number of bytes" } else { "a number of bytes above 0" }, read)
    }
}

impl Kind {
    /// Reads a toxic of a type that is in [`TYPES`].
    pub fn read(name: &'static str, given: &Given<'_>) -> Result<Self, QueryError> {
        Ok(match name {
            "latency" => Self::Latency { latency: given.time("latency")?, jitter: given.time("jitter")? },
            "bandwidth" => {
                let read = |text: &str| {
                    let rate = text.parse::<f64>().ok()? * 1000.0;
                    (1.0..1e12).contains(&rate).then_some(rate as u64)
                };
                let rate = given.get("rate", "a number of kilobytes a second, at least 0.001", read)?;
                Self::Bandwidth { rate: rate.ok_or(QueryError::Missing("rate"))? }
            }
            "slow_close" => Self::SlowClose { delay: given.time("delay")? },
            "timeout" => Self::Timeout { timeout: given.wait("timeout")? },
            "reset_peer" => Self::ResetPeer { timeout: given.wait("timeout")?.unwrap_or_default() },
            "slicer" => {
                let read = |text: &str| {
                    let micros = text.parse().ok().map(Duration::from_micros)?;
                    (micros <= LONGEST).then_some(micros)
                };
                let size_variation = given.size("size_variation", 0)?.unwrap_or(0);
                let delay = given.get("delay", "a whole number of microseconds", read)?.unwrap_or_default();
                let average_size =
                    given.size("average_size", 1)?.ok_or(QueryError::Missing("average_size"))?;
                Self::Slicer { average_size, size_variation, delay }
            }
            "limit_data" => {
                let bytes = given.get("bytes", "a number of bytes", |text| text.parse().ok())?;
                Self::LimitData { bytes: bytes.ok_or(QueryError::Missing("bytes"))? }
            }
            "drop" => Self::Drop { probability: given.chance()? },
            "duplicate" => Self::Duplicate { probability: given.chance()? },
            "reorder" => Self::Reorder { probability: given.chance()? },
            "corrupt" => Self::Corrupt { probability: given.chance()? },
            "half_open" => Self::HalfOpen { timeout: given.wait("timeout")? },
            "close" => Self::Close(Self::read_close(given)?),
            _ => {
                let read = |text: &str| text.parse().ok().filter(|status| (300..=599).contains(status));
                let status = given.get("status", "an HTTP status from 300 to 599", read)?;
                Self::Refuse { status: status.unwrap_or(503) }
            }
        })
    }

    fn read_close(given: &Given<'_>) -> Result<Close, QueryError> {
        let code = given.get("code", "a number from 0 to 65535, or none", |text| match text {
            "none" => Some(None),
            text => text.parse().ok().map(Some),
        })?;
        let reason = given.get("reason", "at most 123 bytes long", |text| {
            (text.len() <= MAX_REASON).then(|| text.to_owned())
        })?;
        Ok(Close { code: code.unwrap_or(Some(1000)), reason: reason.unwrap_or_default().into() })
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Bandwidth { .. } => "bandwidth",
            Self::SlowClose { .. } => "slow_close",
            Self::Timeout { .. } => "timeout",
            Self::ResetPeer { .. } => "reset_peer",
            Self::Slicer { .. } => "slicer",
            Self::LimitData { .. } => "limit_data",
            Self::Drop { .. } => "drop",
            Self::Duplicate { .. } => "duplicate",
            Self::Reorder { .. } => "reorder",
            Self::Corrupt { .. } => "corrupt",
            Self::HalfOpen { .. } => "half_open",
            Self::Close(_) => "close",
            Self::Refuse { .. } => "refuse",
        }
    }

    /// Its attributes, as they could have been given.
    pub fn attributes(&self) -> Value {
        let millis = |time: Duration| number(time.as_secs_f64() * 1000.0);
        let wait = |time: Option<Duration>| millis(time.unwrap_or_default());
        match self {
            Self::Latency { latency, jitter } => {
                json!({ "latency": millis(*latency), "jitter": millis(*jitter) })
            }
            Self::Bandwidth { rate } => json!({ "rate": number(*rate as f64 / 1000.0) }),
            Self::SlowClose { delay } => json!({ "delay": millis(*delay) }),
            Self::Timeout { timeout } | Self::HalfOpen { timeout } => json!({ "timeout": wait(*timeout) }),
            Self::ResetPeer { timeout } => json!({ "timeout": millis(*timeout) }),
            Self::Slicer { average_size, size_variation, delay } => json!({
                "average_size": average_size,
                "size_variation": size_variation,
                "delay": delay.as_micros() as u64,
            }),
            Self::LimitData { bytes } => json!({ "bytes": bytes }),
            Self::Drop { probability }
            | Self::Duplicate { probability }
            | Self::Reorder { probability }
            | Self::Corrupt { probability } => json!({ "probability": probability }),
            Self::Close(close) => match close.code {
                Some(code) => json!({ "code": code, "reason": close.reason }),
                None => json!({ "code": "none", "reason": "" }),
            },
            Self::Refuse { status } => json!({ "status": status }),
        }
    }
}

/// A whole number without a point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 { json!(value as u64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, values: &[(&'static str, &str)]) -> Result<Kind, QueryError> {
        let mut given = Given::default();
        for (attribute, value) in values {
            given.push(attribute, attribute, (*value).to_owned());
        }
        Kind::read(name, &given)
    }

    #[test]
    fn every_type_reads_what_it_writes() {
        for kind in TYPES {
            let values: Vec<_> = kind
                .attributes
                .iter()
                .map(|(attribute, _)| (*attribute, if *attribute == "probability" { "0.5" } else { "300" }))
                .collect();
            let toxic = read(kind.name, &values).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            assert_eq!(toxic.name(), kind.name);
            let written = toxic.attributes();
            let names: Vec<_> = written.as_object().unwrap().keys().cloned().collect();
            assert_eq!(names, kind.attributes.iter().map(|(name, _)| *name).collect::<Vec<_>>());
            for (attribute, value) in values {
                let number: f64 = value.parse().unwrap();
                let got = written[attribute].as_f64();
                assert!(
                    got == Some(number) || written[attribute] == value,
                    "{} {attribute}: {written}",
                    kind.name
                );
            }
        }
    }

    #[test]
    fn the_documentation_names_every_type() {
        let page = include_str!("../../../../docs/reference/practice-server.md");
        let missing: Vec<_> = TYPES
            .iter()
            .map(|kind| kind.name)
            .filter(|name| !page.contains(&format!("| `{name}` |")))
            .collect();
        assert_eq!(missing, [""; 0], "add them to docs/reference/practice-server.md");
    }

    #[test]
    fn the_page_has_every_type_and_every_attribute() {
        let of_page = |kind: &Type| {
            let toxic = sockscope::model::faults::toxic::TOXICS.iter().find(|toxic| toxic.name == kind.name);
            let toxic = toxic.unwrap_or_else(|| panic!("the page has no {}", kind.name));
            let reason = toxic.has_reason.then_some("reason");
            toxic.knobs.iter().map(|knob| knob.name).chain(reason).collect::<Vec<_>>()
        };
        for kind in &TYPES {
            assert_eq!(of_page(kind), kind.attributes.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        }
        assert_eq!(sockscope::model::faults::toxic::TOXICS.len(), TYPES.len());
    }

    #[test]
    fn the_bounds_of_the_page_are_those_of_each_type() {
        use sockscope::model::faults::knob::show;
        use sockscope::model::faults::toxic::TOXICS;
        for toxic in &TOXICS {
            let name = TYPES.iter().find(|kind| kind.name == toxic.name).unwrap().name;
            for (at, knob) in toxic.knobs.iter().enumerate() {
                let (least, most) = knob.limits;
                for (value, is_taken) in
                    [(least, true), (most, true), (least - 1.0, false), (most * 1.1, false)]
                {
                    let given = toxic.knobs.iter().enumerate().map(|(other, it)| {
                        let value = if other == at { value } else { it.start };
                        (it.name, show(if it.is_percent() { value / 100.0 } else { value }))
                    });
                    let given: Vec<_> = given.collect();
                    let given: Vec<_> = given.iter().map(|(name, value)| (*name, value.as_str())).collect();
                    // What JSON holds exactly is the page's own bound.
                    if value < 9e15 {
                        assert_eq!(read(name, &given).is_ok(), is_taken, "{name} {given:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_two_types_share_a_parameter() {
        let mut all: Vec<_> =
            TYPES.iter().flat_map(|kind| kind.attributes.iter().map(|(_, it)| *it)).collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_bad_attribute_is_refused_by_name() {
        for (kind, attribute, value) in [
            ("latency", "latency", "soon"),
            ("latency", "jitter", "61s"),
            ("bandwidth", "rate", "0"),
            ("bandwidth", "rate", "NaN"),
            ("slicer", "average_size", "0"),
            ("slicer", "delay", "1.5"),
            ("limit_data", "bytes", "-1"),
            ("drop", "probability", "2"),
            ("timeout", "timeout", "601s"),
            ("close", "code", "65536"),
            ("refuse", "status", "200"),
        ] {
            match read(kind, &[(attribute, value)]) {
                Err(QueryError::Invalid { name, .. }) => assert_eq!(name, attribute),
                other => panic!("{kind} {attribute}={value}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_a_type_cannot_do_without_is_missed() {
        for (kind, attribute) in [("bandwidth", "rate"), ("slicer", "average_size"), ("limit_data", "bytes")]
        {
            assert_eq!(read(kind, &[]), Err(QueryError::Missing(attribute)));
        }
    }

    #[test]
    fn a_wait_of_nothing_is_none() {
        for value in ["0", "true", ""] {
            assert_eq!(read("timeout", &[("timeout", value)]), Ok(Kind::Timeout { timeout: None }));
        }
    }
}
