//! Handshakes that fail: what the companion is asked, what the page learns of its answer, and when a handshake is given up.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::page::{ALICE, BOB, Echo, Page, TICK, with_page};
use sockscope::wire::bench::{Phase, Request};
use sockscope_engine::bench::backoff::Backoff;
use sockscope_engine::sim::{Act, Server};
use sockscope_engine::{Closing, FrameKind, HttpResponse, Payload};

const REFUSES: Echo = Echo { refuses: true, flood: 0, never_answers_close: false };
const LIKELY: &str = "The handshake failed, and the browser does not say why. Likely: Nothing listens there. \
                      Possible: The server refused the handshake; The name was not found.";

/// A server whose answer to a handshake comes after an hour.
struct Silent;

impl Server for Silent {
    fn accepts_after(&mut self) -> Option<Duration> {
        Some(Duration::from_secs(3600))
    }
    fn on_message(&mut self, _: Payload, _: u64) -> Vec<(Duration, Act)> {
        Vec::new()
    }
    fn answers_close_after(&mut self) -> Option<Duration> {
        None
    }
}

/// What was asked of the server of the page: method, path and body.
type Asked = Rc<RefCell<Vec<String>>>;

/// Serves the page by a companion whose looks take 5 ms and end so.
fn companion(page: &Page, status: u16, answer: &'static str) -> Asked {
    let asked = Asked::default();
    let log = asked.clone();
    page.sim.answer("/api/", move |request| {
        log.borrow_mut().push(format!(
            "{} {} {}",
            request.method,
            request.url,
            request.body.as_ref().map(|body| String::from_utf8_lossy(body.as_bytes())).unwrap_or_default()
        ));
        let (status, body) = match request.url.as_str() {
            "/api/health" => (200, r#"{"status":"ok","name":"sockscope"}"#),
            _ => (status, answer),
        };
        let response =
            HttpResponse { status, headers: Vec::new(), body: body.to_owned(), ..HttpResponse::default() };
        (Duration::from_millis(5), Ok(response))
    });
    asked
}

const NOT_FOUND: &str = r#"{"fact":"x","outcome":"answered","url":"ws://sim/echo","address":"127.0.0.1:7411","took_ms":3,
    "bound_s":5,"status":404,"reason":"Not Found","headers":[["content-type","text/plain"]],"body":"no such route",
    "body_is_cut":false,"detail":""}"#;
const FACT: &str = "The server answered 404 Not Found: no such route.";

#[test]
fn a_refused_handshake_names_its_status() {
    with_page(REFUSES, |page| async move {
        let asked = companion(&page, 200, NOT_FOUND);
        page.set_up(ALICE, |setup| setup.protocols = "feed.v2".into());
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        let why = page.connection(ALICE).why.expect("it is explained");
        assert_eq!((why.fact.as_str(), &*why.causes[0].id), (FACT, "refused"));
        assert_eq!(why.probed.expect("all that was found").headers[0].1, "text/plain");
        use FrameKind::{Closed, Connecting, Failed};
        assert_eq!(page.kinds(), [Connecting, Closed, Failed]);
        assert_eq!(page.shown()[2], FACT);
        let asked = asked.borrow();
        assert_eq!(asked[0], "GET /api/health ");
        let question = asked[1].strip_prefix("POST /api/probe ").expect("the second question");
        let question: serde_json::Value = serde_json::from_str(question).expect("JSON");
        assert_eq!(question, serde_json::json!({ "url": "ws://sim/echo", "protocols": ["feed.v2"] }));
    });
}

#[test]
fn a_server_that_is_not_a_companion_gets_no_address() {
    with_page(REFUSES, |page| async move {
        let asked = Asked::default();
        let log = asked.clone();
        page.sim.answer("/api/", move |request| {
            log.borrow_mut().push(request.url.clone());
            let body = "<!doctype html>".to_owned();
            (
                Duration::ZERO,
                Ok(HttpResponse { status: 404, headers: Vec::new(), body, ..HttpResponse::default() }),
            )
        });
        for _ in 0..2 {
            page.connect(ALICE);
            page.pass(TICK).await;
        }
        assert_eq!(*asked.borrow(), ["/api/health"], "asked once, and never for an address");
        assert_eq!(page.shown()[2], LIKELY);
        assert_eq!(page.shown()[5], LIKELY);
        assert_eq!(page.connection(ALICE).why.expect("told").fact, "");
    });
}

#[test]
fn a_target_that_the_companion_may_not_reach_is_said() {
    with_page(REFUSES, |page| async move {
        companion(
            &page,
            403,
            r#"{"error":{"code":"not_allowed","message":"start it with --allow-target sim"}}"#,
        );
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        let known = page.connection(ALICE).why.expect("told").known;
        assert!(known.iter().any(|fact| fact.contains("--allow-target sim")), "{known:?}");
        assert_eq!(page.shown()[2], LIKELY);
    });
}

