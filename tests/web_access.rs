//! Whether everybody can use the page: axe-core over each view, light and dark, wide and narrow; and that a page that is taken
//! down leaves nothing behind, without which no test of it would stand alone.

#![cfg(target_arch = "wasm32")]

#[path = "web/user.rs"]
mod user;
mod web;

use user::{User, alive};
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::address;

wasm_bindgen_test_configure!(run_in_browser);

#[test]
async fn the_page_taken_down_leaves_nothing_behind() {
    // The runner and the browser's glue may have listeners of their own.
    drop(User::open().await);
    let before = alive();
    assert!(!before.contains("worker"), "{before}");
    let user = User::open().await;
    user.connect_to(&address("/echo")).await;
    assert!(alive().contains("worker"), "the counting counts");
    drop(user);
    assert_eq!(alive(), before);
    // What is still on its way when the page goes must find nobody, and be quiet.
    User::open().await;
}

async fn no_violations_on(width: u32) {
    let user = User::open_on(width, 900).await;
    assert_eq!(user.width(), width as i32, "the frame is as wide as the screen is said to be");
    user.connect_to(&address("/echo")).await;
    user.type_into("message", r#"{"a": 1}"#).await;
    user.click("send").await;
    user.until_text("samples", "1").await;
    let mut found = Vec::new();
    for (view, shown) in [("#/checks", "run"), ("#/practice", "try /ws/echo"), ("#/bench", "message")] {
        web_sys::window().expect("a window").location().set_hash(view).expect("an address of our own");
        let is_shown = || user.find(shown).filter(|it| it.get_client_rects().length() > 0);
        user.until(view, is_shown).await;
        for theme in ["light", "dark"] {
            user.dress(theme);
            for violation in user.violations().await {
                found.push(format!("{view}, {theme}, {width} px: {violation}"));
            }
        }
    }
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
async fn axe_finds_nothing_on_a_wide_screen() {
    no_violations_on(1280).await;
}

#[test]
async fn axe_finds_nothing_on_a_narrow_screen() {
    no_violations_on(400).await;
}

#[test]
async fn axe_would_find_something() {
    let user = User::open_on(1280, 900).await;
    let frames = user.find("frames").expect("the timeline counts its frames");
    frames.set_attribute("style", "color: #999; background: #aaa").expect("an attribute");
    let found = user.violations().await;
    assert!(found.iter().any(|violation| violation.rule == "color-contrast"), "{found:#?}");
}
