//! HTTP calls: what an `http` step sends, and where to.

use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::suite::field::Field;
use crate::suite::keys::HTTP;
use crate::suite::model::{HttpBody, HttpExpectation, HttpSpec, Verb};
use crate::suite::notes::StepNotes;
use crate::suite::source::Node;

use super::expectation::Worded;
use super::reader::{Fields, Reader};
use super::step::Done;

impl Reader<'_> {
    pub(super) fn http(&mut self, fields: &Fields<'_>, notes: &mut StepNotes) -> Done {
        let call =
            fields.get("http").and_then(|node| self.fields(node, &HTTP, "{\"url\": \"{{api_url}}/health\"}"));
        let told = fields.get("expect").and_then(|node| self.http_expect(node, notes));
        let told = told.unwrap_or(Worded { value: HttpExpectation::default(), words: String::new() });
        notes.timings.push(told.value.metric.clone().unwrap_or_else(|| "http".to_owned()));
        let call = call?;
        let method: Option<Field<String>> =
            call.get("method").and_then(|node| self.field_where(node, "\"POST\"", method_complaint));
        let url = call.get("url").and_then(|node| {
            self.field_where(node, "\"{{api_url}}/health\"", |url: &String| {
                let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
                let is_http = ["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme));
                (!is_http).then(|| "the address of a call starts with http:// or https://".to_owned())
            })
        });
        let headers = self.headers(call.get("headers"));
        let cookies = call.get("cookies").and_then(|node| self.field(node, "true"));
        let redirect = call
            .get("redirect")
            .and_then(|node| self.field_where(node, "\"follow\"", |way: &String| redirect_complaint(way)));
        let (json, text) = (call.member("json"), call.member("text"));
        if let (Some(_), Some(second)) = (json, text) {
            self.wrong(second.key_span, "a call has one body, \"json\" or \"text\"");
        }
        let body = match (json, text) {
            (Some(json), _) => self.document(&json.value).map(HttpBody::Json),
            (None, Some(text)) => self.field(&text.value, "a text").map(HttpBody::Text),
            (None, None) => None,
        };
        if let (Some(Field::Fixed(method)), Some(body)) = (&method, json.or(text))
            && ["GET", "HEAD"].contains(&method.to_ascii_uppercase().as_str())
        {
            self.wrong(
                body.key_span,
                format!("a {method} has no body; leave {:?} out, or use POST", body.key),
            );
        }
        let given = call.get("method").and_then(Node::text);
        let word = given.unwrap_or(if json.or(text).is_some() { "POST" } else { "GET" });
        let mut words =
            format!("{} {}", word.to_uppercase(), call.get("url").and_then(Node::text).unwrap_or_default());
        match told.words.as_str() {
            "" => {}
            until if until.starts_with("until ") => words.push_str(&format!(" {until}")),
            told => words.push_str(&format!(" and expect {told}")),
        }
        Some((
            Verb::Http(Box::new(HttpSpec {
                method,
                url: url?,
                headers,
                body,
                cookies,
                redirect,
                expect: told.value,
            })),
            words,
        ))
    }

    fn headers(&mut self, node: Option<&Node>) -> Vec<(String, Field<String>)> {
        let Some(node) = node else { return Vec::new() };
        let example = "{\"Authorization\": \"Bearer {{token}}\"}";
        let Some(members) = node.members() else {
            self.mistyped(node, "an object of headers", example);
            return Vec::new();
        };
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let mut headers = Vec::new();
        for member in members {
            if member.key.is_empty() || !member.key.chars().all(is_token) {
                self.wrong(member.key_span, format!("{:?} is not a valid header name", cut(&member.key, 60)));
            }
            headers.extend(
                self.field(&member.value, "\"Bearer {{token}}\"").map(|value| (member.key.clone(), value)),
            );
        }
        headers
    }
}

fn method_complaint(method: &String) -> Option<String> {
    let is_word = !method.is_empty() && method.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    if !is_word {
        return Some(format!(
            "{:?} is not an HTTP method; write GET, POST, PUT, PATCH or DELETE",
            cut(method, 40)
        ));
    }
    let is_forbidden = ["CONNECT", "TRACE", "TRACK"].contains(&method.to_ascii_uppercase().as_str());
    is_forbidden.then(|| format!("a page cannot make a {method} call"))
}

/// Why this is none of the ways to take an answer that leads elsewhere.
fn redirect_complaint(text: &str) -> Option<String> {
    let ways = ["follow", "error", "manual"];
    if ways.contains(&text) {
        return None;
    }
    let hint = match nearest(text, ways) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "write \"follow\", \"error\" or \"manual\"".to_owned(),
    };
    Some(format!("expected a way to take a redirect, found {:?}; {hint}", cut(text, 60)))
}
