//! The members of a line.
//!
//! Owns their types. By hand, since what has no place in a session is to be named, and a line of a million is to take
//! less than a microsecond.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// A line.
#[derive(Default)]
pub(super) struct Line<'a> {
    pub event: Cow<'a, str>,
    pub number: Option<u64>,
    pub at_ms: f64,
    pub iso: Option<Cow<'a, str>>,
    pub connection: Option<u32>,
    pub name: Option<Cow<'a, str>>,
    pub bytes: Option<u64>,
    pub round_trip_ms: Option<f64>,
    pub text: Option<Cow<'a, str>>,
    pub base64: Option<Cow<'a, str>>,
    pub url: Option<Cow<'a, str>>,
    pub protocols: Vec<String>,
    pub by_relay: bool,
    pub took_ms: Option<f64>,
    pub protocol: Option<Cow<'a, str>>,
    pub extensions: Option<Cow<'a, str>>,
    pub code: Option<u16>,
    pub clean: Option<bool>,
    pub reason: Option<Cow<'a, str>>,
    pub message: Option<Cow<'a, str>>,
    pub tainted: bool,
    pub pinned: bool,
    pub remark: Option<Cow<'a, str>>,
    pub count: Option<u64>,
    pub check: Option<Cow<'a, str>>,
    pub suite: Option<Cow<'a, str>>,
    pub method: Option<Cow<'a, str>>,
    pub status: Option<u16>,
    pub error: Option<Cow<'a, str>>,
    pub request: Option<Side>,
    pub response: Option<Side>,
    /// The names of members that have no place.
    pub unknown: Vec<String>,
}

/// One half of an HTTP call.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Side {
    headers: Vec<Header>,
    pub bytes: Option<u64>,
    pub text: Option<String>,
}

#[derive(serde::Deserialize)]
struct Header {
    name: String,
    value: String,
}

impl Side {
    pub fn headers(&self) -> Vec<(String, String)> {
        self.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect()
    }
}

impl Line<'_> {
    /// Whether a session of its own begins here, and what it is called.
    pub fn begins_session(&self) -> Option<Option<&str>> {
        let begins = self.connection.is_none() && matches!(&*self.event, "run" | "again");
        begins.then_some(self.suite.as_deref())
    }
}

#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event of a recording")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Line<'de>, M::Error> {
        let mut line = Line::default();
        let mut has_event = false;
        while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
            macro_rules! text {
                () => {
                    map.next_value::<Option<Text<'de>>>()?.map(|text| text.0)
                };
            }
            match &*name {
                "event" => {
                    has_event = true;
                    line.event = map.next_value::<Text<'de>>()?.0;
                }
                "number" => line.number = map.next_value()?,
                "at_ms" => line.at_ms = map.next_value()?,
                "iso" => line.iso = text!(),
                "connection" => line.connection = map.next_value()?,
                "name" => line.name = text!(),
                "bytes" => line.bytes = map.next_value()?,
                "round_trip_ms" => line.round_trip_ms = map.next_value()?,
                "text" => line.text = text!(),
                "base64" => line.base64 = text!(),
                "url" => line.url = text!(),
                "protocols" => line.protocols = map.next_value()?,
                "by_relay" => line.by_relay = map.next_value()?,
                "took_ms" => line.took_ms = map.next_value()?,
                "protocol" => line.protocol = text!(),
                "extensions" => line.extensions = text!(),
                "code" => line.code = map.next_value()?,
                "clean" => line.clean = map.next_value()?,
                "reason" => line.reason = text!(),
                "message" => line.message = text!(),
                "tainted" => line.tainted = map.next_value()?,
                "pinned" => line.pinned = map.next_value()?,
                "remark" => line.remark = text!(),
                "count" => line.count = map.next_value()?,
                "check" => line.check = text!(),
                "suite" => line.suite = text!(),
                "method" => line.method = text!(),
                "status" => line.status = map.next_value()?,
                "error" => line.error = text!(),
                "request" => line.request = map.next_value()?,
                "response" => line.response = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    if line.unknown.len() < 20 {
                        line.unknown.push(name.into_owned());
                    }
                }
            }
        }
        match has_event {
            true => Ok(line),
            false => Err(serde::de::Error::missing_field("event")),
        }
    }
}
