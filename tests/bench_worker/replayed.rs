//! Replays: what was sent goes out again, with the values that the server gives now, and stands in the present session.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use sockscope::wire::bench::{ConnectionId, Owned, ReplayPace, ReplayPhase, ReplayRequest, SessionsRequest};

use super::disk::Disk;
use super::page::{ALICE, Echo, Page, TICK, page_in, with_page};
use super::shop::{Faults, QUESTIONS, ask, looked, replay, seen, shop, start, visit};

/// The texts that a connection has sent or received.
fn texts(page: &Page, of: ConnectionId, word: &str) -> Vec<String> {
    let rows = page.rows.borrow();
    let of_it = rows.iter().filter(|row| row.connection == of && row.preview.contains(word));
    of_it.map(|row| row.preview.clone()).collect()
}

fn token(text: &str) -> String {
    let json: Value = serde_json::from_str(text).expect("JSON");
    json["token"].as_str().expect("a token").to_owned()
}

#[test]
fn a_replay_sends_what_was_sent_with_the_token_of_now_and_stands_in_the_timeline() {
    with_page(Echo::default(), |page| async move {
        let _ = shop(&page, "ws://shop");
        let _ = shop(&page, "ws://new");
        visit(&page).await;
        let connections = looked(&page, None).await.connections;
        assert_eq!(connections.len(), 1);
        assert_eq!((connections[0].id, connections[0].name.as_str()), (ALICE, "c1"));
        assert_eq!(connections[0].url, "ws://shop/ws/prices?lang=en");
        let seen = replay(&page, None, "new", ReplayPace::Original).await;
        assert_eq!(seen.phase, ReplayPhase::Done, "{seen:#?}");
        assert_eq!((seen.opened, seen.sent), ((1, 1), (QUESTIONS, QUESTIONS)));
        assert_eq!(seen.received, (QUESTIONS + 1, QUESTIONS + 1));
        assert_eq!(seen.steps.0, seen.steps.1);
        let substituted = format!("{QUESTIONS} values in what was sent came from the server");
        assert!(seen.remarks.iter().any(|it| it.contains(&substituted)), "{:?}", seen.remarks);
        let [(id, name)] = &seen.connections[..] else { panic!("one connection: {seen:?}") };
        assert!(id.is_of_check() && name == "c1", "{name}");
        let (before, after) = (texts(&page, ALICE, "\"ask\""), texts(&page, *id, "\"ask\""));
        assert_eq!(after.len(), QUESTIONS as usize);
        assert_ne!(token(&before[0]), token(&after[0]), "the server of now gave another token");
        assert_eq!(texts(&page, *id, "\"price\"").len(), QUESTIONS as usize);
        // The session as it was recorded is replayed again, and not what the replay did.
        let again = replay(&page, None, "ws://new/v2", ReplayPace::Answers).await;
        assert_eq!((again.run, again.phase), (2, ReplayPhase::Done));
        assert_eq!(again.sent, (QUESTIONS, QUESTIONS));
    });
}

#[test]
fn a_pace_is_kept_multiplied_or_that_of_the_answers() {
    with_page(Echo::default(), |page| async move {
        let _ = shop(&page, "ws://shop");
        visit(&page).await;
        let took = async |pace| {
            let before = page.changes.borrow().totals.frames;
            let seen = replay(&page, None, "ws://shop", pace).await;
            assert_eq!(seen.phase, ReplayPhase::Done, "{seen:?}");
            let id = seen.connections[0].0;
            let rows = page.rows.borrow();
            let sent: Vec<_> = rows
                .iter()
                .filter(|row| row.number >= before && row.connection == id && row.kind.is_sent())
                .map(|row| row.at)
                .collect();
            sent.last().expect("it sent").since(sent[0])
        };
        let gaps = u32::try_from(QUESTIONS - 1).expect("few");
        let original = took(ReplayPace::Original).await;
        assert!(original >= TICK * gaps && original < TICK * (gaps + 1), "{original:?}");
        let twice = took(ReplayPace::Times(2.0)).await;
        assert!(twice >= TICK * gaps / 2 && twice < TICK * (gaps + 1) / 2, "{twice:?}");
        let answers = took(ReplayPace::Answers).await;
        assert!(answers < TICK * gaps / 2, "an answer takes 2 ms of 10: {answers:?}");
    });
}

