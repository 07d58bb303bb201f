//! A suite that is watched while it changes.

/// A check that failed is named as it ends and again with all that is known.
pub const WAITING: &str = "Enter runs everything again";

/// Two checks; the first one sends this and hears it again.
pub fn suite(sent: &str, wanted: &str) -> String {
    format!(
        r#"{{ "sockscope": 1, "suite": "watched", "vars": {{ "ws_url": "{{{{env.WS_URL}}}}" }},
  "clients": {{ "a": {{ "url": "{{{{ws_url}}}}/echo" }} }},
  "checks": [
    {{ "check": "the first", "steps": [ {{ "connect": "a" }},
      {{ "send": "{sent}", "expect": {{ "text": "{wanted}", "within": "300ms" }} }} ] }},
    {{ "check": "the second", "steps": [ {{ "connect": "a" }}, {{ "send": "x", "expect": {{ "echo": true }} }} ] }} ] }}"#
    )
}