#[test]
fn a_companion_that_makes_no_probes_is_asked_once() {
    with_page(REFUSES, |page| async move {
        let asked = companion(&page, 403, r#"{"error":{"code":"probe_off","message":"off"}}"#);
        for _ in 0..2 {
            page.connect(ALICE);
            page.pass(TICK * 2).await;
        }
        assert_eq!(asked.borrow().len(), 2, "{asked:?}");
        assert_eq!(page.shown().iter().filter(|row| *row == LIKELY).count(), 2);
    });
}

#[test]
fn the_companion_is_not_asked_when_it_is_switched_off() {
    with_page(REFUSES, |page| async move {
        let asked = companion(&page, 200, NOT_FOUND);
        page.set_up(ALICE, |setup| setup.opening.asks_why = false);
        page.connect(ALICE);
        page.pass(TICK).await;
        assert!(asked.borrow().is_empty());
        assert_eq!(page.shown()[2], LIKELY);
    });
}

#[test]
fn connections_that_fail_alike_at_once_are_asked_about_once() {
    with_page(REFUSES, |page| async move {
        let asked = companion(&page, 200, NOT_FOUND);
        page.connect(ALICE);
        page.connect(BOB);
        page.pass(TICK * 2).await;
        assert_eq!(asked.borrow().iter().filter(|it| it.starts_with("POST")).count(), 1);
        assert_eq!(page.shown().iter().filter(|row| *row == FACT).count(), 2);
        assert_eq!(page.connection(BOB).why.expect("told").fact, FACT);
    });
}

#[test]
fn the_fact_stays_while_a_connection_tries_again() {
    with_page(REFUSES, |page| async move {
        companion(&page, 200, NOT_FOUND);
        page.set_up(ALICE, |setup| {
            setup.reconnect = Some(Backoff { jitter_percent: 0, ..Backoff::default() })
        });
        page.connect(ALICE);
        page.pass(TICK * 2).await;
        for _ in 0..60 {
            assert_eq!(page.connection(ALICE).why.expect("at every moment").fact, FACT);
            page.pass(Duration::from_millis(53)).await;
        }
        let facts = page.shown().iter().filter(|row| *row == FACT).count();
        assert!(facts >= 3, "one row for each attempt: {:?}", page.shown());
    });
}

#[test]
fn a_handshake_that_is_not_answered_is_given_up_after_the_time_of_the_set_up() {
    with_page(Echo::default(), |page| async move {
        page.sim.serve("ws://silent", || Silent);
        page.set_up(ALICE, |setup| setup.url = "ws://silent/".into());
        page.connect(ALICE);
        page.pass(Duration::from_millis(19_990)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Connecting, "20 s unless set");
        page.pass(TICK * 3).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);
        let words = "The server did not answer the handshake within 20\u{2009}s.";
        assert_eq!(page.shown().last().map(String::as_str), Some(words));

        page.set_up(ALICE, |setup| setup.opening.within = Duration::from_secs(3));
        page.connect(ALICE);
        page.pass(Duration::from_millis(3020)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Closed);

        page.set_up(ALICE, |setup| setup.opening.within = Duration::ZERO);
        page.connect(ALICE);
        page.pass(Duration::from_secs(600)).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Connecting, "zero sets no bound");
    });
}

#[test]
fn a_handshake_that_a_person_cancels_is_not_asked_about() {
    with_page(Echo::default(), |page| async move {
        page.sim.serve("ws://silent", || Silent);
        let asked = companion(&page, 200, NOT_FOUND);
        page.set_up(ALICE, |setup| setup.url = "ws://silent/".into());
        page.connect(ALICE);
        page.pass(Duration::from_secs(2)).await;
        page.ask(Request::Close { connection: ALICE, closing: Closing::normal() });
        page.pass(TICK * 2).await;
        assert!(asked.borrow().is_empty());
        assert_eq!(page.connection(ALICE).why, None);
        assert!(!page.kinds().contains(&FrameKind::Failed), "{:?}", page.shown());
    });
}

#[test]
fn an_address_without_a_scheme_is_completed() {
    with_page(Echo::default(), |page| async move {
        page.sim.serve("ws://localhost:7411", Echo::default);
        page.set_up(ALICE, |setup| setup.url = "localhost:7411/v1/feed".into());
        page.draw();
        let typed = page.connection(ALICE).typed;
        assert_eq!((typed.url.as_str(), typed.wrong), ("ws://localhost:7411/v1/feed", None));
        page.connect(ALICE);
        page.pass(TICK).await;
        assert_eq!(page.connection(ALICE).phase, Phase::Open);
    });
}
