//! A frame as it is to stand on the wire: `$frame`.
//!
//! Owns what its head may say, right or wrong. What it holds is a payload.

use serde_json::{Map, Value};

use super::error::{PayloadError, PayloadErrorKind, at};
use super::spec::{PayloadSpec, join, type_of};
use crate::base::nearest::nearest;
use crate::base::world::RawFrame;
use crate::template::{Reference, Scope};

const KEYS: [&str; 6] = ["opcode", "fin", "rsv", "masked", "length", "payload"];
const KNOWN: &str = "opcode, fin, rsv, masked, length and payload";
/// The opcodes that have a name.
const OPCODES: [(&str, u8); 6] =
    [("continuation", 0), ("text", 1), ("binary", 2), ("close", 8), ("ping", 9), ("pong", 10)];
const PATH: &str = "$['$frame']";

/// A frame that has been read once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FrameSpec {
    opcode: u8,
    fin: bool,
    rsv: u8,
    is_masked: bool,
    length: Option<u64>,
    payload: Option<Box<PayloadSpec>>,
}

impl FrameSpec {
    pub fn read(given: &Value) -> Result<Self, Vec<PayloadError>> {
        let Value::Object(fields) = given else {
            let wanted = "an object such as {\"opcode\": \"text\", \"fin\": false}";
            let kind = PayloadErrorKind::Type { kind: "$frame", wanted, got: type_of(given) };
            return Err(vec![at(PATH, kind)]);
        };
        let mut errors = Vec::new();
        for key in fields.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let nearest = nearest(key, KEYS).map(str::to_owned);
            let kind =
                PayloadErrorKind::UnknownKey { kind: "$frame", key: key.clone(), nearest, known: KNOWN };
            errors.push(at(PATH, kind));
        }
        let mut note = |key: &'static str, wanted: &'static str, got: &Value| {
            let kind = PayloadErrorKind::Type { kind: key, wanted, got: type_of(got) };
            errors.push(at(&format!("{PATH}.{key}"), kind));
        };
        let opcode = match fields.get("opcode").map(|given| (given, opcode(given))) {
            None => 1,
            Some((_, Some(opcode))) => opcode,
            Some((given, None)) => {
                note(
                    "opcode",
                    "continuation, text, binary, close, ping, pong or a number from 0 to 15",
                    given,
                );
                1
            }
        };
        let mut truth = |key: &'static str, fields: &Map<String, Value>| match fields.get(key) {
            None => true,
            Some(Value::Bool(truth)) => *truth,
            Some(given) => {
                note(key, "true or false", given);
                true
            }
        };
        let (fin, is_masked) = (truth("fin", fields), truth("masked", fields));
        let mut number = |key: &'static str, most: u64, wanted: &'static str| {
            let given = fields.get(key)?;
            let number = given.as_u64().filter(|number| *number <= most);
            if number.is_none() {
                note(key, wanted, given);
            }
            number
        };
        let rsv = number("rsv", 7, "a number from 0 to 7").unwrap_or(0);
        let length = number("length", u64::MAX, "a whole number");
        let payload = fields.get("payload").map(PayloadSpec::parse).transpose().map_err(|found| {
            let placed = found.into_iter();
            let path = format!("{PATH}.payload");
            errors.extend(placed.map(|error| PayloadError { path: join(&path, &error.path), ..error }));
        });
        if matches!(&payload, Ok(Some(payload)) if payload.is_frame()) {
            errors.push(at(&format!("{PATH}.payload"), PayloadErrorKind::FrameAsMessage));
        }
        match payload {
            Ok(payload) if errors.is_empty() => {
                Ok(Self { opcode, fin, rsv: rsv as u8, is_masked, length, payload: payload.map(Box::new) })
            }
            _ => Err(errors),
        }
    }

    /// What its strings refer to.
    pub fn names(&self) -> Vec<Reference> {
        let named = self.payload.iter().flat_map(|payload| payload.names());
        named.map(|name| Reference { path: join(&format!("{PATH}.payload"), &name.path), ..name }).collect()
    }

    pub fn build(&self, scope: &mut dyn Scope) -> Result<RawFrame, PayloadError> {
        let payload = self.payload.as_ref().map(|payload| payload.build(scope)).transpose();
        let payload = payload
            .map_err(|error| PayloadError { path: join(&format!("{PATH}.payload"), &error.path), ..error })?;
        Ok(RawFrame {
            fin: self.fin,
            rsv: self.rsv,
            opcode: self.opcode,
            is_masked: self.is_masked,
            length: self.length,
            payload: payload.map(|payload| payload.as_bytes().to_vec()).unwrap_or_default(),
        })
    }
}

fn opcode(given: &Value) -> Option<u8> {
    match given {
        Value::String(name) => OPCODES.iter().find(|(known, _)| known == name).map(|(_, opcode)| *opcode),
        given => given.as_u64().and_then(|number| u8::try_from(number).ok()).filter(|number| *number < 16),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::fixture::Known;

    fn bytes(given: Value) -> Vec<u8> {
        let spec = FrameSpec::read(&given).expect("a frame");
        spec.build(&mut Known::with_seed(1)).expect("it can be built").to_bytes([1, 2, 3, 4])
    }

    #[test]
    fn a_frame_stands_on_the_wire_as_it_is_written() {
        assert_eq!(bytes(json!({ "payload": "ab" })), [0x81, 0x82, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2]);
        assert_eq!(bytes(json!({ "opcode": "binary", "fin": false, "masked": false })), [0x02, 0x00]);
        assert_eq!(bytes(json!({ "opcode": 11, "rsv": 5, "masked": false })), [0x80 | 0x50 | 11, 0]);
        assert_eq!(bytes(json!({ "opcode": "ping", "length": 126, "masked": false })), [0x89, 126, 0, 126]);
        let long = bytes(json!({ "length": 65_536, "masked": false, "payload": { "$hex": "ff" } }));
        assert_eq!(long, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0, 0xff]);
    }

    #[test]
    fn err_every_mistake_is_named_at_its_place() {
        let given = json!({ "opcode": 16, "fin": "no", "rsv": 8, "lenght": 1, "payload": { "$hex": "x" } });
        let errors = FrameSpec::read(&given).expect_err("mistakes");
        let told: Vec<_> = errors.iter().map(|error| format!("{}: {error}", error.path)).collect();
        assert_eq!(
            told,
            [
                "$['$frame']: $frame has no \"lenght\"; did you mean length?",
                "$['$frame'].opcode: opcode is continuation, text, binary, close, ping, pong or a number from 0 to 15, not a number",
                "$['$frame'].fin: fin is true or false, not a string",
                "$['$frame'].rsv: rsv is a number from 0 to 7, not a number",
                "$['$frame'].payload['$hex']: 'x' is not a hexadecimal digit; $hex is pairs of 0 to 9 and a to f",
            ]
        );
    }
}
