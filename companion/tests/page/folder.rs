//! A folder on the disk behind `serve --dir`, and one that the browser itself has: both sides change, and nothing is lost.

use std::path::Path;

use serde_json::Value;
use support::page::{Browser, Practice, eventually, test_page};

const CONNECTIONS: &str = "bench/connections.json";

fn serve(folder: &Path, flag: &str) -> Practice {
    Practice::start_with(&[flag, &folder.display().to_string()])
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder in it");
    std::fs::write(path, text).expect("a file");
}

/// Waits until a file says this.
async fn until_file(folder: &Path, name: &str, part: &str) -> String {
    let path = folder.join(name);
    eventually(format_args!("{part} in {name}"), async || {
        std::fs::read_to_string(&path).ok().filter(|text| text.contains(part))
    })
    .await
}

/// Types an address at once, as a paste does.
async fn put_url(browser: &Browser, url: &str) {
    browser
        .run(&format!(
            "const field = document.querySelector('[data-testid=url]');
         field.value = '{url}';
         field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
        ))
        .await;
}

async fn until_url(browser: &Browser, url: &str) {
    eventually(format_args!("the address {url}"), async || (browser.value("url").await == url).then_some(()))
        .await;
}

fn connections(url: &str) -> String {
    format!("{{\"bench\": 1, \"connections\": [{{\"name\": \"alice\", \"url\": \"{url}\"}}]}}\n")
}

#[test]
fn what_changes_on_the_disk_is_in_the_page_and_what_changes_in_the_page_is_on_the_disk() {
    test_page(async |_, browser| {
        let there = tempfile::tempdir().expect("a folder");
        put(there.path(), CONNECTIONS, &connections("ws://team/one"));
        let server = serve(there.path(), "--dir");
        browser.open(&server.page).await;
        until_url(browser, "ws://team/one").await;
        put_url(browser, "ws://mine/two").await;
        let text = until_file(there.path(), CONNECTIONS, "ws://mine/two").await;
        assert!(text.starts_with("{\n  \"bench\": 1,"), "{text}");
        put(there.path(), CONNECTIONS, &text.replace("ws://mine/two", "ws://disk/three"));
        until_url(browser, "ws://disk/three").await;
        browser.until_text("rail-folder", "1 file").await;
        // Saved messages and variables get files of their own; a secret has its name there and nothing else.
        browser.click("panel-variables").await;
        browser.click("variable-add").await;
        browser.type_into("variable-name", "token").await;
        browser.click("variable-secret").await;
        browser.type_into("variable-value", "s3cret/1").await;
        let text = until_file(there.path(), "bench/variables.json", "\"is_secret\": true").await;
        let all: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(all["variables"][0]["name"], "token");
        assert!(!text.contains("s3cret"), "{text}");
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_change_on_both_sides_is_shown_in_both_versions_until_a_person_chooses() {
    test_page(async |_, browser| {
        let there = tempfile::tempdir().expect("a folder");
        put(there.path(), CONNECTIONS, &connections("ws://team/one"));
        let server = serve(there.path(), "--dir");
        browser.open(&server.page).await;
        until_url(browser, "ws://team/one").await;
        browser.until_text("rail-folder", "1 file").await;
        for (takes, round) in [("folder-keep-mine", 1), ("folder-take-disk", 2)] {
            let (mine, theirs) = (format!("ws://mine/{round}"), format!("ws://theirs/{round}"));
            put_url(browser, &mine).await;
            put(there.path(), CONNECTIONS, &connections(&theirs));
            browser.until_text("folder-line", "changed on the disk and here").await;
            assert_eq!(browser.value("url").await, mine, "nothing is taken");
            until_file(there.path(), CONNECTIONS, &theirs).await;
            browser.click("folder-line-open").await;
            browser.until_text("folder-disk", &theirs).await;
            browser.until_text("folder-mine", &mine).await;
            browser.click(takes).await;
            browser.until_text("folder-state", "the same on both sides").await;
            browser.click("folder-done").await;
            let kept = if takes == "folder-keep-mine" { mine } else { theirs };
            until_url(browser, &kept).await;
            until_file(there.path(), CONNECTIONS, &kept).await;
        }
        // What does not read is named, and stays as it is.
        put(there.path(), CONNECTIONS, "{\"bench\": 1, \"connections\": [");
        browser.until_text("folder-line", "cannot be read").await;
        put_url(browser, "ws://mine/3").await;
        browser.click("folder-line-open").await;
        browser.until_text("folder-state", "is not JSON").await;
        let text = std::fs::read_to_string(there.path().join(CONNECTIONS)).expect("it is there");
        assert_eq!(text, "{\"bench\": 1, \"connections\": [");
    });
}

#[test]
fn suites_of_the_folder_are_in_the_library_and_follow_their_files() {
    test_page(async |_, browser| {
        let there = tempfile::tempdir().expect("a folder");
        let suite = r#"{ "sockscope": 1, "suite": "team", "clients": { "a": { "url": "ws://h" } },
            "checks": [ { "check": "it opens", "steps": [ { "connect": "a" } ] } ] }"#;
        put(there.path(), "deep/team.json", suite);
        let server = serve(there.path(), "--dir");
        browser.open(&server.page).await;
        browser.run("location.hash = '#/checks'").await;
        let listed = |name: &str| {
            format!(
                "return [...document.querySelectorAll('[data-testid=suite]')].some(it => it.innerText.includes('{name}'))"
            )
        };
        browser.until_script(&listed("team")).await;
        put(there.path(), "deep/team.json", &suite.replace("\"team\"", "\"renamed by hand\""));
        browser.until_script(&listed("renamed by hand")).await;
        std::fs::remove_file(there.path().join("deep/team.json")).expect("it was there");
        browser.until_script(&listed("renamed by hand").replace("return [", "return ![")).await;
        // One that is added here becomes a file.
        browser.run("document.querySelector('[data-testid=import]').open = true").await;
        browser
            .type_into("import-paste", &suite.replace("\"team\"", "\"Login flow\"").replace('\n', " "))
            .await;
        browser.click("import-pasted").await;
        let text = until_file(there.path(), "login-flow.json", "\"Login flow\"").await;
        assert!(text.contains("it opens"));
    });
}

#[test]
fn a_seed_is_where_a_new_page_begins_and_is_never_written() {
    test_page(async |_, browser| {
        let there = tempfile::tempdir().expect("a folder");
        let text = connections("ws://team/one");
        put(there.path(), CONNECTIONS, &text);
        let server = serve(there.path(), "--seed");
        browser.open(&server.page).await;
        until_url(browser, "ws://team/one").await;
        put_url(browser, "ws://mine/two").await;
        browser.click("rail-folder").await;
        browser.until_text("folder-state", "not taken from the folder").await;
        browser.until_text("folder-about", "Nothing is written back").await;
        assert_eq!(std::fs::read_to_string(there.path().join(CONNECTIONS)).expect("it is there"), text);
    });
}

/// The picker needs a person. What it gives is a handle of a folder, and the browser's private files have the same.
const PICKS: &str = "window.showDirectoryPicker = async () => {
    const root = await navigator.storage.getDirectory();
    return root.getDirectoryHandle('ws-tests', { create: true });
};";

/// A script that writes a file into that folder, or reads it.
fn in_browser(deed: &str) -> String {
    format!(
        "(async () => {{
            const root = await navigator.storage.getDirectory();
            const folder = await root.getDirectoryHandle('ws-tests', {{ create: true }});
            const bench = await folder.getDirectoryHandle('bench', {{ create: true }});
            {deed}
        }})()"
    )
}

