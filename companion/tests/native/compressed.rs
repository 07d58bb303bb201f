//! What a client with `"compression": true` says of servers that agree to something else, or send what cannot be inflated.

use serde_json::{Value, json};
use sockscope_companion::ws::upgrade::accept;
use support::answering::answering;

use super::native;

/// Opens a connection to a server that answers with this extension and sends these bytes behind; waits for a message.
fn check(compression: bool, agreed: &str, behind: &[u8]) -> Value {
    let (agreed, behind) = (agreed.to_owned(), behind.to_vec());
    let url = answering(move |request| {
        let of = |name: &str| {
            let line = request.lines().find_map(|line| line.split_once(": ").filter(|(it, _)| *it == name));
            line.map(|(_, value)| value)
        };
        let offered = of("Sec-WebSocket-Extensions");
        assert_eq!(offered, compression.then_some("permessage-deflate; client_max_window_bits"));
        let key = accept(of("Sec-WebSocket-Key").expect("a key").as_bytes());
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {key}\r\n\
             Sec-WebSocket-Extensions: {agreed}\r\n\r\n"
        );
        [head.as_bytes(), &behind].concat()
    });
    let suite = json!({ "sockscope": 1, "suite": "compressed",
    "clients": { "a": { "url": url, "compression": compression } },
    "checks": [ { "check": "c", "steps": [ { "connect": "a" }, { "on": "a", "expect": { "text": "Hello" } } ] } ] });
    let ended = native(&["OUT/s.json", "--json", "OUT/r.json", "--jsonl", "OUT/r.jsonl"])
        .with_file("s.json", suite.to_string())
        .run();
    let mut check = ended.json("r.json")["checks"][0].clone();
    check["told"] = format!("{}{}", ended.stdout, ended.stderr).into();
    check
}

#[track_caller]
fn fails(compression: bool, agreed: &str, behind: &[u8], says: &str) {
    let check = check(compression, agreed, behind);
    assert_eq!(check["verdict"], "fail", "{check:#}");
    assert!(check["told"].as_str().is_some_and(|told| told.contains(says)), "{says}: {}", check["told"]);
}

/// "Hello" as RFC 7692 has it, section 7.2.3.1.
const HELLO: [u8; 9] = [0xc1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0];

#[test]
fn a_compressed_message_right_behind_the_handshake_is_heard() {
    let check = check(true, "permessage-deflate", &HELLO);
    assert_eq!(check["verdict"], "pass", "{check:#}");
}

#[test]
fn a_server_that_just_ends_has_not_broken_the_protocol() {
    let check = check(false, "", &[]);
    let failure = &check["steps"][1]["failure"];
    let told = "(no close frame came: the server ended the transport)";
    assert!(failure["message"].as_str().is_some_and(|words| words.contains(told)), "{failure:#}");
    let causes = failure["causes"].as_array().expect("causes");
    assert!(causes.iter().all(|cause| cause["likelihood"] != "certain"), "{failure:#}");
}

#[test]
fn a_server_that_agrees_to_what_was_not_offered_is_told() {
    fails(false, "permessage-deflate", &HELLO, "no extension was offered");
    fails(true, "permessage-deflate; client_max_window_bits", &HELLO, "not a parameter of an answer");
    fails(true, "x-other", &HELLO, "only permessage-deflate was offered");
}

#[test]
fn what_cannot_be_inflated_ends_the_connection_and_is_told() {
    fails(true, "permessage-deflate", &[0xc1, 4, 0xff, 0xff, 0xff, 0xff], "cannot be inflated");
    // A frame without compression in a place of one with it, and the other way round.
    fails(true, "", &HELLO, "broke the protocol");
    // 65 MiB of zeros.
    let mut zeros = vec![0; 65 << 20];
    zeros[0] = b'x';
    let mut small = Vec::new();
    let mut stream = flate2::read::DeflateEncoder::new(&zeros[..], flate2::Compression::fast());
    std::io::Read::read_to_end(&mut stream, &mut small).expect("a stream");
    small.push(0);
    let frame = [&[0xc2, 127][..], &(small.len() as u64).to_be_bytes(), &small].concat();
    fails(true, "permessage-deflate", &frame, "more than 64 MiB");
}
