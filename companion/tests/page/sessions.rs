//! Kept sessions: what a reload and a killed browser leave behind, and how it is opened again. With real keys.

use std::path::Path;
use std::time::Duration;

use support::page::{Browser, Kind, Practice, eventually, open_echo, test_page};

const ENTER: &str = "\u{e007}";
const END: &str = "\u{e010}";
const CONTROL_K: &str = "\u{e009}k\u{e000}";

/// The number that stands in a text, such as `6 002 frames`.
fn number(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{text:?} has a number"))
}

/// The number of frames that the notice says.
async fn noticed(browser: &Browser) -> u64 {
    browser.until_text("sessions-notice", "frame").await;
    let words = browser.text("sessions-notice").await;
    number(words.rsplit_once(',').expect("a time, then frames").1)
}

/// Waits until this many frames of the present session are kept.
async fn until_kept(browser: &Browser, frames: u64) {
    browser.click("sessions").await;
    eventually("the frames are kept", async || {
        let kept = browser.text("session-frames").await;
        (!kept.is_empty() && number(&kept) == frames).then_some(())
    })
    .await;
    browser.click("close-dialog").await;
}

#[test]
fn one_earlier_session_is_opened_after_another() {
    test_page(async |practice, browser| {
        for text in ["the first", "the second"] {
            open_echo(practice, browser).await;
            browser.send(text).await;
            browser.until_row("↓").await;
            until_kept(browser, 4).await;
            browser.open("about:blank").await;
        }
        browser.open(&practice.page).await;
        browser.click("sessions-notice-open").await;
        browser.until_row("the second").await;
        // The newest stands first.
        for (at, text) in [(1, "the first"), (0, "the second"), (1, "the first")] {
            browser
                .run(&format!("document.querySelectorAll('[data-testid=rail-session]')[{at}].click()"))
                .await;
            let rows = browser.until_row(text).await;
            assert_eq!(rows.len(), 4, "{rows:#?}");
        }
        // What cannot be opened leaves what is shown.
        let folder = tempfile::tempdir().expect("a folder");
        let wrong = folder.path().join("wrong.har");
        std::fs::write(&wrong, "{}").expect("a file");
        browser.click("sessions").await;
        browser.choose("sessions-import", &wrong).await;
        browser.until_text("toast", "could not be opened").await;
        browser.until_row("the first").await;
        browser.until_text("sessions-shown", "Read only.").await;
        browser.click("sessions-back").await;
        browser.until_rows(|rows| rows.is_empty()).await;
    });
}

