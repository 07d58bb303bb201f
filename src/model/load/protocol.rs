//! What the clients of a load agree on with the server: subprotocols, frames in a stream, and what they answer meanwhile.
//!
//! Pure. Owns how these fields are read, and what they make of a client and of what it sends.

use serde_json::{Map, Value, json};

use super::{Mistake, value_of};
use crate::engine::base::integer::Integer;

/// How what comes is cut into frames.
pub const FRAMINGS: [(&str, &str); 3] =
    [("none", "whole messages"), ("delimiter", "cut at a delimiter"), ("length", "cut by a length")];

/// What is typed, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolForm {
    /// Subprotocols to offer, best first, with commas between; may be empty.
    pub offered: String,
    /// One of [`FRAMINGS`].
    pub framing: String,
    /// The delimiter with `\n`, `\r`, `\t` and `\0`, or the name of a whole number.
    pub framed_by: String,
    /// Which messages are answered while the load runs: JSON or a part of a text; may be empty.
    pub asked: String,
    /// What is answered.
    pub answer: String,
}

impl Default for ProtocolForm {
    fn default() -> Self {
        let empty = String::new;
        Self {
            offered: empty(),
            framing: "none".to_owned(),
            framed_by: empty(),
            asked: empty(),
            answer: empty(),
        }
    }
}

/// What a client of the suite has beside its address.
#[derive(Debug, Default)]
pub(super) struct Protocol {
    offered: Vec<String>,
    framing: Framing,
    answer: Option<(Value, Value)>,
}

#[derive(Debug, Default)]
enum Framing {
    #[default]
    None,
    /// What stands behind each frame.
    Delimiter(String),
    /// The name of the number in front of each frame.
    Length(String),
}

impl ProtocolForm {
    /// What it makes, or what is wrong with it. `reply` is how a reply is recognised.
    pub(super) fn read(&self, reply: &str) -> Result<Protocol, Vec<Mistake>> {
        let mut wrong: Vec<Mistake> = Vec::new();
        let offered: Vec<String> = self.offered.split(',').map(|name| name.trim().to_owned()).collect();
        let offered = match self.offered.trim() {
            "" => Vec::new(),
            _ if offered.iter().any(|name| !is_token(name)) => {
                wrong.push(("offered", "expected names such as mqtt, or several with commas".to_owned()));
                Vec::new()
            }
            _ => offered,
        };
        let framing = self.read_framing(reply).unwrap_or_else(|mistake| {
            wrong.push(mistake);
            Framing::None
        });
        let answer = match (self.asked.trim(), self.answer.trim()) {
            ("", "") => None,
            ("", _) => {
                wrong.push(("asked", "expected what is answered".to_owned()));
                None
            }
            (_, "") => {
                wrong.push(("answer", "expected an answer".to_owned()));
                None
            }
            (asked, _) => {
                let to = match value_of(asked) {
                    Value::String(text) => json!({ "contains": text }),
                    value => json!({ "subset": value }),
                };
                Some((to, value_of(&self.answer)))
            }
        };
        match wrong.is_empty() {
            true => Ok(Protocol { offered, framing, answer }),
            false => Err(wrong),
        }
    }

    fn read_framing(&self, reply: &str) -> Result<Framing, Mistake> {
        let by = self.framed_by.trim();
        match self.framing.as_str() {
            "delimiter" => match self.framed_by.is_empty() {
                true => Err(("framed-by", r"expected what stands behind each frame, such as \n".to_owned())),
                false => Ok(Framing::Delimiter(unescaped(&self.framed_by))),
            },
            "length" if reply == "member" => Err((
                "framing",
                "a frame with its length is binary as it is sent, so a member cannot pair replies: recognise them by JSON, by a text, or take the next message"
                    .to_owned(),
            )),
            "length" if Integer::named(by).is_none() => {
                Err(("framed-by", "expected a whole number such as u16, u32le or varint".to_owned()))
            }
            "length" => Ok(Framing::Length(by.to_owned())),
            _ => Ok(Framing::None),
        }
    }
}

impl Protocol {
    /// What is sent, as the stream has it.
    pub(super) fn framed(&self, payload: Value) -> Value {
        match &self.framing {
            Framing::None => payload,
            Framing::Delimiter(delimiter) => json!({ "$concat": [payload, delimiter] }),
            Framing::Length(length) => json!({ "$concat": [{ "$length": length, "of": payload }] }),
        }
    }

    /// The members of the client, each on a line of its own. `reply` is how a reply is recognised.
    pub(super) fn members(&self, reply: &str) -> String {
        let mut members = Map::new();
        if !self.offered.is_empty() {
            members.insert("protocols".to_owned(), json!(self.offered));
        }
        match &self.framing {
            Framing::None => {}
            Framing::Delimiter(delimiter) => {
                members.insert("framing".to_owned(), json!({ "delimiter": delimiter }));
            }
            // Matchers of texts look at texts only, and what has a number in front came as bytes.
            Framing::Length(length) => {
                let mut framing = json!({ "length": length, "strip": true });
                if matches!(reply, "json" | "text") || self.answer.is_some() {
                    framing["as"] = json!("text");
                }
                members.insert("framing".to_owned(), framing);
            }
        }
        if let Some((to, send)) = &self.answer {
            let answer = json!({ "to": to, "send": self.framed(send.clone()) });
            members.insert("answers".to_owned(), json!([answer]));
        }
        members.iter().map(|(name, value)| format!(",\n    {}: {value}", json!(name))).collect()
    }
}

