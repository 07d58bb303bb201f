//! The first line of the console says what is tested and who said so; the report says the same.

use serde_json::json;

use support::binary;
use support::call::Call;
use support::page::Practice;

/// Tests the address that is written in it.
fn written(url: &str) -> String {
    format!(
        r#"{{ "sockscope": 1, "suite": "written", "vars": {{ "ws_url": "{url}" }}, "clients": {{ "a": {{ "url": "{{{{ws_url}}}}?x=1" }} }},
             "checks": [ {{ "check": "opens", "steps": [ {{ "connect": "a" }}, {{ "close": {{}} }} ] }} ] }}"#
    )
}

/// The head of a run on the console.
fn head<'a>(stdout: &'a str, label: &str) -> &'a str {
    stdout.lines().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("{label} in {stdout}"))
}

#[test]
fn the_first_line_names_the_address_and_whose_it_is() {
    let ended = Call::new(&["first-contact", "--json", "OUT/r.json"]).run();
    ended.assert_code(0);
    let target = &ended.json("r.json")["targets"][0];
    let (url, from) = (target["url"].as_str().expect("an address"), "the command's own practice server");
    assert_eq!(target["from"], from);
    let line = ended.stdout.lines().next().expect("a line");
    assert!(line.starts_with(&format!("first-contact against {url} ({from}) · seed ")), "{line}");
    assert_eq!(url, ended.json("r.json")["vars"]["ws_url"], "what the console says is what the page tests");
}

#[test]
fn another_server_is_named_with_who_gave_it() {
    let server = Practice::start_with(&["--allow-origin", "loopback"]);
    let ws = server.url("ws");
    let ended = Call::new(&[
        "first-contact",
        "OUT/w.json",
        "--json",
        "OUT/r.json",
        "--junit",
        "OUT/r.xml",
        "--html",
        "OUT/r.html",
    ])
    .with_file("w.json", written(ws))
    .with_env("WS_URL", ws)
    .run();
    ended.assert_code(0);
    assert!(head(&ended.stdout, "first-contact").contains(&format!("against {ws} (from WS_URL)")));
    assert!(head(&ended.stdout, "written").contains(&format!("against {ws} (written in the suite)")));
    let runs = ended.json("r.json");
    assert_eq!(runs["runs"][1]["targets"], json!([{ "url": ws, "from": "written in the suite" }]));
    let property = format!("<property name=\"target\" value=\"{ws} (from WS_URL)\"/>");
    assert!(ended.file("r.xml").contains(&property), "{}", ended.file("r.xml"));
    assert!(ended.file("r.html").contains(&format!("Target: {ws} (written in the suite)")));

    let given = format!("ws_url={ws}");
    let ended = Call::new(&["first-contact", "--var", &given]).run();
    ended.assert_code(0);
    let line = head(&ended.stdout, "first-contact");
    assert!(line.contains(&format!("against {ws} (from --var ws_url)")), "{line}");
}

#[test]
fn a_started_server_is_named_as_such_and_a_quiet_failure_says_what_it_tested() {
    let start = format!("{} serve --port {{port}} --allow-origin loopback", binary());
    let ended = Call::new(&["first-contact", "--start", &start, "--no-tls"]).run();
    ended.assert_code(0);
    assert!(head(&ended.stdout, "first-contact").contains("/ws (the server started by --start)"));

    let ended =
        Call::new(&["OUT/w.json", "--quiet"]).with_file("w.json", written("ws://127.0.0.1:9/ws")).run();
    ended.assert_code(1);
    let line = ended.stdout.lines().next().expect("a line");
    assert!(
        line.starts_with("written against ws://127.0.0.1:9/ws (written in the suite)"),
        "{}",
        ended.stdout
    );
}
