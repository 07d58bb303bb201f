//! The real page, mounted in a headless Chromium and used as a person would, against the practice server.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
    pub mod user;
}

use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::address;
use web::user::User;

wasm_bindgen_test_configure!(run_in_browser);

#[test]
async fn a_message_goes_out_by_keyboard_and_comes_back_with_its_round_trip() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.send("hello from a test").await;
    user.until_text("samples", "1").await;
    user.assert_rows("connect, open, sent, received", |rows| {
        rows.len() == 4
            && rows[2].contains("↑")
            && rows[3].contains("↓")
            && rows[3].contains("hello from a test")
    });
}

#[test]
async fn connections_are_duplicated_renamed_coloured_and_removed() {
    let user = User::open().await;
    user.type_into("name", "anna").await;
    user.click("duplicate").await;
    assert_eq!(user.all(".connection").len(), 2);
    user.until_text("name", "").await;
    assert_ne!(user.value("name"), "anna", "a duplicate has a name of its own");
    let color = || user.all(".connection[data-selected] .dot")[0].get_attribute("data-color");
    let before = color();
    user.all(".connection[data-selected] [data-testid=color]")[0].clone().dyn_into_click().await;
    assert_ne!(color(), before);
    user.all(".connection[data-selected] [data-testid=remove]")[0].clone().dyn_into_click().await;
    user.until("one to be left", || (user.all(".connection").len() == 1).then_some(())).await;
    assert_eq!(user.value("name"), "anna");
}

#[test]
async fn an_address_is_judged_before_and_a_failure_explained_after() {
    let user = User::open().await;
    user.type_into("url", "localhost:9000/x").await;
    user.until_text("note", "This is ws://localhost:9000/x").await;
    user.type_into("url", "ftp://localhost/x").await;
    user.until_text("note", "not with ftp://").await;
    let is_doubtful = |it: &web_sys::Element| it.get_attribute("aria-disabled").as_deref() == Some("true");
    assert!(user.find("connect").as_ref().is_some_and(is_doubtful));
    user.type_into("url", "wss://localhost:9/x").await;
    user.until_text("warnings", "Browsers refuse this port").await;
    user.type_into("url", "ws://127.0.0.1:59/absent").await;
    user.click("connect").await;
    // The runner's own server, which serves this page, is not a companion that could look.
    user.until_text(
        "note",
        "The handshake failed, and the browser does not say why. Likely: Nothing listens there.",
    )
    .await;
    user.until_text("explained", "Nothing listens there").await;
    user.until_text("explained", "1006").await;
}

#[test]
async fn a_lost_connection_comes_back_with_everything_still_there() {
    let user = User::open().await;
    user.click("options").await;
    user.click("reconnect").await;
    user.type_into("reconnect-first", "50ms").await;
    user.click("close-dialog").await;
    user.connect_to(&address("/fault?abort_after=1")).await;
    user.send("one").await;
    user.until("the second opening", || {
        (user.rows().iter().filter(|row| row.contains("open")).count() >= 2).then_some(())
    })
    .await;
    user.assert_rows("the first message is still there", |rows| rows.iter().any(|row| row.contains("one")));
    user.click("connect").await;
}

#[test]
async fn a_heartbeat_beats_and_its_replies_are_counted() {
    let user = User::open().await;
    user.click("options").await;
    user.click("heartbeat").await;
    user.type_into("heartbeat-every", "100ms").await;
    user.click("close-dialog").await;
    user.connect_to(&address("")).await;
    // A busy machine may draw none of the early counts.
    user.until("three heartbeats, all answered", || {
        let note = user.find("note")?.text_content()?;
        let (_, words) = note.split_once("Heartbeats: ")?;
        let count: u32 = words.split_once(" sent")?.0.parse().ok()?;
        (count >= 3 && words.contains(&format!("{count} sent, {count} answered, 0 missed"))).then_some(())
    })
    .await;
}

