//! `"compression": true` of a client, against Node's `ws` with each way of agreeing to it.

use serde_json::{Value, json};
use support::call::Call;
use support::servers::{Language, Target};

const BINARY: &str = env!("CARGO_BIN_EXE_sockscope");
const TEXTS: usize = 50;

/// Exchanges texts, bytes and pings with an echo that agrees to compression in this way. How many bytes it has read by then.
#[track_caller]
fn read_by_server(arguments: &'static [&'static str], compression: bool, agreed: Value) -> u64 {
    let (name, file) = ("ws with compression", "echo/ws_compressed.mjs");
    let server = Target { name, language: Language::Node, file, arguments }.start(&[]);
    let text = "the quick brown fox jumps over the lazy dog ".repeat(10);
    let large = "grüße ".repeat(200_000);
    let suite = json!({ "sockscope": 1, "suite": "compressed", "defaults": { "within": "20s" },
    "clients": { "a": { "url": server.urls[0], "compression": compression } },
    "checks": [ { "check": "c", "steps": [
        { "connect": "a", "expect": { "extensions": agreed } },
        { "repeat": { "times": TEXTS }, "steps": [ { "on": "a", "send": text, "expect": { "text": text } } ] },
        { "on": "a", "send": { "$hex": "00ff00ff" }, "expect": { "bytes": { "hex": "00ff00ff" } } },
        { "on": "a", "send": "", "expect": { "text": "" } },
        { "on": "a", "ping": "between" },
        { "on": "a", "send": "bytes", "expect": { "path": "$.bytes", "exists": true, "capture": { "read": "$.bytes" } } },
        { "on": "a", "send": large, "expect": { "text": large } },
        { "on": "a", "close": {} },
        { "remark": "{{a.read}}" } ] } ] });
    let ended = Call::of(BINARY, &["--engine", "native", "OUT/s.json", "--json", "OUT/r.json"])
        .with_file("s.json", suite.to_string())
        .run();
    let check = ended.json("r.json")["checks"][0].clone();
    assert_eq!(check["verdict"], "pass", "{arguments:?}: {check:#}");
    check["reasons"][0].as_str().and_then(|read| read.parse().ok()).expect("a remark with a number")
}

#[test]
fn messages_pass_in_every_way_of_agreeing_and_what_is_sent_is_compressed() {
    let plain = read_by_server(&[], false, json!(""));
    assert!(plain > 50 * 440, "{plain}");
    let kept = read_by_server(&[], true, json!("permessage-deflate"));
    let fresh = read_by_server(
        &["--deflate", r#"{"clientNoContextTakeover": true, "serverNoContextTakeover": true}"#],
        true,
        json!("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
    );
    assert!(kept * 4 < plain && fresh * 4 < plain, "{kept} {fresh} {plain}");
    assert!(kept < fresh, "a context that is kept makes them shorter: {kept} {fresh}");
    let small = read_by_server(
        &["--deflate", r#"{"clientMaxWindowBits": 9, "serverMaxWindowBits": 10}"#],
        true,
        json!({ "contains": "client_max_window_bits=9" }),
    );
    assert!(small * 4 < plain, "{small} {plain}");
    // No stream of `zlib` has such a window, so messages go out as they are.
    let none = read_by_server(
        &["--deflate", r#"{"clientMaxWindowBits": 8}"#],
        true,
        json!({ "contains": "client_max_window_bits=8" }),
    );
    assert!(none > 50 * 440, "{none}");
}
