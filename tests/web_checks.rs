//! The view of checks, mounted in a headless Chromium and used as a person would, against the practice server.

#![cfg(target_arch = "wasm32")]

mod web {
    pub mod practice;
    pub mod user;
}

use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};
use web::practice::address;
use web::user::User;

wasm_bindgen_test_configure!(run_in_browser);

fn shown(user: &User, selector: &str) -> Vec<String> {
    user.all(selector).iter().map(|it| it.text_content().unwrap_or_default()).collect()
}

#[test]
async fn a_shipped_suite_runs_with_one_click_and_says_what_came_of_each_check() {
    let user = User::open_checks().await;
    user.choose_suite("first-contact").await;
    assert_eq!(shown(&user, "[data-testid=listed-checks] strong").len(), 4);
    user.click("run").await;
    user.until_text("verdict", "Passed").await;
    user.until_text("counts", "4 of 4 checks passed").await;
    let verdicts: Vec<_> =
        user.all("[data-testid=check]").iter().filter_map(|it| it.get_attribute("data-state")).collect();
    assert_eq!(verdicts, ["pass"; 4]);
    user.open_menu("run-figures").await;
    user.until_text("timings", "rtt").await;
    user.until_text("success", "100\u{2009}%").await;
    user.click("part-earlier").await;
    user.until("a line in the list of runs", || user.find("past-run")).await;
}

#[test]
async fn a_failure_shows_its_reason_and_the_failed_check_runs_again_alone() {
    let user = User::open_checks().await;
    user.choose_suite("subprotocols").await;
    user.click("part-values").await;
    user.type_into("var-first", "echo.v1").await;
    user.type_into("var-second", "echo.v7").await;
    user.click("run").await;
    user.until_text("verdict", "Failed").await;
    user.until_text("counts", "3 of 4 checks passed").await;
    user.until_text("failure-message", "handshake").await;
    user.click("run-failed").await;
    user.until_text("counts", "0 of 1 check").await;
    user.click("part-values").await;
    user.type_into("var-second", "echo.v2").await;
    user.click("run-failed").await;
    user.until_text("counts", "1 of 1 check passed").await;
}

#[test]
async fn one_check_runs_alone_and_a_tag_chooses_some() {
    let user = User::open_checks().await;
    user.choose_suite("fragments").await;
    user.click("run-one").await;
    user.until_text("counts", "1 of 1 check passed").await;
    user.open_menu("run-options").await;
    let tags = user.all("[data-testid=only-tag]");
    let errors =
        tags.iter().find(|it| it.text_content().as_deref() == Some("errors")).expect("a tag of the suite");
    user.click_on(errors.clone()).await;
    user.click("run").await;
    user.until_text("counts", "4 of 4 checks passed").await;
}

#[test]
async fn the_environment_points_every_suite_at_another_server_and_is_kept() {
    let user = User::open_checks().await;
    user.choose_suite("first-contact").await;
    user.click("part-values").await;
    user.type_into("env-WS_URL", &address("/echo")).await;
    user.click("run").await;
    user.until_text("verdict", "Failed").await;
    user.click("part-values").await;
    user.click("environment-add").await;
    user.type_into("env-WS_URL", "").await;
    user.type_into("environment-name", "practice").await;
    user.click("run").await;
    user.until_text("verdict", "Passed").await;
    user.click("part-values").await;
    user.choose("environment", "0").await;
    user.until("the first set", || (user.value("env-WS_URL") == address("/echo")).then_some(())).await;
}

