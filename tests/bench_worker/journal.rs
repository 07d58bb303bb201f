//! What is kept of sessions, and what comes back when the browser has ended.

use std::rc::Rc;
use std::time::Duration;

use sockscope::engine::bench::filter::FilterSpec;
use sockscope::engine::report::EventFormat;
use sockscope::wire::bench::{
    Answer, Keeping, Look, Owned, PlotOf, Question, Request, SessionSeen, SessionsRequest, Variable,
};

use super::disk::Disk;
use super::page::{ALICE, BOB, Echo, Page, TICK, page_in, with_page};

/// Longer than it takes to write.
pub const WRITTEN: Duration = Duration::from_millis(600);

/// A tab that keeps its sessions on this disk.
pub fn keep_on(page: &Page, disk: &Disk) {
    page.worker.keep_sessions_in(Rc::new(disk.of_this_browser()));
    page.arrange(|_| {});
}

/// A tab of the browser that was started after the one before was killed.
pub fn after_kill(page: &Page, disk: &Disk) -> Page {
    disk.kill();
    let next = page_in(&page.sim, 255);
    keep_on(&next, disk);
    next
}

pub async fn listed(page: &Page) -> Vec<SessionSeen> {
    page.sessions(&SessionsRequest::List);
    page.pass(TICK).await;
    page.sessions.borrow().sessions.clone()
}

/// A worker that shows a session.
pub async fn open(page: &Page, disk: &Disk, id: &str) -> Page {
    let reader = page_in(&page.sim, 255);
    reader.worker.keep_sessions_in(Rc::new(disk.of_this_browser()));
    reader.ask(Request::Read(Some(id.to_owned())));
    reader.ask(Request::Look(Look { from: None, rows: 500 }));
    reader.pass(TICK).await;
    assert_eq!(reader.reading.borrow().failed, None);
    assert!(reader.reading.borrow().is_done, "it was read");
    reader
}

async fn say(page: &Page, texts: &[&str]) {
    page.connect(ALICE);
    page.pass(TICK).await;
    for text in texts {
        page.send(ALICE, text);
        page.pass(TICK).await;
    }
}

fn holds(disk: &Disk, text: &str) -> bool {
    disk.all().windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_session_is_there_after_the_browser_was_killed_with_all_that_it_had() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["one", "two"]).await;
        page.ask(Request::Pin { frame: 2, note: "look here".into() });
        page.pass(WRITTEN).await;
        let before: Vec<_> =
            page.rows.borrow().iter().map(|row| (row.number, row.at, row.kind, row.round_trip)).collect();
        let next = after_kill(&page, &disk);
        next.pass(WRITTEN).await;
        let sessions = next.sessions.borrow().clone();
        assert_eq!(sessions.keeping, Keeping::On);
        let [seen] = &sessions.sessions[..] else { panic!("one session: {sessions:?}") };
        assert_eq!((seen.frames, seen.owned, seen.target.as_str()), (6, Owned::Earlier, "ws://sim/echo"));
        assert!(seen.bytes > 0 && seen.ended_ms > seen.began_ms, "{seen:?}");

        let reader = open(&next, &disk, &seen.id).await;
        let after: Vec<_> =
            reader.rows.borrow().iter().map(|row| (row.number, row.at, row.kind, row.round_trip)).collect();
        assert_eq!(after, before);
        let reading = reader.reading.borrow().clone();
        assert_eq!((reading.frames, reading.lost_frames, reading.lost_bytes), (6, 0, 0));
        assert_eq!(reading.names, [(ALICE, "c1".to_owned())]);
        let pins: Vec<_> =
            reader.pins.borrow().iter().map(|pin| (pin.row.number, pin.note.clone())).collect();
        assert_eq!(pins, [(2, "look here".to_owned())]);
        let totals = reader.changes.borrow().totals;
        assert_eq!((totals.frames, totals.messages, totals.bytes), (6, 4, (6, 6)));
        assert_eq!(totals.latency.map(|it| it.count), Some(2));
    });
}

