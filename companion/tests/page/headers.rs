//! Connections by relay, with real keys: headers that a browser cannot send, the refusal word for word, and what stays here.

use support::page::{Browser, test_page};
use support::wanting::{Guarded, Identities};

/// Opens the options of the connection and types a header into a new row.
async fn header(browser: &Browser, name: &str, value: &str) {
    browser.click("header-add").await;
    let field = "[data-testid=header-items] > li:last-child";
    browser
        .until_script(&format!(
            "return document.activeElement === document.querySelector('{field} [data-testid=header-name]')"
        ))
        .await;
    browser.press(name, std::time::Duration::ZERO).await;
    browser.press("\u{e004}", std::time::Duration::ZERO).await;
    browser.press(value, std::time::Duration::ZERO).await;
}

#[test]
fn a_server_that_wants_authorization_opens_by_relay_and_its_refusal_is_shown_word_for_word() {
    test_page(async |practice, browser| {
        let target = Guarded::listen(None).await;
        browser.open(&practice.page).await;
        browser.type_into("url", &format!("ws://127.0.0.1:{}/chat", target.port)).await;
        browser.click("options").await;
        header(browser, "X-Tenant", "seven").await;
        browser
            .run(
                "const way = document.querySelector('[data-testid=header-authorization]');
                 way.value = 'bearer'; way.dispatchEvent(new Event('change', { bubbles: true }));",
            )
            .await;
        browser
            .until_script("return document.querySelector('[data-testid=header-token]').offsetParent !== null")
            .await;
        browser.type_into("header-token", "a wrong key").await;
        assert_eq!(browser.count("[data-testid=headers-none]").await, 0, "this page has a companion");
        browser.click("close-dialog").await;
        browser.until_text("by-relay", "by relay").await;

        browser.click("connect").await;
        browser.until_text("note", "The server answered 401 Unauthorized").await;
        browser.click("why-headers").await;
        browser.until_text("answer", Guarded::WORDS).await;
        browser.until_text("answer", "Bearer realm=\"tests\"").await;

        browser.click("options").await;
        browser.type_into("header-token", Guarded::FIELD.strip_prefix("Bearer ").expect("a token")).await;
        browser.click("close-dialog").await;
        browser.connect().await;
        browser.until_text("note", "Open; the handshake took").await;
        browser.send("hello").await;
        browser.until_row("hello").await;
        browser.until_text("relay", "inside").await;
        browser.click("relay-ping").await;
        browser.until_row("pong of the server to the relay").await;
        browser.until_text("relay", "ping").await;
        assert!(target.heard.has("x-tenant: seven"), "{:#?}", target.heard.all());

        // What was typed as a secret goes into no link, and is gone with a reload.
        browser.reload().await;
        browser.click("options").await;
        browser
            .until_script("return document.querySelector('[data-testid=header-value]')?.value === 'seven'")
            .await;
        assert_eq!(browser.value("header-token").await, "");
        browser.click("close-dialog").await;
    });
}

#[test]
fn a_client_certificate_is_chosen_as_a_file() {
    test_page(async |practice, browser| {
        let identities = Identities::make();
        let target = Guarded::listen(Some(identities.acceptor())).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = &identities.client;
        browser.open(&practice.page).await;
        browser.type_into("url", &format!("wss://localhost:{}/", target.port)).await;
        browser.click("options").await;
        for (name, content) in
            [("header-certificate", certificate), ("header-key", key), ("header-ca", &identities.ca)]
        {
            let path = folder.path().join(format!("{name}.pem"));
            std::fs::write(&path, content).expect("a file");
            browser.choose(name, &path).await;
            browser.until_text(&format!("{name}-state"), "chosen").await;
        }
        header(browser, "Authorization", Guarded::FIELD).await;
        browser.click("close-dialog").await;
        browser.connect().await;
        browser.until_text("note", "Open; the handshake took").await;
    });
}

#[test]
fn a_pasted_command_keeps_its_headers() {
    test_page(async |practice, browser| {
        let target = Guarded::listen(None).await;
        browser.open(&practice.page).await;
        let line = format!(
            "curl -H 'X-Tenant: 7' -H 'Authorization: {}' http://127.0.0.1:{}/",
            Guarded::FIELD,
            target.port
        );
        browser.type_into("paste", &line).await;
        browser.until_text("paste-note", "so the relay does: X-Tenant, Authorization").await;
        browser.click("paste-connect").await;
        browser.until_text("note", "Open; the handshake took").await;
        assert!(target.heard.has("x-tenant: 7"), "{:#?}", target.heard.all());
    });
}

#[test]
fn a_command_in_the_address_keeps_its_headers_and_a_token_that_was_forgotten_is_asked_for() {
    test_page(async |practice, browser| {
        let target = Guarded::listen(None).await;
        browser.open(&practice.page).await;
        let token = Guarded::FIELD.strip_prefix("Bearer ").expect("a token");
        let line =
            format!("curl -N -H 'Authorization: {}' http://127.0.0.1:{}/", Guarded::FIELD, target.port);
        browser.type_into("url", &line).await;
        browser.press("\u{e007}", std::time::Duration::ZERO).await;
        browser.until_text("note", "Open; the handshake took").await;
        browser.until_text("by-relay", "by relay").await;
        browser.send("hello").await;
        browser.until_text("relay", "inside").await;
        browser.click("relay-ping").await;
        browser.until_row("pong of the server to the relay").await;

        // The token was the only reason for the relay. Without it the page must not connect past it.
        let heard = target.heard.all().len();
        browser.reload().await;
        browser.until_text("by-relay", "by relay").await;
        browser.until_text("note", "token was typed before this page was loaded").await;
        browser.click("connect").await;
        browser.until_row("type it again under Headers").await;
        assert_eq!(target.heard.all().len(), heard, "nothing was sent");
        browser.click("options").await;
        browser.until_text("headers-missing", "the token. Type it again.").await;
        browser.type_into("header-token", token).await;
        browser.until_script("return !document.querySelector('[data-testid=headers-missing]')").await;
        browser.click("close-dialog").await;
        browser.connect().await;
        browser.until_text("note", "Open; the handshake took").await;
    });
}

#[test]
fn a_command_that_names_a_file_says_that_it_must_be_chosen() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("url", "curl --cert client.pem wss://localhost:59/").await;
        browser.press("\u{e007}", std::time::Duration::ZERO).await;
        browser.until_text("toast", "Choose these files under Headers in the options: client.pem.").await;
        assert_eq!(browser.value("url").await, "wss://localhost:59/");
        assert_eq!(browser.text("sockets").await.split('/').next(), Some("0"));
    });
}
