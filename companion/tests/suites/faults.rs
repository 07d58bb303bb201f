//! What a server can do wrong, for each check that ships: the suite, the check that must go red, the fault.
//!
//! A row that another check would also notice is no proof, so faults name messages by what only that check sends.

use crate::broken::Fault::{self, *};

/// The table.
pub const FAULTS: &[(&str, &str, Fault)] = &[
    ("first-contact", "config, message, answer, goodbye", Drop { on: "", with: &["\"content\":\"hello\""] }),
    (
        "first-contact",
        "the config comes back as it was sent",
        Replace { on: "", with: &["config_ack"], from: "0.7", to: "0.70000001" },
    ),
    (
        "first-contact",
        "the config comes back as it was sent",
        Replace { on: "", with: &["config_ack"], from: "9007199254740993", to: "9007199254740992" },
    ),
    (
        "first-contact",
        "two questions at once get their own answers",
        Replace { on: "", with: &["\"id\":\"first\""], from: "\"id\":\"first\"", to: "\"id\":\"second\"" },
    ),
    ("first-contact", "a goodbye with a code is answered", NoAnswerToClose { code: 4000 }),
    (
        "integration",
        "several clients are answered, each with its own",
        Replace { on: "", with: &["ask-1"], from: "ask-1", to: "ask-0" },
    ),
    (
        "integration",
        "a hundred messages are answered in order",
        SwapWithNext { on: "", with: &["\"id\":\"order-41\""] },
    ),
    (
        "integration",
        "a hundred messages are answered in order",
        Duplicate { on: "", with: &["\"id\":\"order-99\""] },
    ),
    ("integration", "a large message comes back whole", Truncate { most: 65_536 }),
    ("integration", "binary comes back as binary", BinaryAsText),
    ("integration", "binary comes back as binary", FlipBinary),
    ("integration", "an empty message is a message", DropEmpty),
    (
        "integration",
        "text keeps its characters",
        Replace { on: "", with: &["end"], from: "\u{feff}", to: "" },
    ),
    (
        "integration",
        "text keeps its characters",
        Replace { on: "", with: &["end"], from: "e\u{301}", to: "é" },
    ),
    (
        "events",
        "an event for one user reaches that user only",
        Leak { with: &["\"type\":\"private\""], to: "user=bob" },
    ),
    (
        "events",
        "an event for everybody reaches everybody",
        Drop { on: "user=bob", with: &["\"type\":\"news\""] },
    ),
    ("events", "every published event arrives", DropEvery { with: &["\"type\":\"counted\""], each: 7 }),
    (
        "events",
        "an event without a type is refused",
        Answer { path: "/api/events", with: "no type", status: 202, body: "{\"id\":\"evt-0\"}" },
    ),
    ("events", "the API is healthy", Answer { path: "/api/health", with: "", status: 503, body: "{}" }),
    ("load", "an even pace", DropEvery { with: &["\"id\":\"even-"], each: 10 }),
    ("load", "an even pace", CloseAfter { on: "", with: &["\"id\":\"even-1-3\""], code: 1011 }),
    ("load", "a burst", Duplicate { on: "", with: &["\"id\":\"burst-1-7\""] }),
    (
        "fragments",
        "a document opens with its fragments",
        Replace { on: "", with: &["open-first"], from: "\"fragments\"", to: "\"pieces\"" },
    ),
    (
        "fragments",
        "a new content is acknowledged and broadcast",
        Drop { on: "user=ben", with: &["a new content"] },
    ),
    (
        "fragments",
        "the writer does not hear itself",
        Leak { with: &["content_updated", "my own words"], to: "user=ann" },
    ),
    (
        "fragments",
        "metadata is merged and broadcast",
        Replace { on: "", with: &["metadata_updated", "draft"], from: "\"title\"", to: "\"lost\"" },
    ),
    ("fragments", "a fragment expands into children", Drop { on: "user=ben", with: &["\"expanded\""] }),
    (
        "fragments",
        "an unknown fragment is an error",
        Replace { on: "", with: &["bad-fragment"], from: "unknown_fragment", to: "sorry" },
    ),
    (
        "fragments",
        "an unknown operation is an error",
        Replace { on: "", with: &["bad-operation"], from: "\"error\"", to: "\"ack\"" },
    ),
    (
        "fragments",
        "a server error is told and survived",
        CloseAfter { on: "", with: &["server-error"], code: 1011 },
    ),
    (
        "fragments",
        "a change to an old version is refused",
        Replace { on: "", with: &["too-late"], from: "\"error\"", to: "\"ack\"" },
    ),
    (
        "fragments",
        "a change to an old version is refused",
        Replace { on: "", with: &["after-conflict"], from: "ben was faster", to: "ann was late" },
    ),
    ("fragments", "two editors in real time", Drop { on: "user=ben", with: &["ann, turn 7"] }),
    (
        "fragments",
        "two editors in real time",
        Replace { on: "user=ann", with: &["ben, turn 7"], from: "\"version\":", to: "\"version\":9" },
    ),
    (
        "fragments",
        "five editors in real time",
        Drop { on: "user=editor-4", with: &["content_updated", "team member 2"] },
    ),
    (
        "fragments",
        "five editors in real time",
        Duplicate { on: "user=editor-0", with: &["content_updated", "team member 2"] },
    ),
    (
        "fragments",
        "a late joiner sees what was written",
        Replace { on: "user=late", with: &["joins"], from: "written before", to: "" },
    ),
    ("fragments", "who leaves is missed", Drop { on: "", with: &["editor_left"] }),
    ("rooms", "everybody in the room hears it", Drop { on: "user=bob", with: &["hello, room"] }),
    ("rooms", "nobody outside the room hears it", Leak { with: &["a secret"], to: "user=mallory" }),
    ("rooms", "who has left hears nothing more", Leak { with: &["is bob gone?"], to: "user=bob" }),
    ("rooms", "a connection that ends leaves its room", Drop { on: "", with: &["disconnected"] }),
    (
        "rooms",
        "whoever is not in a room cannot speak there",
        Replace { on: "", with: &["not_joined"], from: "not_joined", to: "oops" },
    ),
    (
        "agent",
        "an agent starts, thinks, uses a tool and completes",
        SwapWithNext { on: "", with: &["agent_thinking", "\"id\":\"life\""] },
    ),
    (
        "agent",
        "a tool that starts also ends, in the same run",
        Drop { on: "", with: &["tool_completed", "\"id\":\"tools\""] },
    ),
    (
        "agent",
        "an error carries its priority",
        Replace {
            on: "",
            with: &["\"id\":\"broken\""],
            from: "\"priority\":\"high\"",
            to: "\"priority\":\"low\"",
        },
    ),
    ("agent", "a tool that fails is tried again", Drop { on: "", with: &["agent_retrying"] }),
    ("agent", "a heartbeat comes while nothing happens", Drop { on: "user=quiet", with: &["heartbeat"] }),
    (
        "agent",
        "users are apart from each other",
        Leak { with: &["agent_completed", "apart-0"], to: "user=u1-" },
    ),
    (
        "agent",
        "a reconnect goes on where it stopped",
        Drop { on: "user=traveller", with: &["tool_completed"] },
    ),
    (
        "agent",
        "a reconnect goes on where it stopped",
        Duplicate { on: "user=traveller", with: &["tool_executing"] },
    ),
    (
        "agent",
        "one connection more than allowed is closed",
        Reroute { on: "user=limited", from: "max=2", to: "max=5" },
    ),
    ("ladder", "base: one connection", Drop { on: "", with: &["\"id\":\"base-0-2\""] }),
    ("ladder", "connections: 2", Drop { on: "", with: &["\"id\":\"two-1-1\""] }),
    ("ladder", "load: 3 connections", Drop { on: "", with: &["\"id\":\"load3-2-1\""] }),
    ("ladder", "load: 5 connections", Drop { on: "", with: &["\"id\":\"load5-4-1\""] }),
    ("ladder", "load: 8 connections", Drop { on: "", with: &["\"id\":\"load8-7-1\""] }),
    ("ladder", "load: 13 connections", Drop { on: "", with: &["\"id\":\"load13-12-1\""] }),
    ("ladder", "load: 21 connections", Drop { on: "", with: &["\"id\":\"load21-20-1\""] }),
    (
        "ladder",
        "stress: 34 connections",
        CloseAfter { on: "", with: &["\"id\":\"stress34-33-0\""], code: 1011 },
    ),
    (
        "ladder",
        "stress: 55 connections",
        CloseAfter { on: "", with: &["\"id\":\"stress55-54-0\""], code: 1011 },
    ),
    (
        "ladder",
        "stress: 89 connections",
        CloseAfter { on: "", with: &["\"id\":\"stress89-88-0\""], code: 1011 },
    ),
    (
        "ladder",
        "stress: 144 connections",
        CloseAfter { on: "", with: &["\"id\":\"stress144-143-0\""], code: 1011 },
    ),
    ("ladder", "stress: 144 connections", Delay { with: &["\"id\":\"stress144-", "-2\""], millis: 6000 }),
    ("throughput", "more than 100 events a second", DropEvery { with: &["\"id\":\"rate-"], each: 10 }),
    ("throughput", "less than 10 ms on average", Delay { with: &["\"id\":\"latency-"], millis: 2500 }),
    (
        "soak",
        "nothing is lost and memory stays bounded",
        Member { path: "/api/stats", name: "resident_bytes", value: "99999999999" },
    ),
    ("soak", "nothing is lost and memory stays bounded", Drop { on: "", with: &["\"id\":\"soak-1-3\""] }),
    ("soak", "closed connections are gone", KeepUpstream),
    ("auth-and-limits", "a good token is let in", Refuse { on: "token=", status: 401 }),
    (
        "auth-and-limits",
        "a bad token is refused",
        Reroute { on: "refuse=401", from: "/ws/fault?refuse=401", to: "/ws/echo" },
    ),
    (
        "auth-and-limits",
        "a message that is too large ends the connection with 1009",
        CloseCode { from: 1009, to: 1000 },
    ),
    (
        "auth-and-limits",
        "one connection more than allowed is turned away",
        Reroute { on: "user=limit", from: "max=2", to: "max=5" },
    ),
    (
        "subprotocols",
        "the one that was offered first is chosen",
        Choose { on: "who=both", protocol: "echo.v1" },
    ),
    ("subprotocols", "one that is not known is passed over", Refuse { on: "who=fallback", status: 400 }),
    (
        "subprotocols",
        "nothing in common is refused",
        Choose { on: "who=stranger", protocol: "no-such-protocol.v9" },
    ),
    ("subprotocols", "no offer is answered with none", Choose { on: "who=plain", protocol: "echo.v1" }),
];
