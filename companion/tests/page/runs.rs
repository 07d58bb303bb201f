//! A run as one page: tiles, charts and failures while it goes on; and a load from a form.

use std::time::Duration;

use support::feed::TRADING_FEED;
use support::page::{Browser, Practice, eventually_within, test_page, until_checks};
use support::servers::Server;

/// Opens the checks at an address within them.
async fn open(practice: &Practice, browser: &Browser, rest: &str) {
    browser.open(&format!("{}#/checks{rest}", practice.page)).await;
    until_checks(browser).await;
}

async fn until_verdict(browser: &Browser, verdict: &str) {
    browser.until_text_within("verdict", verdict, 60).await;
}

/// The names of the tiles, and of those whose limit is broken.
async fn tiles(browser: &Browser) -> (Vec<String>, Vec<String>) {
    let names = |state: &str| {
        format!(
            "return [...document.querySelectorAll('[data-testid=tile]{state}')].map(it => it.querySelector('dt').firstChild.textContent)"
        )
    };
    let read = async |script: String| {
        serde_json::from_value::<Vec<String>>(browser.run(&script).await).expect("names")
    };
    (read(names("")).await, read(names("[data-state=broken]")).await)
}

/// Opens the form of a load, names the feed as its address and fills in these fields.
async fn fill_load_form(practice: &Practice, browser: &Browser, fields: &[(&str, &str)]) -> Server {
    let feed = TRADING_FEED.start(&[]);
    let url = feed.urls[0].split('?').next().expect("an address");
    open(practice, browser, "/load-form").await;
    browser.type_into("load-url", url).await;
    for (field, typed) in fields {
        browser.type_into(field, typed).await;
    }
    feed
}

