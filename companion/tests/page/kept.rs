//! Hostile contents of the browser's storage: the page starts, says what it could not read, and writes nothing over it.

use support::page::{Browser, eventually, test_page};

/// Puts a value under a key of the bench's database, in place of what the page keeps there.
async fn put(browser: &Browser, version: u32, value: &str) {
    let script = format!(
        "new Promise((done, fail) => {{
           const opening = indexedDB.open('sockscope', {version});
           opening.onupgradeneeded = () => {{
             const names = opening.result.objectStoreNames;
             if (!names.contains('kept')) opening.result.createObjectStore('kept');
           }};
           opening.onerror = () => fail(opening.error);
           opening.onsuccess = () => {{
             const writing = opening.result.transaction('kept', 'readwrite');
             writing.objectStore('kept').put({value}, 'bench');
             writing.oncomplete = () => {{ opening.result.close(); done(''); }};
           }};
         }})"
    );
    browser.answer(&script).await;
}

/// What is there under a key, as text.
async fn kept(browser: &Browser, key: &str) -> String {
    let script = format!(
        "new Promise(done => {{
           const opening = indexedDB.open('sockscope');
           opening.onsuccess = () => {{
             const reading = opening.result.transaction('kept').objectStore('kept').get('{key}');
             reading.onsuccess = () => {{ opening.result.close(); done(JSON.stringify(reading.result) ?? 'nothing'); }};
           }};
         }})"
    );
    browser.answer(&script).await.as_str().expect("text").to_owned()
}

/// Waits until the page has written its own setup: what is put there later stays until the next visit.
async fn until_written(browser: &Browser) {
    eventually("the page keeps its setup", async || {
        kept(browser, "bench").await.contains("layout").then_some(())
    })
    .await;
}

#[test]
fn a_kept_bench_that_cannot_be_read_is_named_and_set_aside() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_script("return document.querySelector('[data-testid=url]') !== null").await;
        until_written(browser).await;
        for (value, words, copy) in [
            ("42", "expected text, found a value of type number", "42"),
            ("'{\"connections\":'", "the text ends where a value is expected", "connections"),
            (
                r#"JSON.stringify({connections:[{id:1,name:'<img src=x onerror=alert(1)>'},{id:'x'}]})"#,
                "connections[1]",
                "onerror",
            ),
        ] {
            put(browser, 1, value).await;
            browser.open(&practice.page).await;
            browser.until_text("toast", words).await;
            let said = browser.text("toast").await;
            let key = said
                .split("under \"")
                .nth(1)
                .and_then(|it| it.split('"').next())
                .expect("a place")
                .to_owned();
            assert!(kept(browser, &key).await.contains(copy), "{said}");
            until_written(browser).await;
        }
        assert_eq!(browser.count(".connection").await, 1, "what could be read of the last one is there");
        assert_eq!(browser.count(".connection img").await, 0);
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_database_of_a_later_version_is_left_alone_and_the_page_works() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_script("return document.querySelector('[data-testid=url]') !== null").await;
        until_written(browser).await;
        put(browser, 7, "'of tomorrow'").await;
        browser.open(&practice.page).await;
        browser.until_text("toast", "a later version of Sockscope made it").await;
        browser.connect().await;
        assert_eq!(kept(browser, "bench").await, "\"of tomorrow\"");
        browser.assert_quiet_console().await;
    });
}
