//! Files as they should be, and as an attacker would write them.

use super::*;
use crate::base::mask::Masker;
use crate::report::{Note, Noted};
use crate::report::{write_csv, write_har, write_jsonl};
use crate::{Frame, FrameKind, Instant};

const JSONL: &str = concat!(
    r#"{"event":"connecting","number":0,"at_ms":0.000,"iso":"2026-11-21T03:01:06.123Z","connection":1,"name":"alice","url":"ws://h/ws","protocols":["a","b"]}"#,
    "\n",
    r#"{"event":"opened","number":1,"at_ms":2.004,"iso":"2026-11-21T03:01:06.125Z","connection":1,"name":"alice","took_ms":2.004,"protocol":"a","extensions":""}"#,
    "\n",
    r#"{"event":"sent","number":2,"at_ms":3.000,"iso":"2026-11-21T03:01:06.126Z","connection":1,"name":"alice","bytes":8,"text":"{\"id\":1}"}"#,
    "\n",
    r#"{"event":"received","number":3,"at_ms":4.500,"iso":"2026-11-21T03:01:06.127Z","connection":1,"name":"alice","bytes":2,"round_trip_ms":1.500,"base64":"AQI=","tainted":true,"pinned":true,"remark":"look"}"#,
    "\n",
    r#"{"event":"closed","number":4,"at_ms":9.000,"iso":"2026-11-21T03:01:06.132Z","connection":1,"name":"alice","code":1000,"clean":true,"reason":"bye"}"#,
    "\n",
);

const HAR: &str = r#"{"log":{"version":"1.2","creator":{"name":"X","version":"1"},"pages":[],"entries":[
 {"startedDateTime":"2026-11-21T03:01:06.100Z","time":5,"request":{"method":"GET","url":"http://h/page","headers":[]},"response":{"status":200,"headers":[],"content":{"text":"[[[["}}},
 {"startedDateTime":"2026-11-21T03:01:06.123Z","time":50,"_resourceType":"websocket",
  "request":{"method":"GET","url":"ws://h/ws","headers":[{"name":"Sec-WebSocket-Protocol","value":"a, b"}]},
  "response":{"status":101,"headers":[{"name":"sec-websocket-protocol","value":"a"}]},
  "_webSocketMessages":[
   {"type":"send","time":1795230066.126,"opcode":1,"data":"hi"},
   {"type":"receive","time":1795230066.1275,"opcode":2,"data":"AQI="}]}
]}}"#;

fn read(text: &str) -> Result<Opened, OpenError> {
    open("a", text.as_bytes(), &Alone, 1 << 20)
}

#[track_caller]
fn one(text: &str) -> (Session, Vec<String>) {
    let mut opened = read(text).expect("a session");
    assert_eq!(opened.sessions.len(), 1);
    (opened.sessions.remove(0), opened.lost)
}

#[track_caller]
fn refused(text: &[u8], expected: &str) {
    let error = match open("a", text, &Alone, 1 << 20) {
        Err(error) => error.to_string(),
        Ok(opened) => panic!("it was read: {:?}", opened.lost),
    };
    assert_eq!(error, expected);
}

fn story(session: &Session) -> Vec<(FrameKind, String)> {
    session.log.from(0).map(|frame| (frame.kind, String::from_utf8_lossy(frame.bytes).into_owned())).collect()
}