#[test]
fn what_is_opened_has_every_tool_of_the_timeline_and_touches_nothing() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["needle", "hay"]).await;
        page.pass(WRITTEN).await;
        let next = after_kill(&page, &disk);
        let id = listed(&next).await[0].id.clone();
        let before = disk.all();
        let reader = open(&next, &disk, &id).await;
        let spec = FilterSpec { text: "needle".into(), ..FilterSpec::default() };
        reader.ask(Request::Filter { spec, hides: true });
        reader.pass(TICK).await;
        assert_eq!(reader.shown(), ["needle", "needle"]);
        let value = reader.question(Question::Seek { from: None, forward: false });
        assert!(matches!(value[..], [Answer::Found { frame: 3, .. }]), "{value:?}");
        reader.ask(Request::Plot(Some(PlotOf::All)));
        reader.pass(TICK).await;
        assert_eq!(reader.plot.borrow().as_ref().map(|plot| plot.bars.iter().sum::<u64>()), Some(2));
        let export =
            Question::Export { format: EventFormat::JsonLines, filtered: false, masks_suspects: false };
        let export = reader.question(export);
        let [Answer::File { bytes, frames: 6, .. }] = &export[..] else { panic!("{export:?}") };
        let lines = String::from_utf8_lossy(bytes);
        assert!(lines.contains("needle") && lines.contains("ws://sim/echo"), "{lines}");
        reader.pass(WRITTEN).await;
        assert_eq!(disk.all(), before, "a reader writes nothing");
        assert_eq!(listed(&next).await.len(), 1);
    });
}

#[test]
fn at_most_the_last_moment_is_missing_when_the_browser_is_killed_in_a_flood() {
    with_page(Echo { flood: 500, ..Echo::default() }, |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        page.connect(ALICE);
        page.pass(TICK).await;
        for _ in 0..40 {
            page.send(ALICE, "flood");
            page.pass(Duration::from_millis(100)).await;
        }
        let total = page.changes.borrow().totals.frames;
        let next = after_kill(&page, &disk);
        disk.cut(3);
        let kept = listed(&next).await[0].clone();
        let at_most = 3 * 501 + 1;
        assert!(kept.frames + at_most >= total, "{} of {total}", kept.frames);
        let reader = open(&next, &disk, &kept.id).await;
        assert_eq!(reader.reading.borrow().frames, kept.frames);
        assert!(reader.reading.borrow().lost_bytes > 0, "the cut frame is told");
    });
}

#[test]
fn a_secret_is_masked_before_it_is_written_and_one_that_becomes_one_is_taken_out() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        let secret = |value: &str| Variable { name: "token".into(), value: value.into(), is_secret: true };
        page.arrange(|workspace| workspace.variables = vec![secret("s3cr3t")]);
        page.set_up(ALICE, |setup| setup.url = "ws://sim/echo?t={{token}}".into());
        say(&page, &["my s3cr3t", "later hunter22 comes"]).await;
        page.ask(Request::Pin { frame: 4, note: "hunter22 is here".into() });
        page.pass(WRITTEN).await;
        assert!(!holds(&disk, "s3cr3t") && holds(&disk, "my ***"));
        assert!(holds(&disk, "hunter22"), "it is none yet");
        page.arrange(|workspace| {
            workspace.variables.push(Variable { name: "other".into(), ..secret("hunter22") })
        });
        page.pass(Duration::from_secs(5)).await;
        assert!(!holds(&disk, "hunter22"), "it is taken out of frames, handshakes and remarks");
        let next = after_kill(&page, &disk);
        let kept = listed(&next).await[0].clone();
        assert_eq!(kept.target, "ws://sim/echo?t=***");
        let reader = open(&next, &disk, &kept.id).await;
        assert_eq!(reader.reading.borrow().frames, 6);
        assert_eq!(reader.shown()[2..], ["my ***", "my ***", "later *** comes", "later *** comes"]);
    });
}

#[test]
fn the_oldest_parts_of_the_oldest_sessions_go_first_and_are_counted() {
    with_page(Echo { flood: 40, ..Echo::default() }, |page| async move {
        let disk = Disk::default();
        let large = "x".repeat(4000);
        let mut page = page;
        keep_on(&page, &disk);
        for round in 0..4 {
            page.arrange(|workspace| workspace.journal.budget = 1 << 20);
            page.connect(ALICE);
            page.pass(TICK).await;
            for _ in 0..4 {
                page.send(ALICE, &large);
                page.pass(WRITTEN).await;
                assert!(disk.len() <= (1 << 20) + (200 << 10), "{} bytes in round {round}", disk.len());
            }
            page = after_kill(&page, &disk);
        }
        let sessions = listed(&page).await;
        assert!(sessions.len() > 1 && sessions.len() < 4, "{sessions:?}");
        let oldest = sessions.last().expect("one");
        assert!(oldest.removed > 0, "{oldest:?}");
        assert_eq!(sessions[0].removed, 0);
        let reader = open(&page, &disk, &oldest.id).await;
        let totals = reader.changes.borrow().totals;
        assert_eq!((totals.dropped, totals.frames), (oldest.removed, oldest.removed + oldest.frames));
        page.pass(WRITTEN).await;
        assert!(disk.len() <= 1 << 20);
    });
}

