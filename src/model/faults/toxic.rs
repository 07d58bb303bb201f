//! The toxics of the proxy as people switch them: what each does to a connection, and its numbers.
//!
//! Owns the words and the bounds. The proxy has the effects. The tests of its `kind.rs` compare names, attributes and bounds
//! with this table.

use super::knob::Knob;

/// A toxic of the proxy.
#[derive(Debug)]
pub struct Toxic {
    /// As the API has it.
    pub name: &'static str,
    /// As people have it.
    pub title: &'static str,
    /// What it does to a connection.
    pub about: &'static str,
    /// It acts on one direction, or on each of the two.
    pub has_direction: bool,
    /// Its numbers, three at most.
    pub knobs: &'static [Knob],
    /// It has a reason, which is a text.
    pub has_reason: bool,
}

const fn knob(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    slider: (u64, u64),
    limits: (f64, f64),
    start: f64,
) -> Knob {
    Knob { name, label, unit, slider: Some(slider), limits, start }
}

const fn time(name: &'static str, label: &'static str, start: f64) -> Knob {
    knob(name, label, "ms", (1, 60_000), (0.0, 60_000.0), start)
}

/// A wait of a toxic that ends connections.
const fn wait(label: &'static str) -> Knob {
    knob("timeout", label, "ms", (100, 600_000), (0.0, 600_000.0), 0.0)
}

const fn number(name: &'static str, label: &'static str, limits: (f64, f64), start: f64) -> Knob {
    Knob { name, label, unit: "", slider: None, limits, start }
}

const fn toxic(
    name: &'static str,
    title: &'static str,
    about: &'static str,
    knobs: &'static [Knob],
) -> Toxic {
    Toxic { name, title, about, has_direction: true, knobs, has_reason: false }
}

/// The largest piece that the proxy takes.
const LARGEST: f64 = (1_u64 << 30) as f64;
/// What a number of JSON holds exactly.
const EXACT: f64 = 9_007_199_254_740_991.0;

/// Every toxic, in the order in which they are shown: what slows, what damages, what ends.
pub const TOXICS: [Toxic; 14] = [
    toxic(
        "latency",
        "Latency",
        "Everything arrives this much later, and messages up to the jitter later still; their order is kept.",
        &[time("latency", "Delay", 200.0), time("jitter", "Jitter", 0.0)],
    ),
    toxic(
        "bandwidth",
        "Bandwidth",
        "Bytes trickle: a message arrives when its last byte would at this rate.",
        &[knob("rate", "Rate", "kB/s", (1, 100_000), (0.001, 999_999_999.0), 50.0)],
    ),
    toxic(
        "slicer",
        "Slicer",
        "Bytes leave in small pieces, so that a frame arrives in many parts: weak buffering shows.",
        &[
            knob("average_size", "Piece", "B", (1, 50_000), (1.0, LARGEST), 64.0),
            knob("size_variation", "Variation", "B", (1, 50_000), (0.0, LARGEST), 0.0),
            knob("delay", "Gap", "µs", (10, 1_000_000), (0.0, 60_000_000.0), 10_000.0),
        ],
    ),
    toxic(
        "slow_close",
        "Slow close",
        "The end of the TCP connection is passed on this much later.",
        &[time("delay", "Delay", 1000.0)],
    ),
    toxic(
        "timeout",
        "Stall (timeout)",
        "A black hole: whatever comes is thrown away. With 0 the connection stays, else it ends after that time, without a close frame.",
        &[wait("Ends after")],
    ),
    toxic(
        "half_open",
        "Half-open",
        "One side is gone and the other does not notice: with downstream the server is cut off and the page hears nothing more. With 0 the side that is left stays for ten minutes.",
        &[wait("Ends after")],
    ),
    toxic(
        "drop",
        "Drop",
        "A message is lost, and everything else goes on.",
        &[Knob::percent("probability", "Messages", 10.0)],
    ),
    toxic(
        "duplicate",
        "Duplicate",
        "A message comes twice.",
        &[Knob::percent("probability", "Messages", 10.0)],
    ),
    toxic(
        "reorder",
        "Reorder",
        "A message changes places with the next one; if none comes within 100 ms, it comes alone.",
        &[Knob::percent("probability", "Messages", 10.0)],
    ),
    toxic(
        "corrupt",
        "Corrupt",
        "One byte of a message is wrong; text stays valid UTF-8.",
        &[Knob::percent("probability", "Messages", 10.0)],
    ),
    toxic(
        "limit_data",
        "Limit of data",
        "The connection ends after this many bytes, without a close frame.",
        &[knob("bytes", "Bytes", "B", (1, 100_000_000), (0.0, EXACT), 10_000.0)],
    ),
    toxic(
        "reset_peer",
        "Reset",
        "A TCP reset without a close frame, of the side that the direction leads to: the page sees 1006.",
        &[wait("After")],
    ),
    Toxic {
        has_reason: true,
        ..toxic(
            "close",
            "Close code",
            "A close frame replaces the next message, with any code, even an illegal one.",
            &[number("code", "Code", (0.0, 65_535.0), 1011.0)],
        )
    },
    Toxic {
        has_direction: false,
        ..toxic(
            "refuse",
            "Refuse",
            "New handshakes are answered with this HTTP status; the target is not asked. Open connections stay.",
            &[number("status", "HTTP status", (300.0, 599.0), 503.0)],
        )
    },
];

/// Which part of the connections has a toxic.
pub const TOXICITY: Knob = Knob::percent("toxicity", "Affected connections", 100.0);
/// How many messages of its direction arrive before it begins.
pub const AFTER: Knob = number("after", "Start after", (0.0, EXACT), 0.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_toxic_says_what_it_does_in_a_sentence() {
        for toxic in &TOXICS {
            assert!(toxic.about.ends_with('.') && toxic.about.len() > 20, "{}", toxic.name);
            assert!((1..=3).contains(&toxic.knobs.len()), "{}", toxic.name);
        }
    }
}
