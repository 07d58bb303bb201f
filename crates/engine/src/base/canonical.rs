//! JSON values as texts that are equal exactly when the values are.
//!
//! Owns what "equal" means for lookups: numbers by value, members of objects in any order. Writing a number takes time
//! in its digits, never in its exponent.

use serde_json::{Number, Value};

/// The text of a value.
///
/// ```
/// # use sockscope_engine::base::canonical::text;
/// let value = |text: &str| serde_json::from_str(text).unwrap();
/// assert_eq!(text(&value(r#"{"a": 1.0, "b": 2}"#)), text(&value(r#"{"b": 20e-1, "a": 1}"#)));
/// assert_ne!(text(&value("10000000000000001")), text(&value("1e16")));
/// assert_ne!(text(&value("1")), text(&value("\"1\"")));
/// ```
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => write_number(number, out),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (name, member) in members {
                write_text(name, out);
                out.push(':');
                write(member, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::String(text) => write_text(text, out),
        Value::Bool(true) => out.push('t'),
        Value::Bool(false) => out.push('f'),
        Value::Null => out.push('n'),
    }
}

/// With its length in front, a text is unambiguous without quotes and escapes.
fn write_text(text: &str, out: &mut String) {
    out.push_str(&text.len().to_string());
    out.push('"');
    out.push_str(text);
}

fn write_number(number: &Number, out: &mut String) {
    let (is_negative, digits, magnitude) = crate::base::number::parts(number);
    out.push_str(if is_negative { "-" } else { "+" });
    out.push_str(&digits);
    out.push('e');
    out.push_str(&magnitude.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> String {
        text(&serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}")))
    }

    #[test]
    fn equal_values_have_one_text() {
        for (a, b) in [
            ("1", "1.0"),
            ("0", "-0.0e99"),
            ("100", "1e2"),
            ("0.001", "1e-3"),
            ("[1,2]", "[1.0,2e0]"),
            (r#"{"a":1,"b":[]}"#, r#"{"b":[],"a":1}"#),
            ("\"é\"", "\"\\u00e9\""),
        ] {
            assert_eq!(of(a), of(b), "{a} and {b}");
        }
    }

    #[test]
    fn different_values_have_different_texts() {
        let all = [
            "null",
            "true",
            "false",
            "0",
            "1",
            "-1",
            "10",
            "\"1\"",
            "\"\"",
            "[]",
            "{}",
            "[[]]",
            "[1]",
            "[1,1]",
            "[11]",
            r#"["1,1"]"#,
            r#"["1","1"]"#,
            r#"{"a":1}"#,
            r#"{"a":{}}"#,
            "1e400",
            "1e401",
            "10000000000000001",
            "1e16",
            "\"n\"",
            "\"t\"",
        ];
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                assert_ne!(of(a), of(b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn a_promised_exponent_costs_nothing() {
        assert!(of("1e999999999").len() < 40);
    }
}
