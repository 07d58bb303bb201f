//! What a run page says of a run: reports of the command, connections by relay, counts, and the form of a load.

use serde_json::json;
use support::call::Call;
use support::page::{Browser, drop_on, open_checks, test_page};
use support::wanting::Guarded;

async fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll('{selector}')].filter(it => it.checkVisibility()).map(it => it.textContent)"
    );
    serde_json::from_value(browser.run(&script).await).expect("texts")
}

#[test]
fn a_report_of_a_search_for_the_highest_load_shows_its_table_and_its_generator() {
    test_page(async |practice, browser| {
        // Every handshake over the limit of the suite's own target fails.
        let server = support::page::Practice::start_with(&["--max-connections", "5"]);
        let suite = json!({
            "sockscope": 1, "suite": "crowd", "vars": { "clients": 1 },
            "clients": { "crowd": { "url": format!("{}/echo", server.ws), "count": "{{clients}}" } },
            "checks": [ { "check": "all are served", "steps": [
                { "connect": "crowd" }, { "on": "crowd", "send": "x", "expect": { "echo": true } } ] } ]
        });
        let arguments = [
            "OUT/s.json",
            "--engine",
            "native",
            "--capacity",
            "clients=2..20",
            "--capacity-within",
            "0%",
            "--json",
            "OUT/r.json",
        ];
        let ended = Call::new(&arguments).with_file("s.json", suite.to_string()).run();
        ended.assert_code(0);
        let report = ended.json("r.json");
        assert_eq!(report["capacity"]["held"], 5, "{:#}", report["capacity"]);
        open_checks(practice, browser).await;
        drop_on(browser, ".library", &[("r.json", &ended.file("r.json"))]).await;
        browser.until_text("capacity", "Capacity: clients").await;
        browser.until_text("capacity", report["capacity"]["sentence"].as_str().expect("a sentence")).await;
        let values = texts(browser, "[data-testid=capacity] tbody th").await;
        let trials = report["capacity"]["trials"].as_array().expect("the runs");
        let wanted: Vec<String> = trials.iter().map(|trial| trial["value"].to_string()).collect();
        assert_eq!(values, wanted, "each run of the search has its row");
        let verdicts = texts(browser, "[data-testid=capacity] tbody td[data-state]").await;
        assert!(
            verdicts.iter().any(|it| it == "pass") && verdicts.iter().any(|it| it == "fail"),
            "{verdicts:?}"
        );
        browser.run("document.querySelectorAll('#checks details').forEach(it => it.open = true)").await;
        if cfg!(target_os = "linux") {
            assert!(report["environment"]["generator"].is_object(), "{:#}", report["environment"]);
            browser
                .until_script(
                    "return /generator busy [0-9.]+\\s?% of the time, [0-9.]+\\s?% in its busiest second/.test(document.getElementById('checks').textContent)",
                )
                .await;
        }
        browser.assert_quiet_console().await;
    });
}

#[test]
fn connections_by_relay_are_counted_while_a_check_runs() {
    test_page(async |practice, browser| {
        let target = Guarded::listen(None).await;
        let suite = json!({
            "sockscope": 1, "suite": "relayed",
            "clients": {
                "a": { "url": format!("ws://127.0.0.1:{}/chat", target.port), "headers": { "Authorization": Guarded::FIELD } },
                "b": { "url": "{{env.WS_URL}}/echo" } },
            "checks": [ { "check": "both", "steps": [ { "connect": ["a", "b"] }, { "wait": "60s" } ] } ]
        });
        open_checks(practice, browser).await;
        drop_on(browser, ".library", &[("relayed.json", &suite.to_string())]).await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("seats", "2 open of 2 connections, 1 by relay").await;
        let cells = "return [...document.querySelectorAll('.run-connections > li')].map(it => it.title)";
        assert_eq!(browser.run(cells).await, json!(["a: open, by relay", "b: open"]));
        browser.click("run").await;
        browser
            .until_script("return document.querySelector('[data-testid=run]')?.textContent === 'Run'")
            .await;
    });
}