#[test]
fn a_session_is_opened_after_a_reload_with_the_keyboard_and_left_again() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("needle in the past").await;
        browser.until_row("↓").await;
        until_kept(browser, 4).await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        assert_eq!(noticed(browser).await, 4);
        browser.run("document.querySelector('[data-testid=sessions-notice-open]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_text("sessions-shown", "Read only.").await;
        let rows = browser.until_row("needle in the past").await;
        assert_eq!(rows.len(), 4, "{rows:#?}");
        assert_eq!(number(&browser.text("frames").await), 4);
        assert!(rows.iter().any(|row| row.contains("ms") || row.contains("µs")), "the round trip: {rows:#?}");
        assert_eq!(browser.run("return document.activeElement.dataset.testid").await, "sessions-back");
        // The tools of the timeline work, and nothing can be sent or deleted.
        browser.type_into("filter", "needle").await;
        browser.until_text("hits", "2 hits").await;
        browser.run("document.querySelector('.row:not([hidden])').click()").await;
        browser.until_text("facts", "text").await;
        for gone in ["connect", "message", "clear"] {
            let script = format!("return document.querySelector('[data-testid={gone}]').checkVisibility()");
            assert_eq!(browser.run(&script).await, false, "{gone}");
        }
        browser.run("document.querySelector('[data-testid=sessions-back]').focus()").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_script("return !document.querySelector('[data-testid=sessions-shown]')").await;
        browser.until_text("frames", "0 frames").await;
        assert_eq!(browser.value("filter").await, "");
        browser.connect().await;
        browser.until_rows(|rows| rows.len() == 2).await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn the_present_session_goes_on_while_an_earlier_one_is_shown() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("of the past").await;
        browser.until_row("↓").await;
        until_kept(browser, 4).await;
        browser.open("about:blank").await;
        open_echo(practice, browser).await;
        browser.type_into("message", "of now {{i}}").await;
        browser.click("panel-repeat").await;
        for (field, value) in [("repeat-every", "20ms"), ("repeat-count", "200")] {
            browser.type_into(field, value).await;
            let change =
                format!("document.querySelector('[data-testid={field}]').dispatchEvent(new Event('change'))");
            browser.run(&change).await;
        }
        browser.click("repeat").await;
        browser.until_row("of now 1").await;
        browser.click("rail-session").await;
        browser.until_row("of the past").await;
        browser.until_text("frames", "4 frames").await;
        assert!(browser.text("sockets").await.starts_with("1/"), "the connection is there meanwhile");
        browser.click("sessions-back").await;
        // Connecting, opened, 200 out, 200 back: none was missed.
        browser.until_text("frames", "402 frames").await;
        browser.until_row("of now").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn sessions_are_listed_renamed_exported_and_deleted_from_the_palette_on() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("hello").await;
        browser.until_row("↓").await;
        until_kept(browser, 4).await;
        browser.open("about:blank").await;
        open_echo(practice, browser).await;
        until_kept(browser, 2).await;
        browser.press(CONTROL_K, Duration::ZERO).await;
        browser.until_text("palette-count", "commands").await;
        browser.press("all sessions", Duration::ZERO).await;
        browser.press(ENTER, Duration::ZERO).await;
        let rows = "return document.querySelectorAll('[data-testid=sessions-row]').length";
        browser.until_script(&format!("{rows} === 2")).await;
        browser.until_text("sessions-keeping", "This session is kept").await;
        let text = browser.text("sessions-dialog").await;
        assert!(text.contains("now") && text.contains("earlier") && text.contains("/echo"), "{text}");
        // The newest is the present one, the second the earlier one.
        let second = |name: &str| format!("document.querySelectorAll('[data-testid={name}]')[1]");
        browser.run(&format!("{}.focus()", second("session-name"))).await;
        browser.press("the first try\u{e007}", Duration::ZERO).await;
        browser.until_text("rail-session", "the first try").await;
        browser.run(&format!("{}.click()", second("session-more"))).await;
        browser.click("session-export").await;
        browser.until_text("toast", "4 frames saved").await;
        browser.until_text("sessions-shown", "the first try").await;
        browser.click("sessions-back").await;
        browser.click("sessions").await;
        browser.until_script(&format!("return !!{}", second("session-more"))).await;
        browser.run(&format!("{}.focus()", second("session-more"))).await;
        // By keys: the last item is Delete, which asks first.
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_text("session-menu", "Delete").await;
        browser.press(END, Duration::ZERO).await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_text("session-menu", "Delete the first try?").await;
        browser.press(ENTER, Duration::ZERO).await;
        browser.until_script(&format!("{rows} === 1")).await;
        browser.click("sessions-delete-all").await;
        browser.click("sessions-delete-all").await;
        browser.until_script(&format!("{rows} === 0")).await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_journal_that_is_off_keeps_nothing_and_says_so_after_a_reload_too() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.click("sessions").await;
        browser.until_text("sessions-keeping", "is kept").await;
        browser.click("journal-on").await;
        browser.until_text("sessions-keeping", "This session is not kept").await;
        browser.click("close-dialog").await;
        browser.type_into("url", &format!("{}/echo", practice.ws)).await;
        browser.connect().await;
        browser.send("unheard of").await;
        browser.until_row("↓").await;
        browser.open("about:blank").await;
        browser.open(&practice.page).await;
        browser.click("sessions").await;
        browser.until_text("sessions-keeping", "This session is not kept").await;
        assert_eq!(browser.count("[data-testid=sessions-row]").await, 0);
    });
}

