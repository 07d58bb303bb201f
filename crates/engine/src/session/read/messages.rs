//! The messages of a HAR's entry, in the dialects of its writers.
//!
//! Owns units of time, opcodes and base64. Chromium and mitmproxy write seconds, Playwright milliseconds, and some write
//! -1 for no time. The size of a time tells its unit.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use super::lost::{Kind, Lost};
use crate::{Entry, FrameKind, FrameLog, Instant};

/// Some writers leave the padding out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// Later moments are in milliseconds.
const LATEST_SECONDS: f64 = 1e11;

/// A message as a HAR has it.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "type")]
    of: Cow<'a, str>,
    #[serde(default)]
    time: Option<f64>,
    #[serde(default)]
    opcode: Option<f64>,
    #[serde(borrow, default)]
    data: Option<Cow<'a, str>>,
}

/// The same where nothing can be borrowed.
#[derive(Deserialize)]
struct Owned {
    #[serde(rename = "type")]
    of: String,
    #[serde(default)]
    time: Option<f64>,
    #[serde(default)]
    opcode: Option<f64>,
    #[serde(default)]
    data: Option<String>,
}

/// Where the messages of all entries wait until they are brought into order. Their moments are nanoseconds since 1970, and
/// 0 where the file has none.
pub(super) struct Waiting<'a> {
    pub log: FrameLog,
    /// The close frames of an entry: code, reason, whether we sent it.
    pub closes: Vec<(u32, bool, u16, String)>,
    pub lost: &'a mut Lost,
}

/// A moment in nanoseconds since 1970; 0 for none.
pub(super) fn nanos(time: f64) -> u64 {
    match time {
        _ if !time.is_finite() || time < 0.0 => 0,
        _ if time > LATEST_SECONDS => ((time * 1e3).round() as u64).saturating_mul(1000),
        _ => ((time * 1e6).round() as u64).saturating_mul(1000),
    }
}

impl Waiting<'_> {
    pub fn take(&mut self, entry: u32, message: Message<'_>) -> Result<(), String> {
        let at = Instant::from_nanos(message.time.map_or(0, nanos));
        let data = message.data.unwrap_or_default();
        let opcode = message.opcode.unwrap_or(1.0);
        let is_sent = match &*message.of {
            "send" | "sent" | "request" => true,
            "receive" | "received" | "response" => false,
            "error" => {
                self.push(entry, at, FrameKind::Failed, data.as_bytes());
                return Ok(());
            }
            other => {
                self.lost.event(other);
                return Ok(());
            }
        };
        if opcode == 1.0 {
            let kind = if is_sent { FrameKind::SentText } else { FrameKind::ReceivedText };
            self.push(entry, at, kind, data.as_bytes());
            return Ok(());
        }
        if opcode == 9.0 || opcode == 10.0 {
            self.lost.count(Kind::ControlFrames, 1);
            return Ok(());
        }
        let bytes = STANDARD.decode(data.as_bytes()).or_else(|_| LENIENT.decode(data.as_bytes()));
        let bytes = bytes
            .map_err(|error| format!("the data of a message with opcode {opcode} is not base64: {error}"))?;
        if opcode == 8.0 {
            let code = bytes.first_chunk::<2>().map_or(1005, |code| u16::from_be_bytes(*code));
            let reason = String::from_utf8_lossy(bytes.get(2..).unwrap_or_default()).into_owned();
            if self.closes.len() < 100_000 {
                self.closes.push((entry, is_sent, code, reason));
            }
            return Ok(());
        }
        let kind = if is_sent { FrameKind::SentBinary } else { FrameKind::ReceivedBinary };
        self.push(entry, at, kind, &bytes);
        Ok(())
    }

    fn push(&mut self, entry: u32, at: Instant, kind: FrameKind, bytes: &[u8]) {
        self.log.push(Entry { at, connection: entry, kind, bytes, round_trip: None, is_tainted: false });
    }
}

/// Reads the list of messages of an entry, one at a time.
pub(super) struct Messages<'w, 'l>(pub u32, pub &'w mut Waiting<'l>);

impl<'de> DeserializeSeed<'de> for Messages<'_, '_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<u64, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_, '_> {
    /// How many there were.
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of messages")
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<u64, S::Error> {
        let mut count = 0;
        while let Some(Owned { of, time, opcode, data }) = seq.next_element::<Owned>()? {
            let message = Message { of: of.into(), time, opcode, data: data.map(Cow::Owned) };
            self.1.take(self.0, message).map_err(serde::de::Error::custom)?;
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_from_its_size() {
        assert_eq!(nanos(1_795_230_066.123_456), 1_795_230_066_123_456_000);
        assert_eq!(nanos(1_795_230_066_123.5), 1_795_230_066_123_500_000);
        assert_eq!([nanos(-1.0), nanos(f64::NAN)], [0, 0]);
    }

    #[test]
    fn each_opcode_has_its_kind() {
        let mut lost = Lost::default();
        let mut waiting = Waiting { log: FrameLog::with_budget(0), closes: Vec::new(), lost: &mut lost };
        let mut take = |json: &str| waiting.take(3, serde_json::from_str(json).expect("a message"));
        take(r#"{"type":"send","time":1,"opcode":1,"data":"hi"}"#).expect("text");
        take(r#"{"type":"receive","time":-1,"opcode":2,"data":"AQI"}"#).expect("binary without padding");
        take(r#"{"type":"receive","time":1,"opcode":9,"data":""}"#).expect("a ping");
        take(r#"{"type":"receive","time":1,"opcode":8,"data":"A+hieWU="}"#).expect("a close");
        take(r#"{"type":"error","time":1,"opcode":-1,"data":"net::ERR_X"}"#).expect("an error");
        take(r#"{"type":"send","time":1,"opcode":2,"data":"%%%"}"#).expect_err("no base64");
        let kinds: Vec<_> = waiting.log.from(0).map(|frame| (frame.kind, frame.bytes.to_vec())).collect();
        assert_eq!(
            kinds,
            [
                (FrameKind::SentText, b"hi".to_vec()),
                (FrameKind::ReceivedBinary, vec![1, 2]),
                (FrameKind::Failed, b"net::ERR_X".to_vec()),
            ]
        );
        assert_eq!(waiting.closes, [(3, false, 1000, "bye".to_owned())]);
        assert_eq!(lost.sentences(), ["1 control frame (ping, pong) left out."]);
    }
}
