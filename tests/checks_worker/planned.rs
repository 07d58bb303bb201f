//! What Run would test while values are missing.

use super::page::with_page;
use sockscope::wire::checks::{Answer, Question, RunRequest, SuiteRequest};

fn planned(url: &str) -> RunRequest {
    let text = format!(
        r#"{{ "sockscope": 1, "suite": "m", "secrets": ["token"],
             "vars": {{ "ws_url": "ws://sim/echo", "token": "{{{{env.TOKEN}}}}", "rows": "{{{{env.ROWS}}}}", "room": "{{{{token}}}}-room" }},
             "clients": {{ "a": {{ "url": "{url}" }} }},
             "checks": [ {{ "check": "c", "steps": [ {{ "connect": "a" }}, {{ "send": "{{{{token}}}} {{{{rows}}}}" }} ] }} ] }}"#
    );
    let suite = SuiteRequest { id: "own-1".into(), text, ..SuiteRequest::default() };
    RunRequest { suites: vec![suite], times: 1, ..RunRequest::default() }
}

const TOKEN: &str = "The secret `token` has no value: type it in Values, or set TOKEN.";
const ROWS: &str = "The variable `rows` has no value: type it in Values, or set ROWS.";

#[test]
fn an_address_is_known_while_a_value_that_it_does_not_need_is_missing() {
    with_page(|page| async move {
        for url in ["{{ws_url}}", "{{ws_url}}?token={{token}}"] {
            let told = page.ask(Question::Plan(Box::new(planned(url)))).await;
            let Answer::Planned { targets, checks: 1, missing } = told else { panic!("{url}: {told:?}") };
            assert_eq!((targets.len(), targets[0].url.as_str()), (1, "ws://sim/echo"));
            assert_eq!(missing, [TOKEN, ROWS]);
        }
    });
}

#[test]
fn an_address_that_needs_a_missing_value_names_it_and_says_what_to_do() {
    with_page(|page| async move {
        for url in ["{{ws_url}}/{{token}}", "{{ws_url}}/{{room}}", "ws://{{token}}/ws"] {
            let told = page.ask(Question::Plan(Box::new(planned(url)))).await;
            assert_eq!(told, Answer::Failed(TOKEN.to_owned()), "{url}");
        }
        let mut given = planned("{{ws_url}}/{{token}}");
        given.suites[0].overrides = vec![("token".to_owned(), "typed-in".to_owned())];
        given.env.insert("ROWS".to_owned(), "3".to_owned());
        let Answer::Planned { targets, missing, .. } = page.ask(Question::Plan(Box::new(given))).await else {
            panic!("all is given")
        };
        assert_eq!(targets[0].url, "ws://sim/echo/***", "a secret that is known stays masked");
        assert!(missing.is_empty(), "{missing:?}");
    });
}
