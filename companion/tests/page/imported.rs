//! Sessions from files: dropped, chosen, pasted and offered by `sockscope open`. With real input, and files of real writers.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use support::page::{Browser, drop_on, eventually, open_echo, test_page};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

const COPY_ALL: &str = "\u{e009}ac\u{e000}";
const PASTE: &str = "\u{e009}v\u{e000}";

const LINES: &str = concat!(
    r#"{"event":"connecting","number":0,"at_ms":0.000,"iso":"2026-11-29T10:00:00.000Z","connection":1,"name":"app","url":"ws://h/ws","protocols":[]}"#,
    "\n",
    r#"{"event":"opened","number":1,"at_ms":4.000,"iso":"2026-11-29T10:00:00.004Z","connection":1,"name":"app","took_ms":4.000,"protocol":"","extensions":""}"#,
    "\n",
    r#"{"event":"sent","number":2,"at_ms":5.000,"iso":"2026-11-29T10:00:00.005Z","connection":1,"name":"app","bytes":5,"text":"a ask"}"#,
    "\n",
    r#"{"event":"received","number":3,"at_ms":7.500,"iso":"2026-11-29T10:00:00.007Z","connection":1,"name":"app","bytes":8,"round_trip_ms":2.500,"text":"a needle","pinned":true,"remark":"too late"}"#,
    "\n",
);

/// A file that a real writer has written.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden/sessions")
        .join(name)
        .canonicalize()
        .expect("it is there")
}

/// Keeps what the page saves, so that it can be looked at.
async fn catch_downloads(browser: &Browser) {
    browser
        .run(
            "window.saved = [];
             const make = URL.createObjectURL.bind(URL);
             URL.createObjectURL = (blob) => { if (blob instanceof Blob) blob.text().then((text) => window.saved.push(text)); return make(blob); };",
        )
        .await;
}

async fn last_saved(browser: &Browser, count: usize) -> String {
    browser.until_script(&format!("return window.saved.length >= {count}")).await;
    browser.run("return window.saved.at(-1)").await.as_str().expect("a text").to_owned()
}

async fn export(browser: &Browser, form: &str) {
    browser.run("document.querySelector('[data-testid=export]').closest('details').open = true").await;
    browser.click(form).await;
}

#[test]
fn dropped_json_lines_open_with_every_tool_and_leave_byte_for_byte() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("of now").await;
        browser.until_row("↓").await;
        catch_downloads(browser).await;
        drop_on(browser, ".timeline", &[("monday.jsonl", LINES)]).await;
        browser.until_text("sessions-shown", "Read only. ws://h/ws.").await;
        browser.until_text("sessions-shown", "monday").await;
        let rows = browser.until_row("a needle").await;
        assert_eq!(rows.len(), 4, "{rows:#?}");
        assert!(
            rows.iter().any(|row| row.contains("2.50") || row.contains("2.5")),
            "the round trip: {rows:#?}"
        );
        browser.type_into("filter", "needle").await;
        browser.until_text("hits", "1 hit").await;
        browser.type_into("filter", "").await;
        browser.until_text("frames", "4 frames").await;
        export(browser, "export-jsonl").await;
        browser.until_text("toast", "4 frames saved").await;
        assert_eq!(last_saved(browser, 1).await, LINES);
        assert!(browser.text("sockets").await.starts_with("1/"), "the connection goes on meanwhile");
        browser.click("sessions-back").await;
        browser.until_row("of now").await;
        browser.until_text("rail-session", "monday").await;
        // It is there after a reload, and leaves the same again.
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        catch_downloads(browser).await;
        let opens = "const it = [...document.querySelectorAll('[data-testid=rail-session]')].find((it) => it.textContent.includes('monday'));
            it?.click(); return !!it";
        browser.until_script(opens).await;
        browser.until_row("a needle").await;
        export(browser, "export-jsonl").await;
        assert_eq!(last_saved(browser, 1).await, LINES);
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_har_is_chosen_with_the_messages_that_playwright_has_attached() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.click("sessions").await;
        browser.until_text("sessions-dialog", "No session is kept").await;
        // A field for several files takes their paths, a line each.
        let files = [golden("playwright-attach.har"), golden("35ef2b805ed5b293ada36831e56d4f0a.jsonl")];
        let paths = files.map(|file| file.display().to_string()).join("\n");
        browser.choose("sessions-import", Path::new(&paths)).await;
        browser.until_text("sessions-shown", "/ws/talk").await;
        browser.until_row("welcome").await;
        browser.until_row("grüße").await;
        browser.click("sessions-missing").await;
        browser.until_text("sessions-missing-list", "HTTP call").await;
        browser.click("sessions-back").await;
        browser.click("sessions").await;
        browser.until_text("sessions-dialog", "imported").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn hars_of_other_writers_open_too() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        for (name, words) in
            [("devtools.har", "grüße"), ("mitmproxy.har", "grüße"), ("playwright-embed.har", "grüße")]
        {
            browser.click("sessions").await;
            browser.choose("sessions-import", &golden(name)).await;
            browser.until_text("sessions-shown", "Read only.").await;
            browser.until_row(words).await;
            browser.click("sessions-back").await;
        }
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_pasted_session_opens_and_other_text_does_not() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        let copy = async |text: &str| {
            browser.type_into("message", "").await;
            browser.run("document.querySelector('[data-testid=message]').focus()").await;
            browser.insert_text(text).await;
            browser.press(COPY_ALL, Duration::ZERO).await;
            browser.run("document.querySelector('[data-testid=sessions]').focus()").await;
            browser.press(PASTE, Duration::ZERO).await;
        };
        copy("just words").await;
        copy(LINES.trim_end()).await;
        browser.until_text("sessions-shown", "pasted").await;
        browser.until_row("a needle").await;
        assert_eq!(browser.count("[data-testid=sessions-row]").await, 0);
    });
}

