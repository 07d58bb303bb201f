//! What came in pieces becomes messages again.

use serde_json::json;

use super::*;

/// What came on one connection, byte by byte as it was cut.
fn stream(pieces: &[&[u8]], is_text: bool) -> Drafted {
    use base64::Engine as _;
    let piece = |bytes: &&[u8]| {
        let content = match is_text {
            true => format!("\"text\":{}", json!(std::str::from_utf8(bytes).expect("text"))),
            false => format!("\"base64\":\"{}\"", base64::engine::general_purpose::STANDARD.encode(bytes)),
        };
        format!(r#"{{"event":"received","connection":1,"name":"alice",{content}}}"#)
    };
    let lines: Vec<String> =
        [OPEN.to_owned(), OPENED.to_owned()].into_iter().chain(pieces.iter().map(piece)).collect();
    recorded(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn framing(drafted: &Drafted) -> Value {
    let suite: Value = serde_json::from_str(&drafted.text).expect("JSON");
    suite["clients"]["alice"]["framing"].clone()
}

#[test]
fn a_stream_that_was_cut_anywhere_becomes_its_frames() {
    // A kind, an id, the length of the body, the body.
    let frame = |kind: u8, id: u32, body: &[u8]| {
        [&[kind][..], &id.to_be_bytes(), &(body.len() as u16).to_be_bytes(), body].concat()
    };
    let all: Vec<u8> =
        (1..=5).flat_map(|id| frame(2, id * 77_777, &b"a body of five frames"[..id as usize * 3])).collect();
    for size in [1, 3, 10, 1000] {
        let pieces: Vec<&[u8]> = all.chunks(size).collect();
        let drafted = stream(&pieces, false);
        let wanted = if size < 1000 { json!({"length": "u16", "at": 5}) } else { Value::Null };
        assert_eq!(framing(&drafted), wanted, "{size}: {}", drafted.text);
        if size < 1000 {
            let frames = drafted.text.matches("\"expect\"").count();
            assert_eq!(frames, 5, "{}", drafted.text);
            let said = "What alice received is a stream: `framing` puts its frames together by {\"length\":\"u16\",\"at\":5}.";
            assert!(drafted.remarks.iter().any(|remark| remark == said), "{:?}", drafted.remarks);
        }
    }
}

#[test]
fn a_length_may_count_its_own_bytes() {
    let frame = |body: &[u8]| [&(body.len() as u32 + 4).to_le_bytes()[..], body].concat();
    let all: Vec<u8> = (1..=6).flat_map(|n| frame(&vec![b'x'; n * 5])).collect();
    let pieces: Vec<&[u8]> = all.chunks(7).collect();
    assert_eq!(framing(&stream(&pieces, false)), json!({"length": "u32le", "add": -4}));
}

#[test]
fn lines_of_json_that_came_in_pieces_become_messages() {
    let text = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n";
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(5).collect();
    let drafted = stream(&pieces, true);
    assert_eq!(framing(&drafted), json!({"delimiter": "\n"}), "{}", drafted.text);
}

#[test]
fn whole_messages_are_no_stream() {
    let whole: Vec<&[u8]> = vec![b"{\"n\":1}\n", b"{\"n\":2}\n", b"{\"n\":3}\n", b"{\"n\":4}\n"];
    assert_eq!(framing(&stream(&whole, true)), Value::Null);
    let prose: Vec<&[u8]> = vec![b"one\ntwo", b"three", b"\nfour\nfive", b"six\n"];
    assert_eq!(framing(&stream(&prose, true)), Value::Null);
    let noise: Vec<&[u8]> = vec![&[9, 1, 200, 3], &[7, 7], &[0, 255, 3], &[1], &[4, 4, 4, 4, 4]];
    assert_eq!(framing(&stream(&noise, false)), Value::Null);
}