#[test]
async fn the_filter_hides_marks_steps_and_says_what_is_wrong() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.click("form-json").await;
    for text in [r#"{"type":"ping","n":1}"#, r#"{"type":"chat","n":2}"#, r#"{"type":"ping","n":3}"#] {
        user.send(text).await;
    }
    user.until("six messages", || (user.rows().len() == 8).then_some(())).await;
    user.type_into("filter", "PING").await;
    user.until_text("hits", "4 hits").await;
    user.until("only hits", || (user.rows().len() == 4).then_some(())).await;
    user.click("mode-path").await;
    user.type_into("filter", "$.n >= 2").await;
    user.until_text("hits", "4 hits").await;
    user.click("mode-regex").await;
    user.type_into("filter", "a(").await;
    user.until("the mistake", || {
        user.find("hits").filter(|it| it.get_attribute("data-state").as_deref() == Some("wrong"))
    })
    .await;
    user.type_into("filter", r#""n":[13]"#).await;
    user.until_text("hits", "4 hits").await;
    user.click("hides").await;
    user.until("all rows, hits marked", || {
        (user.rows().len() == 8 && user.all(".row[data-marks*=hit]").len() == 4).then_some(())
    })
    .await;
    user.focus("filter");
    user.press("Enter").await;
    user.until_text("hits", "1 / 4 hits").await;
    user.press("Enter").await;
    user.until_text("hits", "2 / 4 hits").await;
    user.press("Escape").await;
    user.until("no filter", || user.find("hits").filter(|it| it.text_content().as_deref() == Some(""))).await;
}

#[test]
async fn a_paused_list_stands_still_and_receiving_goes_on() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.click("pause").await;
    user.send("while paused").await;
    user.until_text("missed", "2 new").await;
    user.assert_rows("nothing new is shown", |rows| !rows.iter().any(|row| row.contains("while paused")));
    user.click("pause").await;
    user.until("the new rows", || user.rows().iter().any(|row| row.contains("while paused")).then_some(()))
        .await;
}

#[test]
async fn a_frame_is_opened_without_changing_a_digit_pinned_and_compared() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.click("form-json").await;
    user.send(r#"{"big":12345678901234567890,"f":1.0,"f":2}"#).await;
    user.send(r#"{"big":12345678901234567891,"f":2.0}"#).await;
    user.click_row("567890").await;
    user.until_text("content", "\"big\": 12345678901234567890,\"f\": 1.0,\"f\": 2").await;
    user.click("pin").await;
    user.until_text("pins", "1 pinned").await;
    user.type_into("remark", "<b>the first</b>").await;
    user.click_row("567891").await;
    user.until("the pinned one on offer", || user.find("compare")).await;
    user.choose("compare", "2").await;
    user.until_text("facts", "1 difference").await;
    assert_eq!(user.all(".detail-line[data-sign=changed]").len(), 1);
    user.all("[data-view=hex]")[0].clone().dyn_into_click().await;
    user.until_text("content", "00000000  7b 22").await;
}

#[test]
async fn drafts_are_checked_as_typed_in_every_form() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.click("form-json").await;
    user.type_into("message", "{\"a\": }").await;
    user.until_text("draft-note", "Line 1, column 7").await;
    assert!(user.find("send").is_some_and(|it| it.has_attribute("disabled")));
    user.type_into("message", "{\"id\":\"{{uuid}}\"}").await;
    user.until_text("draft-note", "B, text, e.g. {\"id\":\"").await;
    user.click("format").await;
    user.until("it to be laid out", || user.value("message").contains("\n  \"id\"").then_some(())).await;
    user.click("form-hex").await;
    user.type_into("message", "00 f").await;
    user.until_text("draft-note", "half a byte").await;
    user.send("00 ff").await;
    user.until("two bytes back", || {
        user.rows().iter().any(|row| row.contains("↓") && row.contains("00 ff")).then_some(())
    })
    .await;
    user.click("form-text").await;
    user.send("{{random 7 7}} of {{client}}").await;
    user.until("the filled-in text", || {
        user.rows().iter().any(|row| row.contains("7 of alice")).then_some(())
    })
    .await;
}

