//! How a connection comes back, greets and finds its address.

use super::page::text;
use super::page::{ALICE, Echo, TICK, with_page};
use sockscope::wire::bench::{Phase, Request, Variable};
use sockscope_engine::bench::backoff::Backoff;
use sockscope_engine::{Closing, FrameKind};
use std::time::Duration;

pub(super) fn steady() -> Backoff {
    Backoff { jitter_percent: 0, ..Backoff::default() }
}

#[test]
fn a_lost_connection_comes_back_and_waits_longer_each_time() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.reconnect = Some(steady()));
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "drop");
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Waiting);
        assert_eq!(page.connection(ALICE).retry.map(|retry| retry.attempt), Some(1));
        page.pass(Duration::from_millis(505)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open, "500 ms later");
        page.send(ALICE, "drop");
        page.pass(Duration::from_millis(520)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Waiting, "this time it waits 1 s");
        page.pass(Duration::from_millis(520)).await;
        assert_eq!((page.connection(ALICE).phase, page.connection(ALICE).sent), (Phase::Open, 2));
        let total = page.changes.borrow().totals.frames;
        assert_eq!(page.kinds().iter().filter(|kind| **kind == FrameKind::Waiting).count(), 2);
        assert_eq!(page.rows.borrow().len() as u64, total, "nothing is wiped by a reconnect");
    });
}

#[test]
fn what_a_person_closed_stays_closed() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.reconnect = Some(steady()));
        page.connect(ALICE);
        page.pass(TICK).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(Duration::from_secs(5)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);
        page.connect(ALICE);
        page.pass(TICK).await;
        page.send(ALICE, "drop");
        page.pass(TICK).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(Duration::from_secs(60)).await;
        assert_eq!((page.connection(ALICE).phase, page.sim.open_connections()), (Phase::Closed, 0));
    });
}

#[test]
fn attempts_that_are_used_up_are_reported() {
    with_page(Echo { refuses: true, ..Echo::default() }, |page| async move {
        page.set_up(ALICE, |setup| setup.reconnect = Some(Backoff { attempts: Some(2), ..steady() }));
        page.connect(ALICE);
        page.pass(Duration::from_secs(10)).await;
        let connection = page.connection(ALICE);
        assert_eq!(connection.phase, Phase::Closed);
        assert!(connection.trouble.expect("told").contains("all attempts failed"));
        assert_eq!(page.kinds().iter().filter(|kind| **kind == FrameKind::Connecting).count(), 3);
    });
}

#[test]
fn messages_on_opening_go_out_with_their_placeholders_filled_in() {
    with_page(Echo::default(), |page| async move {
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "room".into(), value: "blue".into(), is_secret: false }];
        });
        page.set_up(ALICE, |setup| {
            setup.on_open = vec![text("join {{room}} as {{client}}"), text("{{seq}}")]
        });
        page.connect(ALICE);
        page.pass(TICK).await;
        let sent: Vec<_> = page
            .rows
            .borrow()
            .iter()
            .filter(|row| row.kind.is_sent())
            .map(|row| row.preview.clone())
            .collect();
        assert_eq!(sent, ["join blue as c1", "2"]);
    });
}

#[test]
fn a_placeholder_in_the_address_is_filled_in_or_named() {
    with_page(Echo::default(), |page| async move {
        page.set_up(ALICE, |setup| setup.url = "ws://{{host}}/echo".into());
        page.draw();
        assert!(page.connection(ALICE).typed.wrong.expect("no such variable").contains("host"));
        page.arrange(|workspace| {
            workspace.variables =
                vec![Variable { name: "host".into(), value: "sim".into(), is_secret: false }];
        });
        page.draw();
        assert_eq!(
            (page.connection(ALICE).typed.url.as_str(), page.connection(ALICE).typed.wrong),
            ("ws://sim/echo", None)
        );
        page.ask(Request::Connect { connection: ALICE });
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open);
    });
}
