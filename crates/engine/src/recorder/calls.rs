//! HTTP calls of a recording as steps: logins, and what else changes something on the server.
//!
//! Owns which calls become steps, and what of an answer later steps use. One rule: what the recording does not have is never made up,
//! so a call whose body was cut is left out and named.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lines::{Content, Recording, members};
use super::secrets::{Hidden, placeholder, written};
use super::{object, paths};
use crate::base::mask::MASK;
use crate::base::words::{counted, cut};
use crate::bench::as_step;
use crate::secrets::is_secret_name;
use crate::template::is_name;

/// More calls are not read.
const MOST: usize = 2000;
/// More of them are not steps.
const MOST_STEPS: usize = 50;
/// How many values of an answer are looked through.
const MOST_VALUES: usize = 500;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    at_ms: f64,
    method: String,
    url: String,
    status: Option<u16>,
    request: Side,
    response: Side,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Side {
    headers: Vec<Field>,
    bytes: u64,
    text: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Field {
    name: String,
    value: String,
}

impl Side {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name)).map(|it| it.value.as_str())
    }
}

/// A call as the recording has it.
pub(super) struct Call {
    /// Since the recording began.
    at: Duration,
    method: String,
    pub url: String,
    pub body: Option<Content>,
    kind: Option<String>,
    is_cut: bool,
    status: Option<u16>,
    has_cookies: bool,
    answer: Option<Value>,
}

impl Recording {
    /// Reads the line of a call.
    pub(super) fn call(&mut self, line: &str) -> serde_json::Result<()> {
        let Line { at_ms, method, url, status, request, response } = serde_json::from_str(line)?;
        if self.calls.len() >= MOST {
            return Ok(());
        }
        let body = request.text.as_deref().filter(|text| !text.is_empty());
        self.calls.push(Call {
            at: Duration::try_from_secs_f64(at_ms.max(0.0) / 1e3).unwrap_or_default(),
            method: method.to_ascii_uppercase(),
            url: super::secrets::clean(&url),
            body: body.map(|text| Content::of_text(super::secrets::clean(text))),
            kind: request.header("content-type").map(str::to_owned),
            // Masking changes how long a text is, so only a text that is gone says that it was cut.
            is_cut: request.bytes > 0 && body.is_none() || request.bytes > 64 << 10,
            status,
            has_cookies: request.header("cookie").is_some() || response.header("set-cookie").is_some(),
            answer: response.text.and_then(|text| serde_json::from_str(&text).ok()),
        });
        Ok(())
    }
}

/// What calls make of a suite.
#[derive(Default)]
pub(super) struct Calls {
    /// Steps with the moments at which they were made, in their order.
    pub steps: Vec<(Duration, Value)>,
    /// What the addresses begin with; empty without steps.
    pub base: String,
    pub have_cookies: bool,
    /// Variables whose values are masked in the recording, and those that an answer gives.
    pub unknown: BTreeSet<String>,
    pub captured: BTreeSet<String>,
}

