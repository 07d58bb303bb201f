//! Which server a run tests, and what that server said when it refused a handshake.

use super::*;

#[test]
fn what_run_would_test_is_known_before_it_runs_and_reported_with_every_run() {
    with_page(|page| async move {
        let mut asked = run_request(
            r#"{ "sockscope": 1, "suite": "targets", "vars": { "ws_url": "{{env.WS_URL ?? ws://elsewhere/echo}}" },
                 "clients": { "a": { "url": "{{ws_url}}?token=x" } },
                 "checks": [ { "check": "an echo {{n}}", "each": { "n": [1, 2, 3] }, "steps": [ { "connect": "a" } ] } ] }"#,
        );
        asked.env.insert("WS_URL".to_owned(), "ws://sim/echo".to_owned());
        asked.suites[0]
            .told_by
            .insert("env.WS_URL".to_owned(), "the practice server of this page".to_owned());
        let Answer::Planned { targets, checks, .. } = page.ask(Question::Plan(Box::new(asked.clone()))).await
        else {
            panic!("a plan")
        };
        assert_eq!(checks, 3, "a check for each row");
        assert_eq!(targets[0].url, "ws://sim/echo");
        assert_eq!(targets[0].from, "the practice server of this page");
        let told = page.run(asked).await;
        let begun = told.iter().any(
            |it| matches!(it, RunEvent::Progress(Progress::RunStarted { targets: told, .. }) if *told == targets),
        );
        assert!(begun, "{told:?}");
        let ended = told.iter().find_map(|it| match it {
            RunEvent::Ended { report, past: Some(past), .. } => {
                Some((report.targets.clone(), past.target.clone()))
            }
            _ => None,
        });
        assert_eq!(ended, Some((targets, "ws://sim/echo (the practice server of this page)".to_owned())));
        let missing = run_request(
            r#"{ "sockscope": 1, "suite": "m", "vars": { "u": "{{env.NOWHERE}}" }, "clients": { "a": { "url": "{{u}}" } },
            "checks": [ { "check": "c", "steps": [ { "connect": "a" } ] } ] }"#,
        );
        let Answer::Failed(words) = page.ask(Question::Plan(Box::new(missing))).await else {
            panic!("a value is missing")
        };
        assert!(words.contains("NOWHERE"), "{words}");
    });
}

/// A suite whose handshake fails in two checks, at the same address.
const REFUSED: &str = r#"{ "sockscope": 1, "suite": "refused", "clients": { "a": { "url": "ws://sim/nowhere" } },
  "checks": [ { "check": "one", "steps": [ { "connect": "a" } ] }, { "check": "two", "steps": [ { "connect": "a" } ] } ] }"#;

const NOT_FOUND: &str = r#"{"outcome":"answered","url":"ws://sim/nowhere","address":"127.0.0.1:7411","took_ms":3,
    "bound_s":5,"status":404,"reason":"Not Found","headers":[],"body":"no such route","body_is_cut":false,"detail":""}"#;

/// Runs it where the server of the page is called this; what it was asked, and the failures of the two checks.
async fn refused_beside(page: &Page, name: &'static str) -> (Vec<String>, Vec<Failure>) {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let log = asked.clone();
    page.sim.answer("/api/", move |request| {
        log.borrow_mut().push(format!("{} {}", request.method, request.url));
        let body = if request.url == "/api/health" {
            format!(r#"{{"name":"{name}"}}"#)
        } else {
            NOT_FOUND.to_owned()
        };
        (
            Duration::from_millis(5),
            Ok(HttpResponse { status: 200, headers: Vec::new(), body, ..HttpResponse::default() }),
        )
    });
    let told = page.run(run_request(REFUSED)).await;
    let report = told.iter().find_map(|it| match it {
        RunEvent::Ended { report, .. } => Some(report.clone()),
        _ => None,
    });
    let checks = report.expect("a report").checks;
    let failures = checks.into_iter().map(|check| check.steps[0].failure.clone().expect("refused"));
    let asked = asked.borrow().clone();
    (asked, failures.collect())
}

#[test]
fn a_refused_handshake_of_a_check_begins_with_what_the_server_answered() {
    with_page(|page| async move {
        let (asked, failures) = refused_beside(&page, "sockscope").await;
        assert_eq!(asked, ["GET /api/health", "POST /api/probe"], "once for each address");
        for failure in failures {
            assert!(
                failure
                    .message
                    .starts_with("The server answered 404 Not Found: no such route. The handshake with "),
                "{}",
                failure.message
            );
            let ids: Vec<_> = failure.causes.iter().map(|cause| &*cause.id).collect();
            assert_eq!(ids, ["refused"], "no guess stands beside the fact");
        }
    });
}

#[test]
fn without_a_companion_a_refused_handshake_of_a_check_has_no_address_and_no_fact() {
    with_page(|page| async move {
        let (asked, failures) = refused_beside(&page, "another").await;
        assert_eq!(asked, ["GET /api/health"]);
        assert!(
            failures[0].message.ends_with(", and the browser does not say why"),
            "{}",
            failures[0].message
        );
    });
}
