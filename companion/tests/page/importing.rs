//! Suites that import others: found in the library by their files, and a failure leads to the line of each.

use std::path::Path;

use support::page::{Browser, Practice, drop_on, eventually, open_checks, test_page, until_checks};

/// It calls itself something else than its file; what fails stands in line 4.
const COMMON: &str = r#"{ "sockscope": 1, "suite": "shared parts",
  "define": { "ask": { "with": ["what"], "steps": [
    { "connect": "a" },
    { "on": "a", "send": "{{what}}", "expect": { "text": "other", "within": "100ms" } } ] } } }"#;

/// What uses it stands in line 4.
fn team(import: &str) -> String {
    format!(
        r#"{{ "sockscope": 1, "suite": "team", "import": ["{import}"],
  "clients": {{ "a": {{ "url": "{{{{env.WS_URL}}}}/echo" }} }},
  "checks": [ {{ "check": "c", "steps": [
    {{ "use": "ask", "what": "this" }} ] }} ] }}"#
    )
}

async fn until_title(browser: &Browser, title: &str) {
    eventually(format_args!("the suite {title}"), async || {
        let shown = "return document.querySelector('input[data-testid=suite-title]')?.value ?? null";
        (browser.run(shown).await == title).then_some(())
    })
    .await;
}

/// Waits until the cursor of the editor is in a line that says this.
async fn until_at_line(browser: &Browser, part: &str) {
    browser
        .until_script(&format!(
            "const view = document.querySelector('[data-testid=editor]')?.shadowRoot;
             return view?.querySelector('.cm-activeLine')?.textContent.includes({part:?}) === true"
        ))
        .await;
}

/// Presses the nth of the places that a failure names.
async fn press_place(browser: &Browser, at: usize) {
    browser.run(&format!("document.querySelectorAll('[data-testid=place]')[{at}].click()")).await;
}

async fn run_and_see_places(browser: &Browser) -> Vec<String> {
    browser.click("run").await;
    browser.until_text("verdict", "Failed").await;
    let places = "return [...document.querySelectorAll('[data-testid=place]')].map(it => it.textContent)";
    serde_json::from_value(browser.run(places).await).expect("texts")
}

async fn see_both_lines(browser: &Browser, practice: &Practice) {
    press_place(browser, 0).await;
    until_title(browser, "shared parts").await;
    until_at_line(browser, "\"text\": \"other\"").await;
    assert!(
        browser.run("return location.href").await.as_str().is_some_and(|it| it.starts_with(&practice.page))
    );
    browser.back().await;
    until_title(browser, "team").await;
    browser.click("part-checks").await;
    browser.until_text("verdict", "Failed").await;
    press_place(browser, 1).await;
    until_at_line(browser, "\"use\": \"ask\"").await;
    until_title(browser, "team").await;
}

#[test]
fn a_file_that_was_imported_keeps_its_name_and_a_failure_leads_into_it() {
    test_page(async |practice, browser| {
        let there = tempfile::tempdir().expect("a folder");
        let file = there.path().join("common.jsonc");
        std::fs::write(&file, COMMON).expect("a file");
        open_checks(practice, browser).await;
        drop_on(browser, ".library", &[("team.jsonc", &team("shared/common.jsonc"))]).await;
        until_title(browser, "team").await;
        browser.until_text("mistake", "the library has no such file; it has none of your own.").await;
        browser.choose("import-file", &file).await;
        until_title(browser, "shared parts").await;
        browser.back().await;
        until_title(browser, "team").await;
        browser.until_text("edit-state", "No mistakes.").await;
        let places = run_and_see_places(browser).await;
        assert_eq!(places, ["line 4 of shared/common.jsonc", "line 4"]);
        browser.until_text("failure", "line 4 of shared/common.jsonc, used in line 4").await;
        see_both_lines(browser, practice).await;
        // The name outlives a reload.
        browser.open("about:blank").await;
        browser.open(&format!("{}#/checks", practice.page)).await;
        until_checks(browser).await;
        let mistakes = "return [...document.querySelectorAll('[data-testid=own] .library-count')].map(it => it.textContent).join()";
        assert_eq!(browser.run(mistakes).await, "0 checks,1 check");
        // The mistake says which there are.
        drop_on(
            browser,
            ".library",
            &[("other.json", &team("common.json").replace("\"team\"", "\"other\""))],
        )
        .await;
        until_title(browser, "other").await;
        browser.until_text("mistake", "it has common.jsonc, team.jsonc. Import the file").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn files_of_a_folder_import_each_other_by_their_paths() {
    test_page(async |_, browser| {
        let there = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| {
            let path = there.path().join(name);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder in it");
            std::fs::write(path, text).expect("a file");
        };
        put("shared/common.jsonc", COMMON);
        // Of the same name, and without what is used.
        put(
            "deep/common.jsonc",
            &COMMON.replace("shared parts", "other parts").replace("\"ask\"", "\"tell\""),
        );
        put("deep/team.jsonc", &team("../shared/common.jsonc"));
        let server = Practice::start_with(&["--dir", &Path::new(there.path()).display().to_string()]);
        browser.open(&format!("{}#/checks", server.page)).await;
        browser
            .until_script(
                "const all = [...document.querySelectorAll('[data-testid=own] [data-testid=suite]')];
                 const team = all.find(it => it.textContent.includes('team'));
                 if (all.length === 3 && team?.textContent.includes('1 check')) team.click();
                 return document.querySelector('input[data-testid=suite-title]')?.value === 'team'",
            )
            .await;
        let places = run_and_see_places(browser).await;
        assert_eq!(places, ["line 4 of ../shared/common.jsonc", "line 4"]);
        see_both_lines(browser, &server).await;
        // A suite that the folder gets from the page is imported by its new file, too.
        browser.run("document.querySelector('[data-testid=import]').open = true").await;
        let pasted = COMMON.replace("shared parts", "Pasted parts").replace('\n', " ");
        browser.type_into("import-paste", &pasted).await;
        browser.click("import-pasted").await;
        until_title(browser, "Pasted parts").await;
        eventually("its file", async || there.path().join("pasted-parts.json").exists().then_some(())).await;
        let other = team("pasted-parts.json").replace("\"team\"", "\"other\"");
        drop_on(browser, ".library", &[("other.jsonc", &other)]).await;
        until_title(browser, "other").await;
        browser
            .until_script(
                "const all = [...document.querySelectorAll('[data-testid=own] [data-testid=suite]')];
                 return all.find(it => it.textContent.includes('other') && !it.textContent.includes('parts'))?.textContent.includes('1 check') === true",
            )
            .await;
    });
}
