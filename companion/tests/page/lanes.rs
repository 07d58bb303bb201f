//! The timeline in lanes on the release page: real connections to the rooms of the practice server, and a check that fails there.

use serde_json::{Value, json};

use support::page::{Browser, Practice, test_page, until_checks};

/// Of each row: its text, the lane that the style sheet puts it into, whether its mark stands under the name of that lane, and
/// how it looks.
const ROWS: &str = "
    const names = [...document.querySelectorAll('.lanes-name')].map(it => it.querySelector('.dot').getBoundingClientRect());
    return [...document.querySelectorAll('.row:not([hidden])')].sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map(row => {
      const lane = +row.style.getPropertyValue('--lane'), name = names[lane];
      const arrow = row.querySelector('.row-arrow').getBoundingClientRect();
      const beside = arrow.left - (name.left + name.width / 2);
      return { text: [...row.children].map(it => it.textContent).join(' '), lane, place: +row.ariaPosInSet, trip: row.querySelector('.row-trip').textContent,
        isUnderName: beside > 0 && beside < 20, direction: row.dataset.direction };
    });";

/// The rows in which each line of a path begins and ends, by their places in the list.
fn ends(path: &str) -> String {
    format!(
        "const path = document.querySelector('.lanes-{path}'), matrix = path.getScreenCTM();
         const rows = [...document.querySelectorAll('.row:not([hidden])')];
         const row = ([x, y]) => {{
           const at = new DOMPoint(x, y).matrixTransform(matrix).y;
           const found = rows.find(it => {{ const box = it.getBoundingClientRect(); return box.top < at && at < box.bottom; }});
           return found ? +found.ariaPosInSet : 0;
         }};
         return path.getAttribute('d').split('M').filter(Boolean).map(one => {{
           const numbers = one.match(/-?[0-9.]+/g).map(Number);
           return [row(numbers.slice(0, 2)), row(numbers.slice(-2))];
         }});"
    )
}

async fn rows(browser: &Browser) -> Vec<Value> {
    browser.run(ROWS).await.as_array().expect("rows").clone()
}

/// The place of the first row with this text.
fn place(rows: &[Value], text: &str) -> u64 {
    let found = rows.iter().find(|row| row["text"].as_str().is_some_and(|it| it.contains(text)));
    found.and_then(|row| row["place"].as_u64()).unwrap_or_else(|| panic!("no {text:?} in {rows:#?}"))
}

fn row(rows: &[Value], place: u64) -> &Value {
    rows.iter().find(|row| row["place"] == place).expect("a row")
}

/// Opens one connection for each user, with the user's own room.
async fn enter(practice: &Practice, browser: &Browser, users: &[(&str, &str)]) {
    browser.open(&practice.page).await;
    for (at, (user, room)) in users.iter().enumerate() {
        if at > 0 {
            browser.run("document.activeElement.blur()").await;
            browser.press("n", std::time::Duration::ZERO).await;
            browser
                .until_script(&format!(
                    "return document.querySelectorAll('[data-testid=pick]').length === {}",
                    at + 1
                ))
                .await;
        }
        let address = practice.ws.trim_end_matches("/ws").to_owned() + &format!("/ws/rooms?user={user}");
        browser.type_into("url", &address).await;
        browser.connect().await;
        browser.send(&json!({ "type": "join", "room": room, "id": format!("j{at}") }).to_string()).await;
        browser.until_row(&format!("user {user}")).await;
    }
}

async fn select(browser: &Browser, at: usize) {
    browser.run(&format!("document.querySelectorAll('[data-testid=pick]')[{at}].click()")).await;
}

/// Pixels from where a text in the first lane begins to the edge of the list.
const ROOM: &str = "const list = document.querySelector('[data-testid=timeline]').getBoundingClientRect();
    return list.right - document.querySelector('.row:not([hidden]) .row-kind').getBoundingClientRect().left";

#[test]
fn texts_in_lanes_have_room_on_a_phone_and_beside_an_opened_frame() {
    test_page(async |practice, browser| {
        enter(practice, browser, &[("alice", "r-9"), ("bob", "r-9")]).await;
        browser.click("lanes").await;
        browser.until_script("return !!document.querySelector('.timeline[data-lanes] .row-kind')").await;
        for (width, height, least) in [(390, 844, 200.0), (1280, 720, 440.0)] {
            browser.resize(width, height).await;
            if width > 1000 {
                browser.run("document.querySelector('.row:not([hidden])').click()").await;
                browser.until_text("facts", "alice").await;
            }
            let room = browser.run(ROOM).await.as_f64().expect("a number");
            assert!(room >= least, "{room} px at {width}");
        }
    });
}