#[test]
async fn saved_messages_have_keys_and_the_history_comes_back_by_arrow() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.type_into("message", "by key").await;
    user.click("panel-saved").await;
    user.click("saved-add").await;
    user.type_into("message", "").await;
    user.press("Alt+1").await;
    user.until("the saved message", || user.rows().iter().any(|row| row.contains("by key")).then_some(()))
        .await;
    user.focus("message");
    user.press("ArrowUp").await;
    assert_eq!(user.value("message"), "by key");
}

#[test]
async fn a_message_goes_to_several_connections_at_once() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.click("duplicate").await;
    user.click("connect").await;
    user.until_text("note", "Open; the handshake took").await;
    user.click("targets").await;
    user.click("targets-all").await;
    user.send("to all").await;
    user.until("four messages", || {
        (user.rows().iter().filter(|row| row.contains("to all")).count() == 4).then_some(())
    })
    .await;
}

#[test]
async fn a_repeat_sends_its_count_and_says_why_it_ended() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.type_into("message", "n {{i}}").await;
    user.click("panel-repeat").await;
    user.type_into("repeat-every", "10ms").await;
    user.type_into("repeat-count", "25").await;
    user.click("repeat").await;
    user.until_text("repeat-note", "25 of 25 sent; all are sent").await;
    user.until_text("samples", "25").await;
    user.type_into("repeat-count", "").await;
    user.click("repeat").await;
    user.click("connect").await;
    user.until_text("repeat-note", "stopped: alice").await;
}

#[test]
async fn a_repeat_stops_when_too_much_waits_in_the_browser() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.type_into("message", &"x".repeat(4 << 20)).await;
    user.click("panel-repeat").await;
    user.type_into("repeat-every", "1ms").await;
    user.type_into("repeat-count", "").await;
    user.type_into("repeat-limit", "1").await;
    user.click("repeat").await;
    user.until_text("repeat-note", "wait in the browser for alice, more than the limit of 1\u{2009}B").await;
}

#[test]
async fn a_rule_answers_by_itself() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.click("panel-rules").await;
    user.click("rule-add").await;
    user.choose("rule-by", "equals").await;
    user.type_into("rule-when", "who?").await;
    user.type_into("rule-reply", "me, asked by {{message}}").await;
    user.send("who?").await;
    user.until("the answer", || {
        user.rows().iter().any(|row| row.contains("me, asked by who?")).then_some(())
    })
    .await;
    user.until_text("rule-note", "1 sent").await;
}

#[test]
async fn latencies_are_shown_per_connection_and_overall_with_plots() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    for i in 0..5 {
        user.send(&format!("m{i}")).await;
    }
    user.until_text("samples", "5").await;
    user.click("duplicate").await;
    user.until_text("samples", "0").await;
    user.click("plots").await;
    user.click("plot-all").await;
    user.until_text("samples", "5").await;
    user.until("the bars", || {
        user.all("path.plot-bars").first().and_then(|it| it.get_attribute("d")).filter(|d| !d.is_empty())
    })
    .await;
    user.until_text("clock-step", "clock step").await;
}

#[test]
async fn what_was_set_up_survives_a_reload() {
    let user = User::open().await;
    user.type_into("name", "kept").await;
    user.type_into("url", "ws://localhost:1/kept").await;
    user.click("panel-variables").await;
    user.click("variable-add").await;
    user.type_into("variable-name", "room").await;
    user.type_into("variable-value", "blue").await;
    user.type_into("message", "half a message").await;
    // It is kept a moment after the last change.
    web::practice::breathe(std::time::Duration::from_millis(900)).await;
    drop(user);
    let user = User::open_again().await;
    assert_eq!((user.value("name"), user.value("url")), ("kept".into(), "ws://localhost:1/kept".into()));
    assert_eq!((user.value("variable-name"), user.value("variable-value")), ("room".into(), "blue".into()));
    assert_eq!(user.value("message"), "half a message");
}

