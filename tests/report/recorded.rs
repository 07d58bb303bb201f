//! Recordings, as a run of checks and the bench keep them.

use std::time::Duration;

use sockscope_engine::report::{Closed, Connection, Note, Noted, Notes, Opened, Origin, Transcript};
use sockscope_engine::{Entry, FrameKind, FrameLog, HttpError, HttpRequest, HttpResponse, Instant, Payload};

/// A recording that owns what a transcript borrows.
pub struct Recording {
    pub log: FrameLog,
    pub connections: Vec<Connection>,
    pub notes: Vec<Note>,
}

impl Recording {
    pub fn transcript(&self) -> Transcript<'_> {
        let origin = Origin::from_millis(1_795_230_066_123.456);
        Transcript {
            log: &self.log,
            only: None,
            pins: None,
            connections: &self.connections,
            notes: &self.notes,
            origin,
            as_read: None,
        }
    }

    pub fn push(&mut self, at_us: u64, connection: u32, kind: FrameKind, bytes: &[u8]) {
        self.push_paired(at_us, connection, kind, bytes, None);
    }

    pub fn push_paired(
        &mut self,
        at_us: u64,
        connection: u32,
        kind: FrameKind,
        bytes: &[u8],
        paired_us: Option<u64>,
    ) {
        let (at, round_trip) = (Instant::from_nanos(at_us * 1000), paired_us.map(Duration::from_micros));
        self.log.push(Entry { at, connection, kind, bytes, round_trip, is_tainted: false });
    }
}

pub fn connection(id: u32, name: &str, url: &str, asked_us: u64) -> Connection {
    Connection {
        id,
        name: name.to_owned(),
        url: url.to_owned(),
        offered: Vec::new(),
        by_relay: false,
        asked: Instant::from_nanos(asked_us * 1000),
        opened: None,
        closed: None,
    }
}

pub fn opened(at_us: u64, protocol: &str, extensions: &str) -> Option<Opened> {
    let at = Instant::from_nanos(at_us * 1000);
    Some(Opened { at, protocol: protocol.to_owned(), extensions: extensions.to_owned() })
}

pub fn closed(at_us: u64, code: u16, reason: &str, clean: bool) -> Option<Closed> {
    Some(Closed { at: Instant::from_nanos(at_us * 1000), code, reason: reason.to_owned(), clean })
}

/// Two clients, a refusal and a reconnect.
pub fn session() -> Recording {
    use FrameKind::{
        Closed, Closing, Connecting, Failed, Opened, ReceivedBinary, ReceivedText, SentBinary, SentText,
    };
    let alice = "ws://localhost:9000/ws/rooms?user=alice&q=a%20b&flag";
    let mut recording = Recording {
        log: FrameLog::with_budget(0),
        connections: vec![
            Connection {
                offered: vec!["chat.v2".to_owned(), "chat.v1".to_owned()],
                opened: opened(4215, "chat.v1", "permessage-deflate"),
                closed: closed(20_000, 1000, "", true),
                ..connection(1, "alice", alice, 1000)
            },
            Connection {
                closed: closed(3000, 1006, "", false),
                ..connection(2, "=bob, \"the\" 2nd", "wss://localhost:1/", 1500)
            },
            Connection {
                opened: opened(26_000, "", ""),
                closed: closed(90_000, 4029, "slow down, please", true),
                ..connection(1, "alice", alice, 25_000)
            },
        ],
        notes: Vec::new(),
    };
    recording.push(1000, 1, Connecting, alice.as_bytes());
    recording.push(1500, 2, Connecting, b"wss://localhost:1/");
    recording.push(3000, 2, Failed, b"the handshake failed; the browser does not say why");
    recording.push(3000, 2, Closed, b"1006 no close frame came");
    recording.push(4215, 1, Opened, "chat.v1 · permessage-deflate".as_bytes());
    recording.push(5000, 1, SentText, b"{\"id\":7,\"type\":\"ping\"}");
    recording.push_paired(5412, 1, ReceivedText, b"{\"id\":7,\"type\":\"pong\"}", Some(412));
    recording.push(6000, 1, SentBinary, &[0, 255, 16, 62, 63]);
    recording.push_paired(6100, 1, ReceivedBinary, &[251, 240], Some(100));
    recording.push(
        7000,
        1,
        ReceivedText,
        "=HYPERLINK(\"http://x\",\"é😀\")\nsecond line\u{0}\u{1b}[31m".as_bytes(),
    );
    recording.push(8000, 1, ReceivedText, b"");
    recording.push(19_000, 1, Closing, b"1000");
    recording.push(20_000, 1, Closed, b"1000 normal closure");
    recording.push(25_000, 1, Connecting, alice.as_bytes());
    recording.push(26_000, 1, Opened, b"no subprotocol, no extensions");
    recording.push(30_000, 1, SentText, b"hello again");
    recording.push(90_000, 1, Closed, b"4029 the application's own code: slow down, please");
    recording
}

/// A session of two checks, with calls.
pub fn run() -> Recording {
    let mut notes = Notes::default();
    let at = |us: u64| Instant::from_nanos(us * 1000);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let call = |method: &str, url: &str, body: Option<&str>| HttpRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: vec![header("content-type", "application/json"), header("Authorization", "Bearer abc")],
        body: body.map(Payload::from),
        ..HttpRequest::default()
    };
    notes.check(at(500), 0, "alice is told");
    let login = "{\"user\":\"anna\",\"password\":\"geheim\"}";
    let number =
        notes.call(at(600), 0, &call("POST", "http://localhost:9000/api/login?retry=1", Some(login)));
    let headers = vec![header("content-type", "application/json"), header("set-cookie", "sid=1")];
    let body = "{\"access_token\":\"eyJ\",\"expires\":60}".to_owned();
    notes.answered(
        number,
        at(900),
        &Ok(HttpResponse { status: 201, headers, body, ..HttpResponse::default() }),
    );
    let number = notes.call(at(9000), 11, &call("GET", "http://localhost:9000/api/gone", None));
    notes.answered(number, at(9500), &Err(HttpError { message: "Failed to fetch".to_owned() }));
    notes.check(at(25_000), 13, "alice comes back");
    notes.call(at(95_000), 17, &call("DELETE", "http://localhost:9000/api/rooms/1", None));
    Recording { notes: notes.as_slice().to_vec(), ..session() }
}

/// Notes with this text wherever there can be one.
pub fn notes(text: &str) -> Vec<Note> {
    let mut notes = Notes::default();
    notes.check(Instant::ORIGIN, 0, text);
    let headers = vec![("x-any".to_owned(), text.to_owned())];
    for body in [text.to_owned(), format!("a={text}"), serde_json::json!({ text: [text] }).to_string()] {
        let request = HttpRequest {
            method: "POST".to_owned(),
            url: format!("http://h/{text}?{text}&a={text}"),
            headers: headers.clone(),
            body: Some(Payload::Text(body.clone())),
            ..HttpRequest::default()
        };
        let number = notes.call(Instant::ORIGIN, 0, &request);
        notes.answered(
            number,
            Instant::ORIGIN,
            &Ok(HttpResponse { status: 200, headers: headers.clone(), body, ..HttpResponse::default() }),
        );
        let number = notes.call(Instant::ORIGIN, 0, &request);
        notes.answered(number, Instant::ORIGIN, &Err(HttpError { message: text.to_owned() }));
    }
    assert!(notes.as_slice().iter().any(|note| matches!(note.what, Noted::Call(_))));
    notes.as_slice().to_vec()
}