#[test]
fn each_connection_has_a_lane_and_lines_join_question_answer_and_arrivals() {
    test_page(async |practice, browser| {
        enter(practice, browser, &[("alice", "r-7"), ("bob", "r-7"), ("mallory", "other")]).await;
        select(browser, 0).await;
        browser.send(r#"{"type":"say","room":"r-7","text":"who is here"}"#).await;
        browser
            .until_rows(|rows| rows.iter().filter(|row| row.contains("text who is here")).count() == 3)
            .await;
        browser.click("lanes").await;
        browser.until_script("return !!document.querySelector('.lanes-answers')?.getAttribute('d')").await;
        let names = browser
            .run("return [...document.querySelectorAll('.lanes-name')].map(it => it.textContent)")
            .await;
        assert_eq!(names, json!(["alice", "bob", "carol"]));
        let all = rows(browser).await;
        for one in &all {
            assert_eq!(one["isUnderName"], true, "{one:#?}");
            let name = &names[one["lane"].as_u64().expect("a lane") as usize];
            assert!(one["text"].as_str().is_some_and(|it| it.contains(name.as_str().unwrap())), "{one:#?}");
        }
        // Each join has one line to its answer, which says how long that took.
        let answers = browser.run(&ends("answers")).await;
        let answers = answers.as_array().expect("lines");
        assert_eq!(answers.len(), 3, "{answers:?}");
        for line in answers {
            let (question, answer) = (line[0].as_u64().unwrap(), line[1].as_u64().unwrap());
            let (asked, answered) = (row(&all, question), row(&all, answer));
            assert!(
                asked["text"].as_str().unwrap().contains("join") && asked["direction"] == "sent",
                "{asked:#?}"
            );
            assert!(answered["text"].as_str().unwrap().contains("joined"), "{answered:#?}");
            assert_eq!(asked["lane"], answered["lane"]);
            assert!(answered["trip"].as_str().unwrap().ends_with('s'), "{answered:#?}");
        }
        // What alice says arrives at bob and not at carol, who is elsewhere.
        let said = place(&all, "↑ say");
        let arrivals = browser.run(&ends("arrivals")).await;
        let of_said: Vec<_> =
            arrivals.as_array().expect("lines").iter().filter(|line| line[0] == said).collect();
        assert_eq!(of_said.len(), 1, "{arrivals:?}");
        let arrived = row(&all, of_said[0][1].as_u64().unwrap());
        assert_eq!((arrived["lane"].as_u64(), arrived["direction"].as_str()), (Some(1), Some("received")));
        browser.assert_quiet_console().await;
    });
}

#[test]
fn lanes_keep_the_selection_take_the_filter_and_are_there_after_a_reload() {
    test_page(async |practice, browser| {
        enter(practice, browser, &[("alice", "r-7"), ("bob", "r-8")]).await;
        let chosen = "return document.querySelector('.row[aria-selected=true]:not([hidden])')?.id";
        browser
            .run("[...document.querySelectorAll('.row:not([hidden])')].find(row => row.textContent.includes('user bob')).click()")
            .await;
        browser.until_text("content", "bob").await;
        let id = browser.run(chosen).await;
        // By its key, too.
        browser.run("document.activeElement.blur()").await;
        browser.press("l", std::time::Duration::ZERO).await;
        browser.until_script("return document.querySelectorAll('.lanes-name').length === 2").await;
        assert_eq!(browser.run(chosen).await, id);
        assert!(id.as_str().is_some_and(|id| id.starts_with("frame-")));
        browser.type_into("filter", "r-8").await;
        browser.until_rows(|rows| rows.len() == 2 && rows.iter().all(|row| row.contains("r-8"))).await;
        browser
            .until_script(
                "return document.querySelector('.lanes-answers').getAttribute('d').split('M').length === 2",
            )
            .await;
        let both = rows(browser).await;
        assert!(both.iter().all(|row| row["lane"] == 1 && row["isUnderName"] == true), "{both:#?}");
        browser.click("clear-filter").await;
        browser.run("document.querySelector('[data-testid=kinds]').closest('details').open = true").await;
        browser.run("document.querySelectorAll('[data-testid=only-connection]')[1].click()").await;
        browser.until_script("return document.querySelectorAll('.lanes-name').length === 1").await;
        browser.until_rows(|rows| rows.iter().all(|row| row.contains("bob"))).await;
        browser
            .until_script("return document.querySelector('[data-testid=lanes]').ariaPressed === 'true'")
            .await;
        browser
            .until_script(
                "if (!globalThis.asked) { globalThis.asked = true; globalThis.kept ??= '';
                   const open = indexedDB.open('sockscope'); open.onsuccess = () => {
                     const get = open.result.transaction('kept').objectStore('kept').get('bench');
                     get.onsuccess = () => { globalThis.kept = get.result ?? ''; open.result.close(); globalThis.asked = false; };
                   }; }
                 return globalThis.kept.includes('\"lanes\":true')",
            )
            .await;
        browser.reload().await;
        browser
            .until_script("return document.querySelector('[data-testid=lanes]')?.ariaPressed === 'true'")
            .await;
    });
}