/// Whether it is a name that a handshake may offer.
fn is_token(name: &str) -> bool {
    let is_of_token = |byte: u8| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte);
    !name.is_empty() && name.bytes().all(is_of_token)
}

/// A field of one line takes line breaks and tabs as one writes them in programs.
fn unescaped(typed: &str) -> String {
    [("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\0", "\0")]
        .iter()
        .fold(typed.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::suite::Suite;
    use crate::model::load::LoadForm;

    fn made(reply: &str, by: &str, change: impl FnOnce(&mut ProtocolForm)) -> Result<String, Vec<Mistake>> {
        let mut form = LoadForm { url: "ws://h".to_owned(), beat: "ping".to_owned(), ..LoadForm::default() };
        (form.reply, form.by) = (reply.to_owned(), by.to_owned());
        form.first = r#"{"op":"auth"}"#.to_owned();
        change(&mut form.protocol);
        let text = form.make("ws://localhost:9000")?.text;
        if let Err(problems) = Suite::parse(&text) {
            panic!("{text}\n{problems:?}");
        }
        Ok(text)
    }

    #[track_caller]
    fn has(text: &str, said: &[&str]) {
        for said in said {
            assert!(text.contains(said), "{said} is missing in\n{text}");
        }
    }

    #[test]
    fn a_form_without_them_makes_no_members_of_a_client() {
        let text = made("any", "", |_| {}).expect("a suite");
        for word in ["protocols", "framing", "answers", "$concat"] {
            assert!(!text.contains(word), "{word} in\n{text}");
        }
    }

    #[test]
    fn ok_subprotocols_and_an_answer() {
        let text = made("member", "$.id", |form| {
            form.offered = "v2.chat , v1.chat".to_owned();
            form.asked = r#"{"type":"ping"}"#.to_owned();
            form.answer = r#"{"type":"pong","id":"{{message.id}}"}"#.to_owned();
        });
        let said = [
            r#""protocols": ["v2.chat","v1.chat"]"#,
            r#""answers": [{"to":{"subset":{"type":"ping"}},"send":{"type":"pong","id":"{{message.id}}"}}]"#,
        ];
        has(&text.expect("a suite"), &said);
        let text = made("any", "", |form| {
            form.asked = "PING".to_owned();
            form.answer = "PONG".to_owned();
        });
        has(&text.expect("a suite"), &[r#""answers": [{"to":{"contains":"PING"},"send":"PONG"}]"#]);
    }

    #[test]
    fn all_that_is_sent_has_its_delimiter() {
        let text = made("member", "$.id", |form| {
            form.framing = "delimiter".to_owned();
            form.framed_by = r"\r\n".to_owned();
            (form.asked, form.answer) = ("ping".to_owned(), "pong".to_owned());
        });
        let said = [
            r#""framing": {"delimiter":"\r\n"}"#,
            r#""send": {"$concat":["ping","\r\n"]}"#,
            r#""send": {"$concat":[{"op":"auth"},"\r\n"]}"#,
            r#""send": {"$concat":[{"type":"message","id":"{{index}}-{{i}}"},"\r\n"]}, "expect": {"correlate":"$.id""#,
            r#""send":{"$concat":["pong","\r\n"]}"#,
        ];
        has(&text.expect("a suite"), &said);
    }

    #[test]
    fn all_that_is_sent_has_its_length_in_front() {
        let with_length = |form: &mut ProtocolForm| {
            form.framing = "length".to_owned();
            form.framed_by = " u16 ".to_owned();
        };
        let text = made("json", r#"{"type":"message"}"#, with_length).expect("a suite");
        let said = [
            r#""framing": {"length":"u16","strip":true,"as":"text"}"#,
            r#""send": {"$concat":[{"$length":"u16","of":{"type":"message"}}]}"#,
            r#""send": {"$concat":[{"$length":"u16","of":"ping"}]}"#,
        ];
        has(&text, &said);
        let text = made("any", "", with_length).expect("a suite");
        has(&text, &[r#""framing": {"length":"u16","strip":true}"#]);
    }

    #[test]
    fn err_each_field_says_what_it_expects() {
        let fields = |reply: &str, change: fn(&mut ProtocolForm)| {
            let wrong = made(reply, "$.id", change).expect_err("mistakes");
            wrong.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(fields("any", |form| form.offered = "a b, c".to_owned()), ["offered"]);
        assert_eq!(fields("any", |form| form.offered = "a,,c".to_owned()), ["offered"]);
        assert_eq!(fields("any", |form| form.asked = "ping".to_owned()), ["answer"]);
        assert_eq!(fields("any", |form| form.answer = "pong".to_owned()), ["asked"]);
        assert_eq!(fields("any", |form| form.framing = "delimiter".to_owned()), ["framed-by"]);
        assert_eq!(fields("any", |form| form.framing = "length".to_owned()), ["framed-by"]);
        let by_member: fn(&mut ProtocolForm) = |form| {
            form.framing = "length".to_owned();
            form.framed_by = "u16".to_owned();
        };
        assert_eq!(fields("member", by_member), ["framing"]);
    }
}