impl Calls {
    /// The calls that become steps. What is left out stands in the remarks.
    pub fn of(recording: &Recording, hidden: &Hidden, remarks: &mut Vec<String>) -> Self {
        let hosts: Vec<&str> = recording.clients.values().filter_map(|it| host(it.url.as_deref()?)).collect();
        let mut left_out = BTreeMap::<&str, Vec<String>>::new();
        let mut kept: Vec<&Call> = Vec::new();
        for call in &recording.calls {
            let why = match () {
                () if !hosts.iter().any(|it| host(&call.url).is_some_and(|other| are_near(it, other))) => {
                    "went to another site"
                }
                () if matches!(call.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !call.has_cookies => {
                    "changed nothing"
                }
                () if call.is_cut => "sent what the recording does not have",
                () if kept.len() >= MOST_STEPS => "came after the first 50",
                () => {
                    kept.push(call);
                    continue;
                }
            };
            left_out.entry(why).or_default().push(format!(
                "{} {}",
                call.method,
                cut(&written(&call.url), 80)
            ));
        }
        let mut calls = Self { have_cookies: kept.iter().any(|call| call.has_cookies), ..Self::default() };
        if let Some(first) = kept.first() {
            calls.base = origin(&first.url).to_owned();
        }
        for call in kept {
            let step = calls.step(call, hidden);
            calls.steps.push((call.at, step));
        }
        calls.remark(&left_out, remarks);
        calls
    }

    fn remark(&self, left_out: &BTreeMap<&str, Vec<String>>, remarks: &mut Vec<String>) {
        for (why, calls) in left_out {
            let others = match calls.len() {
                1 => String::new(),
                count => format!(" and {}", counted(count as u64 - 1, "more call")),
            };
            let whose = if calls.len() == 1 { "is left out: it" } else { "are left out: they" };
            remarks.push(format!("{}{others} {whose} {why}.", calls[0]));
        }
        if !self.steps.is_empty() && !self.have_cookies {
            remarks.push(
                "No call shows a cookie, and browsers leave cookies out of a HAR unless it is exported with sensitive data. \
                 If the login sets one, write \"defaults\": {\"cookies\": true}."
                    .to_owned(),
            );
        }
        for name in &self.unknown {
            remarks.push(format!(
                "`{{{{{name}}}}}` is masked in the recording of a call. Set {}.",
                name.to_ascii_uppercase()
            ));
        }
        for name in &self.captured {
            remarks.push(format!("`{{{{{name}}}}}` comes from the answer to a call."));
        }
    }

    fn step(&mut self, call: &Call, hidden: &Hidden) -> Value {
        let mut http = Map::new();
        if call.method != if call.body.is_some() { "POST" } else { "GET" } {
            http.insert("method".to_owned(), call.method.as_str().into());
        }
        let (path, query) = call.url.split_once('?').unwrap_or((&call.url, ""));
        let mut url = match path.strip_prefix(&self.base) {
            Some(rest) => format!("{{{{api_url}}}}{}", as_step::escape(rest)),
            None => as_step::escape(path),
        };
        if !query.is_empty() {
            url = format!("{url}?{}", self.unmasked_form(query, hidden));
        }
        http.insert("url".to_owned(), url.into());
        let kind = call.kind.as_deref().unwrap_or_default();
        match &call.body {
            Some(Content::Text { json: Some(json), .. }) if kind.is_empty() || kind.contains("json") => {
                http.insert("json".to_owned(), as_step::literal(self.unmasked(json, "", hidden)));
            }
            Some(Content::Text { text, .. }) => {
                if !kind.is_empty() {
                    let headers = object("Content-Type", as_step::escape(kind).into());
                    http.insert("headers".to_owned(), headers);
                }
                let text = match kind.starts_with("application/x-www-form-urlencoded") {
                    true => self.unmasked_form(text, hidden),
                    false => as_step::escape(text),
                };
                http.insert("text".to_owned(), text.into());
            }
            Some(Content::Binary(_)) | None => {}
        }
        let mut expect = Map::new();
        // A redirect is followed, and then its status is not the last one.
        if let Some(status) = call.status.filter(|status| (200..600).contains(status) && status / 100 != 3) {
            expect.insert("status".to_owned(), status.into());
        }
        let captured = self.captures(call, hidden);
        if !captured.is_empty() {
            expect.insert("capture".to_owned(), captured.into());
        }
        let mut step = members([("http", http.into())]);
        if !expect.is_empty() {
            step.insert("expect".to_owned(), expect.into());
        }
        step.into()
    }

    /// The value with variables in place of what is masked.
    fn unmasked(&mut self, value: &Value, name: &str, hidden: &Hidden) -> Value {
        match value {
            Value::Object(all) => {
                let named =
                    |(name, value): (&String, &Value)| (name.clone(), self.unmasked(value, name, hidden));
                Value::Object(all.iter().map(named).collect())
            }
            Value::Array(items) => items.iter().map(|item| self.unmasked(item, name, hidden)).collect(),
            Value::String(text) if text == MASK => placeholder(&self.variable(name, hidden)).into(),
            other => other.clone(),
        }
    }

    fn unmasked_form(&mut self, text: &str, hidden: &Hidden) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, MASK)) => {
                format!("{name}={}", placeholder(&format!("url {}", self.variable(name, hidden))))
            }
            _ => as_step::escape(pair),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The variable of a masked value.
    fn variable(&mut self, name: &str, hidden: &Hidden) -> String {
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        let name = match is_name(&name) && !matches!(name.as_str(), "ws_url" | "api_url") {
            true => name,
            false => format!("secret_{name}"),
        };
        if !hidden.values.contains_key(&name) {
            self.unknown.insert(name.clone());
        }
        name
    }

    /// The secrets in an answer that are sent later: by their value or, where that is masked, by their name.
    fn captures(&mut self, call: &Call, hidden: &Hidden) -> Map<String, Value> {
        let mut captured = Map::new();
        let mut waiting: Vec<(String, &str, &Value)> = Vec::new();
        waiting.extend(call.answer.as_ref().map(|answer| ("$".to_owned(), "", answer)));
        let mut next = 0;
        while let Some((path, name, value)) = waiting.get(next).cloned() {
            next += 1;
            match value {
                Value::Object(all) if waiting.len() < MOST_VALUES => {
                    waiting
                        .extend(all.iter().map(|(name, it)| (paths::join(&path, name), name.as_str(), it)));
                }
                Value::String(text) => {
                    let is_it = |(known, value): &(&String, &String)| {
                        *value == text || text == MASK && *known == name && is_secret_name(name)
                    };
                    if let Some((known, _)) = hidden.values.iter().find(is_it)
                        && self.captured.insert(known.clone())
                    {
                        captured.insert(known.clone(), path.into());
                    }
                }
                _ => {}
            }
        }
        captured
    }
}

