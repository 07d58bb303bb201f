//! The workbench under load, and what needs a page of its own: leaving it, coming back to it.

use support::page::{open_echo, test_page};

/// Counts frames of the page that came more than this many milliseconds after the one before.
const WATCH_FRAMES: &str = "
    globalThis.longest = 0; globalThis.drawn = 0;
    let last = performance.now();
    const next = now => { globalThis.longest = Math.max(globalThis.longest, now - last); last = now; globalThis.drawn++;
                          requestAnimationFrame(next); };
    requestAnimationFrame(now => { last = now; requestAnimationFrame(next); });";

#[test]
fn a_hundred_thousand_messages_on_four_connections_are_all_there_while_one_filters() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", &format!("{}/echo", practice.ws)).await;
        for _ in 0..3 {
            browser.click("duplicate").await;
        }
        browser.click("open-all").await;
        practice.until_connections(4).await;
        browser.click("targets").await;
        browser.click("targets-all").await;
        browser.type_into("message", "{\"n\": {{i}}, \"type\": \"load\"}").await;
        browser.click("panel-repeat").await;
        // Each is echoed: 12 500 out and as many back, on each of four.
        for (field, value) in [("repeat-every", "5ms"), ("repeat-burst", "10"), ("repeat-count", "12500")] {
            browser.type_into(field, value).await;
            browser
                .run(&format!(
                    "document.querySelector('[data-testid={field}]').dispatchEvent(new Event('change'))"
                ))
                .await;
        }
        browser.run(WATCH_FRAMES).await;
        browser.click("repeat").await;
        for filter in ["load", "\"n\": 1", "99", "nothing has this", "load\", "] {
            browser.type_into("filter", filter).await;
            browser.until_script("return globalThis.drawn > 30").await;
            browser.run("globalThis.drawn = 0").await;
        }
        browser.type_into("filter", "load").await;
        browser
            .until_text_within("repeat-note", "50\u{2009}000 of 50\u{2009}000 sent; all are sent", 120)
            .await;
        // Four handshakes are two frames each; one of every connection must be missing for none to be noticed.
        browser.until_text_within("frames", "100\u{2009}008 frames", 60).await;
        browser.until_text_within("hits", "100\u{2009}000 hits", 60).await;
        browser.until_text("samples", "12\u{2009}500").await;
        let longest = browser.run("return globalThis.longest").await;
        println!("the longest gap between two frames of the page was {longest} ms");
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_message_of_sixteen_megabytes_goes_out_comes_back_and_is_opened() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser
            .run(
                "const text = '[' + '12345,'.repeat(2796200) + '0]';
                 const data = new DataTransfer(); data.setData('text/plain', text);
                 const area = document.querySelector('[data-testid=message]');
                 area.focus();
                 area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));",
            )
            .await;
        browser.until_text("file-name", "pasted text, 16\u{2009}MiB").await;
        browser.click("send").await;
        browser
            .until_rows(|rows| rows.iter().any(|row| row.contains("↓") && row.contains("16\u{2009}MiB")))
            .await;
        browser.run("[...document.querySelectorAll('.row:not([hidden])')].at(-1).click()").await;
        browser.until_text("facts", "2\u{2009}796\u{2009}203 lines").await;
        browser.run("const content = document.querySelector('[data-testid=content]'); content.scrollTop = content.scrollHeight").await;
        browser.until_text("content", "0]").await;
    });
}

#[test]
fn leaving_asks_when_messages_would_be_lost_and_only_then() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        let asks =
            "const event = new Event('beforeunload', { cancelable: true }); return !dispatchEvent(event)";
        assert_eq!(browser.run(asks).await, false, "nothing is lost yet");
        browser.click("send").await;
        browser.until_rows(|rows| rows.len() == 4).await;
        assert_eq!(browser.run(asks).await, true);
        browser.click("export").await;
        browser.click("export-jsonl").await;
        browser.until_text("toast", "4 frames saved as sockscope.jsonl").await;
        assert_eq!(browser.run(asks).await, false, "all of it is saved");
    });
}

#[test]
fn the_set_up_is_there_after_a_reload_and_nothing_is_connected() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("name", "kept").await;
        browser.connect().await;
        browser.click("options").await;
        browser.click("heartbeat").await;
        browser.click("close-dialog").await;
        // It is kept a moment after the last change; a reload within it loses that change.
        browser
            .until_script(
                "if (!globalThis.asked) { globalThis.asked = true; globalThis.kept ??= '';
                   const open = indexedDB.open('sockscope'); open.onsuccess = () => {
                     const get = open.result.transaction('kept').objectStore('kept').get('bench');
                     get.onsuccess = () => { globalThis.kept = get.result ?? ''; open.result.close(); globalThis.asked = false; };
                   }; }
                 return globalThis.kept.includes('\"heartbeat\":{')",
            )
            .await;
        browser.reload().await;
        browser.until_script("return document.querySelector('[data-testid=name]')?.value === 'kept'").await;
        browser.until_text("note", "Not connected yet").await;
        practice.until_connections(0).await;
    });
}
