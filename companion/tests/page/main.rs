//! The release page as a user has it: served from inside the binary, in headless Chromium, driven through WebDriver.
//!
//! Run by `cargo xtask test`, which builds the page and the binary first and says where they are.

mod access;
mod below;
mod bench;
mod by_hand;
mod checks;
mod feed;
mod folder;
mod followed;
mod headers;
mod imported;
mod importing;
mod inserting;
mod kept;
mod keys;
mod lanes;
mod leaving;
mod looks;
mod measuring;
mod narrow;
mod newcomer;
mod pictures;
mod proxied;
mod recording;
mod refused;
mod replayed;
mod reported;
mod rows;
mod runs;
mod screen;
mod secrets;
mod sending;
mod sessions;
mod shell;
mod target;
mod timeline;

use std::time::Duration;

use support::page::{self, open_echo, test_page};

#[test]
fn a_message_comes_back_with_its_round_trip() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        assert_eq!(browser.value("url").await, practice.ws, "the address of the serving host is offered");
        browser.click("connect").await;
        browser.until_text("note", "Open; the handshake took").await;
        browser.send("hello from a test").await;
        let rows = browser.until_row("↓").await;
        let kinds: Vec<_> =
            rows.iter().map(|row| row.split_whitespace().any(|w| w == "↑" || w == "↓")).collect();
        assert_eq!(kinds, [false, false, true, true], "{rows:#?}");
        assert!(
            rows[3].contains("hello from a test") && (rows[3].contains("µs") || rows[3].contains("ms")),
            "{rows:#?}"
        );
        assert_eq!(browser.text("samples").await, "1");
        assert!(browser.text("sockets").await.starts_with("1/255"));
        browser.click("connect").await;
        browser.until_text("note", "Closed with 1000 (normal closure)").await;
        assert!(browser.text("sockets").await.starts_with("0/255"));
        browser.assert_quiet_console().await;
    });
}

#[test]
fn the_page_is_isolated_so_that_its_clock_is_fine() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        assert_eq!(browser.run("return crossOriginIsolated").await, true);
        let clock = browser.text("clock").await;
        let step: f64 = clock.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("clock N µs");
        assert!(step <= 10.0, "{clock}");
    });
}

#[test]
fn the_sentence_that_stands_first_counts_as_painted() {
    // A browser forgets what goes within the frame that paints it. The program is that fast about once in five loads.
    test_page(async |practice, browser| {
        for load in 1..=12 {
            browser.open("about:blank").await;
            browser.open(&practice.page).await;
            browser.until_text("note", "Not connected yet").await;
            let first = browser
                .run(
                    "return new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()[0].size))
                        .observe({ type: 'largest-contentful-paint', buffered: true }))",
                )
                .await;
            assert!(
                first.as_f64().is_some_and(|size| size > 5000.0),
                "load {load}: {first} px² were painted first"
            );
        }
    });
}

#[test]
fn a_closed_tab_leaves_no_connection_on_the_server() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        assert_eq!(practice.connections().await, 1);
        browser.close_tab().await;
        practice.until_connections(0).await;
    });
}

#[test]
fn a_page_that_is_left_leaves_no_connection_and_comes_back_afresh() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.open("about:blank").await;
        practice.until_connections(0).await;
        browser.back().await;
        browser.until_text("note", "Not connected yet").await;
        browser.connect().await;
    });
}

#[test]
fn a_wrong_address_is_said_before_connecting() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        for (typed, words) in [
            ("ftp://example.com", "not with ftp://"),
            ("ws://host:99999/", "not a port"),
            ("", "Type an address"),
        ] {
            browser.type_into("url", typed).await;
            browser.until_text("note", words).await;
            browser.click("connect").await;
            browser.until_text("note", words).await;
            assert!(browser.text("sockets").await.starts_with("0/"), "{typed:?} must not be tried");
        }
    });
}

#[test]
fn a_connection_that_fails_is_explained() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", "ws://127.0.0.1:59/nobody").await;
        browser.click("connect").await;
        browser.until_text("note", "Connection refused: no process listens on port 59.").await;

        browser.type_into("url", &format!("{}/fault?refuse=401", practice.ws)).await;
        browser.click("connect").await;
        browser
            .until_text("note", "The server answered 401 Unauthorized: refused, as it was asked to.")
            .await;
        browser.until_row("answered 401 Unauthorized").await;

        browser.type_into("url", &format!("{}/fault?abort_after=1", practice.ws)).await;
        browser.connect().await;
        browser.click("send").await;
        browser.until_text("note", "broke without a close frame (1006)").await;

        browser
            .type_into(
                "url",
                &format!("{}/fault?close_after=1&close_code=4007&close_reason=too+loud", practice.ws),
            )
            .await;
        browser.connect().await;
        browser.click("send").await;
        browser.until_text("note", "Closed with 4007").await;
        assert!(browser.text("note").await.contains("too loud"));
    });
}