fn origin(url: &str) -> &str {
    let path = url.find("://").map_or(0, |at| at + 3);
    let end = url[path..].find(['/', '?', '#']).map_or(url.len(), |at| path + at);
    &url[..end]
}

/// The host of an address, without its port.
fn host(url: &str) -> Option<&str> {
    let rest = origin(url).split_once("://")?.1;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, _)| host),
        None => rest.split(':').next(),
    }
}

/// Whether two hosts are of one site, as far as names tell.
fn are_near(one: &str, other: &str) -> bool {
    let is_local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1");
    let last = |host: &str| host.rsplit('.').take(2).map(str::to_ascii_lowercase).collect::<Vec<_>>();
    let is_address = |host: &str| host.contains(':') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    one.eq_ignore_ascii_case(other)
        || is_local(one) && is_local(other)
        || !is_address(one) && !is_address(other) && last(one).len() == 2 && last(one) == last(other)
}

#[cfg(test)]
mod tests {
    use crate::recorder::{Drafted, suite_of};

    const LOGIN: &str = r#"{"event":"http","at_ms":1,"method":"POST","url":"http://localhost:9000/api/login","status":200,"request":{"headers":[{"name":"content-type","value":"application/json"}],"bytes":36,"text":"{\"user\":\"anna\",\"password\":\"***\"}"},"response":{"headers":[{"name":"set-cookie","value":"***"}],"bytes":2,"text":"{}"}}"#;

    fn drafted(calls: &[&str]) -> Drafted {
        let talk = [
            r#"{"event":"connecting","at_ms":10,"connection":1,"name":"anna","url":"ws://localhost:9000/ws/echo?user=anna"}"#,
            r#"{"event":"opened","at_ms":12,"connection":1}"#,
            r#"{"event":"sent","at_ms":500,"connection":1,"text":"{\"op\":\"auth\",\"token\":\"tr-4f9a1c77e2\"}"}"#,
            r#"{"event":"received","at_ms":503,"connection":1,"text":"{\"ok\":true}"}"#,
        ];
        suite_of(&[calls, &talk].concat().join("\n")).expect("a suite")
    }

    #[track_caller]
    fn has(drafted: &Drafted, said: &[&str]) {
        for said in said {
            assert!(drafted.text.contains(said), "{said} is missing in\n{}", drafted.text);
        }
    }

