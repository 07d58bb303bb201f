use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The line as a reader of JSON finds it. A number may be kept there as it is written, so times are compared by what they say.
fn judged(line: &[u8]) -> Option<Value> {
    let mut judged: Value = serde_json::from_slice(line).ok()?;
    for time in ["at_ms", "round_trip_ms"] {
        if let Some(value) = judged.get_mut(time) {
            *value = json!(value.as_f64());
        }
    }
    Some(judged)
}

/// What was read, as JSON.
fn said(line: &[u8]) -> Option<Value> {
    let mut unescaped = Vec::new();
    let message = message(line, &mut unescaped)?;
    let millis = |micros: u64| micros as f64 / 1e3;
    let mut said = json!({
        "event": if message.is_sent { "sent" } else { "received" },
        "number": message.number,
        "at_ms": millis(message.at),
        "iso": message.iso,
        "connection": message.connection,
        "bytes": message.bytes,
    });
    if let Some(name) = message.name {
        said["name"] = json!(name);
    }
    if let Some(took) = message.round_trip {
        said["round_trip_ms"] = json!(millis(took));
    }
    match message.content {
        Content::Text(text) => said["text"] = json!(text),
        Content::Base64(text) => said["base64"] = json!(text),
    }
    Some(said)
}

const LINE: &str = r#"{"event":"received","number":12,"at_ms":5.250,"iso":"2026-11-29T10:00:00.005Z","connection":3,"name":"bob","bytes":9,"round_trip_ms":0.100,"text":"TEXT"}"#;

#[test]
fn a_message_of_ours_is_read() {
    for text in [
        "",
        "plain",
        "a longer plain text of more than eight",
        r#"{\"a\":\"\\\\\"}"#,
        r"\u0001\u001f\n\r\t\/\b\f",
        "ü€𝄞",
    ] {
        let line = LINE.replace("TEXT", text);
        let read = said(line.as_bytes());
        assert!(read.is_some(), "{line}");
        assert_eq!(read, judged(line.as_bytes()), "{line}");
    }
    let binary =
        LINE.replace("\"text\":\"TEXT\"", "\"base64\":\"AQI=\"").replace(",\"round_trip_ms\":0.100", "");
    assert_eq!(said(binary.as_bytes()), judged(binary.as_bytes()));
    assert!(said(binary.as_bytes()).is_some());
}

#[test]
fn another_form_is_left_to_a_reader_of_json() {
    for (from, to) in [
        ("received", "opened"),
        ("\"number\":12", "\"number\":012"),
        ("\"number\":12", "\"number\":1234567890123456"),
        ("\"number\":12", "\"number\":-1"),
        ("5.250", "5.25"),
        ("5.250", "5.2500"),
        ("5.250", "5.250e3"),
        ("\"connection\":3", "\"connection\":4294967296"),
        ("bob", r"b\u006fb"),
        ("TEXT", r"\u00e9"),
        ("TEXT", r"\ud800"),
        ("TEXT", r"\x"),
        ("TEXT", "\u{1}"),
        ("TEXT", "\\"),
        ("TEXT\"", "TEXT\",\"pinned\":true"),
        ("{", " {"),
        ("}", "} "),
        ("}", ""),
    ] {
        let line = LINE.replace(from, to);
        assert_ne!(line, LINE);
        assert_eq!(said(line.as_bytes()), None, "{line}");
    }
    assert_eq!(said(&[LINE.as_bytes(), b"\xff"].concat()), None);
    assert_eq!(
        said(LINE.replace("TEXT", "\0").replace('\0', "\u{80}").as_bytes()),
        judged(LINE.replace("TEXT", "\u{80}").as_bytes())
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_left_too() {
    for place in ["TEXT", "bob", "2026"] {
        let at = LINE.find(place).expect("it is there");
        let mut line = LINE.as_bytes().to_vec();
        line[at] = 0xff;
        assert_eq!(said(&line), None);
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_a_reader_of_json_finds(text in any::<String>(), name in "[ -~]{0,9}", number: u32, at in 0..1_000_000_000_000_000_u64, damage in proptest::option::of((any::<prop::sample::Index>(), any::<u8>()))) {
        let line = format!(
            "{{\"event\":\"sent\",\"number\":{number},\"at_ms\":{}.{:03},\"iso\":\"x\",\"connection\":1,\"name\":{},\"bytes\":{},\"text\":{}}}",
            at / 1000, at % 1000, json!(name), text.len(), json!(text),
        );
        let mut line = line.into_bytes();
        let is_whole = damage.is_none();
        if let Some((place, byte)) = damage {
            let place = place.index(line.len());
            line[place] = byte;
        }
        let read = said(&line);
        if read.is_some() {
            prop_assert_eq!(&read, &judged(&line));
        }
        let is_plain = !name.contains(['"', '\\']) && !text.contains('\u{7f}');
        prop_assert!(read.is_some() || !is_whole || !is_plain, "{}", String::from_utf8_lossy(&line));
    }

    #[test]
    fn the_length_of_a_plain_text_is_that_of_a_search_byte_by_byte(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x1f..0x24_u8, 0x5b..0x5e_u8], 0..40)) {
        let mut scan = Scan::of(&bytes);
        let mut quoted = b"\"".to_vec();
        quoted.extend_from_slice(&bytes);
        let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let is_text = expected.is_some_and(|at| bytes[at] == b'"' && std::str::from_utf8(&bytes[..at]).is_ok());
        prop_assert_eq!(Scan::of(&quoted).plain().map(str::len), expected.filter(|_| is_text));
        prop_assert!(!scan.is_next(b"no such word in forty bytes of noise, which is longer"));
    }
}
