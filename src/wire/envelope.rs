//! A message as bytes: a mark, the fingerprint of the format, the content in postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

const MARK: [u8; 4] = *b"SkSc";
const HEAD: usize = MARK.len() + size_of::<u64>();

/// Which sources both sides were built from: `build.rs` takes it from all of them, so that it never depends on a person raising a
/// version. A page and a worker from different sources differ here.
pub const FINGERPRINT: u64 = match u64::from_str_radix(env!("SOCKSCOPE_BUILD_ID"), 16) {
    Ok(id) => id,
    Err(_) => panic!("build.rs sets a hexadecimal number"),
};

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// They do not begin like one.
    #[error("expected a message of Sockscope, found other bytes")]
    NotOurs,
    /// The other side was built from other sources.
    #[error("the page and its worker are of different versions ({ours:016x} and {theirs:016x})")]
    OtherVersion {
        /// Our own [`FINGERPRINT`].
        ours: u64,
        /// The other side's.
        theirs: u64,
    },
    /// The same version, and yet unreadable.
    #[error("a message between page and worker is damaged")]
    Damaged,
}

/// A message as bytes.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_extend(message, head()).expect("growing memory is the only thing that could fail")
}

/// A message as bytes, for types that leave fields out: names cost bytes, which does not matter where messages are few.
pub fn encode_json<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = head();
    serde_json::to_writer(&mut bytes, message)
        .expect("messages have names for keys and no number that JSON lacks");
    bytes
}

fn head() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&FINGERPRINT.to_le_bytes());
    bytes
}

/// The message in these bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    postcard::from_bytes(content(bytes)?).map_err(|_| WireError::Damaged)
}

/// The message in these bytes, which [`encode_json`] has written.
pub fn decode_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(content(bytes)?).map_err(|_| WireError::Damaged)
}

fn content(bytes: &[u8]) -> Result<&[u8], WireError> {
    let (head, content) = bytes.split_at_checked(HEAD).ok_or(WireError::NotOurs)?;
    let (mark, version) = head.split_at(MARK.len());
    if mark != MARK {
        return Err(WireError::NotOurs);
    }
    let theirs = version.try_into().map(u64::from_le_bytes).map_err(|_| WireError::NotOurs)?;
    if theirs != FINGERPRINT {
        return Err(WireError::OtherVersion { ours: FINGERPRINT, theirs });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bench::draft::Draft;
    use crate::engine::bench::filter::FilterSpec;
    use crate::engine::{Closing, Payload};
    use crate::wire::bench::{ConnectionId, Heartbeat, Look, Request, Setup, Workspace};

    fn requests() -> Vec<Request> {
        let connection = ConnectionId(7);
        vec![
            Request::Arrange(Box::new(Workspace {
                connections: vec![Setup {
                    id: connection,
                    url: "ws://h/ws".into(),
                    heartbeat: Some(Heartbeat::default()),
                    ..Setup::default()
                }],
                ..Workspace::default()
            })),
            Request::Connect { connection },
            Request::Repeat { to: vec![connection], draft: Draft::plain("é\0😀") },
            Request::Attach(Payload::Binary(vec![0, 255])),
            Request::Filter { spec: FilterSpec::default(), hides: true },
            Request::Close { connection, closing: Closing::new(4999, "done").expect("sendable") },
            Request::Look(Look { from: Some(u64::MAX), rows: 60 }),
            Request::Seen,
        ]
    }

    #[test]
    fn every_message_survives() {
        for request in requests() {
            assert_eq!(decode::<Request>(&encode(&request)), Ok(request));
        }
    }

    #[test]
    fn another_version_is_recognised() {
        let mut bytes = encode(&Request::Seen);
        bytes[5] ^= 1;
        assert!(matches!(decode::<Request>(&bytes), Err(WireError::OtherVersion { ours: FINGERPRINT, .. })));
    }

    #[test]
    fn strangers_and_damage_are_errors_and_no_panic() {
        assert_eq!(decode::<Request>(b""), Err(WireError::NotOurs));
        assert_eq!(decode::<Request>(&[0; 64]), Err(WireError::NotOurs));
        for request in requests() {
            let whole = encode(&request);
            for len in 0..whole.len() {
                assert!(decode::<Request>(&whole[..len]).is_err());
            }
        }
    }

    #[test]
    fn a_close_code_that_throws_cannot_cross() {
        let mut bytes = encode(&SendableTwin { code: 1001 });
        assert_eq!(decode::<crate::engine::SendableCode>(&bytes), Err(WireError::Damaged));
        bytes = encode(&SendableTwin { code: 4001 });
        assert!(decode::<crate::engine::SendableCode>(&bytes).is_ok());
    }

    #[derive(serde::Serialize)]
    struct SendableTwin {
        code: u16,
    }
}
