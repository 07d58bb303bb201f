//! The head of the page and the command palette, with real keys.

use std::time::Duration;

use support::page::{Browser, open_echo, test_page};

const OPEN: &str = "\u{e009}k\u{e000}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const UP: &str = "\u{e013}";
const ALT_T: &str = "\u{e00a}t\u{e000}";

async fn press(browser: &Browser, keys: &str) {
    browser.press(keys, Duration::ZERO).await;
}

async fn open_palette(browser: &Browser) {
    press(browser, OPEN).await;
    browser.until_script("return document.activeElement?.dataset.testid === 'palette-input'").await;
}

/// The title of the command that Enter would run.
async fn chosen(browser: &Browser) -> String {
    let script = "const at = document.activeElement.getAttribute('aria-activedescendant');
        return document.getElementById(at)?.querySelector('.palette-title').textContent ?? ''";
    browser.run(script).await.as_str().unwrap_or_default().to_owned()
}

/// Opens the palette, types, and runs what comes first.
async fn run(browser: &Browser, typed: &str, expected: &str) {
    open_palette(browser).await;
    press(browser, typed).await;
    let is_first = format!(
        "return document.querySelector('.palette [aria-selected=true] .palette-title')?.textContent === '{expected}'"
    );
    browser.until_script(&is_first).await;
    press(browser, ENTER).await;
    browser.until_script("return !document.querySelector('dialog.palette')").await;
}

#[test]
fn a_new_load_and_a_server_to_check_from_the_palette_wait_in_their_first_field() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        for (typed, title, field) in
            [("new load", "New load", "load-url"), ("check a server", "Check a server …", "server-url")]
        {
            run(browser, typed, title).await;
            browser
                .until_script(&format!("return document.activeElement?.dataset.testid === '{field}'"))
                .await;
        }
    });
}

#[test]
fn the_head_is_one_line_at_every_width_and_nothing_in_it_overlaps() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        for (width, most) in [(1440, 41), (1280, 41), (1000, 41), (390, 49)] {
            browser.resize(width, 800).await;
            let found = browser
                .run(
                    "const head = document.querySelector('header').getBoundingClientRect();
                     const parts = [...document.querySelectorAll('.shell-brand, .shell-tab, .shell-search, .shell-more, .shell-status > *, .shell-tools > button')]
                       .filter(it => it.checkVisibility()).map(it => it.getBoundingClientRect()).filter(it => it.width > 2).sort((a, b) => a.left - b.left);
                     const overlaps = parts.filter((it, at) => at && it.left < parts[at - 1].right - 0.5).length;
                     const outside = parts.filter(it => it.right > innerWidth || it.left < 0 || it.bottom > head.bottom).length;
                     return [head.height, overlaps, outside, parts.length]",
                )
                .await;
            assert!(found[0].as_f64() <= Some(f64::from(most)), "{width}: {found}");
            assert_eq!((&found[1], &found[2]), (&0.into(), &0.into()), "{width}: {found}");
        }
    });
}

#[test]
fn on_a_phone_the_tools_of_the_page_open_from_one_button() {
    test_page(async |practice, browser| {
        browser.resize(390, 844).await;
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        let is_shown = "return document.querySelector('[data-testid=keys-sheet]').checkVisibility()";
        assert_eq!(browser.run(is_shown).await, false);
        browser.click("more").await;
        assert_eq!(browser.run(is_shown).await, true);
        browser.click("keys-sheet").await;
        browser.until_text("keys", "Find and run any command").await;
    });
}

#[test]
fn the_theme_turns_by_its_button_and_its_key_and_is_kept() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        let theme = "return document.documentElement.dataset.theme";
        assert_eq!(browser.run(theme).await, "system");
        browser.click("theme").await;
        browser.until_script("return document.documentElement.dataset.theme === 'light'").await;
        press(browser, ALT_T).await;
        browser.until_script("return document.documentElement.dataset.theme === 'dark'").await;
        let name = browser.run("return document.querySelector('[data-testid=theme]').ariaLabel").await;
        assert_eq!(name, "Theme: dark (Alt+T)");
        browser.reload().await;
        browser.until_script("return document.documentElement.dataset.theme === 'dark'").await;
    });
}

