//! Sessions that are read from files: shown at once, kept as imported ones, and the same when they leave again.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use sockscope::engine::World as _;
use sockscope::engine::report::EventFormat;
use sockscope::engine::session::read::Chosen;
use sockscope::wire;
use sockscope::wire::bench::{
    Answer, BugReport, Kept, Owned, Question, ReadingSeen, Request, SessionsRequest, SessionsUpdate, Update,
    Variable, Which,
};

use super::disk::Disk;
use super::journal::{WRITTEN, after_kill, keep_on, listed, open};
use super::page::{Echo, Page, TICK, page_in, with_page};

const LINES: &str = concat!(
    r#"{"event":"check","at_ms":0.000,"iso":"2026-11-29T10:00:00.000Z","check":"login"}"#,
    "\n",
    r#"{"event":"connecting","number":2,"at_ms":0.000,"iso":"2026-11-29T10:00:00.000Z","connection":1,"name":"app","url":"ws://h/ws","protocols":["chat"]}"#,
    "\n",
    r#"{"event":"opened","number":3,"at_ms":4.000,"iso":"2026-11-29T10:00:00.004Z","connection":1,"name":"app","took_ms":4.000,"protocol":"chat","extensions":""}"#,
    "\n",
    r#"{"event":"sent","number":5,"at_ms":5.000,"iso":"2026-11-29T10:00:00.005Z","connection":1,"name":"app","bytes":3,"text":"one"}"#,
    "\n",
    r#"{"event":"received","number":6,"at_ms":7.001,"iso":"2026-11-29T10:00:00.007Z","connection":1,"name":"app","bytes":3,"round_trip_ms":2.001,"text":"two","pinned":true,"remark":"late"}"#,
    "\n",
    r#"{"event":"told","number":7,"at_ms":8.000,"iso":"2026-11-29T10:00:00.008Z","connection":1,"name":"app","message":"ping, 4 bytes"}"#,
    "\n",
);

/// A file in memory.
#[derive(Clone)]
pub struct Held(&'static str, Rc<Vec<u8>>);

pub fn held(name: &'static str, bytes: impl Into<Vec<u8>>) -> Held {
    Held(name, Rc::new(bytes.into()))
}

impl Chosen for Held {
    fn name(&self) -> &str {
        self.0
    }

    fn size(&self) -> u64 {
        self.1.len() as u64
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.1.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(into.len());
        into[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }
}

/// A worker that is about to show what these files hold.
fn asked(page: &Page, disk: &Disk, files: Vec<Held>) -> Page {
    let reader = page_in(&page.sim, 255);
    let given = files.clone();
    reader.worker.imports_from(Rc::new(move || {
        given.iter().map(|file| Box::new(file.clone()) as Box<dyn Chosen>).collect()
    }));
    reader.worker.keep_sessions_in(Rc::new(disk.of_this_browser()));
    reader.ask(Request::Read(None));
    let workspace = page.workspace.borrow().clone();
    reader.ask(Request::Arrange(Box::new(workspace)));
    reader
}

/// A worker that shows what these files hold.
pub async fn import(page: &Page, disk: &Disk, files: Vec<Held>) -> Page {
    let reader = asked(page, disk, files);
    reader.pass(WRITTEN).await;
    reader
}

fn reading(reader: &Page) -> ReadingSeen {
    reader.reading.borrow().clone()
}

fn lines_of(page: &Page) -> String {
    exported(page, EventFormat::JsonLines)
}

pub fn exported(page: &Page, format: EventFormat) -> String {
    let question = Question::Export { format, filtered: false, masks_suspects: false };
    let mut text = Vec::new();
    for answer in page.question(question) {
        match answer {
            Answer::Piece(bytes) | Answer::File { bytes, .. } => text.extend(bytes),
            other => panic!("{other:?}"),
        }
    }
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn a_file_is_shown_kept_and_leaves_byte_for_byte_also_after_the_browser_has_ended() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let reader = import(&page, &disk, vec![held("monday.jsonl", LINES)]).await;
        let seen = reading(&reader);
        assert_eq!(
            (seen.failed.clone(), seen.is_done, seen.kept.clone()),
            (None, true, Kept::Yes),
            "{seen:?}"
        );
        assert_eq!((seen.frames, seen.lost.len()), (5, 0));
        let pins: Vec<_> = reader.pins.borrow().iter().map(|pin| pin.note.clone()).collect();
        assert_eq!(pins, ["late"]);
        assert_eq!(reader.changes.borrow().totals.latency.map(|it| it.count), Some(1));
        assert_eq!(lines_of(&reader), LINES);

        let next = after_kill(&page, &disk);
        let sessions = listed(&next).await;
        let [kept] = &sessions[..] else { panic!("{sessions:?}") };
        assert_eq!((kept.name.as_str(), kept.owned, kept.frames), ("monday", Owned::Imported, 5));
        assert_eq!((kept.target.as_str(), kept.id.as_str()), ("ws://h/ws", seen.id.as_str()));
        let again = open(&next, &disk, &kept.id).await;
        assert_eq!(lines_of(&again), LINES);
    });
}