#[test]
fn a_disk_that_is_full_is_said_everything_goes_on_and_it_is_tried_again() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["kept"]).await;
        page.pass(WRITTEN).await;
        disk.fill(disk.len() + 20);
        for _ in 0..3 {
            page.send(ALICE, "does not fit");
            page.pass(WRITTEN).await;
        }
        assert_eq!(page.sessions.borrow().keeping, Keeping::Failed("there is no more room".into()));
        assert_eq!(page.connection(ALICE).received, 4, "the bench goes on");
        disk.fill(0);
        page.pass(Duration::from_secs(7)).await;
        assert_eq!(page.sessions.borrow().keeping, Keeping::On);
        let next = after_kill(&page, &disk);
        let kept = listed(&next).await[0].clone();
        let reader = open(&next, &disk, &kept.id).await;
        assert_eq!(reader.shown().iter().filter(|it| *it == "does not fit").count(), 6, "nothing is missing");
    });
}

#[test]
fn a_browser_that_keeps_nothing_is_said_at_once() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        disk.take_away();
        keep_on(&page, &disk);
        page.pass(WRITTEN).await;
        assert_eq!(
            page.sessions.borrow().keeping,
            Keeping::Failed("this browser keeps no files here".into())
        );
        say(&page, &["it works"]).await;
        page.pass(WRITTEN).await;
        assert_eq!(page.connection(ALICE).received, 1);
        assert!(matches!(page.sessions.borrow().keeping, Keeping::Failed(_)));
    });
}

#[test]
fn a_journal_that_is_off_writes_nothing_and_what_was_kept_stays() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["kept"]).await;
        page.pass(WRITTEN).await;
        page.arrange(|workspace| workspace.journal.is_off = true);
        page.send(ALICE, "unheard of");
        page.pass(WRITTEN).await;
        assert_eq!(page.sessions.borrow().keeping, Keeping::Off);
        assert!(holds(&disk, "kept") && !holds(&disk, "unheard of"));
        assert_eq!(listed(&page).await[0].owned, Owned::Earlier);
        page.arrange(|workspace| workspace.journal.is_off = false);
        page.send(ALICE, "kept again");
        page.pass(WRITTEN).await;
        assert!(holds(&disk, "kept again") && !holds(&disk, "unheard of"));
        let sessions = listed(&page).await;
        assert_eq!(sessions.iter().map(|it| it.owned).collect::<Vec<_>>(), [Owned::Now, Owned::Earlier]);
        assert_eq!(sessions[0].target, "ws://sim/echo", "it knows the handshake from before");
    });
}

#[test]
fn one_click_removes_all_and_a_session_that_goes_on_begins_again() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["earlier"]).await;
        page.pass(WRITTEN).await;
        let next = after_kill(&page, &disk);
        say(&next, &["present"]).await;
        next.pass(WRITTEN).await;
        assert_eq!(listed(&next).await.len(), 2);
        next.sessions(&SessionsRequest::DeleteAll);
        next.pass(TICK).await;
        assert_eq!((disk.len(), next.sessions.borrow().sessions.len()), (0, 0));
        next.send(ALICE, "afterwards");
        next.pass(WRITTEN).await;
        assert!(holds(&disk, "afterwards") && !holds(&disk, "present"));
    });
}

#[test]
fn two_tabs_write_to_files_of_their_own_and_see_that_the_other_lives() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        let other = page_in(&page.sim, 255);
        for tab in [&page, &other] {
            keep_on(tab, &disk);
            say(tab, &["hello"]).await;
            tab.pass(WRITTEN).await;
        }
        assert_eq!(disk.folders().len(), 2);
        let sessions = listed(&page).await;
        let of = |owned| sessions.iter().find(|it| it.owned == owned).map(|it| it.id.clone());
        let (own, elsewhere) = (of(Owned::Now).expect("ours"), of(Owned::Elsewhere).expect("of the other"));
        page.sessions(&SessionsRequest::Delete { id: elsewhere.clone() });
        page.pass(TICK).await;
        let words = page.refused.take();
        assert!(matches!(&words[..], [words] if words.starts_with("another tab writes")), "{words:?}");
        page.sessions(&SessionsRequest::Rename { id: elsewhere.clone(), name: "mine".into() });
        page.pass(TICK).await;
        assert_eq!(page.refused.take().len(), 1);
        page.sessions(&SessionsRequest::DeleteAll);
        page.pass(TICK).await;
        assert_eq!(disk.folders().into_keys().collect::<Vec<_>>(), [elsewhere]);
        assert!(!disk.folders().contains_key(&own));
    });
}

