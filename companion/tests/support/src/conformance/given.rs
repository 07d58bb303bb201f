//! What the suite `conformance` gets for the server beside this: all that it asks for, and values that make it short.

/// The subprotocols that it speaks.
pub const SPOKEN: [&str; 2] = ["good.v1", "good.v2"];
/// How many events a run has that can be resumed.
pub const EVENTS: u32 = 6;

/// What makes the suite short here.
pub const SHORT: &[(&str, &str)] = &[
    ("huge", "256KiB"),
    ("limit_to", "2MiB"),
    ("ordered", "200"),
    ("rate_messages", "300"),
    ("unread_messages", "8"),
    ("unread_size", "96KiB"),
    ("transfer_messages", "2"),
    ("transfer_size", "112KiB"),
    ("connections", "12"),
    ("close_within", "4s"),
    ("patience", "8s"),
];

/// Idle times for a server that ends connections after half a second.
pub const IDLE: &[(&str, &str)] =
    &[("slow", "true"), ("idle_short", "100ms"), ("idle_long", "1500ms"), ("idle_longest", "2s")];
/// What is shown of that.
pub const IDLE_TOLD: [&str; 3] =
    ["open after 100ms", "closed with 1000 within 1500ms", "closed with 1000 within 2s"];

/// All that the suite asks of a server, as ours has it.
pub fn given(host: &str) -> Vec<(String, String)> {
    let own = |name: &str, value: String| (name.to_owned(), value);
    let at = |path: &str| format!("ws://{host}{path}");
    vec![
        own("ws_url", at("/")),
        own("wss_url", at("/")),
        own("protocol", SPOKEN[0].to_owned()),
        own("other_protocol", SPOKEN[1].to_owned()),
        own("unknown_url", at("/unknown")),
        own("bad_token_url", at("/token")),
        own("foreign_origin_url", at("/foreign")),
        own("broadcast_url", at("/rooms")),
        own("broadcast_message", "to everybody".to_owned()),
        own("broadcast_contains", "to everybody".to_owned()),
        own("closing_url", at("/closing")),
        own("closing_reason", "enough".to_owned()),
        own("shutdown_url", format!("http://{host}/shutdown")),
        own("ping_message", "pong, please".to_owned()),
        own("drop_url", at("/drop")),
        own("half_open_url", at("/stalled")),
        own("half_open_within", "2s".to_owned()),
        own("identity_url", at("/identity")),
        own("resume_url", at("/resume")),
        own("resume_message", "start".to_owned()),
        own("resume_before", "after ".to_owned()),
        own("resume_rest", (EVENTS - 1).to_string()),
        own("resume_away", "50ms".to_owned()),
    ]
}

/// What a check is called in the contract: `C3` of `C3 close with 3000`.
pub fn id(name: &str) -> &str {
    name.split(' ').next().unwrap_or_default()
}
