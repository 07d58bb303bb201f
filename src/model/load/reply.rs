//! How a load recognises the replies to what it sends.
//!
//! Owns the ways to recognise one, and what counts as an error. One rule: a reply that says that something went wrong
//! is an answer only where the form says so.

use serde_json::{Value, json};

use super::{LoadForm, Mistake, value_of};
use crate::engine::bench::summary::ERROR_WORDS;

/// How a reply is recognised.
pub const REPLIES: [(&str, &str); 5] = [
    ("member", "the same member value"),
    ("json", "JSON that contains"),
    ("text", "text that contains"),
    ("any", "the next message"),
    ("none", "no reply is awaited"),
];

impl LoadForm {
    /// What is sent, and what is expected.
    pub(super) fn question(&self) -> Result<(Value, Option<Value>), Mistake> {
        let mut send = value_of(&self.message);
        let by = self.by.trim();
        let mut expect = match self.reply.as_str() {
            "none" => None,
            "any" => Some(json!({ "any": true })),
            "text" if by.is_empty() => return Err(("by", "expected a part of the reply".to_owned())),
            "text" => Some(json!({ "contains": by })),
            "json" => match serde_json::from_str::<Value>(by) {
                Ok(value) => Some(json!({ "subset": value })),
                Err(_) => return Err(("by", r#"expected JSON such as {"type": "response"}"#.to_owned())),
            },
            _ => {
                let path = if by.starts_with('$') { by.to_owned() } else { format!("$.{by}") };
                let name = path.strip_prefix("$.").filter(|name| !name.is_empty());
                let Some(name) = name else {
                    return Err(("by", "expected a member such as $.id".to_owned()));
                };
                match (&mut send, name.contains(['.', '['])) {
                    (Value::Object(members), false) => {
                        let has_own = members.get(name).is_some_and(|value| value.to_string().contains("{{"));
                        if !has_own {
                            // Each message needs a value of its own.
                            members.insert(name.to_owned(), json!("{{index}}-{{i}}"));
                        }
                    }
                    (Value::Object(_), true) => {}
                    _ => return Err(("message", format!("expected JSON with the member {name}"))),
                }
                Some(json!({ "correlate": path }))
            }
        };
        if self.errors_fail
            && let Some(Value::Object(expect)) = &mut expect
        {
            expect.insert("not".to_owned(), an_error());
        }
        Ok((send, expect))
    }
}

/// A matcher for a reply that is an error: what the bench paints red, and the same in `status` and `code`.
fn an_error() -> Value {
    let says = format!("(?i){}", ERROR_WORDS.join("|"));
    let kinds = TYPE_MEMBERS.iter().map(|name| json!({ "path": format!("$.{name}"), "matches": says }));
    let nothing = json!({ "path": "$.error", "in": [null, false, "", 0, [], {}] });
    let has_error = json!({ "all_of": [{ "path": "$.error" }, { "not": nothing }] });
    let any: Vec<_> = kinds.chain([has_error]).collect();
    json!({ "any_of": any })
}

/// Members that often say that something went wrong.
const TYPE_MEMBERS: [&str; 6] = ["type", "event", "kind", "op", "status", "code"];

#[cfg(test)]
mod tests {
    use super::*;

    fn form(errors_fail: bool) -> LoadForm {
        LoadForm { url: "localhost:7411/v1/feed".to_owned(), errors_fail, ..LoadForm::default() }
    }

    #[test]
    fn a_reply_that_is_an_error_is_no_answer_unless_the_form_says_so() {
        let expected = |form: &LoadForm| form.question().expect("a question").1.expect("an expectation");
        let matcher = |mut expect: Value| {
            expect.as_object_mut().expect("an object").remove("correlate");
            expect.as_object_mut().expect("an object").insert("any".to_owned(), json!(true));
            crate::engine::matcher::Matcher::compile(&expect).expect("a matcher")
        };
        let answers = |errors_fail: bool, reply: &str| {
            let payload = crate::engine::Payload::Text(reply.to_owned());
            let matcher = matcher(expected(&form(errors_fail)));
            matcher.check(&crate::engine::matcher::Subject::new(&payload)).is_ok()
        };
        for error in [
            r#"{"type":"error","code":"UNAUTHENTICATED","request_id":"0-1"}"#,
            r#"{"event":"OrderRejected"}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600}}"#,
            r#"{"id":1,"error":"no such channel"}"#,
            r#"{"id":1,"error":true}"#,
            r#"{"status":"failed"}"#,
        ] {
            assert!(!answers(true, error), "{error}");
            assert!(answers(false, error), "{error}");
        }
        for answer in [
            r#"{"type":"quote","price":140}"#,
            r#"{"id":1,"error":null,"result":2}"#,
            r#"{"id":1,"error":"","status":"ok"}"#,
            r#"{"id":1,"error":0}"#,
            "an error as a text, which has no kind",
        ] {
            assert!(answers(true, answer), "{answer}");
        }
    }
}
