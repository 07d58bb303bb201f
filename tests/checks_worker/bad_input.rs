//! Suites that have no end, or want too much, as the page runs them: bounded, and with words.

use serde_json::{Value, json};

use super::*;

/// A suite with one client that is echoed.
fn suite(more: Value, steps: Value) -> String {
    let mut suite = json!({ "sockscope": 1, "suite": "bad", "clients": { "a": { "url": "ws://sim/echo" } },
        "checks": [ { "check": "c", "steps": steps } ] });
    for (name, value) in more.as_object().expect("members") {
        suite[name] = value.clone();
    }
    suite.to_string()
}

/// How a run ends: in virtual time, so that what waits for ever is noticed at once.
async fn ended(page: &Page, text: &str) -> Result<Report, Vec<String>> {
    let told = page.run(run_request(text)).await;
    let end = told.into_iter().find_map(|it| match it {
        RunEvent::Ended { report, .. } => Some(Ok(*report)),
        RunEvent::Refused { mistakes, .. } => Some(Err(mistakes.into_iter().map(|it| it.message).collect())),
        _ => None,
    });
    end.expect("an end")
}

fn failure(report: &Report) -> String {
    let found = report.checks[0].steps.iter().find_map(|step| step.failure.as_ref());
    found.map(|failure| failure.message.clone()).unwrap_or_default()
}

#[test]
fn err_suites_of_the_library_that_import_each_other() {
    with_page(|page| async move {
        let other = |name: &str| {
            format!(r#"{{ "sockscope": 1, "suite": "x", "define": {{}}, "import": ["{name}"] }}"#)
        };
        for (id, title, import) in [("own-2", "one", "two"), ("own-3", "two", "one")] {
            page.ask(Question::Keep(OwnSuite {
                id: id.into(),
                title: title.into(),
                text: other(import),
                ..OwnSuite::default()
            }))
            .await;
        }
        let told = ended(&page, &suite(json!({ "import": ["one"] }), json!([{ "wait": "1ms" }]))).await;
        let told = told.expect_err("a circle");
        assert!(told.iter().any(|it| it.contains("one → two → one")), "{told:?}");
    });
}

/// Without optimisation, 64 levels take more than the two MiB that a test has.
const STACK: usize = 16 << 20;

#[test]
fn err_a_use_of_a_thousand_levels() {
    let claim = std::thread::Builder::new().stack_size(STACK).spawn(deep).expect("a thread");
    claim.join().expect("it holds");
}

fn deep() {
    with_page(|page| async move {
        let mut define = json!({ "d1000": { "steps": [ { "wait": "1ms" } ] } });
        for level in 0..1000 {
            define[format!("d{level}")] = json!({ "steps": [ { "use": format!("d{}", level + 1) } ] });
        }
        let told = ended(&page, &suite(json!({ "define": define }), json!([ { "use": "d0" } ]))).await;
        let told = told.expect_err("too deep");
        assert!(told.len() == 1 && told[0].contains("more than 64 levels deep"), "{told:?}");
    });
}

#[test]
fn an_until_that_never_holds_says_the_last_value() {
    with_page(|page| async move {
        let steps = json!([ { "connect": "a" },
            { "repeat": { "times": 20, "until": { "subset": { "n": 8 } } }, "on": "a", "send": { "n": 7 }, "expect": { "any": true } } ]);
        let report = ended(&page, &suite(json!({}), steps)).await.expect("a report");
        assert_eq!(report.verdict, Verdict::Fail);
        assert!(failure(&report).contains("after 20 rounds"), "{}", failure(&report));
        assert!(failure(&report).ends_with("found {\"n\":7}"), "{}", failure(&report));
    });
}

#[test]
fn err_a_file_with_rows_is_not_read_in_the_page() {
    with_page(|page| async move {
        let mut text = suite(json!({}), json!([ { "wait": "1ms" } ]));
        text = text.replace("\"check\":\"c\"", "\"check\":\"{{n}}\",\"each\":{\"file\":\"rows.csv\"}");
        let told = ended(&page, &text).await.expect_err("no files here");
        assert!(
            told.concat().contains("the page reads no files; run the suite with sockscope check"),
            "{told:?}"
        );
    });
}

#[test]
fn err_a_regular_expression_that_explodes() {
    with_page(|page| async move {
        let steps = |regex: &str| json!([ { "connect": "a" }, { "on": "a", "send": "a".repeat(5000), "expect": { "regex": regex } } ]);
        let told = ended(&page, &suite(json!({}), steps("((a{100}){100}){100}"))).await;
        let told = told.expect_err("too large");
        assert!(told[0].contains("64 KiB"), "{told:?}");
        let report = ended(&page, &suite(json!({}), steps("^(a|a)*$"))).await.expect("a report");
        assert_eq!(report.verdict, Verdict::Pass);
    });
}

#[test]
fn an_answer_that_answers_itself_ends_its_check() {
    with_page(|page| async move {
        let answers = json!({ "answers": [ { "to": { "contains": "ing" }, "send": "bing" } ] });
        let steps = json!([ { "connect": "a" }, { "send": "ping" }, { "wait": "5s" }, { "wait": "9m" } ]);
        let report = ended(&page, &suite(answers, steps)).await.expect("a report");
        assert_eq!(report.verdict, Verdict::Error);
        assert!(failure(&report).starts_with("it seems to answer itself"), "{}", failure(&report));
        assert!(report.duration_ms.0 < 60_000.0, "the step after it did not run");
    });
}
