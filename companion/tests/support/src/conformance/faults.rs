//! For each check that can fail: what a server does wrong, and which checks go red.
//!
//! Where a fault would be seen by many checks because it breaks what all of them need, it is on only while one of them runs.

use super::fault::Fault::{self, *};

/// While which check the fault is on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Always,
    During(&'static str),
}

/// A broken server.
pub struct Row {
    /// The check that it is about.
    pub red: &'static str,
    pub fault: Fault,
    pub when: When,
    /// Others that see the same, with why.
    pub also: &'static [(&'static str, &'static str)],
    /// Other values of variables.
    pub changes: &'static [(&'static str, &'static str)],
    /// The checks that run; all when empty.
    pub only: &'static [&'static str],
}

const fn always(red: &'static str, fault: Fault) -> Row {
    Row { red, fault, when: When::Always, also: &[], changes: &[], only: &[] }
}

const fn during(red: &'static str, fault: Fault) -> Row {
    Row { red, fault, when: When::During(red), also: &[], changes: &[], only: &[] }
}

const fn shared(red: &'static str, fault: Fault, also: &'static [(&'static str, &'static str)]) -> Row {
    Row { red, fault, when: When::Always, also, changes: &[], only: &[] }
}

const LARGER: &str = "its text is larger than what is left of it";

/// The table.
pub static ROWS: &[Row] = &[
    during("H1", Refuse(503)),
    during("H1", Extend("x-never-offered")),
    during("H1", Extend("permessage-deflate; x-unknown=1")),
    during("C7", OwnCode(999)),
    during("C7", OwnCode(1016)),
    during("C7", OwnCode(2999)),
    during("C7", OwnCode(5000)),
    during("H2", Choose("good.v1")),
    during("H3", Choose("")),
    during("H3", Choose("no-such-protocol.v9")),
    during("H4", Choose("good.v3")),
    always("H5", ChooseAnything),
    always("H7", Open("/unknown")),
    always("H8", Open("/token")),
    always("H11", Open("/foreign")),
    shared("P1", Truncate(65_536), &[("P3", LARGER), ("U10", LARGER)]),
    always("P1", Replace("aaa", "aa")),
    always("P2", FlipBinary(126)),
    shared(
        "P2",
        BinaryAsText,
        &[
            ("P4", "it is binary"),
            ("P7", "it is binary"),
            ("O2", "every second message is binary"),
            ("B1", "what waits is binary"),
            ("B3", "the transfer is binary"),
        ],
    ),
    always("P3", Truncate(1 << 19)),
    always("P4", FlipBinary(1 << 20)),
    always("P7", Ascii(256)),
    always("P8", Limit(1_500_000, 1006)),
    always("P8", Limit(1_500_000, 1011)),
    always("U1", CutAtNul),
    always("U2", Replace("Ж", "?")),
    always("U3", Replace("𠮷", "\u{fffd}")),
    always("U4", Replace("\u{fffe}", "\u{fffd}")),
    shared("U5", Replace("\u{10ffff}", "\u{fffd}"), &[("U4", "the last code point is a noncharacter too")]),
    always("U6", StripMark),
    always("U7", Replace("e\u{301}", "é")),
    always("U8", Replace("\r\n", "\n")),
    always("U9", Replace("\u{2028}", "\n")),
    always("U10", CountUnits),
    always("O1", Late("n-41")),
    always("O1", Lose("n-41")),
    always("O1", Twice("n-199")),
    always("O2", Late("t-5")),
    always("O3", SmallFirst(b'L')),
    always("O4", Lose("rate-77-########")),
    always("O5", CrossTalk("a asks 7")),
    always("O6", BroadcastTwice),
    always("O6", BroadcastToFew),
    always("B1", BreakAfterTwo(96 << 10)),
    always("B3", HoldUp(112 << 10)),
    during("C1", NeverCloses),
    during("C2", CloseCode(1000, 1011)),
    always("C3", CloseCode(3000, 1002)),
    always("C4", CloseCode(4999, 1011)),
    always("C5", BreakOnReason),
    always("C6", BreakAfter("last words")),
    shared("C7", OwnReset, &[("C8", "without a close frame there is no reason either")]),
    shared("C8", BrokenReason, &[("C7", "such a frame breaks the connection, so its code is never seen")]),
    always("C9", BreakOnShutdown),
    during("C10", ClosesAfter(2500)),
    always("C11", MessageAfter(3011)),
    always("C12", BreakOnGarbage),
    Row {
        red: "L3",
        fault: NeverNoticed,
        when: When::Always,
        also: &[],
        changes: &[("slow", "true"), ("half_open_within", "1s")],
        only: &["L3"],
    },
    always("L4", PoliteDrop),
    during("S1", RefuseLater(503)),
    during("S2", RefuseLater(503)),
    during("S3", SlowLater(2500)),
    always("S4", OldGetsThousand),
    always("S5", Gap),
    always("S5", Repeated),
];