#[test]
async fn a_secret_is_not_shown_and_not_there_on_the_next_visit() {
    let user = User::open_checks().await;
    user.choose_suite("auth-and-limits").await;
    user.click("part-values").await;
    let field = user.find("var-token").expect("the secret variable");
    assert_eq!(field.get_attribute("type").as_deref(), Some("password"));
    user.type_into("var-token", "open-sesame-4711").await;
    user.type_into("var-too_large", "18MiB").await;
    user.click("part-checks").await;
    user.click("run-one").await;
    user.until_text("verdict", "Passed").await;
    // Kept a moment after they have changed; what is not a secret shows that it was.
    let kept = async |holds: &dyn Fn(&str) -> bool| {
        for _ in 0..500 {
            let storage = sockscope::browser::storage::Storage::open("sockscope-checks")
                .await
                .expect("the same database");
            if storage.get("forms").await.expect("readable").is_some_and(|forms| holds(&forms)) {
                return true;
            }
            gloo_timers::future::sleep(std::time::Duration::from_millis(20)).await;
        }
        false
    };
    let has = |forms: &str| forms.contains("open-sesame");
    assert!(
        kept(&|forms| forms.contains("18MiB") && !has(forms)).await,
        "the value is kept, the secret is not"
    );
    user.click("part-values").await;
    user.click("keep-secrets").await;
    assert!(kept(&has).await, "a secret is kept when a person asks for it");
    user.choose_suite("rooms").await;
    user.click("keep-secrets").await;
    assert!(kept(&|forms| !has(forms)).await, "and forgotten otherwise, whichever suite is looked at");
}

#[test]
async fn a_new_suite_runs_as_it_stands_is_found_deleted_and_brought_back() {
    let user = User::open_checks().await;
    user.click("suite-new").await;
    user.until_text("own", "my suite").await;
    user.until("the suite to be loaded", || {
        user.find("run").filter(|it| it.get_attribute("aria-disabled").as_deref() != Some("true"))
    })
    .await;
    user.click("run").await;
    user.until_text("verdict", "Passed").await;
    user.type_into("suite-search", "my su").await;
    assert_eq!(shown(&user, "[data-testid=suite] .library-title"), ["my suite"]);
    user.type_into("suite-search", "").await;
    user.open_menu("suite-menu").await;
    user.click("suite-delete").await;
    user.until_text("notice", "my suite was deleted").await;
    assert!(shown(&user, "[data-testid=own] li").is_empty());
    user.click("undo").await;
    user.until_text("own", "my suite").await;
}

#[test]
async fn several_suites_run_one_after_the_other() {
    let user = User::open_checks().await;
    for name in ["first-contact", "rooms"] {
        let label = format!("[aria-label='Choose {name}']");
        user.click_on(user.all(&label).pop().expect("a box")).await;
    }
    user.click("run-ticked").await;
    user.until("both to pass", || {
        (user.all("[data-testid=order-run][data-verdict=pass]").len() == 2).then_some(())
    })
    .await;
}

#[test]
async fn a_running_suite_is_stopped_and_says_so() {
    let user = User::open_checks().await;
    user.choose_suite("load").await;
    user.click("part-values").await;
    user.type_into("env-TEST_DURATION", "60").await;
    user.click("run").await;
    user.until_text("seats", "5 open").await;
    user.click("run").await;
    user.until_text("verdict", "Inconclusive").await;
}

#[test]
async fn a_wrong_address_is_a_failure_that_says_so() {
    let user = User::open_checks().await;
    user.choose_suite("first-contact").await;
    user.click("part-values").await;
    user.type_into("env-WS_URL", "ws://127.0.0.1:59/absent").await;
    user.click("run").await;
    user.until_text("verdict", "Failed").await;
    user.until_text("failure-message", "handshake").await;
    user.click("part-values").await;
    user.type_into("env-WS_URL", "nonsense").await;
    user.click("run").await;
    user.until_text("verdict", "Broken").await;
}

/// What makes conformance short: names and values of its variables.
const SHORT: [(&str, &str); 8] = [
    ("huge", "64KiB"),
    ("limit_to", "64KiB"),
    ("ordered", "50"),
    ("rate_messages", "100"),
    ("unread_messages", "4"),
    ("unread_size", "16KiB"),
    ("connections", "4"),
    ("patience", "3s"),
];