/// How many frames and rows the page had at its first look, before all was read.
async fn first_look(reader: &Page) -> Option<(u64, usize)> {
    // What it says at its start is drawn.
    while reader.read() > 0 {
        reader.ask(Request::Seen);
    }
    reader.sim.sleep(TICK).await;
    let mut early = None;
    for post in reader.posts.borrow().iter() {
        match wire::decode(post).expect("our own version") {
            Update::Changes(changes) if changes.rows.is_some() && changes.totals.frames > 0 => {
                early = early.or(Some((changes.totals.frames, changes.rows.expect("they are").rows.len())));
            }
            Update::Sessions(update) => match wire::decode(&update).expect("our own version") {
                SessionsUpdate::Reading(seen) if seen.is_done => break,
                SessionsUpdate::Reading(seen) if seen.frames > 0 => {
                    assert_eq!(seen.names.len(), 1, "rows have names from the first one on");
                }
                _ => {}
            },
            _ => {}
        }
    }
    early
}

#[test]
fn a_long_file_is_in_the_timeline_while_the_rest_of_it_is_read() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let lines: Vec<&str> = LINES.lines().collect();
        let numbered = |line: &str, before: &str, number: u64| {
            format!("{}\n", line.replace(&format!("\"number\":{before}"), &format!("\"number\":{number}")))
        };
        let mut file = numbered(lines[1], "2", 0) + &numbered(lines[2], "3", 1);
        (1..5000).for_each(|n| {
            file.push_str(&numbered(lines[3], "5", 2 * n));
            file.push_str(&numbered(
                &lines[4].replace(",\"pinned\":true,\"remark\":\"late\"", ""),
                "6",
                2 * n + 1,
            ));
        });
        let reader = asked(&page, &disk, vec![held("long.jsonl", file.clone())]);
        let (frames, rows) = first_look(&reader).await.expect("rows before all is read");
        assert!((500..5000).contains(&frames) && rows == 50, "{rows} rows of {frames} frames");
        reader.pass(WRITTEN).await;
        assert_eq!((reading(&reader).frames, reading(&reader).kept), (10_000, Kept::Yes));
        let totals = reader.changes.borrow().totals;
        assert_eq!(
            (totals.messages, totals.latency.map(|it| it.count)),
            (9998, Some(4999)),
            "none is counted twice"
        );
        assert_eq!(lines_of(&reader), file);

        let csv = exported(&reader, EventFormat::Csv);
        let again = asked(&page, &disk, vec![held("long.csv", csv.clone())]);
        let (frames, rows) = first_look(&again).await.expect("rows before all is read");
        assert!((500..5000).contains(&frames) && rows == 50, "{rows} rows of {frames} frames");
        again.pass(WRITTEN).await;
        assert_eq!((reading(&again).frames, exported(&again, EventFormat::Csv)), (10_000, csv));
    });
}

