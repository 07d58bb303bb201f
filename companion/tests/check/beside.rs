//! Files that a suite names come along into the browser.

use support::call::Call;

const SUITE: &str = r#"{ "sockscope": 1, "suite": "users", "import": ["common.jsonc"],
  "checks": [
    { "check": "{{user}} is answered", "each": { "file": "users.csv" }, "steps": [
      { "use": "say", "on": "bob", "what": "{{user}}" } ] },
    { "check": "the crowd is answered", "steps": [
      { "use": "say", "on": "crowd", "what": "{{user}}" } ] },
    { "check": "nothing like it comes", "steps": [
      { "use": "say", "on": "bob", "what": { "$json": 1 } } ] },
    { "check": "left out", "skip": "waits for ABC-12", "steps": [ { "connect": "bob" } ] } ] }"#;

const COMMON: &str = r#"{ "sockscope": 1, "suite": "common", // comments are fine
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}", "user": "" },
  "clients": { "bob": { "url": "{{ws_url}}/echo" }, "crowd": { "url": "{{ws_url}}/echo?user={{user}}", "each": { "file": "users.csv" } } },
  "define": { "say": { "with": ["what"], "steps": [
    { "connect": "{{client}}" },
    { "send": "{{what}}", "expect": { "regex": "^[a-z]+$", "within": "1s" } } ] } } }"#;

#[test]
fn imports_and_rows_come_along_and_a_failure_names_both_lines() {
    // Two browsers, so that what comes along reaches each of them.
    for shards in ["1", "2"] {
        let ended =
            Call::new(&["OUT/s.json", "--json", "OUT/r.json", "--html", "OUT/r.html", "--shards", shards])
                .with_file("s.json", SUITE)
                .with_file("common.jsonc", COMMON)
                .with_file("users.csv", "user\nann\nbob\ncy\n")
                .run();
        ended.assert_code(1);
        let report = ended.json("r.json");
        let verdicts: Vec<_> = report["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .map(|check| check["verdict"].clone())
            .collect();
        assert_eq!(verdicts, ["pass", "pass", "pass", "pass", "fail", "skipped"], "{}", ended.stdout);
        let crowd = report["checks"][3]["steps"][2].clone();
        assert_eq!(
            (&crowd["runs"], &crowd["file"], &crowd["line"]),
            (&3.into(), &"common.jsonc".into(), &6.into())
        );
        ended.assert_says(&["(steps[0].use[1], line 6 of common.jsonc, used in line 8)", "waits for ABC-12"]);
        assert!(ended.file("r.html").contains("line 6 of common.jsonc, used in line 8"));
    }
}
