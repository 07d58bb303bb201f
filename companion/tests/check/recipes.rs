//! The recipes of the guide, each against a real server.

use support::call::Call;

const PAGE: &str = include_str!("../../../docs/guide/recipes-session.md");

/// The suite of a recipe, and its server.
fn recipe(name: &str) -> (String, String) {
    let sign = format!("<!-- recipe {name}: ");
    let (_, rest) = PAGE.split_once(&sign).unwrap_or_else(|| panic!("no recipe is called {name}"));
    let (server, rest) = rest.split_once(" -->\n```json\n").expect("a suite follows");
    let (text, _) = rest.split_once("\n```").expect("it has an end");
    (text.to_owned(), server.to_owned())
}

#[test]
fn recipes_hold_against_the_practice_server() {
    for name in ["session", "job", "once"] {
        let (text, server) = recipe(name);
        assert_eq!(server, "practice");
        Call::new(&["OUT/s.json"]).with_file("s.json", &text).run().assert_code(0);
    }
}

#[test]
fn a_login_whose_cookie_no_one_knows_turns_the_recipe_red() {
    let text = recipe("session").0.replace(
        r#""user": "anna" } }, "expect": { "status": 200"#,
        r#""user": "anna", "fault": "cookie" } }, "expect": { "status": 200"#,
    );
    let ended = Call::new(&["OUT/s.json"]).with_file("s.json", &text).run();
    ended.assert_code(1);
    ended.assert_says(&["/session was answered with status 401", "no cookie of POST /api/login came along"]);
}

#[test]
fn a_job_that_fails_or_hangs_turns_the_recipe_red() {
    let text = recipe("job").0.replace("\"within\": \"10s\"", "\"within\": \"4s\"");
    for (fault, state) in [("fail", "failed"), ("hang", "running")] {
        let text = text.replace("takes=700ms", &format!("takes=700ms&fault={fault}"));
        let ended = Call::new(&["OUT/s.json"]).with_file("s.json", &text).run();
        ended.assert_code(1);
        ended.assert_says(&[&format!("$.state: expected \"done\", found \"{state}\"")]);
    }
}

#[cfg(feature = "target-tests")]
#[test]
fn a_recipe_holds_against_graphql_ws_and_finds_what_it_does_not_send() {
    let (text, file) = recipe("graphql");
    let servers = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/servers");
    let start = format!("{} {servers}/{file} --port {{port}}", support::setting("SOCKSCOPE_NODE"));
    let address = "ws_url=ws://localhost:{port}/graphql";
    let call = |start: &str| {
        Call::new(&["OUT/s.json", "--start", start, "--var", address]).with_file("s.json", &text).run()
    };
    call(&start).assert_code(0);
    call(&format!("{start} --drop next")).assert_code(1);
}