#[test]
fn what_is_pinned_in_an_earlier_or_imported_session_is_kept() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let reader = import(&page, &disk, vec![held("a.jsonl", LINES)]).await;
        let sent = reader.rows.borrow().iter().find(|row| row.preview == "one").expect("it came").number;
        let answer = reader.pins.borrow()[0].row.number;
        reader.ask(Request::Pin { frame: sent, note: "the question".into() });
        reader.ask(Request::Unpin { frame: answer });
        // The worker says when it may be ended, and ends then.
        reader.sessions(&SessionsRequest::End);
        while !reader.ended.get() {
            reader.pass(TICK).await;
        }
        let next = after_kill(&page, &disk);
        let again = open(&next, &disk, &reading(&reader).id).await;
        let pins: Vec<_> = again.pins.borrow().iter().map(|pin| (pin.row.number, pin.note.clone())).collect();
        assert_eq!(pins, [(sent, "the question".to_owned())]);
        again.ask(Request::Pin { frame: sent, note: "the first question".into() });
        again.pass(TICK).await;
        let third = after_kill(&next, &disk);
        let again = open(&third, &disk, &reading(&reader).id).await;
        assert_eq!(again.pins.borrow()[0].note, "the first question");
        assert_eq!(again.refused.take(), [""; 0]);
    });
}

#[test]
fn a_pin_that_cannot_be_kept_is_said_and_stays_on_the_screen() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let reader = import(&page, &disk, vec![held("a.jsonl", LINES)]).await;
        page.sessions(&SessionsRequest::Delete { id: reading(&reader).id });
        page.pass(TICK).await;
        reader.ask(Request::Pin { frame: 2, note: "kept?".into() });
        reader.pass(TICK).await;
        let refused = reader.refused.take();
        assert!(refused[0].contains("not kept") && refused[0].contains("the session is gone"), "{refused:?}");
        assert!(reader.pins.borrow().iter().any(|pin| pin.note == "kept?"));
    });
}

#[test]
fn where_nothing_can_be_kept_a_file_is_shown_all_the_same_and_the_reason_is_said() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        disk.take_away();
        let reader = import(&page, &disk, vec![held("a.jsonl", LINES)]).await;
        assert_eq!(reading(&reader).kept, Kept::Not("this browser keeps no files here".into()));
        assert_eq!(lines_of(&reader), LINES);
        let off = Disk::default();
        page.arrange(|workspace| workspace.journal.is_off = true);
        let reader = import(&page, &off, vec![held("a.jsonl", LINES)]).await;
        assert!(matches!(reading(&reader).kept, Kept::Not(why) if why.contains("is off")));
        page.arrange(|workspace| {
            (workspace.journal.is_off, workspace.journal.budget) = (false, 1 << 20);
        });
        let line = LINES
            .lines()
            .nth(3)
            .expect("a message")
            .replace("\"one\"", &format!("\"{}\"", "x".repeat(60_000)));
        let reader = import(&page, &off, vec![held("large.jsonl", format!("{line}\n").repeat(20))]).await;
        assert!(matches!(reading(&reader).kept, Kept::Not(why) if why.contains("larger than the room")));
        assert_eq!((reading(&reader).frames, off.len()), (20, 0));
        off.fill(500);
        page.arrange(|workspace| workspace.journal.budget = 256 << 20);
        let reader = import(&page, &off, vec![held("a.jsonl", LINES)]).await;
        assert!(matches!(reading(&reader).kept, Kept::Not(why) if why.contains("no more room")));
        assert_eq!(off.len(), 0, "a part of it is of no use");
    });
}

