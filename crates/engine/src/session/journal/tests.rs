use std::borrow::Cow;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::base::mask::Masker;
use crate::report::{Closed, Connection, Opened as Agreed, write_jsonl};
use crate::session::Session;
use crate::session::read::{Alone, open};
use crate::{Frame, FrameLog, Instant};

fn frame(number: u64, bytes: &[u8]) -> Frame<'_> {
    Frame {
        number,
        at: Instant::from_nanos(number * 1000),
        connection: 1,
        kind: FrameKind::ReceivedText,
        bytes,
        round_trip: None,
        is_tainted: false,
    }
}

fn plain(frame: Frame<'_>) -> FrameRecord<'_> {
    FrameRecord { frame, question: None }
}

fn about() -> About {
    About { id: "a".to_owned(), origin_us: 1_700_000_000_000_000, ..About::default() }
}

fn handshake() -> Connection {
    Connection {
        id: 1,
        name: "alice".to_owned(),
        url: "ws://h/ws".to_owned(),
        offered: vec!["graphql".to_owned()],
        by_relay: false,
        asked: Instant::from_nanos(5),
        opened: None,
        closed: None,
    }
}

fn head() -> Vec<u8> {
    let mut file = Vec::new();
    begin(&mut file);
    write_about(&mut file, &about());
    file
}

/// A segment with these frames, and where each record ends.
fn segment(frames: &[FrameRecord<'_>]) -> (Vec<u8>, Vec<usize>) {
    let mut file = Vec::new();
    begin(&mut file);
    let first = frames[0].frame.number;
    write_segment(&mut file, first);
    let mut ends = Vec::new();
    for record in frames {
        assert!(write_frame(&mut file, *record, first));
        ends.push(file.len());
    }
    (file, ends)
}

fn opened(head: &[u8], segments: &[&[u8]]) -> Opened {
    let mut opening = Opening::new(head, 1 << 20).expect("a head");
    segments.iter().for_each(|segment| opening.segment(segment));
    opening.finish()
}

fn texts(opened: &Opened) -> Vec<String> {
    opened.session.log.from(0).map(|frame| String::from_utf8_lossy(frame.bytes).into_owned()).collect()
}

#[test]
fn a_session_comes_back_as_it_was() {
    let sent = Frame { kind: FrameKind::SentBinary, bytes: b"\xff\x00", ..frame(7, b"") };
    let reply = Frame {
        round_trip: Some(Duration::from_micros(412)),
        is_tainted: true,
        connection: 1 << 31,
        ..frame(8, "\u{e9}".as_bytes())
    };
    let mut file = head();
    write_connection(&mut file, &handshake());
    let agreed = Agreed { at: Instant::from_nanos(9), protocol: "graphql".into(), extensions: String::new() };
    let closed = Closed { at: Instant::from_nanos(20), code: 4001, reason: "enough".into(), clean: true };
    let whole = Connection { opened: Some(agreed), closed: Some(closed), ..handshake() };
    write_connection(&mut file, &whole);
    write_pin(&mut file, plain(sent), "look");
    write_pin(&mut file, plain(frame(3, b"gone")), "of a removed segment");
    write_pin(&mut file, plain(reply), "");
    write_unpin(&mut file, 8);
    write_name(&mut file, "the day it broke");
    let (segment, _) = segment(&[plain(sent), FrameRecord { frame: reply, question: Some(7) }]);
    let opened = opened(&file, &[&segment]);
    assert_eq!(opened.about, About { name: "the day it broke".to_owned(), ..about() });
    assert_eq!(opened.session.log.from(0).collect::<Vec<_>>(), [sent, reply]);
    assert_eq!((opened.session.log.total(), opened.session.log.dropped()), (9, 7));
    assert_eq!(opened.session.connections(), [whole]);
    assert_eq!(opened.pairs, [(8, 7)]);
    assert_eq!(opened.lost, Lost::default());
    let pins: Vec<_> = opened.pinned.values().map(|pin| (pin.entry.frame(), pin.remark.as_str())).collect();
    assert_eq!(pins, [(frame(3, b"gone"), "of a removed segment"), (sent, "look")]);
}

#[test]
fn what_a_file_says_beside_its_frames_comes_back_too() {
    let lines = concat!(
        r#"{"event":"dropped","count":3}"#,
        "\n",
        r#"{"event":"check","at_ms":0.000,"iso":"2026-11-29T10:00:00.000Z","check":"login"}"#,
        "\n",
        r#"{"event":"told","number":5,"at_ms":1.000,"iso":"2026-11-29T10:00:00.001Z","connection":1,"name":"a","message":"ping, 4 bytes","url":"ws://h","protocols":[]}"#,
        "\n",
        r#"{"event":"sent","number":9,"at_ms":2.000,"iso":"2026-11-29T10:00:00.002Z","connection":1,"name":"a","bytes":7,"text":"***"}"#,
        "\n",
    );
    let written = |session: &Session| {
        let mut text = String::new();
        write_jsonl(&session.transcript(), &Masker::default(), &mut text).expect("a string takes all");
        text
    };
    let session = open("x", lines.as_bytes(), &Alone, 1 << 20).expect("a session").sessions.remove(0);
    assert_eq!(written(&session), lines);
    let mut file = Vec::new();
    begin(&mut file);
    write_about(&mut file, &About { origin_us: session.origin.micros(Instant::ORIGIN), ..about() });
    session.connections().iter().for_each(|it| write_connection(&mut file, it));
    session.notes().iter().for_each(|it| write_note(&mut file, it));
    write_as_read(&mut file, session.as_read());
    let frames: Vec<_> = session.log.from(0).map(plain).collect();
    let (segment, _) = segment(&frames);
    assert_eq!(written(&opened(&file, &[&segment]).session), lines);
}

/// What is written today is read by every later version, so these bytes stay.
#[test]
fn the_bytes_of_a_record_stay_the_same() {
    let reply = Frame { round_trip: Some(Duration::from_micros(2)), ..frame(11, b"hi") };
    let (file, _) = segment(&[FrameRecord { frame: reply, question: Some(10) }]);
    let hex: String = file.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        concat!(
            "534f434b53455301",
            "06080000000b00000000000000",
            "13b7eb3b",
            "071c000000",
            "00000000",
            "f82a000000000000",
            "01000000",
            "04",
            "00",
            "02000000",
            "01000000",
            "6869",
            "22ab6e31",
        )
    );
    let mut file = Vec::new();
    write_about(&mut file, &about());
    write_connection(&mut file, &handshake());
    let text = String::from_utf8_lossy(&file).into_owned();
    for part in [
        r#"{"id":"a","name":"","source":"Bench","origin_us":1700000000000000,"clock_step_ns":0,"began_ns":0}"#,
        r#"{"id":1,"name":"alice","url":"ws://h/ws","offered":["graphql"],"asked":5,"opened":null,"closed":null}"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn every_kind_of_frame_has_a_number() {
    for (number, kind) in (0..).zip(KINDS) {
        let (file, _) = segment(&[plain(Frame { kind, ..frame(number, b"x") })]);
        let kinds: Vec<_> = opened(&head(), &[&file]).session.log.from(0).map(|it| it.kind).collect();
        assert_eq!(kinds, [kind]);
    }
    // A kind that is added to the engine does not compile here before it stands in the table.
    let place = |kind| match kind {
        FrameKind::Connecting | FrameKind::Opened | FrameKind::SentText | FrameKind::SentBinary => 0,
        FrameKind::ReceivedText | FrameKind::ReceivedBinary | FrameKind::Closing | FrameKind::Closed => 0,
        FrameKind::Failed | FrameKind::Waiting | FrameKind::Told => FrameKind::Told as usize,
    };
    assert_eq!(place(KINDS[KINDS.len() - 1]), KINDS.len() - 1);
}

#[test]
fn a_segment_that_is_cut_anywhere_is_read_up_to_its_last_whole_frame() {
    let contents: Vec<String> = (0..20).map(|n| "x".repeat(n * 3)).collect();
    let frames: Vec<_> = (0..).zip(&contents).map(|(n, text)| plain(frame(n, text.as_bytes()))).collect();
    let (file, ends) = segment(&frames);
    for len in 0..=file.len() {
        let whole = ends.iter().filter(|end| **end <= len).count();
        let opened = opened(&head(), &[&file[..len]]);
        assert_eq!(texts(&opened), contents[..whole], "cut after {len} bytes");
        let counted = count(&file[..len]).map_or(0, |it| it.end - it.first);
        assert_eq!(counted, whole as u64, "counted after {len} bytes");
    }
}

#[test]
fn a_head_that_is_cut_anywhere_gives_what_is_whole_or_a_reason() {
    let mut file = head();
    let named = file.len();
    write_connection(&mut file, &handshake());
    let connected = file.len();
    write_pin(&mut file, plain(frame(0, b"pinned")), "note");
    for len in 0..=file.len() {
        match Opening::new(&file[..len], 1 << 20) {
            Ok(opening) => {
                let opened = opening.finish();
                assert!(len >= named);
                assert_eq!(opened.session.connections().len(), usize::from(len >= connected));
                assert_eq!(opened.pinned.len(), usize::from(len == file.len()));
            }
            Err(_) => assert!(len < named, "{len} bytes have a whole head"),
        }
    }
}

#[test]
fn a_flipped_bit_costs_one_frame_or_what_comes_after_it_and_never_changes_one() {
    let contents: Vec<String> = (0..8).map(|n| format!("message {n}")).collect();
    let frames: Vec<_> = (0..).zip(&contents).map(|(n, text)| plain(frame(n, text.as_bytes()))).collect();
    let (file, ends) = segment(&frames);
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[at] ^= 1 << bit;
            let opened = opened(&head(), &[&damaged]);
            let read = texts(&opened);
            let before = ends.iter().filter(|end| **end <= at).count();
            let expected = if at < ends[0] - AROUND { 0 } else { before };
            assert!(read.len() >= expected, "byte {at}, bit {bit}: {read:?}");
            assert!(read.iter().all(|text| contents.contains(text)), "byte {at}, bit {bit}: {read:?}");
            assert!(read.len() < contents.len(), "byte {at}, bit {bit} is not noticed");
        }
    }
}

