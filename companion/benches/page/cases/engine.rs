//! What needs no browser: the log's bytes and the matchers' speed.

use std::rc::Rc;
use std::time::{Duration, Instant as Clock};

use serde_json::json;
use sockscope_engine::matcher::{Matcher, Pick, Subject};
use sockscope_engine::run::inbox_probe::{Mode, Pairing, Probe, Wanting};
use sockscope_engine::{Entry, FrameKind, FrameLog, Instant, Payload};

use support::figures::{Aim, Figure, alone};

/// A log as a flood fills it.
pub fn log() -> Vec<Figure> {
    const FRAMES: u64 = 1_000_000;
    let content = [b'x'; 64];
    let mut log = FrameLog::with_budget(1 << 30);
    for number in 0..FRAMES {
        log.push(Entry {
            at: Instant::from_nanos(number * 1000),
            connection: 1,
            kind: FrameKind::ReceivedText,
            bytes: &content,
            round_trip: None,
            is_tainted: false,
        });
    }
    let beyond = log.held_bytes() as f64 / FRAMES as f64 - content.len() as f64;
    vec![alone("frame log: bytes a frame beyond the payload", "B", &[beyond], Aim::AtMost(32.0))]
}

/// The best of a few, as everything that disturbs makes it slower.
fn best(mut work: impl FnMut() -> Duration) -> Duration {
    (0..7).map(|_| work()).min().expect("there were tries")
}

/// A match by a field with this many messages in the inbox that no expectation selected.
fn cost(left: u64) -> f64 {
    const ROUNDS: u64 = 2000;
    let query = Rc::new(Pick::read(&"$.id".into()).expect("a good path"));
    let took = best(|| {
        let probe = Probe::new();
        let say = |id: u64| Payload::Text(format!("{{\"id\":{id},\"type\":\"x\"}}"));
        for id in 0..left {
            probe.arrive(Instant::from_nanos(id), say(id));
        }
        let began = Clock::now();
        for id in left..left + ROUNDS {
            let at = Instant::from_nanos(id);
            let waiting = probe.expect(Wanting {
                mode: Mode::First,
                slots: vec![None],
                since: probe.next(),
                deadline: at + Duration::from_secs(1),
                sent: Some(say(id)),
                pairing: Pairing::Field(query.clone()),
            });
            probe.arrive(at, say(id));
            assert!(waiting.expect("it has a number to be paired by").is_done(), "the answer is found");
        }
        began.elapsed()
    });
    took.as_secs_f64() * 1e6 / ROUNDS as f64
}

/// Matches a second, and whether they cost more where more has come before.
pub fn matches() -> Vec<Figure> {
    const ROUNDS: u32 = 200_000;
    let matcher = Matcher::compile(&json!({ "subset": { "type": "said", "from": "alice" } }));
    let matcher = matcher.expect("a good matcher");
    let text = r#"{"type":"said","room":"r","from":"alice","text":"hi","n":17}"#;
    let took = best(|| {
        let began = Clock::now();
        for _ in 0..ROUNDS {
            // Read again each time, as a message that has just come.
            assert!(matcher.holds(&Subject::new(&Payload::Text(text.to_owned()))), "it matches");
        }
        began.elapsed()
    });
    let rate = f64::from(ROUNDS) / took.as_secs_f64();
    let growth = cost(100_000) / cost(10);
    vec![
        alone("engine, native: subset matches", "/s", &[rate], Aim::AtLeast(200_000.0)),
        alone("engine: a match with 100 000 left over, × with 10", "×", &[growth], Aim::AtMost(1.5)),
    ]
}
