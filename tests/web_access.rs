//! Whether all people can use the page: axe-core over each view, light and dark, wide and narrow. A page that is taken down
//! leaves nothing behind, so each test stands alone.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
    pub mod user;
}

use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::address;
use web::user::{User, alive};

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
    // What is still on its way when the page goes must find no receiver, and be quiet.
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
    for (view, shown) in [("#/practice", "try /ws/echo"), ("#/bench", "message")] {
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

/// The view of checks in each of its parts: a list, a failure, mistakes, values, figures, earlier runs.
async fn no_violations_of_checks_on(width: u32) {
    let user = User::open_checks_on(width, 900).await;
    // It scrolls, and a bar takes its part.
    assert!((width as i32 - 20..=width as i32).contains(&user.width()), "{}", user.width());
    let found = std::cell::RefCell::new(Vec::new());
    let look = async |what: &str| {
        for theme in ["light", "dark"] {
            user.dress(theme);
            for violation in user.violations().await {
                found.borrow_mut().push(format!("{what}, {theme}, {width} px: {violation}"));
            }
        }
    };
    look("welcome").await;
    user.choose_suite("rooms").await;
    look("list").await;
    user.click("run").await;
    user.until_text("verdict", "Passed").await;
    look("passed").await;
    user.open_menu("run-figures").await;
    look("figures").await;
    for part in ["earlier", "values"] {
        user.click(&format!("part-{part}")).await;
        look(part).await;
    }
    user.type_into("env-WS_URL", &address("/fault?silent=data&x=")).await;
    user.click("part-checks").await;
    user.click("run").await;
    user.until_text("verdict", "Failed").await;
    user.click("around").await;
    look("failed").await;
    user.open_menu("run-options").await;
    look("options").await;
    user.click("part-edit").await;
    user.click("edit-duplicate").await;
    user.until("the editor", || user.find("editor").and_then(|it| it.shadow_root())).await;
    look("editor").await;
    web_sys::window()
        .expect("a window")
        .location()
        .set_hash("#/checks/server")
        .expect("an address of our own");
    user.until("the form", || user.find("server-url")).await;
    user.find("server-more")
        .expect("what else may be given")
        .set_attribute("open", "")
        .expect("an attribute");
    look("a server").await;
    user.choose_suite("conformance").await;
    user.click("part-values").await;
    user.type_into("var-ws_url", &address("/fault?corrupt=0.1&seed=45")).await;
    user.open_menu("run-options").await;
    let tags = user.all("[data-testid=only-tag]");
    let tag = tags.iter().find(|it| it.text_content().as_deref() == Some("P1")).expect("a tag of the suite");
    user.click_on(tag.clone()).await;
    user.click("run").await;
    user.until_text("certificate-word", "Does not conform").await;
    look("certificate").await;
    let found = found.into_inner();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
async fn axe_finds_nothing_in_the_checks_on_a_wide_screen() {
    no_violations_of_checks_on(1280).await;
}

#[test]
async fn axe_finds_nothing_in_the_checks_on_a_narrow_screen() {
    no_violations_of_checks_on(400).await;
}

/// The view of faults: nothing on, several on with a connection, a number and a target that are none, and no proxy at all.
async fn no_violations_of_faults_on(width: u32) {
    let user = User::open_faults_on(width, 900).await;
    // It scrolls, and a bar takes its part.
    assert!((width as i32 - 20..=width as i32).contains(&user.width()), "{}", user.width());
    let found = std::cell::RefCell::new(Vec::new());
    let look = async |user: &User, what: &str| {
        for theme in ["light", "dark"] {
            user.dress(theme);
            for violation in user.violations().await {
                found.borrow_mut().push(format!("{what}, {theme}, {width} px: {violation}"));
            }
        }
    };
    user.until_text("reach", "listens there").await;
    look(&user, "all off").await;
    user.type_into("line-key", "looked-at").await;
    user.click("unreliable").await;
    user.until_text("on-count", "3 toxics on").await;
    let address = user.find("line-address").and_then(|it| it.text_content()).expect("an address");
    let ear = web::practice::Ear::connect_to(
        &sockscope_engine::Endpoint::parse(&address).expect("a valid address"),
    );
    user.until_text("connected", "looked-at").await;
    look(&user, "in use").await;
    user.type_into("latency-latency", "soon").await;
    user.type_into("line-target", "ws://192.0.2.1:9").await;
    user.until_text("reach", "--allow-target").await;
    look(&user, "wrong").await;
    user.click("all-off").await;
    user.until_text("on-count", "Nothing is on").await;
    drop((ear, user));
    let found = found.into_inner();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
async fn axe_finds_nothing_in_the_faults_on_a_wide_screen() {
    no_violations_of_faults_on(1280).await;
}

#[test]
async fn axe_finds_nothing_in_the_faults_on_a_narrow_screen() {
    no_violations_of_faults_on(400).await;
}

#[test]
async fn axe_finds_nothing_where_there_is_no_proxy() {
    let user = User::open_faults_of(&web::practice::no_server()).await;
    user.until_text("no-proxy", "Faults need Sockscope's own server").await;
    let found = user.violations().await;
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
async fn the_faults_taken_down_leave_nothing_behind() {
    drop(User::open_faults().await);
    let before = alive();
    let user = User::open_faults().await;
    user.until_text("reach", "listens there").await;
    assert_ne!(alive(), before, "the counting counts");
    drop(user);
    assert_eq!(alive(), before);
}

#[test]
async fn the_checks_taken_down_leave_nothing_behind() {
    drop(User::open_checks().await);
    let before = alive();
    assert!(!before.contains("worker"), "{before}");
    let user = User::open_checks().await;
    user.choose_suite("first-contact").await;
    user.click("run").await;
    user.until_text("verdict", "Passed").await;
    assert!(alive().contains("worker"), "the counting counts");
    drop(user);
    assert_eq!(alive(), before);
}

#[test]
async fn axe_would_find_something() {
    let user = User::open_on(1280, 900).await;
    let frames = user.find("frames").expect("the timeline counts its frames");
    frames.set_attribute("style", "color: #999; background: #aaa").expect("an attribute");
    let found = user.violations().await;
    assert!(found.iter().any(|violation| violation.rule == "color-contrast"), "{found:#?}");
}