    #[test]
    fn a_login_with_a_cookie_comes_before_the_connect() {
        let drafted = drafted(&[LOGIN]);
        has(
            &drafted,
            &[
                r#""api_url": "http://localhost:9000""#,
                r#""password": "{{env.PASSWORD}}""#,
                r#""secrets": ["token", "password"]"#,
                r#""defaults": { "cookies": true }"#,
                r#"{ "http": { "url": "{{api_url}}/api/login", "json": { "user": "anna", "password": "{{password}}" } }, "expect": { "status": 200 } }"#,
            ],
        );
        let place = |part: &str| drafted.text.find(part).expect("it is there");
        assert!(place("\"http\"") < place("\"connect\""), "{}", drafted.text);
        assert!(
            drafted
                .remarks
                .contains(&"`{{password}}` is masked in the recording of a call. Set PASSWORD.".to_owned()),
            "{:?}",
            drafted.remarks
        );
        assert!(drafted.secrets.iter().any(|(name, value)| name == "password" && value.is_empty()));
    }

    #[test]
    fn a_token_of_an_answer_is_captured_where_it_is_sent_later() {
        for answer in ["***", "tr-4f9a1c77e2"] {
            let text = format!(r#"{{\"data\":{{\"token\":\"{answer}\"}}}}"#);
            let login = LOGIN.replace(r#""text":"{}""#, &format!(r#""text":"{text}""#));
            let drafted = drafted(&[&login]);
            has(
                &drafted,
                &[r#""capture": { "token": "$.data.token" }"#, r#""token": "{{env.TOKEN ?? ''}}""#],
            );
            assert!(!drafted.text.contains("tr-4f9a1c77e2"), "{}", drafted.text);
        }
    }

    #[test]
    fn a_form_and_a_call_in_the_middle_stand_where_they_were_made() {
        let form = LOGIN
            .replace("application/json", "application/x-www-form-urlencoded")
            .replace(r#"{\"user\":\"anna\",\"password\":\"***\"}"#, "user=anna&pass_word=***")
            .replace("\"status\":200", "\"status\":302");
        let later = r#"{"event":"http","at_ms":501,"method":"PUT","url":"http://localhost:9000/api/room?of=anna&api_key=***","status":204,"request":{"headers":[],"bytes":0}}"#;
        let drafted = drafted(&[&form, later]);
        has(
            &drafted,
            &[
                r#""text": "user=anna&pass_word={{url pass_word}}""#,
                r#"{ "http": { "method": "PUT", "url": "{{api_url}}/api/room?of=anna&api_key={{url api_key}}" }, "expect": { "status": 204 } }"#,
            ],
        );
        assert!(!drafted.text.contains("302"), "a redirect is followed: {}", drafted.text);
        let place = |part: &str| drafted.text.find(part).expect("it is there");
        assert!(place("\"send\"") < place("\"PUT\""), "{}", drafted.text);
    }

    #[test]
    fn what_is_left_out_is_named() {
        let read = LOGIN.replace("POST", "GET").replace("set-cookie", "x").replace("login", "me");
        let cut =
            LOGIN.replace(r#""bytes":36,"text":"{\"user\":\"anna\",\"password\":\"***\"}""#, r#""bytes":36"#);
        let away = LOGIN.replace("localhost:9000/api/login", "tracker.example/hit");
        let drafted = drafted(&[&read, &cut, &away, &away]);
        assert!(!drafted.text.contains("\"http\""), "{}", drafted.text);
        for said in [
            "GET http://localhost:9000/api/me is left out: it changed nothing.",
            "POST http://localhost:9000/api/login is left out: it sent what the recording does not have.",
            "POST http://tracker.example/hit and 1 more call are left out: they went to another site.",
        ] {
            assert!(drafted.remarks.iter().any(|it| it == said), "{said}: {:?}", drafted.remarks);
        }
    }

    #[test]
    fn hosts_of_one_site() {
        let near = super::are_near;
        assert!(
            near("a.example.com", "ws.example.com") && near("localhost", "127.0.0.1") && near("A.b", "a.B")
        );
        assert!(!near("a.example.com", "example.org") && !near("10.0.0.1", "10.1.0.1") && !near("a", "b"));
    }
}