#[test]
fn a_damaged_frame_is_counted_and_the_numbers_of_the_others_are_joined() {
    let frames = [
        plain(frame(0, b"zero")),
        plain(frame(1, b"one")),
        FrameRecord { frame: frame(2, b"two"), question: Some(1) },
        FrameRecord { frame: frame(3, b"three"), question: Some(0) },
    ];
    let (mut file, ends) = segment(&frames);
    file[ends[1] - 5] ^= 1;
    let mut head = head();
    write_pin(&mut head, plain(frames[1].frame), "of the damaged one");
    write_pin(&mut head, plain(frames[3].frame), "of a whole one");
    let opened = opened(&head, &[&file]);
    assert_eq!(texts(&opened), ["zero", "two", "three"]);
    assert_eq!(opened.lost.frames, 1);
    assert_eq!(opened.pairs, [(2, 0)], "the question of the other one is lost");
    assert_eq!(opened.pinned.keys().collect::<Vec<_>>(), [&2]);
    assert_eq!(opened.pinned[&2].entry.frame().bytes, b"three");
}

#[test]
fn a_missing_segment_costs_its_own_frames_only() {
    let (first, _) = segment(&[plain(frame(0, b"zero"))]);
    let (third, _) = segment(&[plain(frame(5, b"five"))]);
    let opened = opened(&head(), &[&first, &third]);
    assert_eq!((texts(&opened), opened.lost.frames), (vec!["zero".to_owned(), "five".to_owned()], 4));
}