#[test]
fn a_kept_session_is_replayed_from_its_files_and_its_replay_is_kept_too() {
    with_page(Echo::default(), |page| async move {
        let disk = Disk::default();
        let keep = |page: &Page| {
            page.worker.keep_sessions_in(Rc::new(disk.of_this_browser()));
            page.arrange(|_| {});
        };
        keep(&page);
        let _ = shop(&page, "ws://shop");
        visit(&page).await;
        page.pass(Duration::from_secs(1)).await;
        disk.kill();
        let next = page_in(&page.sim, 255);
        keep(&next);
        next.pass(Duration::from_secs(1)).await;
        let kept = next.sessions.borrow().sessions[0].id.clone();
        assert_eq!(looked(&next, Some(kept.clone())).await.connections.len(), 1);
        let seen = replay(&next, Some(kept.clone()), "ws://shop", ReplayPace::Answers).await;
        assert_eq!((seen.phase, seen.sent), (ReplayPhase::Done, (QUESTIONS, QUESTIONS)));
        next.pass(Duration::from_secs(1)).await;
        next.sessions(&SessionsRequest::List);
        next.pass(TICK).await;
        let sessions = next.sessions.borrow().sessions.clone();
        let own = sessions.iter().find(|it| it.owned == Owned::Now).expect("the replay is kept");
        assert_eq!(own.frames, next.changes.borrow().totals.frames);
        let gone = replay(&next, Some("gone".to_owned()), "ws://shop", ReplayPace::Answers).await;
        assert!(matches!(&gone.phase, ReplayPhase::Failed(words) if !words.is_empty()), "{gone:?}");
    });
}

#[test]
fn err_a_server_that_refuses_goes_away_or_knows_no_subprotocol_is_named() {
    with_page(Echo::default(), |page| async move {
        let _ = shop(&page, "ws://shop");
        let fault = shop(&page, "ws://new");
        visit(&page).await;
        let with = async |faults: Faults| {
            fault.set(faults);
            replay(&page, None, "ws://new", ReplayPace::Answers).await
        };
        let refused = with(Faults { refuses: true, ..Faults::default() }).await;
        let ReplayPhase::Failed(words) = &refused.phase else { panic!("{refused:?}") };
        assert!(!words.is_empty() && refused.opened == (0, 1), "{words}");
        assert!(
            refused.remarks.iter().any(|it| it.starts_with("c1 was not opened: ")),
            "{:?}",
            refused.remarks
        );

        let gone = with(Faults { closes: Some(3), ..Faults::default() }).await;
        assert_eq!(gone.phase, ReplayPhase::Done);
        assert_eq!(gone.sent.0, 3, "{gone:?}");
        let says = |words: &str| gone.remarks.iter().any(|it| it.contains(words));
        assert!(says("c1 did not stay open: ") && says("c1 was not open"), "{:?}", gone.remarks);

        let plain = with(Faults { knows_no_protocol: true, ..Faults::default() }).await;
        assert_eq!(plain.phase, ReplayPhase::Done);
        let expected =
            "c1 offered the subprotocols prices.v1: the session's server chose `prices.v1`, this one none.";
        assert!(plain.remarks.iter().any(|it| it == expected), "{:?}", plain.remarks);

        for wrong in ["", "ftp://new", "ws://"] {
            let wrong = replay(&page, None, wrong, ReplayPace::Answers).await;
            let is_told =
                matches!(&wrong.phase, ReplayPhase::Failed(words) if words.starts_with("the address: "));
            assert!(is_told, "{wrong:?}");
        }
    });
}

#[test]
fn a_replay_that_is_stopped_closes_its_connections_and_another_may_begin() {
    with_page(Echo::default(), |page| async move {
        let _ = shop(&page, "ws://shop");
        visit(&page).await;
        start(&page, None, "ws://shop", ReplayPace::Times(0.001));
        page.pass(Duration::from_secs(1)).await;
        let under_way = seen(&page);
        assert_eq!((under_way.phase, under_way.opened), (ReplayPhase::Running, (1, 1)));
        // One at a time.
        start(&page, None, "ws://shop", ReplayPace::Answers);
        page.pass(TICK).await;
        assert_eq!(seen(&page).run, 1);
        ask(&page, &ReplayRequest::Stop);
        page.pass(Duration::from_millis(200)).await;
        assert_eq!(seen(&page).phase, ReplayPhase::Stopped);
        assert_eq!(page.changes.borrow().totals.sockets, 0);
        let sent = seen(&page).sent.0;
        page.pass(Duration::from_secs(60)).await;
        assert_eq!(seen(&page).sent.0, sent, "nothing goes out any more");
        let next = replay(&page, None, "ws://shop", ReplayPace::Answers).await;
        assert_eq!((next.run, next.phase), (2, ReplayPhase::Done));
    });
}
