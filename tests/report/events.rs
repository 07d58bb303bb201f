//! What is read back from the exports is what was recorded.

use std::fmt::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::EventFormat;
use sockscope_engine::{Frame, FrameKind, FrameLog};

use crate::exported;
use crate::recorded::{self, Recording};

fn is_message(frame: &Frame<'_>) -> bool {
    frame.kind.is_sent() || frame.kind.is_received()
}

fn millis(micros: u128) -> String {
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

fn lines(recording: &Recording) -> Vec<Value> {
    let text = exported(&recording.transcript(), EventFormat::JsonLines, &Masker::default());
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

#[track_caller]
fn check_lines(recording: &Recording) {
    let mut lines = lines(recording);
    let dropped = recording.log.dropped();
    if dropped > 0 {
        let first = lines.remove(0);
        assert_eq!((first["event"].as_str(), first["count"].as_u64()), (Some("dropped"), Some(dropped)));
    }
    assert_eq!(lines.len() as u64, recording.log.len());
    let began = recording.log.began().expect("there are frames");
    for (line, frame) in lines.iter().zip(recording.log.from(0)) {
        assert_eq!(line["number"].as_u64(), Some(frame.number));
        assert_eq!(line["connection"].as_u64(), Some(frame.connection.into()));
        assert_eq!(line["at_ms"].to_string(), millis((frame.at - began).as_micros()));
        assert_eq!(
            line.get("round_trip_ms").map(Value::to_string),
            frame.round_trip.map(|took| millis(took.as_micros()))
        );
        if is_message(&frame) {
            let bytes = match line.get("text") {
                Some(text) => text.as_str().expect("a text").as_bytes().to_vec(),
                None => STANDARD.decode(line["base64"].as_str().expect("one of the two")).expect("base64"),
            };
            assert_eq!((line.get("text").is_some(), bytes.as_slice()), (frame.kind.is_text(), frame.bytes));
            assert_eq!(line["bytes"].as_u64(), Some(frame.bytes.len() as u64));
        }
    }
}

#[track_caller]
fn check_rows(recording: &Recording) {
    let text = exported(&recording.transcript(), EventFormat::Csv, &Masker::default());
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let column = |name: &str| header.iter().position(|cell| cell == name).expect("a column");
    let rows: Vec<csv::StringRecord> =
        reader.records().map(|row| row.expect("a row of as many cells")).collect();
    assert_eq!(rows.len() as u64, recording.log.len());
    for (row, frame) in rows.iter().zip(recording.log.from(0)) {
        assert_eq!(row[column("number")], frame.number.to_string());
        assert!(!row.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])), "{row:?}");
        if is_message(&frame) {
            let data = &row[column("data")];
            let data = data.strip_prefix('\'').unwrap_or(data);
            let bytes = match &row[column("type")] {
                "text" => data.as_bytes().to_vec(),
                _ => STANDARD.decode(data).expect("base64"),
            };
            assert_eq!(bytes, frame.bytes);
            assert_eq!(row[column("bytes")], frame.bytes.len().to_string());
        }
    }
}

#[test]
fn json_lines_are_what_was_recorded() {
    check_lines(&recorded::session());
}

#[test]
fn json_lines_say_what_belongs_to_an_event() {
    let lines = lines(&recorded::session());
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).cloned().collect::<Vec<_>>();
    assert_eq!(of("connecting")[0]["protocols"], serde_json::json!(["chat.v2", "chat.v1"]));
    assert_eq!(of("opened")[0]["protocol"], "chat.v1");
    assert_eq!(of("opened")[0]["took_ms"].to_string(), "3.215");
    assert_eq!(of("failed")[0]["message"], "the handshake failed; the browser does not say why");
    assert_eq!(
        (of("closing")[0]["code"].as_u64(), of("closing")[0]["reason"].as_str()),
        (Some(1000), Some(""))
    );
    let closed: Vec<_> = of("closed").iter().map(|line| line["code"].as_u64()).collect();
    assert_eq!(closed, [Some(1006), Some(1000), Some(4029)]);
    assert_eq!(of("closed")[2]["reason"], "slow down, please");
    assert_eq!(of("sent")[0]["iso"], "2026-11-21T03:01:06.128Z");
}

#[test]
fn csv_is_what_was_recorded() {
    check_rows(&recorded::session());
}

#[test]
fn what_the_budget_dropped_is_said_and_the_rest_is_whole() {
    let mut recording = Recording {
        log: FrameLog::with_budget(0),
        connections: vec![recorded::connection(1, "a", "ws://h/", 0)],
        notes: Vec::new(),
    };
    for i in 0..60_000 {
        recording.push(i, 1, FrameKind::ReceivedText, format!("message {i}").as_bytes());
    }
    assert!(recording.log.dropped() > 0);
    check_lines(&recording);
    check_rows(&recording);
    let har: Value =
        serde_json::from_str(&exported(&recording.transcript(), EventFormat::Har, &Masker::default()))
            .expect("JSON");
    assert_eq!(har["log"]["_sockscope"]["dropped"].as_u64(), Some(recording.log.dropped()));
    assert!(har["log"]["comment"].as_str().is_some_and(|comment| comment.contains("did not fit")));
}

#[test]
fn frames_of_an_unknown_connection_are_not_lost() {
    let mut recording = recorded::session();
    recording.connections.clear();
    check_lines(&recording);
    check_rows(&recording);
}

/// Keeps how much was written, and the longest piece.
#[derive(Default)]
struct Pieces {
    all: usize,
    longest: usize,
}

impl Write for Pieces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.all += text.len();
        self.longest = self.longest.max(text.len());
        Ok(())
    }
}

#[test]
fn a_file_of_200_000_frames_is_written_in_small_pieces() {
    let mut recording = Recording {
        log: FrameLog::with_budget(1 << 30),
        connections: vec![recorded::connection(1, "a", "ws://h/", 0)],
        notes: Vec::new(),
    };
    for i in 0..200_000 {
        recording.push_paired(i, 1, FrameKind::ReceivedText, b"{\"id\":7}", Some(i));
    }
    assert_eq!(recording.log.dropped(), 0);
    for format in EventFormat::ALL {
        let mut pieces = Pieces::default();
        format.write(&recording.transcript(), &Masker::default(), &mut pieces).expect("it takes all");
        assert!(pieces.all > 200_000 * 50, "{format:?} is {} bytes", pieces.all);
        assert!(pieces.longest < 2_000, "{format:?} has a piece of {} bytes", pieces.longest);
    }
}