fn jsonl(session: &Session) -> String {
    let mut text = String::new();
    write_jsonl(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
    text
}

#[test]
fn json_lines_come_back_as_they_were() {
    let (session, lost) = one(JSONL);
    assert_eq!(jsonl(&session), JSONL);
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!(session.name, "a");
    let [connection] = session.connections() else { panic!("one handshake") };
    assert_eq!((connection.name.as_str(), connection.offered.len()), ("alice", 2));
    assert_eq!(session.pins()[&3], "look");
    assert!(session.log.get(3).is_some_and(|frame| frame.is_tainted));
}

#[test]
fn chosen_frames_keep_their_numbers_and_their_address() {
    let (session, _) = one(JSONL);
    let received = |frame: &Frame<'_>| frame.kind.is_received();
    let mut some = String::new();
    write_jsonl(&session.only(&received), &Masker::default(), &mut some).expect("a string takes all");
    assert!(some.contains("\"number\":3") && some.contains("\"url\":\"ws://h/ws\""), "{some}");
    let (again, lost) = one(&some);
    assert_eq!((jsonl(&again), lost), (some, Vec::new()));
    assert_eq!(again.connections()[0].url, "ws://h/ws");
}

#[test]
fn masked_messages_keep_the_size_that_they_had() {
    let (session, _) = one(JSONL);
    let mut masked = String::new();
    write_jsonl(&session.transcript(), &Masker::new(["{\"id\":1}"]), &mut masked).expect("a string");
    assert!(masked.contains("\"bytes\":8,\"text\":\"***\""), "{masked}");
    assert_eq!(jsonl(&one(&masked).0), masked);
}

#[test]
fn what_has_no_place_is_told() {
    let text = JSONL.replace("\"bytes\":2,", "\"bytes\":2,\"color\":\"red\",");
    assert_eq!(one(&text).1, ["Members that a session has no place for: \"color\" (1)."]);
    let text = format!("{JSONL}{{\"event\":\"thought\",\"connection\":1}}\n");
    assert_eq!(one(&text).1, ["Events that a session has no place for: \"thought\" (1)."]);
}

#[test]
fn each_run_of_a_file_is_a_session() {
    let text = format!(
        "{{\"event\":\"run\",\"suite\":\"one\"}}\n{JSONL}{{\"event\":\"run\",\"suite\":\"two\"}}\n{JSONL}"
    );
    let opened = read(&text).expect("two sessions");
    let names: Vec<_> = opened.sessions.iter().map(|it| (it.name.as_str(), it.log.len())).collect();
    assert_eq!(names, [("a: one", 5), ("a: two", 5)]);
}

#[test]
fn a_csv_comes_back_as_it_was() {
    let (session, _) = one(JSONL);
    let written = |session: &Session| {
        let mut text = String::new();
        write_csv(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
        text
    };
    let csv = written(&session);
    let (again, lost) = one(&csv);
    assert_eq!(written(&again), csv);
    assert_eq!(lost.len(), 1, "{lost:?}");
    refused(
        &csv.as_bytes()[..csv.len() - 10],
        "line 6: expected 13 columns, found 10; the file may be cut off",
    );
    refused(csv.replace("0.000", "soon").as_bytes(), "line 2: expected a number in at_ms, found \"soon\"");
}

#[test]
fn our_own_har_comes_back_with_its_closes() {
    let closing = r#"{"event":"closing","number":4,"at_ms":8.000,"iso":"2026-11-21T03:01:06.131Z","connection":1,"name":"alice","code":1000,"reason":"done"}"#;
    let (head, tail) = JSONL.split_at(JSONL.find("{\"event\":\"closed\"").expect("it ends"));
    let (session, _) = one(&format!("{head}{closing}\n{}", tail.replace("\"number\":4", "\"number\":5")));
    let mut har = String::new();
    write_har(&session.transcript(), &Masker::default(), &mut har).expect("a string takes all");
    let (again, lost) = one(&har);
    assert_eq!(story(&again), story(&session));
    assert_eq!(again.connections()[0].closed.as_ref().map(|it| it.code), Some(1000));
    assert_eq!((again.pins().len(), lost), (1, Vec::new()));
    let took = |session: &Session| session.log.get(3).and_then(|frame| frame.round_trip);
    assert_eq!(took(&again), took(&session));
}

#[test]
fn a_har_of_a_browser_has_its_messages_in_order() {
    let (session, lost) = one(HAR);
    let expected = [
        (FrameKind::Connecting, "ws://h/ws offering a, b"),
        (FrameKind::Opened, "a"),
        (FrameKind::SentText, "hi"),
        (FrameKind::ReceivedBinary, "\u{1}\u{2}"),
    ];
    assert_eq!(story(&session), expected.map(|(kind, text)| (kind, text.to_owned())));
    assert_eq!(
        lost,
        [
            "1 HTTP call of the HAR left out: a session keeps those that change something or set a cookie.",
            "The file does not say how 1 connection ended.",
        ]
    );
    let in_millis =
        HAR.replace("1795230066.126", "1795230066126").replace("1795230066.1275", "1795230066127.5");
    assert_eq!(jsonl(&one(&in_millis).0), jsonl(&session));
    let untimed = HAR.replace("1795230066.126", "-1").replace("1795230066.1275", "-1");
    let (session, lost) = one(&untimed);
    assert_eq!(story(&session).len(), 4);
    assert!(lost[1].starts_with("The HAR has no time for 2 messages"), "{lost:?}");
}

struct Folder;

impl Beside for Folder {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        assert_eq!(name, "x.jsonl", "only plain names come here");
        let lines = concat!(
            r#"{"type":"send","time":1795230066126,"opcode":1,"data":"hi"}"#,
            "\n",
            r#"{"type":"receive","time":1795230066127.5,"opcode":2,"data":"AQI="}"#,
            "\n"
        );
        Ok(Box::new(lines.as_bytes()))
    }
}

fn attaching(name: &str) -> String {
    let (head, tail) = HAR.split_once("\"_webSocketMessages\":[").expect("it has messages");
    let rest = tail.split_once("]}\n]}}").expect("its end").1;
    let head = head.replace(
        "\"response\":{\"status\":101,",
        &format!(
            "\"response\":{{\"content\":{{\"_file\":{}}},\"status\":101,",
            serde_json::Value::from(name)
        ),
    );
    format!("{head}\"_x\":0}}\n]}}}}{rest}")
}

#[test]
fn messages_of_an_attached_file_are_read_and_no_path_leads_elsewhere() {
    let opened = open("a", attaching("x.jsonl").as_bytes(), &Folder, 1 << 20).expect("a session");
    assert_eq!(story(&opened.sessions[0]), story(&one(HAR).0));
    for name in [
        "../x.jsonl",
        "/etc/passwd",
        "a/../../x",
        "..",
        "",
        "c:\\x",
        "a\\b",
        "file:///etc/passwd",
        ".env",
        "a/./b",
        "a//b",
        "~/x",
        "x\0y",
        "\u{2025}/x",
        "x. ",
    ] {
        let opened = open("a", attaching(name).as_bytes(), &Folder, 1 << 20).expect("a handshake");
        let told = opened.lost.iter().any(|it| it.contains("is not the plain name of a file beside the HAR"));
        assert!(told, "{name:?}: {:?}", opened.lost);
    }
}

#[test]
fn an_attached_file_that_is_missing_is_told() {
    let (_, lost) = one(&attaching("y.jsonl"));
    assert!(lost.contains(&"y.jsonl could not be opened: only one file was chosen.".to_owned()), "{lost:?}");
}

#[test]
fn err_a_mistake_has_its_place() {
    refused(b"", "the file has neither a message nor a handshake of a WebSocket");
    refused(b"PK\x03\x04", "expected a session as JSON Lines, HAR or CSV, found a zip archive");
    refused(b"[1]", "expected a session as JSON Lines, HAR or CSV, found a JSON array");
    refused(b"\0\0\0\x1cftyp", "expected a session as JSON Lines, HAR or CSV, found a binary file");
    refused(b"\x89PNG\r\n", "expected a session as JSON Lines, HAR or CSV, found a binary file");
    refused(b"<html>", "expected a session as JSON Lines, HAR or CSV, found \"<html>\"");
    refused(b"{\"log\":{\"entries\":[]}}", "the file has neither a message nor a handshake of a WebSocket");
    refused(b"{\"level\":\"info\"}", "line 1, column 16: the member `event` is missing");
    refused(
        format!("{JSONL}{{\"event\":\"sent\",\"connection\":\"one\"}}").as_bytes(),
        "line 6, column 34: expected a whole number from 0 to 4294967295, found the text \"one\"",
    );
    refused(
        b"{\"event\":\"sent\",\"connection\":1,\"base64\":\"#\"}",
        "line 1: `base64` is not base64: Invalid symbol 35, offset 0.",
    );
    refused(b"{\"event\":\"sent\",\"connection\":1}", "line 1: a message has `text` or `base64`");
    refused(b"{\"event\":\"sent\",\"at_ms\":1}", "line 1: the member `connection` is missing");
    refused(
        b"{\"event\":\"dropped\",\"count\":18446744073709551615}\n",
        "line 1: expected a number of frames up to 9007199254740992, found 18446744073709551615",
    );
    let wrong = HAR.replace("\"_webSocketMessages\":[", "\"_webSocketMessages\":{");
    refused(wrong.as_bytes(), "line 7, column 4: expected an array of messages, found an object");
}

#[test]
fn err_a_file_that_is_cut_off_at_any_byte_ends_in_order() {
    for text in [JSONL, HAR] {
        for end in 0..text.len() {
            if let Err(error) = open("a", &text.as_bytes()[..end], &Alone, 1 << 20) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
    let cut = &HAR[..HAR.len() - 40];
    let error = read(cut).err().expect("it is cut off").to_string();
    assert!(error.contains("the file is cut off: the text ends inside"), "{error}");
}

#[test]
fn err_deep_json_is_refused_where_it_is() {
    let deep = format!("{{\"log\":{{\"x\":{}", "[".repeat(100_000));
    refused(deep.as_bytes(), "line 1, column 139: nested more than 128 levels deep");
    let line =
        format!("{{\"event\":\"sent\",\"connection\":1,\"text\":\"\",\"request\":{}", "[".repeat(100_000));
    assert!(open("a", line.as_bytes(), &Alone, 1 << 20).is_err());
}

/// This many bytes that repeat, made as they are read.
struct Repeated<'a> {
    head: &'a [u8],
    again: &'a [u8],
    at: usize,
    left: u64,
}

impl Read for Repeated<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < into.len() && self.left > 0 {
            let from = match self.head.get(self.at..) {
                Some(rest) if !rest.is_empty() => rest,
                _ => &self.again[(self.at - self.head.len()) % self.again.len()..],
            };
            let step =
                from.len().min(into.len() - filled).min(usize::try_from(self.left).unwrap_or(usize::MAX));
            into[filled..filled + step].copy_from_slice(&from[..step]);
            (filled, self.at, self.left) = (filled + step, self.at + step, self.left - step as u64);
        }
        Ok(filled)
    }
}