#[test]
fn a_cancelled_handshake_is_not_blamed_on_the_server() {
    // A listener that accepts on the level of TCP and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("it is bound").port();
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", &format!("ws://127.0.0.1:{port}/")).await;
        browser.click("connect").await;
        browser.until_text("connect", "Cancel").await;
        browser.click("connect").await;
        browser.until_text("note", "Cancelled after").await;
        assert_eq!(browser.count(".row[data-direction=trouble]:not([hidden])").await, 0);
    });
}

#[test]
fn a_socket_that_the_browser_still_holds_is_still_counted() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", &format!("{}/fault?silent=true", practice.ws)).await;
        browser.connect().await;
        browser.click("connect").await;
        browser.until_text("note", "did not answer the close within 5\u{2009}s").await;
        assert!(browser.text("sockets").await.starts_with("1/"));
        assert_eq!(practice.connections().await, 1);
        practice.stop();
        browser.until_text("sockets", "0/255").await;
    });
}

#[test]
fn a_worker_that_fails_later_is_not_shown_as_alive() {
    test_page(async |practice, browser| {
        browser
            .before_load(
                "const Real = Worker; globalThis.Worker = class extends Real {
                   constructor(address) { super(address); globalThis.theWorker = this; }
                 };",
            )
            .await;
        browser.open(&practice.page).await;
        browser.until_text("clock", "µs").await;
        browser.run("theWorker.dispatchEvent(new ErrorEvent('error', { message: 'boom' }))").await;
        browser
            .until_script(
                "return document.getElementById('trouble').textContent.includes('The worker has stopped')",
            )
            .await;
        browser.until_script("return document.querySelector('main').hidden").await;
    });
}

#[test]
fn a_server_that_stops_says_so_to_the_page() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        practice.stop();
        browser.until_text("note", "Closed with 1001 (going away)").await;
        browser.click("connect").await;
        // The server of the page is the one that is gone, so the page cannot ask it.
        browser.until_text("note", "the browser does not say why. Likely: Nothing listens there").await;
    });
}

#[test]
fn each_view_has_an_address() {
    test_page(async |practice, browser| {
        for (fragment, heading) in [
            ("#/checks", "Checks that anyone can run"),
            ("#/practice", "The practice server"),
            ("#/bench", "Timeline"),
        ] {
            browser.open(&format!("{}{fragment}", practice.page)).await;
            browser.reload().await;
            browser.until_script(&format!(
                "return [...document.querySelectorAll('h1,h2')].some(h => h.offsetParent && h.textContent === '{heading}')"
            ))
            .await;
        }
    });
}

#[test]
fn every_offer_of_the_practice_view_opens() {
    test_page(async |practice, browser| {
        browser.open(&format!("{}#/practice", practice.page)).await;
        browser.until_script("return document.querySelector('main')?.hidden === false").await;
        let offers = browser.count("[data-testid^='try ']").await;
        assert!(offers >= 8, "{offers}");
        for offer in 0..offers {
            browser.open(&format!("{}#/practice", practice.page)).await;
            browser
                .run(&format!("document.querySelectorAll(\"[data-testid^='try ']\")[{offer}].click()"))
                .await;
            browser.until_text("note", "Open").await;
        }
        // The proxy's connection to its target, an echo of the same server, is one as well.
        practice.until_connections(offers + 1).await;
    });
}

#[test]
fn connections_are_apart_and_can_be_removed() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.click("add").await;
        browser.until_text("note", "Not connected yet").await;
        browser.connect().await;
        browser.click("send").await;
        browser.until_rows(|rows| rows.iter().filter(|row| row.contains("bob")).count() == 4).await;
        assert_eq!(practice.connections().await, 2);
        browser.run("document.querySelector(\"[aria-label='Remove bob']\").click()").await;
        practice.until_connections(1).await;
    });
}

#[test]
fn what_a_message_holds_is_text_and_nothing_else() {
    test_page(async |practice, browser| {
        let attack = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>";
        browser.open(&practice.page).await;
        browser.connect().await;
        browser.send(attack).await;
        let rows = browser.until_rows(|rows| rows.len() == 4).await;
        assert!(rows[3].contains("<img src=x onerror="), "{rows:#?}");
        assert_ne!(browser.run("return document.title").await, "pwned");
        assert_eq!(browser.count(".rows img, .rows script").await, 0);
    });
}

