//! What is kept comes back: any recording, written as JSON Lines, read and written again, is the same text.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{
    Answer, Answered, Body, Call, Closed, Connection, Note, Noted, Opened, Origin, Transcript, write_jsonl,
};
use sockscope_engine::session::Session;
use sockscope_engine::session::read::{Alone, open};
use sockscope_engine::{Entry, Frame, FrameKind, FrameLog, Instant};

use super::holds;

/// One thing that happens.
#[derive(Clone, Debug)]
struct Happens {
    kind: u8,
    connection: u32,
    wait: u64,
    text: String,
    bytes: Vec<u8>,
    took: Option<u32>,
    tainted: bool,
    pinned: Option<String>,
    number: u16,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        any::<String>(),
        Just("hunter2".to_owned()),
        Just("{\"password\":\"hunter2\",\"id\":1}".to_owned()),
        Just("=1+1\r\n'".to_owned()),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    let one = (0..15_u8, 0..3_u32, prop_oneof![Just(0), 0..3_000_000_u64], text(), vec(any::<u8>(), 0..20));
    let two = (any::<Option<u32>>(), any::<bool>(), proptest::option::of(text()), any::<u16>());
    (one, two).prop_map(|((kind, connection, wait, text, bytes), (took, tainted, pinned, number))| Happens {
        kind,
        connection,
        wait,
        text,
        bytes,
        took,
        tainted,
        pinned,
        number,
    })
}

#[derive(Default)]
struct Recorded {
    connections: Vec<Connection>,
    notes: Vec<Note>,
    pins: BTreeMap<u64, String>,
}

/// A recording in which this happens, as the worker of the bench and the runner make one.
fn recorded(began: u64, all: &[Happens]) -> (FrameLog, Recorded) {
    let mut log = FrameLog::with_budget(0);
    let mut kept = Recorded::default();
    let mut nanos = began;
    for it in all {
        nanos += it.wait;
        let at = Instant::from_nanos(nanos);
        let id = it.connection;
        let mut push = |log: &mut FrameLog, kind, bytes: &[u8]| {
            let round_trip =
                it.took.filter(|_| matches!(kind, FrameKind::ReceivedText | FrameKind::ReceivedBinary));
            let round_trip = round_trip.map(|took| Duration::from_micros(took.into()));
            let number =
                log.push(Entry { at, connection: id, kind, bytes, round_trip, is_tainted: it.tainted });
            if let Some(remark) = &it.pinned {
                kept.pins.insert(number, remark.clone());
            }
        };
        let latest = |kept: &mut Vec<Connection>| kept.iter().rposition(|connection| connection.id == id);
        match it.kind {
            0 | 1 => {
                kept.connections.push(Connection {
                    id,
                    name: it.text.clone(),
                    url: format!("ws://h/{}", it.number),
                    offered: if it.tainted { vec![it.text.clone(), "b".to_owned()] } else { Vec::new() },
                    by_relay: it.tainted,
                    asked: at,
                    opened: None,
                    closed: None,
                });
                push(&mut log, FrameKind::Connecting, b"the address");
            }
            2 => {
                if let Some(place) = latest(&mut kept.connections) {
                    let (protocol, extensions) = (it.text.clone(), String::new());
                    kept.connections[place].opened = Some(Opened { at, protocol, extensions });
                }
                push(&mut log, FrameKind::Opened, it.text.as_bytes());
            }
            3 => {
                if let Some(place) = latest(&mut kept.connections) {
                    let (reason, clean) = (it.text.clone(), it.tainted);
                    kept.connections[place].closed = Some(Closed { at, code: it.number, reason, clean });
                }
                push(&mut log, FrameKind::Closed, it.text.as_bytes());
            }
            4 => push(&mut log, FrameKind::Closing, format!("{} {}", it.number, it.text).as_bytes()),
            5 => push(&mut log, FrameKind::Failed, it.text.as_bytes()),
            6 => push(&mut log, FrameKind::Waiting, it.text.as_bytes()),
            7 => push(&mut log, FrameKind::SentBinary, &it.bytes),
            8 => push(&mut log, FrameKind::ReceivedBinary, &it.bytes),
            9 => push(&mut log, FrameKind::ReceivedText, &it.bytes),
            10 => {
                let before = log.total();
                kept.notes.push(Note { before, at, what: Noted::Check(it.text.clone()) });
            }
            11 => {
                let body = Body { text: it.text.clone(), bytes: u64::from(it.number) };
                let headers =
                    vec![("content-type".to_owned(), it.text.clone()), ("cookie".to_owned(), "x".to_owned())];
                let answered = Answered { status: it.number, headers: headers.clone(), body: body.clone() };
                let result = if it.tainted { Ok(answered) } else { Err(it.text.clone()) };
                let answer =
                    it.took.map(|took| Answer { at: at + Duration::from_micros(took.into()), result });
                let call = Call {
                    method: "POST".to_owned(),
                    url: format!("http://h/{}", it.text),
                    headers,
                    body: it.pinned.is_some().then_some(body),
                    answer,
                };
                kept.notes.push(Note { before: log.total(), at, what: Noted::Call(Box::new(call)) });
            }
            12 => push(&mut log, FrameKind::Told, it.text.as_bytes()),
            13 => push(&mut log, FrameKind::SentText, it.text.as_bytes()),
            _ => push(&mut log, FrameKind::ReceivedText, it.text.as_bytes()),
        }
    }
    (log, kept)
}