#[test]
fn a_command_is_found_by_a_few_letters_and_run_by_enter() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        open_palette(browser).await;
        let first = chosen(browser).await;
        press(browser, DOWN).await;
        assert_ne!(chosen(browser).await, first);
        press(browser, UP).await;
        press(browser, UP).await;
        // Up from the first is the last.
        let last = "return document.querySelector('.palette li:last-child').ariaSelected";
        assert_eq!(browser.run(last).await, "true");
        press(browser, ESCAPE).await;
        browser.until_script("return !document.querySelector('dialog')?.open").await;

        run(browser, "theme dark", "Theme: dark").await;
        browser.until_script("return document.documentElement.dataset.theme === 'dark'").await;
        run(browser, "pract", "Practice").await;
        browser.until_script("return location.hash === '#/practice'").await;
        // A command of a view that is not shown goes there first.
        run(browser, "write mess", "Write a message").await;
        browser.until_script("return document.activeElement?.dataset.testid === 'message'").await;
        run(browser, "newconn", "New connection").await;
        browser.until_script("return document.querySelectorAll('.connection').length === 2").await;
        run(browser, "alice", "alice").await;
        browser.until_script("return document.querySelector('[data-testid=name]')?.value === 'alice'").await;
        // A command in a closed menu opens the menu.
        run(browser, "text as it", "Text as it came").await;
        browser
            .until_script("return document.querySelector('[data-testid=rows-text]').ariaPressed === 'true'")
            .await;
        // What ran last comes first.
        open_palette(browser).await;
        assert_eq!(chosen(browser).await, "Text as it came");
        press(browser, ESCAPE).await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn the_palette_knows_the_words_for_what_only_has_an_icon_or_is_folded() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        run(browser, "time of day", "Times: time of day").await;
        browser
            .until_script("return document.querySelector('[data-testid=times]').value === 'absolute'")
            .await;
        run(browser, "pause", "Pause the timeline").await;
        browser
            .until_script("return document.querySelector('[data-testid=pause]').ariaPressed === 'true'")
            .await;
        run(browser, "lanes", "Lanes").await;
        browser
            .until_script("return document.querySelector('[data-testid=lanes]').ariaPressed === 'true'")
            .await;
        run(browser, "unanswered", "Messages without an answer").await;
        let opened =
            "return document.querySelector('[data-testid=unanswered-list]').matches(':popover-open')";
        browser.until_script(opened).await;
        press(browser, ESCAPE).await;
        // What stands in a folded part unfolds it.
        run(browser, "reset", "Reset the figures").await;
        browser.until_script("return !document.querySelector('.bench-status-more').hidden").await;
        // A suite is one entry, beside the command that runs it.
        open_palette(browser).await;
        browser.type_into("palette-input", "ladder").await;
        browser
            .until_script("return document.querySelector('.palette')?.textContent.includes('Run ladder')")
            .await;
        let named = "return [...document.querySelectorAll('.palette-title')].filter(it => it.textContent === 'ladder').length";
        assert_eq!(browser.run(named).await, 1);
        press(browser, ESCAPE).await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn a_frame_is_pinned_and_compared_with_another_from_the_palette() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.send("one").await;
        browser.send("two").await;
        // Without an open frame the command leads to the list, where one is chosen.
        run(browser, "pin", "Go to the timeline").await;
        browser.until_script("return document.activeElement?.dataset.testid === 'timeline'").await;
        let open = |text: &str| {
            format!(
                "const row = [...document.querySelectorAll('.row[data-direction=sent]:not([hidden])')].find(it => it.textContent.includes('{text}'));
                 row?.click(); return !!row"
            )
        };
        browser.until_script(&open("one")).await;
        browser.until_text("facts", "text").await;
        run(browser, "pin", "Pin this frame").await;
        browser.until_text("pins", "1 pinned").await;
        browser.until_script(&open("two")).await;
        browser.until_script("return !!document.querySelector('select[data-testid=compare]')").await;
        let pinned = "return document.querySelector('select[data-testid=compare]').options[1].textContent";
        let pinned = browser.run(pinned).await;
        let pinned = pinned.as_str().expect("a pinned frame");
        run(browser, "compare this frame", &format!("Compare this frame with: {pinned}")).await;
        browser.until_script("return !!document.querySelector('.bench[data-comparing]')").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn suites_and_presets_of_faults_are_found_before_their_views_were_opened() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        run(browser, "slow 3g", "Slow 3G").await;
        browser.until_script("return location.hash === '#/faults'").await;
        browser.until_text("on-count", "2 toxics on").await;
        browser.click("all-off").await;
        browser.until_text("on-count", "Nothing is on").await;
        run(browser, "first-con", "first-contact").await;
        browser.until_script("return location.hash === '#/checks/first-contact'").await;
        browser.assert_quiet_console().await;
    });
}