/// Shortens conformance, and opens the form.
async fn shorten(user: &User) {
    user.choose_suite("conformance").await;
    user.click("part-values").await;
    for (name, value) in SHORT {
        user.type_into(&format!("var-{name}"), value).await;
    }
    go_to("#/checks/server");
    user.until("the form", || user.find("server-url")).await;
}

fn go_to(fragment: &str) {
    web_sys::window().expect("a window").location().set_hash(fragment).expect("an address of our own");
}

/// The rows of the certificate that stand so.
fn rows(user: &User, state: &str) -> Vec<String> {
    shown(user, &format!("[data-testid=certificate-row][data-state={state}] .certificate-open"))
}

#[test]
async fn the_practice_server_is_checked_with_one_click_and_has_its_certificate() {
    let user = User::open_checks().await;
    shorten(&user).await;
    assert_eq!(user.value("server-url"), address("/echo"));
    user.click("server-check").await;
    user.until_text("certificate-word", "Checking").await;
    user.until_text("certificate-word", "Conforms").await;
    assert_eq!(rows(&user, "fail"), Vec::<String>::new());
    assert!(rows(&user, "pass").iter().any(|row| row.starts_with("H4 ")), "its own values were given");
    assert_eq!(shown(&user, "[data-testid=certificate-row]").len(), 60);
    assert_eq!(shown(&user, "[data-testid=certificate-url]"), [address("/echo")]);
    assert_eq!(shown(&user, "[data-testid=objection]"), Vec::<String>::new());
    // From a row to its steps.
    user.click_on(user.all("[data-testid=certificate-row] .certificate-open")[0].clone()).await;
    user.until("the steps of the first check", || {
        user.all("[data-testid=check] .run-inside").into_iter().next()
    })
    .await;
    // An earlier run gives the same.
    user.click("part-earlier").await;
    user.click("past-open").await;
    user.until_text("certificate-word", "Conforms").await;
}

#[test]
async fn a_server_that_damages_messages_does_not_conform_and_it_is_said_where() {
    let user = User::open_checks().await;
    shorten(&user).await;
    // With this seed the seventh message of each connection is the first that is damaged.
    user.type_into("server-url", &address("/fault?corrupt=0.1&seed=45")).await;
    user.click("server-check").await;
    user.until("the first failures", || {
        rows(&user, "fail").iter().find(|row| row.starts_with("O1 ")).cloned()
    })
    .await;
    user.until_text("certificate-word", "Does not conform").await;
    let objections = shown(&user, "[data-testid=objection] .certificate-open");
    assert!(objections.iter().any(|row| row.starts_with("P1 ")), "{objections:?}");
    assert!(objections.iter().all(|row| !row.starts_with('C')), "{objections:?}");
    user.until_text("certificate-sentence", "Required, failed: P1").await;
}

#[test]
async fn an_address_is_completed_and_what_is_wrong_with_it_is_said() {
    let user = User::open_checks().await;
    go_to("#/checks/server");
    user.until("the form", || user.find("server-url")).await;
    user.type_into("server-url", "https://example.com/chat").await;
    user.until_text("server-note", "This is wss://example.com/chat").await;
    user.type_into("server-url", "ftp://example.com").await;
    user.until_text("server-note", "not with ftp://").await;
    assert!(user.find("server-check").is_some_and(|it| it.has_attribute("disabled")));
    // What was given for another server is not taken for this one's.
    user.type_into("server-url", "ws://example.com/chat").await;
    user.type_into("server-drop_url", "ws://example.org/drop").await;
    user.until_text("server-strangers", "drop_url").await;
    user.click("server-forget").await;
    user.until("no value of another server", || user.value("server-drop_url").is_empty().then_some(())).await;
}

#[test]
fn the_date_of_a_run_is_the_same_wherever_it_is_read() {
    let told = sockscope::browser::page::local_time("2026-03-14T12:06:07.891Z");
    // The day and the hour are those of the place.
    assert!(told.starts_with("2026-03-1") && told.ends_with(":06:07") && told.len() == 19, "{told}");
}