#[test]
fn a_load_from_the_form_runs_shows_its_figures_and_opens_as_a_suite() {
    test_page(async |practice, browser| {
        let _feed = fill_load_form(
            practice,
            browser,
            &[
                ("load-clients", "4"),
                ("load-ramp", "200ms"),
                ("load-rate", "10"),
                ("load-lasts", "3s"),
                ("load-rows", "token,symbol\ntr-4f9a1c77e2,AAPL\ntr-4f9a1c77e2,TSLA"),
                ("load-beat", r#"{"op":"ping","request_id":"b"}"#),
                ("load-every", "500ms"),
                ("load-asked", r#"{"op":"are you there"}"#),
                ("load-answer", r#"{"op":"here","id":"{{message.id}}"}"#),
                ("load-first", r#"{"op":"auth","token":"{{token}}","request_id":"a"}"#),
                ("load-message", r#"{"op":"quote","symbol":"{{symbol}}"}"#),
                ("load-by", "request_id"),
                ("load-p95", "soon"),
            ],
        )
        .await;
        assert!(!browser.is_enabled("load-run").await, "a limit that is not a duration");
        browser.type_into("load-p95", "2s").await;
        browser.until_text("load-about", "That is 40 a second, 120 messages in all.").await;
        browser.click("load-run").await;
        until_verdict(browser, "Passed").await;
        let (names, broken) = tiles(browser).await;
        assert_eq!(names, ["Answered", "Unanswered", "Errors", "p50", "p95", "p99"]);
        assert!(broken.is_empty(), "{broken:?}");
        // The picture says in words what it shows, and has its values in a table.
        let said = "return document.querySelector('[data-testid=chart-latency] [role=img]')?.ariaLabel ?? ''";
        let said = eventually_within(Duration::from_secs(20), "a chart", async || {
            browser.run(said).await.as_str().filter(|it| it.contains("at most")).map(str::to_owned)
        });
        let said = said.await;
        assert!(said.starts_with("Latency, 0") && said.contains("p95 limit 2"), "{said}");
        browser.run("document.querySelector('[data-testid=chart-throughput] details').open = true").await;
        browser
            .until_script(
                "return document.querySelectorAll('[data-testid=chart-throughput] tbody tr').length > 5",
            )
            .await;
        browser.click("part-edit").await;
        browser.until_text("edit-state", "No mistakes.").await;
        let text = "return document.querySelector('[data-testid=editor]')?.shadowRoot?.querySelector('.cm-content')?.textContent ?? ''";
        let text = eventually_within(Duration::from_secs(20), "the document", async || {
            browser.run(text).await.as_str().filter(|it| it.contains("quote")).map(str::to_owned)
        });
        let text = text.await;
        for said in [
            r#""request_id":"{{index}}-{{i}}""#,
            r#""each": [{"token":"tr-4f9a1c77e2","symbol":"AAPL"}"#,
            r#""heartbeat": { "every": "500ms", "send": {"op":"ping","request_id":"b"} }"#,
            r#""answers": [{"to":{"subset":{"op":"are you there"}},"send":{"op":"here","id":"{{message.id}}"}}]"#,
        ] {
            assert!(text.contains(said), "{said} is missing in {text}");
        }
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_load_whose_replies_are_errors_fails_and_runs_again_as_the_same_suite() {
    test_page(async |practice, browser| {
        let _feed = fill_load_form(
            practice,
            browser,
            &[
                ("load-clients", "2"),
                ("load-ramp", "200ms"),
                ("load-rate", "5"),
                ("load-lasts", "1s"),
                ("load-message", r#"{"op":"quote","symbol":"NVDA"}"#),
                ("load-by", "$.request_id"),
                ("load-within", "500ms"),
            ],
        )
        .await;
        let ticked = "return document.querySelector('[data-testid=load-errors-fail]').checked";
        assert!(browser.run(ticked).await == true, "errors fail unless a person says otherwise");
        // Without a token each answer is an error.
        browser.click("load-run").await;
        until_verdict(browser, "Failed").await;
        let (_, broken) = tiles(browser).await;
        // Without an answer there is no sample, and that breaks the limit of p95.
        assert_eq!(broken, ["Answered", "Unanswered", "p95"]);
        browser
            .until_script(
                "return document.querySelector('[data-testid=failures]')?.textContent.includes('error')",
            )
            .await;
        let own = "[data-testid=suite][href*='own-'], [data-testid=suite] .library-title";
        let count = browser.count(own).await;
        browser.run("location.hash = '#/checks/load-form'").await;
        browser
            .until_script("return !!document.querySelector('[data-testid=load-run]:not(:disabled)')")
            .await;
        browser.click("load-run").await;
        until_verdict(browser, "Failed").await;
        assert_eq!(browser.count(own).await, count, "the form is unchanged, so it is the same suite");
    });
}

/// A fifth of the messages is lost, and each takes 30 ms and more.
const FAILING: &str = r#"{ "sockscope": 1, "suite": "orders",
  "clients": { "crowd": { "url": "{{env.WS_URL}}/fault?drop=0.2&latency=30ms&seed=5", "count": 8 } },
  "defaults": { "within": "500ms", "correlate": "$.id" }, "setup": [ { "connect": "crowd" } ],
  "checks": [ { "check": "an even pace", "steps": [
    { "on": "crowd", "repeat": { "for": "2s", "every": "100ms", "schedule": "open" },
      "send": { "type": "message", "id": "even-{{index}}-{{i}}" }, "expect": { "correlate": "$.id" } } ],
    "thresholds": { "success": ">= 99.9%", "rtt.p95": "< 20ms", "dropped": "== 0" } } ] }"#;

#[test]
fn a_failing_load_says_so_while_it_runs_and_its_failures_stand_before_its_steps() {
    test_page(async |practice, browser| {
        open(practice, browser, "").await;
        browser.run(&format!("void sockscope.run({}, {{}})", serde_json::json!(FAILING))).await;
        until_verdict(browser, "Failing").await;
        let (_, broken) = tiles(browser).await;
        assert!(broken.contains(&"p95".to_owned()), "{broken:?}");
        until_verdict(browser, "Failed").await;
        let (_, broken) = tiles(browser).await;
        assert_eq!(broken, ["Answered", "Unanswered", "p95"]);
        let top = async |name: &str| {
            let script =
                format!("return document.querySelector('[data-testid={name}]').getBoundingClientRect().top");
            browser.run(&script).await.as_f64().expect("a place")
        };
        assert!(top("tiles").await < top("run-charts").await);
        assert!(top("run-charts").await < top("failures").await);
        assert!(top("failures").await < top("results").await);
        assert_eq!(browser.count("[data-testid=broken-limits] [data-testid=threshold]").await, 2);
        // They are said once: the check has the others, and where these stand.
        browser.until_text("limits-above", "2 limits broken").await;
        assert_eq!(browser.count("[data-testid=check] [data-testid=threshold]").await, 1);
        assert!(browser.run("return !document.querySelector('.run-folded details').open").await == true);
    });
}

#[test]
fn a_first_run_takes_one_click_and_a_search_without_hits_says_so() {
    test_page(async |practice, browser| {
        open(practice, browser, "").await;
        browser.until_text("welcome", "first-contact").await;
        browser.type_into("suite-search", "no such thing").await;
        browser.until_text("no-hits", "No suite matches.").await;
        browser.click("start-first").await;
        until_verdict(browser, "Passed").await;
        let (names, broken) = tiles(browser).await;
        assert_eq!(names[..2], ["Checks passed", "Checks failed"]);
        assert!(broken.is_empty());
    });
}

#[test]
fn on_a_wide_screen_the_form_of_a_load_is_seen_whole_with_its_address() {
    test_page(async |practice, browser| {
        browser.resize(1440, 1000).await;
        open(practice, browser, "/load-form").await;
        browser.until_script("return document.activeElement?.dataset.testid === 'load-url'").await;
        let places = "const box = it => document.querySelector(it).getBoundingClientRect();
            const address = box('[data-testid=load-url]'), part = box('.run-load fieldset');
            return [part.width - address.width, innerHeight - box('[data-testid=load-run]').bottom]";
        let [beside, below]: [f64; 2] =
            serde_json::from_value(browser.run(places).await).expect("two numbers");
        assert!(beside < 40.0, "{beside} px of the line are not the address");
        assert!(below >= 0.0, "the button is {below} px from the lower edge");
    });
}

#[test]
fn on_a_phone_a_chosen_suite_lies_over_the_list_with_a_way_back() {
    test_page(async |practice, browser| {
        browser.resize(390, 844).await;
        open(practice, browser, "/rooms").await;
        browser.until_text("suite-title", "rooms").await;
        let is_listed = "return document.querySelector('[data-testid=shipped]').checkVisibility()";
        assert_eq!(browser.run(is_listed).await, false);
        let until_at = async |entry: &str| {
            browser.until_script(is_listed).await;
            browser
                .until_script(&format!(
                    "return document.activeElement?.matches(`.library a[href='#/checks/{entry}']`)"
                ))
                .await;
        };
        browser.click("checks-back").await;
        until_at("rooms").await;
        for form in ["load-form", "server"] {
            browser.run(&format!("location.hash = '#/checks/{form}'")).await;
            browser.until_script(&format!("return !({{}}, () => {{ {is_listed} }})()")).await;
            browser.click("checks-back").await;
            until_at(form).await;
        }
        let is_wider = "return document.documentElement.scrollWidth > innerWidth";
        assert_eq!(browser.run(is_wider).await, false);
    });
}
