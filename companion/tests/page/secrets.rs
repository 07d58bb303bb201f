//! What leaves the page and what it keeps: links, exports, the browser's storage. With real keys, beside a trading feed.

use support::feed::{FEED_TOKEN, address_feed, auth};
use support::page::{Browser, eventually, test_page};

/// What is in the link, inflated by the browser itself.
async fn inflated(browser: &Browser) -> String {
    let link = browser.value("link-address").await;
    let packed = link.split_once("?set=1.").expect("a link").1;
    let script = format!(
        "const packed = Uint8Array.from(atob('{packed}'.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
         return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text()"
    );
    browser.answer(&format!("(async () => {{ {script} }})()")).await.as_str().expect("JSON").to_owned()
}

async fn until_link(browser: &Browser) {
    browser
        .until_script(
            "return document.querySelector('[data-testid=link-address]')?.value.includes('?set=1.')",
        )
        .await;
}

#[test]
fn a_token_in_the_composer_is_listed_and_stays_out_of_the_link() {
    test_page(async |practice, browser| {
        let feed = address_feed(practice, browser).await;
        browser.type_into("message", &auth()).await;
        browser.click("share").await;
        until_link(browser).await;
        browser.until_text("parts", "$.token looks like a secret").await;
        let listed = browser.text("parts").await;
        assert!(
            listed.contains("Connections") && listed.contains("Draft") && !listed.contains(FEED_TOKEN),
            "{listed}"
        );
        browser.until_text("left-out", "the draft").await;
        let json = inflated(browser).await;
        assert!(!json.contains(FEED_TOKEN) && json.contains(&feed.urls[0]), "{json}");
        // A person may decide otherwise.
        browser.click("part-draft").await;
        browser.until_text("left-out", "Nothing is left out").await;
        until_link(browser).await;
        assert!(inflated(browser).await.contains(FEED_TOKEN));
        browser.click("part-draft").await;
        browser.until_text("left-out", "the draft").await;
        until_link(browser).await;
        let link = browser.value("link-address").await;
        browser.click("close-dialog").await;
        // The recipient sees the same list, and nothing is connected or taken without a click.
        browser.run(&format!("location.hash = {:?}", link.split_once('#').expect("a fragment").1)).await;
        browser.until_text("offer", "alice").await;
        browser.until_text("offer-left-out", "The sender left out: the draft").await;
        assert_eq!(browser.count(".connection").await, 1);
        browser.click("part-settings").await;
        browser.click("offer-add").await;
        browser.until_script("return document.querySelectorAll('.connection').length === 2").await;
        assert_eq!(browser.count(".row:not([hidden])").await, 0, "nothing was connected");
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_text_that_is_not_a_link_is_refused_in_words() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        browser.run("location.hash = '#/bench?set=1.' + 'A'.repeat(1000)").await;
        browser.until_text("toast", "This link is damaged").await;
        // {"connections":5}
        browser
            .answer(
                "(async () => {
                   const bytes = new TextEncoder().encode('{\"connections\":5}');
                   const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
                   const all = new Uint8Array(await new Response(packed).arrayBuffer());
                   location.hash = '#/bench?set=1.' + btoa(String.fromCharCode(...all)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
                   return ''; })()",
            )
            .await;
        browser.until_text("toast", "does not hold a bench setup").await;
        // The storage may answer later than the link is refused.
        browser.until_script("return document.querySelectorAll('.connection').length === 1").await;
    });
}

#[test]
fn share_on_a_suite_says_that_it_shares_the_bench() {
    test_page(async |practice, browser| {
        browser.open(&format!("{}#/checks", practice.page)).await;
        browser.click("share").await;
        browser.until_text("share-scope", "It shares no suite").await;
    });
}

#[test]
fn an_export_asks_before_a_token_leaves_and_masks_it() {
    test_page(async |practice, browser| {
        let _feed = address_feed(practice, browser).await;
        browser
            .run(
                "globalThis.saved = '';
                 const create = URL.createObjectURL;
                 URL.createObjectURL = blob => { blob.text().then(text => globalThis.saved = text); return create.call(URL, blob); };",
            )
            .await;
        browser.connect().await;
        browser.send(&auth()).await;
        browser.until_row("ok true").await;
        browser.click("export").await;
        browser.click("export-jsonl").await;
        browser.until_text("suspects", "$.token").await;
        browser.click("export-go").await;
        browser.until_text("toast", "saved as sockscope.jsonl").await;
        browser.until_script("return globalThis.saved.length > 0").await;
        let saved = browser.run("return globalThis.saved").await;
        let saved = saved.as_str().expect("text");
        assert!(saved.contains("request_id") && !saved.contains(FEED_TOKEN), "{saved}");
    });
}

#[test]
fn the_value_of_a_secret_is_in_no_storage_of_the_browser() {
    const SECRET: &str = "tok-4711/secret";
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.click("panel-variables").await;
        browser.click("variable-add").await;
        browser.type_into("variable-name", "token").await;
        browser.type_into("variable-value", SECRET).await;
        browser.click("variable-secret").await;
        browser.type_into("url", &format!("{}?token={SECRET}", practice.ws)).await;
        browser.connect().await;
        browser.send(&format!(r#"{{"token":"{SECRET}"}}"#)).await;
        browser.send("the last one").await;
        let all = "(async () => {
            const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href];
            for (const { name } of await indexedDB.databases()) {
              const db = await new Promise((done, failed) => { const open = indexedDB.open(name); open.onsuccess = () => done(open.result); open.onerror = failed; });
              for (const store of db.objectStoreNames) {
                const values = await new Promise(done => { const get = db.transaction(store).objectStore(store).getAll(); get.onsuccess = () => done(get.result); });
                texts.push(JSON.stringify(values));
              }
              db.close();
            }
            return texts.join('\\n'); })()";
        let kept = eventually("the setup to be kept", async || {
            let kept = browser.answer(all).await.as_str().expect("text").to_owned();
            kept.contains("the last one").then_some(kept)
        })
        .await;
        assert!(!kept.contains("tok-4711"), "{kept}");
        assert!(kept.contains("{{token}}"), "the message is kept with its placeholder: {kept}");
    });
}