#[test]
fn an_import_that_was_broken_off_leaves_nothing() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let line = LINES
            .lines()
            .nth(3)
            .expect("a message")
            .replace("\"one\"", &format!("\"{}\"", "x".repeat(60_000)));
        let files = [held("large.jsonl", format!("{line}\n").repeat(400))];
        let reader = page_in(&page.sim, 255);
        reader.worker.imports_from(Rc::new(move || vec![Box::new(files[0].clone()) as Box<dyn Chosen>]));
        reader.worker.keep_sessions_in(Rc::new(disk.of_this_browser()));
        reader.ask(Request::Arrange(Box::default()));
        reader.ask(Request::Read(None));
        while disk.len() < 1 << 20 {
            reader.sim.sleep(Duration::from_micros(10)).await;
        }
        let next = after_kill(&page, &disk);
        assert_eq!(listed(&next).await, []);
        assert_eq!(disk.len(), 0);
    });
}

#[test]
fn several_files_are_several_sessions_and_what_is_lost_of_them_is_listed() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let har = include_bytes!("../golden/sessions/playwright-attach.har");
        let attached = include_bytes!("../golden/sessions/35ef2b805ed5b293ada36831e56d4f0a.jsonl");
        let files = vec![
            held("talk.har", *har),
            held("35ef2b805ed5b293ada36831e56d4f0a.jsonl", *attached),
            held("other.jsonl", LINES),
        ];
        let reader = import(&page, &disk, files).await;
        let seen = reading(&reader);
        assert_eq!((seen.kept.clone(), seen.others), (Kept::Yes, 1), "{seen:?}");
        assert!(reader.shown().iter().any(|text| text.contains("welcome")), "{:?}", reader.shown());
        assert!(seen.lost.iter().any(|words| words.contains("HTTP call")), "{:?}", seen.lost);
        let next = after_kill(&page, &disk);
        let names: Vec<_> = listed(&next).await.into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["talk", "other"]);
    });
}

#[test]
fn err_a_file_that_is_not_a_session_says_what_and_where() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let deep = format!("{{\"log\":{}", "[".repeat(100_000));
        let cut = &LINES[..LINES.len() - 30];
        for (file, words) in [
            (held("a.txt", "hello"), "a.txt: expected a session"),
            (held("a.har", deep), "nested more than 128 levels deep"),
            (held("a.jsonl", cut), "a.jsonl: line 6, column"),
            (held("a.jsonl", "{\"event\":\"sent\",\"at_ms\":\"soon\"}"), "a.jsonl: line 1, column"),
            (held("a.zip", "PK\x03\x04 and no more"), "a.zip: expected a session"),
        ] {
            let reader = import(&page, &disk, vec![file]).await;
            let failed = reading(&reader).failed.expect("it is none");
            assert!(failed.contains(words), "{failed}");
            assert_eq!(listed(&page).await, []);
        }
    });
}

#[test]
fn secrets_are_masked_where_an_import_is_kept_and_in_a_report() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "t".into(), value: "hunter22".into(), is_secret: true }];
        });
        let lines = LINES.replace("\"one\"", "\"my hunter22\"").replace("late", "hunter22 is late");
        let reader = import(&page, &disk, vec![held("a.jsonl", lines)]).await;
        assert_eq!(reading(&reader).kept, Kept::Yes);
        assert!(!disk.all().windows(8).any(|part| part == b"hunter22"));
        let report = |is_page, which| {
            let asked = BugReport {
                is_page,
                which,
                title: "It hangs".into(),
                about: "since hunter22".into(),
                masks_suspects: true,
            };
            match reader.question(Question::Report(Box::new(asked))).pop() {
                Some(Answer::File { bytes, frames, .. }) => {
                    (String::from_utf8(bytes).expect("UTF-8"), frames)
                }
                other => panic!("{other:?}"),
            }
        };
        let (markdown, frames) = report(false, Which::All);
        assert_eq!(frames, 5);
        assert!(markdown.starts_with("# It hangs\n\nsince ***\n"), "{markdown}");
        assert!(
            markdown.contains("> 📌 *\\** is late") || markdown.contains("\\*\\*\\* is late"),
            "{markdown}"
        );
        let (html, frames) = report(true, Which::Pinned);
        assert_eq!(frames, 4, "the pinned one, and how its connection went");
        for text in [markdown, html] {
            assert!(!text.contains("hunter22") && text.contains("two"), "{text}");
        }
    });
}