#[test]
fn a_name_stays_and_a_deleted_session_is_gone() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["hello"]).await;
        page.pass(WRITTEN).await;
        let id = listed(&page).await[0].id.clone();
        let rename = |name: &str| SessionsRequest::Rename { id: id.clone(), name: name.into() };
        page.sessions(&rename("while it goes on"));
        page.pass(TICK).await;
        assert_eq!(page.sessions.borrow().sessions[0].name, "while it goes on");
        let next = after_kill(&page, &disk);
        assert_eq!(listed(&next).await[0].name, "while it goes on");
        next.sessions(&rename("the day it broke"));
        next.pass(TICK).await;
        assert_eq!(next.sessions.borrow().sessions[0].name, "the day it broke");
        next.sessions(&SessionsRequest::Delete { id: id.clone() });
        next.pass(TICK).await;
        assert_eq!((disk.len(), next.sessions.borrow().sessions.len()), (0, 0));
        next.sessions(&rename("gone"));
        next.pass(TICK).await;
        assert!(next.refused.take()[0].contains("is gone"));
        assert_eq!(disk.len(), 0, "nothing is made of it");
    });
}

#[test]
fn cleared_frames_are_gone_from_the_disk_too_and_pinned_ones_stay() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        say(&page, &["unwanted", "treasure"]).await;
        page.ask(Request::Pin { frame: 4, note: String::new() });
        page.pass(WRITTEN).await;
        page.ask(Request::Clear);
        page.pass(WRITTEN).await;
        assert!(!holds(&disk, "unwanted") && holds(&disk, "treasure"));
        page.send(ALICE, "wanted");
        page.pass(WRITTEN).await;
        let next = after_kill(&page, &disk);
        let kept = listed(&next).await[0].clone();
        assert_eq!((kept.frames, kept.removed), (2, 6));
        let reader = open(&next, &disk, &kept.id).await;
        assert_eq!(reader.shown(), ["wanted", "wanted"]);
        assert_eq!(reader.pins.borrow().len(), 1);
    });
}

#[test]
fn a_session_of_many_files_is_one_session() {
    with_page(Echo { flood: 300, ..Echo::default() }, |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        page.arrange(|workspace| workspace.journal.budget = 16 << 20);
        page.connect(ALICE);
        page.connect(BOB);
        page.pass(TICK).await;
        let large = "y".repeat(2000);
        for _ in 0..10 {
            page.send(BOB, &large);
            page.pass(WRITTEN).await;
        }
        let total = page.changes.borrow().totals.frames;
        let files = disk.folders().into_values().next().expect("a session");
        assert!(files > 3, "{files} files");
        let next = after_kill(&page, &disk);
        let kept = listed(&next).await[0].clone();
        assert_eq!((kept.frames, kept.removed), (total, 0));
        let reader = open(&next, &disk, &kept.id).await;
        assert_eq!(reader.reading.borrow().frames, total);
        assert_eq!(reader.reading.borrow().lost_frames, 0);
    });
}

#[test]
fn a_message_that_memory_could_not_hold_is_counted_and_what_follows_is_kept() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        page.arrange(|workspace| workspace.budget = 1 << 20);
        say(&page, &["before"]).await;
        page.pass(WRITTEN).await;
        page.send(ALICE, &"x".repeat(2 << 20));
        page.pass(WRITTEN).await;
        page.send(ALICE, "after");
        page.pass(WRITTEN).await;
        listed(&page).await;
        assert_eq!(page.sessions.borrow().unkept, 2);
        let next = after_kill(&page, &disk);
        let kept = listed(&next).await[0].clone();
        let reader = open(&next, &disk, &kept.id).await;
        assert_eq!(reader.shown()[2..], ["before", "before", "after", "after"]);
        assert_eq!(reader.reading.borrow().lost_frames, 2);
    });
}

#[test]
fn a_flood_is_written_in_few_pieces() {
    with_page(Echo { flood: 500, ..Echo::default() }, |page| async move {
        let disk = Disk::default();
        keep_on(&page, &disk);
        page.connect(ALICE);
        page.pass(TICK).await;
        for _ in 0..100 {
            page.send(ALICE, "flood");
            page.pass(Duration::from_millis(5)).await;
        }
        page.pass(WRITTEN).await;
        assert_eq!(listed(&page).await[0].frames, page.changes.borrow().totals.frames);
        // 50,000 frames within half a second: a few pieces each quarter of it, and the beginnings of files.
        assert!(disk.appends() < 40, "{} writes", disk.appends());
    });
}
