//! What holds for the files of sessions, whatever is in them: those that others wrote, and the journal.

use std::borrow::Cow;
use std::io::{self, Read};
use std::time::{Duration, Instant as Clock};

use sockscope_engine::base::mask::Masker;
use sockscope_engine::recorder::suite_of;
use sockscope_engine::report::{Connection, write_csv, write_har, write_jsonl};
use sockscope_engine::session::Session;
use sockscope_engine::session::diff::{Masks, diff};
use sockscope_engine::session::journal::{
    About, FrameRecord, Opening, begin, count, masked, write_about, write_connection, write_frame,
    write_name, write_pin, write_segment, write_unpin,
};
use sockscope_engine::session::read::{Alone, Beside, open};
use sockscope_engine::suite::Suite;
use sockscope_engine::{Frame, FrameKind, Instant};

use super::choices::Choices;

/// What a session may hold.
const BUDGET: usize = 1 << 20;
/// Reading a small file takes milliseconds; what takes this long does not end.
const SOON: Duration = Duration::from_secs(60);

/// Whatever file a HAR names, these are its bytes.
struct Same<'a>(&'a [u8]);

impl Beside for Same<'_> {
    fn open(&self, _: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0))
    }
}

/// Reads a file as a session: it ends soon and in bounds. What was read is written in every form; as JSON Lines it comes back
/// byte for byte, it does not differ from itself, and a suite that is made of it has no mistakes.
pub fn session_read(bytes: &[u8]) {
    let began = Clock::now();
    match open("fuzzed", bytes, &Same(bytes), BUDGET) {
        Err(error) => {
            let words = error.to_string();
            assert!(!words.is_empty() && words.len() < 2000, "{words}");
        }
        Ok(opened) => {
            assert!(!opened.sessions.is_empty(), "it was read, and nothing is there");
            opened.sessions.iter().for_each(is_whole);
        }
    }
    assert!(began.elapsed() < SOON, "{:?} for {} bytes", began.elapsed(), bytes.len());
}

fn lines(session: &Session) -> String {
    let mut text = String::new();
    write_jsonl(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
    text
}

fn is_whole(session: &Session) {
    let log = &session.log;
    let longest = log.from(0).map(|frame| frame.bytes.len()).max().unwrap_or_default();
    assert!(log.held_bytes() <= log.budget() + longest, "{} of {}", log.held_bytes(), log.budget());
    let mut text = String::new();
    write_har(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
    write_csv(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
    let difference = diff(session, session, &Masks::default());
    assert!(difference.differences.is_empty(), "it differs from itself: {:?}", difference.differences);
    let written = lines(session);
    if session.log.from(0).next().is_none() {
        return;
    }
    let again = open("fuzzed", written.as_bytes(), &Alone, BUDGET);
    let again = again.unwrap_or_else(|error| panic!("what was written does not read: {error}\n{written}"));
    assert_eq!(lines(&again.sessions[0]), written);
    if let Ok(drafted) = suite_of(&written) {
        let read = Suite::parse(&drafted.text);
        assert!(read.is_ok(), "{}\n{:?}\nof {written}", drafted.text, read.err());
    }
}

/// The bytes are read as files of the journal. They are also choices: of a session that is written, and damaged. What comes
/// back of that was written, in that order.
pub fn journal_read(bytes: &[u8]) {
    let began = Clock::now();
    let (head, segment) = bytes.split_at(bytes.len() / 2);
    for file in [bytes, head] {
        if let Ok(mut opening) = Opening::new(file, BUDGET) {
            opening.segment(segment);
            opening.segment(bytes);
            drop(opening.finish());
        }
        if let Ok(counted) = count(file) {
            assert!(counted.first <= counted.end, "{counted:?}");
        }
        assert_eq!(masked(file, as_it_is), None, "nothing was masked");
    }
    damaged(&Choices::of(bytes));
    assert!(began.elapsed() < SOON, "{:?} for {} bytes", began.elapsed(), bytes.len());
}

fn as_it_is(bytes: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(bytes)
}

/// A frame as it was written.
#[derive(Debug, PartialEq)]
struct Written {
    at: Instant,
    connection: u32,
    kind: FrameKind,
    bytes: Vec<u8>,
}

fn damaged(choices: &Choices<'_>) {
    let mut head = Vec::new();
    begin(&mut head);
    let about = About {
        id: "a".to_owned(),
        name: text(choices),
        origin_us: choices.number() >> 8,
        ..About::default()
    };
    write_about(&mut head, &about);
    let mut number = choices.number() >> (20 + choices.below(44));
    let mut written: Vec<Written> = Vec::new();
    let mut segments: Vec<Vec<u8>> = Vec::new();
    for _ in 0..1 + choices.below(3) {
        let mut file = Vec::new();
        begin(&mut file);
        write_segment(&mut file, number);
        let first = number;
        for _ in 0..choices.below(6) {
            let bytes = choices.bytes(choices.below(40));
            let kinds =
                [FrameKind::SentText, FrameKind::ReceivedBinary, FrameKind::ReceivedText, FrameKind::Closed];
            let frame = Frame {
                number,
                at: Instant::from_nanos(written.len() as u64 * 1000),
                connection: choices.below(3) as u32,
                kind: choices.pick(&kinds),
                bytes: &bytes,
                round_trip: choices.chance(60).then(|| Duration::from_micros(choices.byte().into())),
                is_tainted: choices.chance(60),
            };
            let question = choices.chance(60).then(|| number.saturating_sub(choices.byte().into()));
            let record = FrameRecord { frame, question };
            assert!(write_frame(&mut file, record, first));
            match choices.below(8) {
                0 => write_pin(&mut head, record, &text(choices)),
                1 => write_unpin(&mut head, number),
                2 => write_name(&mut head, &text(choices)),
                3 => write_connection(&mut head, &handshake(choices)),
                _ => {}
            }
            let Frame { at, connection, kind, .. } = frame;
            written.push(Written { at, connection, kind, bytes });
            number += 1;
        }
        segments.push(file);
    }
    for _ in 0..choices.below(4) {
        let file = match choices.below(segments.len() + 1) {
            0 => &mut head,
            nth => &mut segments[nth - 1],
        };
        let at = choices.number() as usize % file.len().max(1);
        match choices.below(3) {
            0 => file.truncate(at),
            1 => file.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << choices.below(8)),
            _ => file.splice(at..at, choices.bytes(5)).for_each(drop),
        }
    }
    let Ok(mut opening) = Opening::new(&head, BUDGET) else { return };
    segments.iter().for_each(|segment| opening.segment(segment));
    let opened = opening.finish();
    let mut rest = written.iter();
    for frame in opened.session.log.from(0) {
        let found = Written {
            at: frame.at,
            connection: frame.connection,
            kind: frame.kind,
            bytes: frame.bytes.to_vec(),
        };
        assert!(rest.any(|written| *written == found), "{found:?} was not written, or not in this order");
    }
    for (question, answer) in opened.pairs.iter().map(|(answer, question)| (question, answer)) {
        assert!(question < answer, "{question} was asked after its answer {answer}");
    }
}

fn text(choices: &Choices<'_>) -> String {
    String::from_utf8_lossy(&choices.bytes(choices.below(12))).into_owned()
}

fn handshake(choices: &Choices<'_>) -> Connection {
    Connection {
        id: choices.below(3) as u32,
        name: text(choices),
        url: format!("ws://h/{}", text(choices)),
        offered: vec![text(choices)],
        by_relay: false,
        asked: Instant::from_nanos(choices.number() >> 12),
        opened: None,
        closed: None,
    }
}
