//! What is tested is in sight before a run, beside it, in earlier runs and in comparisons.

use support::feed::TRADING_FEED;
use support::page::{open_checks, test_page};

const SUITE: &str = r#"{ "sockscope": 1, "suite": "greeting", "vars": { "ws_url": "{{env.WS_URL}}" }, "clients": { "a": { "url": "{{ws_url}}" } },
    "checks": [ { "check": "opens {{n}}", "each": { "n": [1, 2, 3] }, "steps": [ { "connect": "a" }, { "wait": "{{n}}ms" } ] } ] }"#;

#[test]
fn the_target_is_named_before_a_run_beside_it_and_when_two_runs_tested_different_servers() {
    test_page(async |practice, browser| {
        let feed = TRADING_FEED.start(&[]);
        let feed = feed.urls[0].split('?').next().expect("an address").to_owned();
        open_checks(practice, browser).await;
        browser.run("document.querySelector('[data-testid=import]').open = true").await;
        browser.type_into("import-paste", &SUITE.replace('\n', " ")).await;
        browser.click("import-pasted").await;
        browser.until_text("edit-state", "No mistakes.").await;
        let own = format!("{} (the practice server of this page)", practice.ws);
        browser.until_text("suite-target", &own).await;
        browser.until_text("planned-checks", "3 checks to run").await;
        assert!(browser.text("own").await.contains("3 checks"), "the library counts rows as a run does");
        browser.click("run").await;
        browser.until_text("verdict", "Passed").await;
        browser.until_text("run-target", &own).await;
        browser
            .until_script(
                "return document.querySelector('[data-testid=results]')?.textContent.includes('opens 3')",
            )
            .await;

        browser.click("part-values").await;
        browser.type_into("var-ws_url", &format!("{feed}?token=abc")).await;
        let foreign = format!("{feed} (from ws_url in Values)");
        browser.until_text("suite-target", &foreign).await;
        browser.click("run").await;
        browser.until_text("run-target", &foreign).await;
        browser.until_script("return document.querySelectorAll('[data-testid=past-run]').length === 2").await;
        browser.click("part-earlier").await;
        browser.until_text("past-target", &foreign).await;
        browser
            .run("document.querySelectorAll('[data-testid=past-run] input').forEach(it => it.click())")
            .await;
        browser.click("compare").await;
        browser.until_text("other-target", &format!("{} first, then {feed}", practice.ws)).await;
        browser.until_text("compared", "too few samples to judge").await;
        assert_eq!(browser.count("[data-testid=compared-figure][data-mark=slower]").await, 0);
        assert_eq!(browser.count("[data-testid=compared-figure][data-mark=faster]").await, 0);
    });
}