#[test]
fn the_palette_stays_away_while_a_dialog_is_open_and_closes_by_its_own_key() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        browser.click("keys-sheet").await;
        browser.until_text("keys", "Find and run any command").await;
        press(browser, OPEN).await;
        press(browser, ESCAPE).await;
        browser.until_script("return !document.querySelector('dialog[open]')").await;
        assert_eq!(browser.count(".palette").await, 0);
        // It gives the focus back to where it was.
        browser.run("document.querySelector('[data-testid=message]').focus()").await;
        open_palette(browser).await;
        press(browser, OPEN).await;
        browser.until_script("return !document.querySelector('.palette')").await;
        browser.until_script("return document.activeElement?.dataset.testid === 'message'").await;
    });
}

#[test]
fn what_is_said_does_not_lie_over_the_head() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        browser.click("add").await;
        browser.until_script("return document.querySelectorAll('.connection').length === 2").await;
        browser.run("document.querySelector(\"[aria-label='Remove bob']\").click()").await;
        browser.until_text("toast", "was removed").await;
        // On a phone it stands at the top, below the head.
        browser.resize(390, 844).await;
        let is_below = "return document.querySelector('[data-testid=toast]').getBoundingClientRect().top >= document.querySelector('header').getBoundingClientRect().bottom";
        assert_eq!(browser.run(is_below).await, true);
    });
}

#[test]
fn what_is_said_lies_on_no_plot_and_goes_by_escape_or_its_cross() {
    test_page(async |practice, browser| {
        browser.resize(1440, 900).await;
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        browser.click("plots").await;
        browser.until_script("return !!document.querySelector('.bench-plots .chart')").await;
        let said = async || {
            browser.click("add").await;
            browser.until_script("return !!document.querySelector(\"[aria-label='Remove bob']\")").await;
            browser.run("document.querySelector(\"[aria-label='Remove bob']\").click()").await;
            browser.until_text("toast", "was removed").await;
        };
        said().await;
        let gap = "const box = it => document.querySelector(it).getBoundingClientRect();
            return box('.bench-status').top - box('.toast').bottom";
        let gap = browser.run(gap).await;
        assert!(gap.as_f64() >= Some(0.0), "{gap} px between what is said and the plots");
        press(browser, ESCAPE).await;
        browser.until_script("return document.querySelector('.toast').dataset.empty === 'true'").await;
        said().await;
        browser.click("toast-close").await;
        browser.until_script("return document.querySelector('.toast').dataset.empty === 'true'").await;
    });
}

/// The page of a quick build is in one piece, so there is nothing that could fail.
#[test]
fn a_part_of_the_page_that_does_not_load_is_said_and_can_be_tried_again() {
    test_page(async |practice, browser| {
        browser.block("*_later.wasm*").await;
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        if browser.count("link[href*=_parts]").await == 0 {
            return;
        }
        // The address, the button that connects and the composer are there; the rest says that it is not.
        browser.until_script("return document.querySelector('.bench-timeline [data-testid=later-failed]')?.textContent.includes('could not be loaded')").await;
        browser.connect().await;
        browser.click("keys-sheet").await;
        browser
            .until_script(
                "return !!document.querySelector('[data-testid=dialog] [data-testid=later-failed]')",
            )
            .await;
        browser.block("*nothing-at-all*").await;
        // On a slow machine the page itself may try again first; then the button is gone.
        browser
            .until_script(
                "document.querySelector('[data-testid=dialog] [data-testid=later-again]')?.click();
                 return document.querySelectorAll('[data-testid=dialog] kbd').length > 5",
            )
            .await;
        // All of it came with the one part.
        browser.until_script("return document.querySelectorAll('[data-testid=later-failed]').length === 0 && !!document.querySelector('[data-testid=timeline] .row')").await;
    });
}