#[test]
async fn a_link_shows_what_it_would_do_and_waits_for_a_click() {
    let user = User::open().await;
    // A stranger writes links, so what is in one is text and nothing else.
    user.type_into("name", "<img src=x onerror=\"window.hacked=1\">").await;
    user.type_into("url", &format!("{}&room=<img/src=x>", address("/echo?token=abc"))).await;
    user.click("share").await;
    user.until_text("left-out", "secrets in the address of <img").await;
    let link = user.value("link-address");
    let fragment = link.split_once('#').expect("a fragment").1.to_owned();
    drop(user);
    let user = User::open().await;
    web_sys::window().expect("a window").location().set_hash(&fragment).expect("set");
    user.until_text("offer", "/echo?token=&room=<img/src=x>").await;
    user.until_text("offer", "onerror=\"window.hacked=1\"").await;
    assert!(user.all("img").is_empty());
    assert_eq!(user.all(".connection").len(), 1);
    user.click("offer-add").await;
    user.until("the offered connection", || (user.all(".connection").len() == 2).then_some(())).await;
    assert!(user.rows().is_empty(), "nothing was connected");
}

#[test]
async fn everything_is_reached_by_keys() {
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    user.send("for the keys").await;
    user.until("the reply", || (user.rows().len() == 4).then_some(())).await;
    user.find("timeline").expect("there").unchecked_into_focus();
    user.press("ArrowUp").await;
    user.press("ArrowUp").await;
    user.press("Enter").await;
    user.until_text("detail-title", "Frame 2").await;
    user.press("p").await;
    user.until_text("pins", "1 pinned").await;
    user.press("Escape").await;
    user.press("?").await;
    user.until_text("keys", "Send the composer's content").await;
    user.click("close-dialog").await;
    user.find("timeline").expect("there").unchecked_into_focus();
    user.press("/").await;
    user.until("the filter to have the focus", || user.has_focus("filter").then_some(())).await;
    user.press("Alt+P").await;
    user.until("the practice view", || {
        user.all(".practice-offers").first().filter(|it| it.get_client_rects().length() > 0).cloned()
    })
    .await;
}

#[test]
async fn a_card_of_the_practice_view_works_at_once() {
    let user = User::open().await;
    user.press("Alt+P").await;
    user.until("the cards", || {
        user.all(".practice-offers").first().filter(|it| it.get_client_rects().length() > 0).cloned()
    })
    .await;
    user.click("try /ws/echo").await;
    user.until_text("note", "Open; the handshake took").await;
    user.click("send").await;
    user.until_text("samples", "1").await;
}

#[test]
async fn what_looks_like_html_appears_as_text() {
    let user = User::open().await;
    let attack = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>";
    user.type_into("name", attack).await;
    user.connect_to(&address("/fault?close_after=1&close_code=4001&close_reason=%3Cimg%20src%3Dx%20onerror%3D%22window.hacked%3D1%22%3E")).await;
    user.send(attack).await;
    user.until_text("note", "4001").await;
    user.click_row("onerror").await;
    user.until_text("content", "onerror").await;
    user.until_text("explained", "<img src=x").await;
    assert!(user.all("img, .row script").is_empty());
    let hacked =
        js_sys::Reflect::get(&web_sys::window().expect("a window"), &"hacked".into()).expect("readable");
    assert!(hacked.is_undefined());
}

/// Short ways to act on an element that has no name of its own.
trait Act {
    async fn dyn_into_click(self);
    fn unchecked_into_focus(self);
}

impl Act for web_sys::Element {
    async fn dyn_into_click(self) {
        use wasm_bindgen::JsCast;
        self.unchecked_into::<web_sys::HtmlElement>().click();
        web::practice::breathe(std::time::Duration::from_millis(30)).await;
    }

    fn unchecked_into_focus(self) {
        use wasm_bindgen::JsCast;
        self.unchecked_into::<web_sys::HtmlElement>().focus().expect("it takes the focus");
    }
}