async fn put_in_browser(browser: &Browser, text: &str) {
    let text = Value::from(text);
    let deed = format!(
        "const file = await bench.getFileHandle('connections.json', {{ create: true }});
         const stream = await file.createWritable();
         await stream.write({text});
         await stream.close();
         return true;"
    );
    assert_eq!(browser.answer(&in_browser(&deed)).await, true);
}

#[test]
fn a_folder_that_the_browser_opens_works_the_same_way() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("rail-folder", "Open a folder").await;
        put_in_browser(browser, &connections("ws://team/one")).await;
        browser.run(PICKS).await;
        browser.click("rail-folder").await;
        until_url(browser, "ws://team/one").await;
        put_url(browser, "ws://mine/two").await;
        let read =
            in_browser("return (await (await bench.getFileHandle('connections.json')).getFile()).text();");
        let text = eventually("the file is written", async || {
            let text = browser.answer(&read).await.as_str().unwrap_or_default().to_owned();
            text.contains("ws://mine/two").then_some(text)
        })
        .await;
        put_in_browser(browser, &text.replace("ws://mine/two", "ws://disk/three")).await;
        until_url(browser, "ws://disk/three").await;
        put_url(browser, "ws://mine/four").await;
        put_in_browser(browser, &connections("ws://theirs/four")).await;
        browser.until_text("folder-line", "changed on the disk and here").await;
        browser.click("folder-line-open").await;
        browser.until_text("folder-disk", "ws://theirs/four").await;
        browser.click("folder-take-disk").await;
        browser.until_text("folder-state", "the same on both sides").await;
        // At once, before the worker has kept it.
        browser.reload().await;
        until_url(browser, "ws://theirs/four").await;
        put_in_browser(browser, &connections("ws://later/five")).await;
        until_url(browser, "ws://later/five").await;
    });
}

/// Two folders of one name, of which the second is picked from now on.
const PICKS_ANOTHER: &str = "window.showDirectoryPicker = async () => {
    const root = await navigator.storage.getDirectory();
    const other = await root.getDirectoryHandle('another', { create: true });
    return other.getDirectoryHandle('ws-tests', { create: true });
};";

#[test]
fn two_folders_of_one_name_are_two_folders() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("rail-folder", "Open a folder").await;
        put_in_browser(browser, &connections("ws://first/one")).await;
        browser.run(PICKS).await;
        browser.click("rail-folder").await;
        until_url(browser, "ws://first/one").await;
        browser.until_text("rail-folder", "1 file").await;
        let put = format!(
            "(async () => {{
                const root = await navigator.storage.getDirectory();
                const other = await root.getDirectoryHandle('another', {{ create: true }});
                const folder = await other.getDirectoryHandle('ws-tests', {{ create: true }});
                const bench = await folder.getDirectoryHandle('bench', {{ create: true }});
                const file = await bench.getFileHandle('connections.json', {{ create: true }});
                const stream = await file.createWritable();
                await stream.write({});
                await stream.close();
                return true;
            }})()",
            Value::from(connections("ws://second/two"))
        );
        assert_eq!(browser.answer(&put).await, true);
        browser.reload().await;
        browser.until_text("rail-folder", "1 file").await;
        browser.run(PICKS_ANOTHER).await;
        browser.click("rail-folder").await;
        browser.click("folder-pick").await;
        // This browser has not seen it, so what both have is a question and nothing is taken.
        browser.until_text("folder-line", "changed on the disk and here").await;
        assert_eq!(browser.value("url").await, "ws://first/one");
        browser.until_text("folder-disk", "ws://second/two").await;
        browser.click("folder-take-disk").await;
        until_url(browser, "ws://second/two").await;
        browser.until_text("folder-state", "the same on both sides").await;
        browser.assert_quiet_console().await;
    });
}
