use serde_json::json;

use super::*;

fn framer(spec: &Value) -> Framer {
    Framer::new(Rc::new(Framing::read(spec).unwrap_or_else(|error| panic!("{spec}: {error}"))))
}

/// The stream becomes these frames, wherever it is cut.
#[track_caller]
fn check(spec: Value, stream: &[u8], expected: &[&[u8]]) {
    let wanted: Vec<Payload> = expected.iter().map(|frame| Payload::Binary(frame.to_vec())).collect();
    for size in 1..=stream.len() {
        let mut framer = framer(&spec);
        let mut frames = Vec::new();
        for piece in stream.chunks(size) {
            let (found, broken) = framer.take(Payload::Binary(piece.to_vec()));
            assert_eq!(broken, None, "{spec} in pieces of {size}");
            frames.extend(found);
        }
        assert_eq!(frames, wanted, "{spec} in pieces of {size}");
        assert_eq!(framer.wants(), None, "{spec} in pieces of {size}");
    }
}

/// The stream breaks the rule, wherever it is cut.
#[track_caller]
fn breaks(spec: Value, stream: &[u8], expected: &str) {
    for size in 1..=stream.len() {
        let mut framer = framer(&spec);
        let broken = stream.chunks(size).find_map(|piece| framer.take(Payload::Binary(piece.to_vec())).1);
        let broken = broken.map(|why| why.replace('\u{2009}', " "));
        assert_eq!(broken.as_deref(), Some(expected), "{spec} in pieces of {size}");
        assert_eq!(framer.take("more".into()), (Vec::new(), None), "it stays broken, and says so once");
    }
}

#[test]
fn ok_a_length_in_front() {
    check(json!({"length": "u16"}), b"\0\x02hi\0\0\0\x01!", &[b"\0\x02hi", b"\0\0", b"\0\x01!"]);
    check(json!({"length": "u16le", "strip": true}), b"\x02\0hi\0\0\x01\0!", &[b"hi", b"", b"!"]);
    // A header of three bytes, whose length counts all of the frame.
    check(
        json!({"length": "u16", "at": 1, "add": -3}),
        b"\x07\0\x05hi\x08\0\x03",
        &[b"\x07\0\x05hi", b"\x08\0\x03"],
    );
    // MQTT: CONNACK, and a PUBLISH.
    check(
        json!({"length": "varint", "at": 1}),
        b"\x20\x02\0\0\x30\x04\0\x01t!",
        &[b"\x20\x02\0\0", b"\x30\x04\0\x01t!"],
    );
}

#[test]
fn ok_a_delimiter() {
    check(json!({"delimiter": "\r\n"}), b"one\r\n\r\n\r\rtwo\r\n", &[b"one", b"", b"\r\rtwo"]);
    check(json!({"delimiter": {"$hex": "00"}}), b"a\0b\0", &[b"a", b"b"]);
}

#[test]
fn frames_are_of_the_type_that_brought_them_unless_it_is_said() {
    let mut any = framer(&json!({"delimiter": "\n"}));
    assert_eq!(any.take("a\nb".into()).0, [Payload::from("a")]);
    assert_eq!(any.take(Payload::Binary(b"c\n".to_vec())).0, [Payload::Binary(b"bc".to_vec())]);
    assert_eq!(any.take("d\n".into()).0, [Payload::from("d")]);
    let mut text = framer(&json!({"delimiter": "\n", "as": "text"}));
    // A character that is cut in two.
    assert_eq!(text.take(Payload::Binary(b"\xc3".to_vec())).0, []);
    assert_eq!(text.take(Payload::Binary(b"\xa9\n".to_vec())).0, [Payload::from("é")]);
    let mut binary = framer(&json!({"length": "u8", "as": "binary"}));
    assert_eq!(binary.take("\u{1}a".into()).0, [Payload::Binary(vec![1, b'a'])]);
}

