//! A message as bytes: a mark, the fingerprint of the format, the content in postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

const MARK: [u8; 4] = *b"SkSc";
const HEAD: usize = MARK.len() + size_of::<u64>();

/// What the format was built from. It is taken from the source of every type that crosses, so that nobody has to remember
/// to raise a version: a page and a worker that differ in one of these files differ here.
pub const FINGERPRINT: u64 = {
    let sources: &[&[u8]] = &[
        include_bytes!("request.rs"),
        include_bytes!("update.rs"),
        include_bytes!("../engine/close.rs"),
        include_bytes!("../engine/echo.rs"),
        include_bytes!("../engine/endpoint.rs"),
        include_bytes!("../engine/framelog.rs"),
        include_bytes!("../engine/metrics/histogram.rs"),
        include_bytes!("../engine/payload.rs"),
        include_bytes!("../engine/time.rs"),
        env!("CARGO_PKG_VERSION").as_bytes(),
    ];
    // FNV-1a, the shortest hash that can run while compiling.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut file = 0;
    while file < sources.len() {
        let mut at = 0;
        while at < sources[file].len() {
            hash = (hash ^ sources[file][at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        file += 1;
    }
    hash
};

/// Why bytes are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// They do not begin like one.
    #[error("this is no message of Sockscope")]
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
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&FINGERPRINT.to_le_bytes());
    postcard::to_extend(message, bytes).expect("growing memory is the only thing that could fail")
}

/// The message in these bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let (head, content) = bytes.split_at_checked(HEAD).ok_or(WireError::NotOurs)?;
    let (mark, version) = head.split_at(MARK.len());
    if mark != MARK {
        return Err(WireError::NotOurs);
    }
    let theirs = version.try_into().map(u64::from_le_bytes).map_err(|_| WireError::NotOurs)?;
    if theirs != FINGERPRINT {
        return Err(WireError::OtherVersion { ours: FINGERPRINT, theirs });
    }
    postcard::from_bytes(content).map_err(|_| WireError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Closing, Endpoint, Payload};
    use crate::wire::{ConnectionId, Look, Request};

    fn requests() -> Vec<Request> {
        let connection = ConnectionId(7);
        vec![
            Request::Connect {
                connection,
                name: "alice".into(),
                endpoint: Endpoint::parse("ws://h/ws")
                    .and_then(|e| e.with_protocols(["echo.v1"]))
                    .expect("valid"),
            },
            Request::Send { connection, payload: "é\0😀".into() },
            Request::Send { connection, payload: Payload::Binary(vec![0, 255]) },
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