#[test]
fn a_file_that_is_no_session_is_said_with_its_place_and_the_timeline_stays() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        drop_on(browser, ".timeline", &[("notes.txt", "hello")]).await;
        browser.until_text("toast", "notes.txt: expected a session as JSON Lines, HAR or CSV").await;
        drop_on(browser, ".timeline", &[("cut.jsonl", &LINES[..LINES.len() - 40])]).await;
        browser.until_text("toast", "cut.jsonl: line 4, column").await;
        browser.until_script("return !document.querySelector('[data-testid=sessions-shown]')").await;
        browser.until_text("frames", "2 frames").await;
        let har = r#"{"log":{"entries":[{"startedDateTime":"2026-11-21T03:01:06.123Z","_resourceType":"websocket","request":{"url":"ws://h/ws"},"response":{"status":101,"content":{"_file":"../../etc/passwd"}}}]}}"#;
        drop_on(browser, ".timeline", &[("tricks.har", har)]).await;
        browser.until_text("sessions-shown", "Read only.").await;
        browser.click("sessions-missing").await;
        browser.until_text("sessions-missing-list", "is not the plain name of a file").await;
    });
}

#[test]
fn pins_in_an_imported_session_stay_and_stand_in_its_report() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("note", "Not connected yet").await;
        drop_on(browser, ".timeline", &[("monday.jsonl", LINES)]).await;
        browser.until_row("a ask").await;
        browser.run("[...document.querySelectorAll('.row:not([hidden])')].find((it) => it.textContent.includes('a ask')).click()").await;
        browser.until_text("facts", "text").await;
        browser.click("pin").await;
        browser.until_text("pins", "2 pinned").await;
        browser.click("sessions-back").await;
        // A page that is closed within the same moment may lose a pin, as it may lose the last second.
        browser
            .until_script("return document.querySelector('[data-testid=rail-sessions]').ariaBusy === 'false'")
            .await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.until_text("rail-session", "monday").await;
        browser.click("rail-session").await;
        browser.until_text("pins", "2 pinned").await;
        catch_downloads(browser).await;
        export(browser, "report").await;
        assert_eq!(browser.value("report-title").await, "monday");
        browser.type_into("report-about", "It never comes.").await;
        browser.click("report-md").await;
        browser.until_text("toast", "saved as report.md").await;
        browser.until_script("return !document.querySelector('dialog[open]')").await;
        let report = last_saved(browser, 1).await;
        assert!(report.starts_with("# monday\n\nIt never comes.\n"), "{report}");
        assert!(report.contains("> 📌 too late") && report.contains("a needle"), "{report}");
        export(browser, "report").await;
        browser.click("report-html").await;
        browser.until_text("toast", "saved as report.html").await;
        let page = last_saved(browser, 2).await;
        assert!(page.contains("📌 too late") && !page.contains("<script"), "{page}");
        browser.until_script("return !document.querySelector('dialog[open]')").await;
        // As a suite, like the present one.
        export(browser, "record").await;
        browser.click("record-make").await;
        browser.until_text("own", "recorded").await;
    });
}

#[test]
fn sockscope_open_shows_a_file_once_in_its_own_page_and_in_another_one() {
    test_page(async |practice, browser| {
        let open = async |arguments: &[&str]| {
            let mut command = Command::new(support::binary());
            command.args(["open", "--no-browser", "--port", "0"]).args(arguments).kill_on_drop(true);
            let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
            let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
            let address = lines.next_line().await.expect("a line").expect("an address");
            (child, address)
        };
        let file = golden("playwright-attach.har");
        let file = file.to_str().expect("a path");
        let (_own, address) = open(&[file]).await;
        browser.open(&address).await;
        browser.until_row("grüße").await;
        eventually("the address is gone", async || {
            let fragment = browser.run("return location.hash").await;
            (fragment == "#/bench").then_some(())
        })
        .await;
        browser.open("about:blank").await;
        browser.open(&address).await;
        browser.until_text("toast", "run it again").await;
        let (_other, address) = open(&[file, "--page", &practice.page]).await;
        assert!(address.starts_with(&practice.page), "{address}");
        browser.open("about:blank").await;
        browser.open(&address).await;
        browser.until_row("grüße").await;
        for foreign in ["#session=https://example.com/api/opened/ab", "#session=/api/stats"] {
            browser.open("about:blank").await;
            browser.open(&format!("{}{foreign}", practice.page)).await;
            browser.until_text("toast", "Expected an address of sockscope open").await;
        }
    });
}