const FOUR_GIB: u64 = 4 << 30;

#[test]
fn err_four_gibibytes_of_one_text_are_refused_at_a_bound() {
    let endless = |head| Repeated { head, again: b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", at: 0, left: FOUR_GIB };
    let error = open("a", endless(b"{\"event\":\"".as_slice()), &Alone, 1 << 20).err().expect("too long");
    assert_eq!(error.to_string(), "line 1: the line is longer than 192 MiB");
    let error =
        open("a", endless(b"{\"log\":{\"x\":\"".as_slice()), &Alone, 1 << 20).err().expect("too long");
    assert!(error.to_string().ends_with("a text is longer than 192 MiB"), "{error}");
}

#[test]
fn a_file_that_is_larger_than_memory_keeps_its_newest_frames() {
    let line = b"{\"event\":\"received\",\"at_ms\":1,\"connection\":1,\"text\":\"0123456789012345678901234567890123456789\"}\n";
    let source = Repeated {
        head: b"{\"event\":\"dropped\",\"count\":3}\n",
        again: line,
        at: 0,
        left: 30 + 100_000 * line.len() as u64,
    };
    let opened = open("a", source, &Alone, 1 << 20).expect("a session");
    let log = &opened.sessions[0].log;
    assert_eq!(log.total(), 100_003);
    assert!(log.held_bytes() <= 1 << 20 && log.dropped() > 50_000);
    assert_eq!(
        opened.lost[0],
        format!(
            "The oldest {} did not fit into memory.",
            crate::base::words::counted(log.dropped() - 3, "frame")
        )
    );
}

#[test]
fn calls_of_a_har_that_change_something_stand_among_the_frames() {
    let login = r#" {"startedDateTime":"2026-11-21T03:01:05.100Z","time":5,"_resourceType":"fetch",
  "request":{"method":"POST","url":"http://h/login","headers":[{"name":"Cookie","value":"a=1"}],"postData":{"mimeType":"application/json","text":"{\"user\":\"anna\",\"password\":\"hunter2\"}"}},
  "response":{"status":200,"headers":[{"name":"Set-Cookie","value":"sid=1"}],"content":{"size":2,"text":"{}"}},"timings":{"send":1,"wait":4}},
 {"startedDateTime":"2026-11-21T03:01:06.127Z","request":{"method":"PUT","url":"http://h/room","headers":[]},"response":{"status":204,"headers":[],"content":{"text":"AAAA","encoding":"base64"}}},"#;
    let har = HAR.replacen("\"entries\":[", &format!("\"entries\":[\n{login}"), 1);
    let (session, lost) = one(&har);
    let [first, second] = session.notes() else { panic!("two calls: {:?}", session.notes()) };
    let call = |note: &Note| match &note.what {
        Noted::Call(call) => (**call).clone(),
        Noted::Check(name) => panic!("a check {name}"),
    };
    assert_eq!((first.before, first.at), (0, Instant::ORIGIN), "the login began it all");
    assert_eq!(second.before, 3, "after what was sent, before what came");
    let (login, put) = (call(first), call(second));
    assert_eq!((login.method.as_str(), login.url.as_str()), ("POST", "http://h/login"));
    assert!(login.headers.iter().any(|(name, value)| name == "Content-Type" && value == "application/json"));
    assert!(login.body.expect("a body").text.contains("anna"));
    let answer = login.answer.expect("an answer");
    let answered = answer.result.expect("no error");
    assert_eq!((answered.status, answered.body.text.as_str()), (200, "{}"));
    assert_eq!(answer.at, Instant::from_nanos(5_000_000));
    let put = put.answer.expect("an answer").result.expect("no error");
    assert_eq!((put.status, put.body.text.as_str()), (204, ""), "what is not text is not kept");
    assert!(lost.iter().any(|it| it.starts_with("1 HTTP call of the HAR left out")), "{lost:?}");
    let written = jsonl(&session);
    assert!(!written.contains("hunter2"), "{written}");
    assert_eq!(jsonl(&one(&written).0), written, "and they come back from JSON Lines");
    let drafted = crate::recorder::suite_of(&written).expect("a suite");
    for said in [
        r#""defaults": { "cookies": true }"#,
        r#"{ "http": { "url": "{{api_url}}/login", "json": { "user": "anna", "password": "{{password}}" } }, "expect": { "status": 200 } }"#,
        r#"{ "http": { "method": "PUT", "url": "{{api_url}}/room" }, "expect": { "status": 204 } }"#,
    ] {
        assert!(drafted.text.contains(said), "{said} is missing in\n{}", drafted.text);
    }
}

#[test]
fn a_form_is_told_also_where_bytes_come_one_by_one() {
    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let one = into.len().min(1);
            self.0.read(&mut into[..one])
        }
    }
    let har = include_bytes!("../../../../../tests/golden/sessions/playwright-embed.har");
    let opened = open("a", Slow(har), &Alone, 1 << 20).unwrap_or_else(|error| panic!("{error}"));
    assert!(opened.sessions[0].messages().0 > 0);
}
