//! The view of faults on the release page: one's own server through the proxy, from the bench and back.

use support::page::{Browser, Practice, test_page, until_checks};

/// Sends a text on the bench, and gives the rows with it as soon as there are this many.
async fn send(browser: &Browser, text: &str, count: usize) -> Vec<String> {
    browser.send(text).await;
    rows(browser, text, count).await
}

async fn rows(browser: &Browser, text: &str, count: usize) -> Vec<String> {
    let with_it = |rows: &[String]| rows.iter().filter(|row| row.contains(text)).cloned().collect::<Vec<_>>();
    with_it(&browser.until_rows(|rows| with_it(rows).len() == count).await)
}

async fn go_to(browser: &Browser, view: &str) {
    browser.run(&format!("location.hash = '#/{view}'")).await;
}

/// Waits until a script about `toxics`, those of the server, is true.
async fn until_toxics(browser: &Browser, is_so: &str) {
    let script =
        format!("return await fetch('/api/proxy/toxics').then(it => it.json()).then(toxics => {is_so})");
    browser.until_script(&script).await;
}

/// The bench's connection to the echo, led through the proxy by the view of faults.
async fn through_the_proxy(practice: &Practice, browser: &Browser) {
    browser.open(&practice.page).await;
    browser.type_into("url", &format!("{}/echo", practice.ws)).await;
    browser.type_into("protocols", "echo.v2").await;
    go_to(browser, "faults").await;
    browser.until_text("line-address", "/ws/echo").await;
    browser.until_text("reach", "A server listens there").await;
    assert_eq!(browser.value("line-target").await, format!("{}/echo", practice.ws));
    browser.click("connect-through").await;
    browser.until_text("note", "Open").await;
    assert!(browser.value("url").await.contains("/ws/proxy?to="));
    assert_eq!(browser.value("protocols").await, "echo.v2");
}

#[test]
fn a_target_without_a_scheme_is_completed_as_on_the_bench() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        let typed = format!("{}/echo", practice.ws.trim_start_matches("ws://"));
        browser.type_into("url", &typed).await;
        go_to(browser, "faults").await;
        browser.until_text("reach", "A server listens there").await;
        assert_eq!(browser.value("line-target").await, typed);
        browser.click("connect-through").await;
        browser.until_text("note", "Open").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_stall_that_is_switched_while_the_connection_lives_keeps_an_echo_away() {
    test_page(async |practice, browser| {
        through_the_proxy(practice, browser).await;
        send(browser, "before", 2).await;
        go_to(browser, "faults").await;
        browser.until_text("connected", "1 message").await;
        browser.click("black-hole").await;
        until_toxics(browser, "toxics.length === 1").await;
        go_to(browser, "bench").await;
        send(browser, "into the dark", 1).await;
        go_to(browser, "faults").await;
        // The proxy has seen it, and let nothing of it through.
        browser.until_text("connected", "2 messages").await;
        browser.click("all-off").await;
        until_toxics(browser, "toxics.length === 0").await;
        go_to(browser, "bench").await;
        send(browser, "after", 2).await;
        rows(browser, "into the dark", 1).await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_slider_that_is_dragged_with_the_mouse_makes_round_trips_as_long_as_it_says() {
    test_page(async |practice, browser| {
        through_the_proxy(practice, browser).await;
        go_to(browser, "faults").await;
        browser.click("latency-on").await;
        browser.drag("latency-latency-slider", 0.4, 0.5).await;
        let asked: f64 = browser.value("latency-latency").await.parse().expect("a number");
        assert!((201.0..900.0).contains(&asked), "{asked}");
        until_toxics(browser, &format!("toxics[0]?.attributes.latency === {asked}")).await;
        go_to(browser, "bench").await;
        let rows = send(browser, "late", 2).await;
        let took = rows[1].split("\u{2009}ms").next().and_then(|row| row.split_whitespace().last());
        let took: f64 =
            took.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no round trip: {rows:#?}"));
        assert!((asked..asked + 1000.0).contains(&took), "{took} ms for {asked}: {rows:#?}");
        browser.assert_quiet_console().await;
    });
}

#[test]
fn the_faults_are_opened_without_the_worker_of_the_checks() {
    test_page(async |practice, browser| {
        browser.open(&format!("{}#/faults", practice.page)).await;
        browser.until_text("reach", "A server listens there").await;
        // What an idle page fetches ahead does not count as a worker.
        let files = "performance.getEntriesByType('resource').filter(it => it.initiatorType !== 'link').map(it => it.name)";
        assert_eq!(
            browser.run(&format!("return {files}.filter(it => it.includes('checks_worker')).length")).await,
            0
        );
        go_to(browser, "checks").await;
        until_checks(browser).await;
        browser.assert_quiet_console().await;
    });
}

/// A load through the proxy that lasts long enough to switch something meanwhile.
const LOAD: &str = r#"{ "sockscope": 1, "suite": "through the proxy",
    "clients": { "a": { "url": "PROXIED", "count": 2 } },
    "checks": [{ "check": "answers", "thresholds": { "rtt.p95": "< 30s" }, "steps": [
        { "connect": "a" },
        { "on": "a", "repeat": { "for": "12s", "every": "100ms" }, "send": "{{client}} {{i}}", "expect": { "echo": true } }
    ] }] }"#;

#[test]
fn a_preset_that_is_switched_on_during_a_run_is_marked_in_its_charts() {
    test_page(async |practice, browser| {
        browser.open(&format!("{}#/faults", practice.page)).await;
        browser.until_text("reach", "A server listens there").await;
        go_to(browser, "checks").await;
        until_checks(browser).await;
        let proxied = format!("{}/proxy?to={}/echo", practice.ws, practice.ws);
        let suite = serde_json::json!(LOAD.replace("PROXIED", &proxied));
        browser.run(&format!("globalThis.report = sockscope.run({suite}, {{}}); return true")).await;
        browser.until_text("verdict", "Running").await;
        go_to(browser, "faults").await;
        browser.click("slow-3g").await;
        until_toxics(browser, "toxics.length === 2").await;
        browser.click("all-off").await;
        until_toxics(browser, "toxics.length === 0").await;
        go_to(browser, "checks").await;
        browser.until_text_within("verdict", "Passed", 60).await;
        browser
            .run("for (const it of document.querySelectorAll('.run-folded details')) it.open = true")
            .await;
        browser
            .until_script("return [...document.querySelectorAll('.chart [role=img]')].some(it => it.ariaLabel?.includes('Slow 3G from '))")
            .await;
        browser.assert_quiet_console().await;
    });
}