#[test]
fn all_counts_of_a_run_agree_and_clients_without_a_part_in_it_have_no_lines() {
    test_page(async |practice, browser| {
        let answering = json!([ { "to": { "text": "ask" }, "send": "answer" } ]);
        let suite = json!({
            "sockscope": 1, "suite": "counted",
            "clients": {
                "a": { "url": "{{env.WS_URL}}/echo", "answers": answering, "heartbeat": { "every": "30s", "send": "beat" } },
                "b": { "url": "{{env.WS_URL}}/echo", "answers": answering, "heartbeat": { "every": "30s", "send": "beat" } } },
            "checks": [
                { "check": "passes", "steps": [ { "connect": "b" }, { "on": "b", "send": "x", "expect": { "echo": true } } ] },
                { "check": "fails", "steps": [ { "connect": "b" }, { "on": "b", "expect": { "text": "no", "within": "50ms" } } ] },
                { "check": "is skipped", "steps": [ { "skip": "it is another server" } ] } ]
        });
        open_checks(practice, browser).await;
        drop_on(browser, ".library", &[("counted.json", &suite.to_string())]).await;
        browser.until_text("edit-state", "No mistakes.").await;
        browser.click("run").await;
        browser.until_text("verdict", "Failed").await;
        browser.until_text("counts", "1 of 3 checks passed in").await;
        browser.until_text("counts", "; 1 did not apply").await;
        let tiles = texts(browser, "[data-testid=tile]").await;
        assert!(tiles.iter().any(|it| it.starts_with("Checks passed") && it.contains("1 of 3")), "{tiles:?}");
        // Few checks show their steps by themselves; those of a are in none of them.
        let steps = texts(browser, "[data-testid=check]:first-child [data-testid=step] .run-title").await;
        assert!(steps.iter().any(|it| it.contains('b')), "{steps:?}");
        assert!(!steps.iter().any(|it| it.starts_with("a ")), "{steps:?}");
        let of_b = steps.iter().filter(|it| it.starts_with("b ")).count();
        assert_eq!(of_b, 4, "it connects, sends, answers and lets its heart beat: {steps:?}");
        browser.click("part-earlier").await;
        browser.until_text("past-run", "1 of 3").await;
    });
}

/// For each choice of the form, how much wider its widest option is than the room for it.
const CUT: &str = "const pen = document.createElement('canvas').getContext('2d');
    return [...document.querySelectorAll('[data-testid=load-form] select')].map(select => {
        const style = getComputedStyle(select);
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
        const widest = Math.max(...[...select.options].map(it => pen.measureText(it.text).width));
        // The arrow takes about an em and a half.
        const arrow = 1.5 * parseFloat(style.fontSize);
        const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - arrow;
        return [select.dataset.testid, Math.round(widest - room)];
    })";

#[test]
fn no_choice_of_the_load_form_is_cut_and_its_title_has_no_placeholder() {
    test_page(async |practice, browser| {
        browser.open(&format!("{}#/checks/load-form", practice.page)).await;
        browser.until_script("return !!document.querySelector('[data-testid=load-framing]')").await;
        for (width, height) in [(1440, 900), (1280, 720), (390, 844)] {
            browser.show_at(width, height).await;
            let choices: Vec<(String, i64)> = serde_json::from_value(browser.run(CUT).await).expect("pairs");
            assert_eq!(choices.len(), 2);
            assert!(choices.iter().all(|(_, over)| *over <= 0), "{width}: {choices:?}");
        }
        browser.show_at(1440, 900).await;
        browser.type_into("load-url", &format!("{}/echo", practice.ws)).await;
        browser.type_into("load-message", "first {{i}}").await;
        browser
            .run(
                "const select = document.querySelector('[data-testid=load-reply]');
                 select.value = 'any'; select.dispatchEvent(new Event('change', { bubbles: true }));",
            )
            .await;
        browser.click("load-open").await;
        browser
            .until_script(
                "return document.querySelector('input[data-testid=suite-title]')?.value.startsWith('first …, 10 × 5/s')",
            )
            .await;
    });
}