fn lines(transcript: &Transcript<'_>, masker: &Masker) -> String {
    let mut text = String::new();
    write_jsonl(transcript, masker, &mut text).expect("a string takes all");
    text
}

fn session(text: &str) -> Session {
    let opened = open("x", text.as_bytes(), &Alone, 8 << 20);
    let mut opened = opened.unwrap_or_else(|error| panic!("{error}\n{text}"));
    opened.sessions.remove(0)
}

#[test]
fn json_lines_are_read_and_written_again_byte_for_byte() {
    let all = (0..5_000_000_u64, 0..3_000_000_000_000_u64, vec(happens(), 1..40), any::<bool>(), any::<u8>());
    holds(600, all, |(began, origin, all, is_masked, leaves_out)| {
        let (log, kept) = recorded(began, &all);
        if log.total() == 0 {
            return;
        }
        let takes = |frame: &Frame<'_>| leaves_out < 128 || frame.kind as u8 != leaves_out % 10;
        let transcript = Transcript {
            log: &log,
            only: Some(&takes),
            pins: Some(&kept.pins),
            connections: &kept.connections,
            notes: &kept.notes,
            origin: Origin::from_millis(origin as f64 / 1e3),
            as_read: None,
        };
        let masker = if is_masked { Masker::new(["hunter2"]) } else { Masker::default() };
        let written = lines(&transcript, &masker);
        if !written.contains("\"connection\"") {
            return;
        }
        let read = session(&written);
        assert_eq!(lines(&read.transcript(), &Masker::default()), written);
    });
}

#[test]
fn no_file_keeps_a_session_from_being_refused_in_order() {
    let claim = |bytes: Vec<u8>| drop(open("x", bytes.as_slice(), &Alone, 1 << 20));
    holds(400, vec(any::<u8>(), 0..200), claim);
    let pieces = prop::sample::select(vec![
        "{\"log\":{\"entries\":[",
        "{\"_resourceType\":\"websocket\",\"request\":{\"url\":\"ws://h\"},",
        "\"_webSocketMessages\":[",
        "{\"type\":\"send\",\"time\":1,\"opcode\":1,\"data\":\"x\"}",
        "{\"event\":\"sent\",\"connection\":1,\"text\":\"x\"}",
        "{\"event\":\"dropped\",\"count\":9}",
        "\n",
        ",",
        "]",
        "}",
        "{",
        "[",
        "null",
        "-1",
        "\"\\ud800\"",
        "1e999",
        "\"at_ms\":",
        "\"iso\":",
        "\"number\":18446744073709551615",
        "number,at_ms,iso",
        "\r\n",
        "'",
    ]);
    holds(600, vec(pieces, 0..30), |pieces| claim(pieces.concat().into_bytes()));
}