/// Mallory is in the room, and must not be.
const LEAKS: &str = r#"{ "sockscope": 1, "suite": "leaks",
    "clients": {
        "alice": { "url": "SERVER/ws/rooms?user=alice" },
        "bob": { "url": "SERVER/ws/rooms?user=bob" },
        "mallory": { "url": "SERVER/ws/rooms?user=mallory" } },
    "checks": [{ "check": "no client outside the room hears it", "steps": [
        { "connect": "*" },
        { "on": ["alice", "bob", "mallory"], "send": { "type": "join", "room": "r-7", "id": 1 }, "expect": { "subset": { "type": "joined", "user": "{{client}}" } } },
        { "on": "alice", "mark": "said", "send": { "type": "say", "room": "r-7", "text": "hi all" } },
        { "on": "mallory", "silence": { "for": "500ms", "since": "said", "matching": { "subset": { "type": "said" } } } }
    ] }] }"#;

#[test]
fn a_failed_check_of_several_connections_opens_in_lanes_with_what_came_wrong_in_red() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        fail_and_go_to_lanes(practice, browser).await;
        browser.until_script("return !!document.querySelector('.lanes-wrong')?.getAttribute('d')").await;
        let names = browser
            .run("return [...document.querySelectorAll('.lanes-name')].map(it => it.textContent)")
            .await;
        assert_eq!(
            names,
            json!(["alice · leaks", "bob · leaks", "mallory · leaks"]),
            "the bench's own connections are not of the check"
        );
        let all = rows(browser).await;
        let wrong: Vec<_> = all.iter().filter(|row| row["direction"] == "trouble").collect();
        assert_eq!(wrong.len(), 1, "{all:#?}");
        assert_eq!((wrong[0]["lane"].as_u64(), wrong[0]["isUnderName"].as_bool()), (Some(2), Some(true)));
        assert!(
            wrong[0]["text"].as_str().is_some_and(|it| it.contains("said") && it.contains("hi all")),
            "{wrong:#?}"
        );
        let lines = browser.run(&ends("wrong")).await;
        assert_eq!(lines[0][1], wrong[0]["place"], "the red line ends at it");
        // It is what one looks at, also where the lanes are wider than the screen.
        browser.until_text("content", "hi all").await;
        browser.assert_quiet_console().await;
    });
}

/// Runs a suite that fails, and goes from its failure to the lanes.
async fn fail_and_go_to_lanes(practice: &Practice, browser: &Browser) {
    browser.run("location.hash = '#/checks'").await;
    until_checks(browser).await;
    let suite = LEAKS.replace("SERVER", practice.ws.trim_end_matches("/ws"));
    browser.run(&format!("sockscope.run({}, {{}})", json!(suite))).await;
    browser.until_text("verdict", "Failed").await;
    browser.click("to-lanes").await;
    browser.until_script("return location.hash === '#/bench'").await;
    until_names(browser, &["alice · leaks", "bob · leaks", "mallory · leaks"]).await;
}

async fn until_names(browser: &Browser, names: &[&str]) {
    let found = "[...document.querySelectorAll('.lanes-name')].map(it => it.textContent)";
    browser
        .until_script(&format!("return JSON.stringify({found}) === {}", json!(json!(names).to_string())))
        .await;
}

async fn are_lanes_on(browser: &Browser) -> bool {
    browser.run("return document.querySelector('[data-testid=lanes]').ariaPressed === 'true'").await == true
}

#[test]
fn undo_brings_back_the_filter_and_the_form_from_before_the_lanes_of_a_check() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        browser.type_into("filter", "mine").await;
        fail_and_go_to_lanes(practice, browser).await;
        assert_eq!(browser.value("filter").await, "");
        browser.until_text("toast", "Only frames of the check").await;
        browser.click("undo").await;
        browser.until_script("return document.querySelector('[data-testid=filter]').value === 'mine'").await;
        assert!(!are_lanes_on(browser).await);
        browser.assert_quiet_console().await;
    });
}

#[test]
fn lanes_of_a_check_go_with_its_filter_and_its_names_with_its_frames() {
    test_page(async |practice, browser| {
        browser.open(&practice.page).await;
        fail_and_go_to_lanes(practice, browser).await;
        // The filter is cleared: the timeline is a list again, with all frames in it.
        browser.run("document.querySelector('[data-testid=filter]').focus()").await;
        browser.press("\u{e00c}", std::time::Duration::ZERO).await;
        browser
            .until_script("return document.querySelector('[data-testid=lanes]').ariaPressed === 'false'")
            .await;
        browser.run("document.activeElement.blur()").await;
        browser.press("l", std::time::Duration::ZERO).await;
        until_names(browser, &["alice", "alice · leaks", "bob · leaks", "mallory · leaks"]).await;
        // Without its frames no connection of the check has a lane.
        browser.click("clear").await;
        browser
            .until_script("return document.querySelector('[data-testid=clear]').dataset.asking === 'true'")
            .await;
        browser.click("clear").await;
        browser.until_rows(|rows| rows.is_empty()).await;
        until_names(browser, &["alice"]).await;
        assert!(are_lanes_on(browser).await, "a person has turned them on");
        browser.assert_quiet_console().await;
    });
}