#[test]
fn a_full_disk_is_said_and_everything_else_works() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.limit_storage(&practice.page, 20_000).await;
        browser.connect().await;
        browser.send(&"x".repeat(30_000)).await;
        browser.until_row("↓").await;
        browser.until_text("sessions-unkept", "No frame is kept for later").await;
        browser.until_text("sessions-unkept", "Everything else works").await;
        browser.send("it works").await;
        browser.until_rows(|rows| rows.iter().filter(|row| row.contains("it works")).count() == 2).await;
        browser.click("sessions-unkept-close").await;
        browser.until_script("return !document.querySelector('[data-testid=sessions-unkept]')").await;
    });
}

/// Kills a browser with all its processes, as `kill -9` does. The lock of its profile names it.
fn kill(profile: &Path) {
    let lock = std::fs::read_link(profile.join("SingletonLock")).expect("the browser has locked its profile");
    let (_, pid) = lock.to_str().and_then(|it| it.rsplit_once('-')).expect("host, then process");
    let children = |of: &str| -> Vec<String> {
        let read = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
        read.split_whitespace().map(str::to_owned).collect()
    };
    let mut all = vec![pid.to_owned()];
    let mut at = 0;
    while at < all.len() {
        all.extend(children(&all[at]));
        at += 1;
    }
    let killed = std::process::Command::new("kill").arg("-9").args(&all).status();
    assert!(killed.expect("there is a kill").success());
}

/// Kills the browser at 5000 messages a second, and opens what is left. Says how many frames are missing of those that the
/// page had drawn, and after how long.
async fn killed_in_a_flood(practice: &Practice, profile: &Path, seconds: u64) -> (u64, u64) {
    let profile_argument = format!("--user-data-dir={}", profile.display());
    let arguments = [profile_argument.as_str()];
    let browser = Browser::start(Kind::Chromium, &arguments).await;
    open_echo(practice, &browser).await;
    browser.type_into("message", "{\"tick\": {{i}}}").await;
    browser.click("panel-repeat").await;
    for (field, value) in [("repeat-every", "20ms"), ("repeat-burst", "50"), ("repeat-count", "1000000")] {
        browser.type_into(field, value).await;
        let change =
            format!("document.querySelector('[data-testid={field}]').dispatchEvent(new Event('change'))");
        browser.run(&change).await;
    }
    browser.click("repeat").await;
    let least = 5000 * seconds;
    eventually("the flood has come", async || (number(&browser.text("frames").await) >= least).then_some(()))
        .await;
    let drawn = number(&browser.text("frames").await);
    kill(profile);
    browser.end().await;

    let browser = Browser::start(Kind::Chromium, &arguments).await;
    browser.open(&practice.page).await;
    let kept = noticed(&browser).await;
    browser.click("sessions-notice-open").await;
    browser.until_text("sessions-shown", "Read only.").await;
    eventually(format!("the {kept} frames that the notice says"), async || {
        (number(&browser.text("frames").await) == kept).then_some(())
    })
    .await;
    assert!(!browser.text("sessions-shown").await.contains("damaged"));
    browser.end().await;
    (drawn, kept)
}

#[test]
fn a_browser_that_is_killed_in_a_flood_loses_at_most_its_last_second() {
    let rounds: u64 = std::env::var("SOCKSCOPE_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    support::block_on(async {
        let practice = Practice::start();
        for round in 0..rounds {
            let profile = tempfile::tempdir().expect("a folder for a profile");
            let (drawn, kept) = killed_in_a_flood(&practice, profile.path(), 2 + round % 3).await;
            println!("round {round}: {drawn} frames drawn, {kept} kept");
            // The page draws a little later than frames come, so it is compared with what it had drawn.
            assert!(kept + 5000 >= drawn, "{} frames are missing in round {round}", drawn - kept);
        }
    });
}