#[test]
fn a_file_of_a_later_version_and_one_of_somebody_else_are_told_apart() {
    let mut later = head();
    later[7] = 2;
    assert_eq!(Opening::new(&later, 0).err(), Some(Unreadable::Later));
    assert_eq!(Opening::new(b"{\"a\":1}", 0).err(), Some(Unreadable::Foreign));
    assert_eq!(Opening::new(&MAGIC, 0).err(), Some(Unreadable::Headless));
}

#[test]
fn a_record_of_a_later_version_is_passed_over() {
    let mut file = head();
    write::record(&mut file, 200, |content| content.extend_from_slice(b"what comes some day"));
    write_name(&mut file, "named");
    assert_eq!(opened(&file, &[]).about.name, "named");
}

#[test]
fn a_segment_without_a_secret_has_the_same_frames() {
    let (file, _) = segment(&[plain(frame(4, b"token hunter2 here")), plain(frame(5, b"nothing"))]);
    let masker = Masker::new(["hunter2"]);
    let clean = masked(&file, |bytes| masker.mask_bytes(bytes)).expect("one frame has it");
    assert_eq!(texts(&opened(&head(), &[&clean])), ["token *** here", "nothing"]);
    assert_eq!(masked(&clean, |bytes| masker.mask_bytes(bytes)), None);
    assert_eq!(masked(&file, |bytes| Cow::Borrowed(bytes)), None);
}

#[test]
fn a_session_that_is_larger_than_what_may_be_held_keeps_its_newest_frames() {
    let content = vec![b'x'; 64 << 10];
    let mut opening = Opening::new(&head(), 2 << 20).expect("a head");
    for number in 0..200 {
        let (file, _) = segment(&[plain(frame(number, &content))]);
        opening.segment(&file);
    }
    let log = opening.finish().session.log;
    assert!(log.held_bytes() <= 2 << 20);
    assert_eq!((log.total(), log.len() + log.dropped()), (200, 200));
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let file = [&MAGIC[..], &bytes].concat();
        let _ = count(&file);
        let _ = masked(&file, |bytes| Cow::Borrowed(bytes));
        if let Ok(mut opening) = Opening::new(&file, 0) {
            opening.segment(&file);
            opening.finish();
        }
    }

    /// The checksums are right, and everything in the records is made up.
    #[test]
    fn no_record_makes_a_reader_panic(records in prop::collection::vec((0_u8..12, prop::collection::vec(any::<u8>(), 0..80)), 0..30)) {
        let mut file = head();
        for (tag, bytes) in &records {
            write::record(&mut file, *tag, |content| content.extend_from_slice(bytes));
        }
        let _ = count(&file);
        let _ = masked(&file, |bytes| Cow::Borrowed(bytes));
        let mut opening = Opening::new(&file, 0).expect("it has a head");
        opening.segment(&file);
        opening.segment(&file);
        let opened = opening.finish();
        prop_assert!(opened.session.log.held_bytes() <= 2 * FrameLog::LEAST_BUDGET);
    }

    #[test]
    fn what_is_written_is_read(contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..40), from in 0_u64..1000) {
        let frames: Vec<_> = (from..).zip(&contents).map(|(n, bytes)| plain(frame(n, bytes))).collect();
        let (file, _) = segment(&frames);
        let read: Vec<_> = opened(&head(), &[&file]).session.log.from(0).map(|it| it.bytes.to_vec()).collect();
        prop_assert_eq!(read, contents);
    }
}