#[test]
fn a_narrow_screen_needs_no_sideways_scrolling() {
    test_page(async |practice, browser| {
        browser.resize(400, 800).await;
        for fragment in ["#/bench", "#/checks", "#/faults", "#/practice"] {
            browser.open(&format!("{}{fragment}", practice.page)).await;
            browser.until_text("clock", "µs").await;
            let width = browser.run("return document.documentElement.scrollWidth - innerWidth").await;
            assert!(width.as_i64().is_some_and(|over| over <= 0), "{fragment} is {width} pixels too wide");
        }
    });
}

#[test]
fn a_page_from_a_file_says_what_to_do() {
    let file = page::page_as_files();
    test_page(async |_, browser| {
        browser.open(&format!("file://{}", file.join("index.html").display())).await;
        browser
            .until_script(
                "return document.getElementById('trouble').textContent.includes('cannot run from a file')",
            )
            .await;
    });
}

#[test]
fn a_browser_without_webassembly_gets_the_reason() {
    page::test_page_with(&["--js-flags=--jitless"], async |practice, browser| {
        browser.open(&practice.page).await;
        browser
            .until_script("return document.getElementById('trouble').textContent.includes('This browser has no WebAssembly')")
            .await;
    });
}

#[test]
fn a_worker_that_does_not_load_is_said() {
    test_page(async |practice, browser| {
        browser
            .before_load("const Real = Worker; globalThis.Worker = class extends Real { constructor() { super('./missing.js'); } };")
            .await;
        browser.open(&practice.page).await;
        browser
            .until_script(
                "return document.getElementById('trouble').textContent.includes('The worker did not start')",
            )
            .await;
    });
}

#[test]
fn a_program_that_does_not_load_is_said() {
    test_page(async |practice, browser| {
        browser.block("*page-*_bg.wasm").await;
        browser.open(&practice.page).await;
        browser
            .until_script(
                "return document.getElementById('trouble').textContent.includes('The page could not start')",
            )
            .await;
    });
}

#[test]
fn a_worker_of_another_version_is_said() {
    test_page(async |practice, browser| {
        browser
            .before_load(
                "const Real = Worker;
                 globalThis.Worker = class extends Real {
                   set onmessage(hear) {
                     super.onmessage = (event) => {
                       new Uint8Array(event.data)[5] ^= 1;
                       hear(event);
                     };
                   }
                 };",
            )
            .await;
        browser.open(&practice.page).await;
        browser
            .until_script(
                "return document.getElementById('trouble').textContent.includes('have different versions')",
            )
            .await;
    });
}

#[test]
fn a_long_list_is_followed_and_stays_where_one_looks() {
    test_page(async |practice, browser| {
        open_echo(practice, browser).await;
        browser.type_into("message", "{{i}}").await;
        browser.click("panel-repeat").await;
        for (field, value) in [("repeat-every", "5ms"), ("repeat-burst", "20"), ("repeat-count", "3000")] {
            browser.type_into(field, value).await;
            browser
                .run(&format!(
                    "document.querySelector('[data-testid={field}]').dispatchEvent(new Event('change'))"
                ))
                .await;
        }
        browser.click("repeat").await;
        // Connecting, opened, 3000 out, 3000 back.
        browser.until_text("frames", "6\u{2009}002 frames").await;
        browser.run("document.querySelector('[data-testid=timeline]').scrollTop = 0").await;
        browser.until_rows(|rows| rows.first().is_some_and(|row| row.contains("+0.000"))).await;
        assert_eq!(
            browser.run("return document.querySelector('[data-testid=follow]').ariaPressed").await,
            "false"
        );
        let before = browser.until_rows(|rows| !rows.is_empty()).await;
        browser.send("one more").await;
        browser.until_text("frames", "6\u{2009}004 frames").await;
        assert_eq!(browser.until_rows(|rows| !rows.is_empty()).await, before, "it stays where one looks");
        let drawn = browser.count(".row").await;
        assert!(drawn < 120, "{drawn} rows are drawn of 6004");
    });
}

/// Keeps the harness honest: a wait that cannot end must fail.
#[test]
#[should_panic(expected = "waited in vain for nothing")]
fn a_wait_has_a_bound() {
    support::block_on(async {
        page::eventually_within(Duration::from_millis(50), "nothing", async || None::<()>).await
    });
}