#[test]
fn err_a_frame_that_is_too_long_or_has_no_end() {
    breaks(
        json!({"length": "u32", "max": 8}),
        b"\0\0\0\x05",
        "a frame of 9 bytes is too long; \"max\" allows 8 bytes",
    );
    breaks(
        json!({"length": "u64"}),
        &[0xff; 8],
        "a frame of 18 446 744 073 709 551 615 bytes is too long; \"max\" allows 1 048 576 bytes",
    );
    breaks(json!({"length": "varint"}), &[0xff; 9], "the length of a frame has no end");
    breaks(
        json!({"length": "u8", "add": -2}),
        b"\x01",
        "the length of a frame cannot be below zero: u8 is 1 with -2 added",
    );
    breaks(json!({"length": "i8"}), b"\xff", "the length of a frame cannot be below zero: i8 is -1");
    breaks(
        json!({"delimiter": "\n", "as": "text"}),
        b"ab\xff\n",
        "a frame of 3 bytes is not text: its byte 2 is not UTF-8",
    );
    let mut endless = framer(&json!({"delimiter": "\n", "max": 4}));
    assert_eq!(endless.take("abcd".into()), (Vec::new(), None));
    let (_, broken) = endless.take("e".into());
    assert_eq!(broken.as_deref(), Some("a frame without an end is too long; \"max\" allows 4 bytes"));
}

#[test]
fn err_many_frames_of_no_bytes_are_bounded() {
    let mut framer = framer(&json!({"delimiter": "\n"}));
    let (frames, broken) = framer.take(Payload::Text("\n".repeat(MOST_FRAMES + 1)));
    assert_eq!(frames.len(), MOST_FRAMES);
    assert_eq!(broken.as_deref(), Some("one message holds more than 1000000 frames"));
}

#[test]
fn a_stream_that_ends_in_the_middle_says_what_is_missing() {
    let wants = |spec: Value, bytes: &[u8]| {
        let mut framer = framer(&spec);
        framer.take(Payload::Binary(bytes.to_vec()));
        framer.wants()
    };
    assert_eq!(wants(json!({"length": "u8"}), b"\x01a"), None);
    assert_eq!(
        wants(json!({"length": "u8"}), b"\x05ab").as_deref(),
        Some("in the middle of a frame: 3 bytes of 6 had come")
    );
    assert_eq!(
        wants(json!({"length": "u16"}), b"\0").as_deref(),
        Some("in the middle of a frame: 1 byte had come, before the whole u16")
    );
    assert_eq!(
        wants(json!({"delimiter": "\n"}), b"a\nb").as_deref(),
        Some("in the middle of a frame: 1 byte had come without a delimiter")
    );
}

#[test]
fn a_long_frame_in_small_pieces_is_looked_through_once() {
    let mut framer = framer(&json!({"delimiter": "\r\n", "max": "4MiB"}));
    let piece = Payload::Text("\r".repeat(64));
    for _ in 0..(2 << 20) / 64 {
        assert_eq!(framer.take(piece.clone()), (Vec::new(), None));
    }
    assert_eq!(framer.take("\n".into()).0.len(), 1);
}

#[test]
fn err_what_is_not_a_framing() {
    let told = |spec: Value| Framing::read(&spec).expect_err("a mistake").to_string();
    assert_eq!(
        told(json!({})),
        "expected how frames are cut, found {}; write {\"length\": \"u16\"} or {\"delimiter\": \"\\n\"}"
    );
    assert_eq!(
        told(json!({"length": "u15"})),
        "\"length\" is one of u8, i8, u16, i16, u32, i32, u64, i64, u16le, i16le, u32le, i32le, u64le, i64le, varint, \
         not \"u15\"; did you mean \"u16\"?"
    );
    assert_eq!(told(json!({"delimiter": ""})), "a delimiter has at least one byte; write \"\\n\"");
    assert_eq!(
        told(json!({"delimiter": "\n", "at": 1})),
        "\"at\" means nothing beside \"delimiter\"; leave it out"
    );
    assert!(told(json!({"length": "u8", "delimiter": "x"})).contains("leave one of them out"));
    assert_eq!(
        told(json!({"length": "u8", "max": 0})),
        "\"max\" is 1 to 67108864 bytes, not 0; write \"1MiB\""
    );
    assert!(told(json!({"length": "u8", "as": "json"})).contains("\"text\" or \"binary\""));
    assert!(told(json!({"delimiter": {"$hex": "0"}})).contains("hex"));
}
