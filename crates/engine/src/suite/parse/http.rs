//! HTTP calls: what an `http` step sends, and where to.

use std::rc::Rc;

use crate::base::nearest::nearest;
use crate::base::words::cut;
use crate::suite::field::Field;
use crate::suite::keys::{HTTP, HTTP_FILE, HTTP_PART};
use crate::suite::model::{FileBody, FormPart, HttpBody, HttpExpectation, HttpSpec, PartValue, Verb};
use crate::suite::notes::StepNotes;
use crate::suite::source::{Member, Node};

use super::expectation::Worded;
use super::reader::{Fields, Reader, excerpt};
use super::step::Done;
use super::unknown::is_misspelt;

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
        let bodies: Vec<_> =
            ["json", "text", "body", "multipart"].iter().filter_map(|key| call.member(key)).collect();
        if let [_, second, ..] = bodies.as_slice() {
            self.wrong(second.key_span, "a call has one body: \"json\", \"text\", \"body\" or \"multipart\"");
        }
        let body = bodies.first().and_then(|body| self.body(body, call.get("headers")));
        if let (Some(Field::Fixed(method)), Some(body)) = (&method, bodies.first())
            && ["GET", "HEAD"].contains(&method.to_ascii_uppercase().as_str())
        {
            self.wrong(
                body.key_span,
                format!("a {method} has no body; leave {:?} out, or use POST", body.key),
            );
        }
        let given = call.get("method").and_then(Node::text);
        let word = given.unwrap_or(if bodies.is_empty() { "GET" } else { "POST" });
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

    fn body(&mut self, body: &Member, headers: Option<&Node>) -> Option<HttpBody> {
        let node = &body.value;
        match body.key.as_str() {
            "json" => self.document(node).map(HttpBody::Json),
            "text" => self.field(node, "a text").map(HttpBody::Text),
            "body" => {
                if node.member("file").is_none() && !is_misspelt(node, &HTTP_FILE, "file") {
                    let advice = "\"json\": {\"user\": \"ann\"}, \"text\": \"…\" or \"body\": {\"file\": \"photo.png\"}";
                    let found = excerpt(node);
                    self.wrong(node.head(), format!("\"body\" sends a file, not {found}; write {advice}"));
                    return None;
                }
                let fields = self.fields(node, &HTTP_FILE, "{\"file\": \"photo.png\"}")?;
                let content_type = self.content_type(fields.get("type"));
                let content = self.content(fields.get("file")?)?;
                Some(HttpBody::File(FileBody { content, content_type }))
            }
            _ => {
                let typed = headers.and_then(Node::members).unwrap_or_default();
                if let Some(typed) = typed.iter().find(|it| it.key.eq_ignore_ascii_case("content-type")) {
                    let words = "a form has a content type of its own, which names its boundary; leave this header out";
                    self.wrong(typed.key_span, words);
                }
                let parts = self.items(node, "parts", "[{\"name\": \"photo\", \"file\": \"photo.png\"}]");
                let parts = parts.iter().map(|part| self.part(part)).collect::<Vec<_>>();
                Some(HttpBody::Multipart(parts.into_iter().collect::<Option<_>>()?))
            }
        }
    }

    /// One part of a form.
    fn part(&mut self, node: &Node) -> Option<FormPart> {
        let example = "{\"name\": \"photo\", \"file\": \"photo.png\"}";
        let fields = self.fields(node, &HTTP_PART, example)?;
        let name = fields.get("name").and_then(|node| self.field(node, "\"photo\""));
        let content_type = self.content_type(fields.get("type"));
        let given: Vec<_> = ["text", "json", "file"].iter().filter_map(|key| fields.member(key)).collect();
        let of_file = fields.member("filename");
        let file_name = of_file.and_then(|name| self.field(&name.value, "\"photo.png\""));
        let value = match given.as_slice() {
            [] => {
                if !fields.has_unknown() {
                    let words =
                        format!("a part of a form needs \"text\", \"json\" or \"file\"; write {example}");
                    self.wrong(node.head(), words);
                }
                return None;
            }
            [one] => one,
            [_, second, ..] => {
                self.wrong(second.key_span, "a part has one value: \"text\", \"json\" or \"file\"");
                return None;
            }
        };
        let path = value.value.text().unwrap_or_default();
        let default = (value.key == "file").then(|| path.rsplit('/').next().unwrap_or(path).to_owned());
        let value = match value.key.as_str() {
            "text" => PartValue::Text(self.field(&value.value, "\"A photo\"")?),
            "json" => PartValue::Json(self.document(&value.value)?),
            _ => PartValue::File(FileBody { content: self.content(&value.value)?, content_type: None }),
        };
        Some(FormPart {
            name: name?,
            value,
            file_name: file_name.or(default.map(Field::Fixed)),
            content_type,
        })
    }

    fn content_type(&mut self, node: Option<&Node>) -> Option<Field<String>> {
        node.and_then(|node| {
            self.field_where(node, "\"image/png\"", |kind: &String| content_type_complaint(kind))
        })
    }

    /// What stands in a file that a call sends.
    fn content(&mut self, node: &Node) -> Option<Rc<[u8]>> {
        if node.text().is_none() {
            self.mistyped(node, "the path of a file", "\"photo.png\"");
            return None;
        }
        let known = &mut std::mem::take(&mut self.contents);
        let found = self.read_beside(node, |files, path| {
            if let Some(content) = known.get(path) {
                return Ok(Rc::clone(content));
            }
            let content: Rc<[u8]> = files.bytes(path)?.into();
            known.insert(path.to_owned(), Rc::clone(&content));
            Ok(content)
        });
        self.contents = std::mem::take(known);
        found
    }

    pub(super) fn headers(&mut self, node: Option<&Node>) -> Vec<(String, Field<String>)> {
        let Some(node) = node else { return Vec::new() };
        let example = "{\"Authorization\": \"Bearer {{token}}\"}";
        let Some(members) = node.members() else {
            self.mistyped(node, "an object of headers", example);
            return Vec::new();
        };
        let mut headers = Vec::new();
        for member in members {
            if !is_header_name(&member.key) {
                self.wrong(member.key_span, format!("{:?} is not a valid header name", cut(&member.key, 60)));
            }
            headers.extend(
                self.field(&member.value, "\"Bearer {{token}}\"").map(|value| (member.key.clone(), value)),
            );
        }
        headers
    }
}

pub(super) fn is_header_name(name: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(is_token)
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

/// A line break in it would begin another header.
pub(crate) fn content_type_complaint(content_type: &str) -> Option<String> {
    let is_wrong = content_type.is_empty() || !content_type.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    is_wrong
        .then(|| format!("expected a content type such as \"image/png\", found {:?}", cut(content_type, 60)))
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
