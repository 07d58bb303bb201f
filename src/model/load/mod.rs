//! A load without JSON: what a person fills in, and the suite that it makes.
//!
//! Pure. One rule: it writes only what the suite format has, so that the suite can be opened and changed like any other.

mod protocol;
mod reply;

use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::Endpoint;
use crate::engine::base::unit;
use crate::engine::bench::typed_address::complete;
use crate::engine::suite::rows_in;
use crate::model::faults::link::FaultyLink;
use crate::model::format;

use protocol::Protocol;
pub use protocol::{FRAMINGS, ProtocolForm};
pub use reply::REPLIES;

/// A browser opens no more at once.
pub const MOST_CLIENTS: u64 = 250;

/// What is typed, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadForm {
    /// The address.
    pub url: String,
    /// How many clients.
    pub clients: String,
    /// Until all of them are open.
    pub ramp: String,
    /// Messages a second of each client.
    pub rate: String,
    /// How long they send.
    pub lasts: String,
    /// Rows as CSV, of which each client gets one; may be empty.
    pub rows: String,
    /// What each client sends again and again to stay connected; may be empty.
    pub beat: String,
    /// How often.
    pub every: String,
    /// What each client agrees on with the server.
    pub protocol: ProtocolForm,
    /// What each client sends once, after it has opened; may be empty.
    pub first: String,
    /// What each client sends.
    pub message: String,
    /// One of [`REPLIES`].
    pub reply: String,
    /// The member, the JSON or the text by which a reply is recognised.
    pub by: String,
    /// A reply that says that something went wrong does not count as the answer.
    pub errors_fail: bool,
    /// How long a reply may take.
    pub within: String,
    /// The least share of messages answered, such as `99.9%`; empty for no limit.
    pub answered: String,
    /// The limit of p95; empty for none.
    pub p95: String,
    /// The limit of p99; empty for none.
    pub p99: String,
}

impl Default for LoadForm {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            url: String::new(),
            clients: text("10"),
            ramp: text("1s"),
            rate: text("5"),
            lasts: text("10s"),
            rows: String::new(),
            beat: String::new(),
            every: text("20s"),
            protocol: ProtocolForm::default(),
            first: String::new(),
            message: text(r#"{"type": "message"}"#),
            reply: text("member"),
            by: text("$.id"),
            errors_fail: true,
            within: text("2s"),
            answered: text("99.9%"),
            p95: text("250ms"),
            p99: String::new(),
        }
    }
}

/// What is wrong with a field: its name, and a sentence.
pub type Mistake = (&'static str, String);

/// What the form makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Of the suite.
    pub title: String,
    /// The document.
    pub text: String,
    /// What it will do, in a sentence.
    pub about: String,
}

impl LoadForm {
    /// The suite, or all mistakes. `own` is the address of the server of the page.
    pub fn make(&self, own: &str) -> Result<Made, Vec<Mistake>> {
        let mut wrong: Vec<Mistake> = Vec::new();
        let endpoint = complete(&self.url, own).map_err(|error| wrong.push(("url", error.to_string()))).ok();
        let clients = self.clients.trim().parse().ok().filter(|it| (1..=MOST_CLIENTS).contains(it));
        if clients.is_none() {
            wrong.push(("clients", format!("expected a whole number from 1 to {MOST_CLIENTS}")));
        }
        let rate = self.rate.trim().parse::<f64>().ok().filter(|it| (0.001..=1000.0).contains(it));
        if rate.is_none() {
            wrong.push(("rate", "expected a number from 0.001 to 1000".to_owned()));
        }
        let mut time = |name, typed: &str| {
            let read = duration(typed);
            if read.is_none() {
                wrong.push((name, "expected a duration such as 500ms or 2s".to_owned()));
            }
            read
        };
        let ramp = time("ramp", &self.ramp);
        let lasts = time("lasts", &self.lasts);
        let within = time("within", &self.within);
        for (name, typed) in [("p95", &self.p95), ("p99", &self.p99)] {
            if !typed.trim().is_empty() {
                time(name, typed);
            }
        }
        if !self.beat.trim().is_empty() {
            time("every", &self.every);
        }
        let rows = self.read_rows(clients.unwrap_or(MOST_CLIENTS));
        let rows = rows.unwrap_or_else(|why| {
            wrong.push(("rows", why));
            None
        });
        let protocol = self.protocol.read(&self.reply);
        let protocol = protocol.unwrap_or_else(|mistakes| {
            wrong.extend(mistakes);
            Protocol::default()
        });
        let share = self.answered.trim().trim_end_matches('%').trim();
        let share = share.parse::<f64>().ok().filter(|it| (0.0..=100.0).contains(it));
        if share.is_none() && !self.answered.trim().is_empty() {
            wrong.push(("answered", "expected a percentage such as 99.9%".to_owned()));
        }
        if self.message.trim().is_empty() {
            wrong.push(("message", "expected a message".to_owned()));
        }
        let (send, expect) = match self.question() {
            Ok(both) => both,
            Err(mistake) => {
                wrong.push(mistake);
                return Err(wrong);
            }
        };
        let (Some(endpoint), Some(clients), Some(rate), Some(ramp), Some(lasts), Some(within), true) =
            (endpoint, clients, rate, ramp, lasts, within, wrong.is_empty())
        else {
            return Err(wrong);
        };
        let every = Duration::from_micros((1e6 / rate).round() as u64);
        let send = protocol.framed(send);
        let times = [ramp, lasts, within];
        Ok(self.written(&endpoint, clients, rate, every, times, share, &send, expect, rows, &protocol))
    }

    /// The rows that clients get: no more than there are clients.
    fn read_rows(&self, clients: u64) -> Result<Option<Value>, String> {
        if self.rows.trim().is_empty() {
            return Ok(None);
        }
        let rows = rows_in("rows.csv", self.rows.trim())?;
        Ok(Some(rows.into_iter().take(clients as usize).map(Value::Object).collect()))
    }

    /// What tells this load from others comes first: a list shows the beginning only.
    fn title(&self, url: &str, clients: u64, rate: f64) -> String {
        // Through the fault proxy it is still the target that is loaded.
        let target = FaultyLink::of_address(url).map(|link| link.to).filter(|to| !to.is_empty());
        let url = target.as_deref().unwrap_or(url);
        let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or(url);
        let what = match value_of(&self.message) {
            Value::Object(members) => {
                let kind = ["type", "event", "op", "method", "action", "kind", "cmd", "command"]
                    .iter()
                    .find_map(|name| members.get(*name)?.as_str());
                kind.unwrap_or("message").to_owned()
            }
            Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => "message".to_owned(),
        };
        // Each message fills them in with another value.
        let what: String = without_values(&what).chars().take(LONGEST_KIND).collect();
        format!("{what}, {clients} \u{d7} {}/s, {host}", crate::model::format::rate(rate))
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of the form, read")]
    fn written(
        &self,
        endpoint: &Endpoint,
        clients: u64,
        rate: f64,
        every: Duration,
        [ramp, lasts, within]: [Duration; 3],
        share: Option<f64>,
        send: &Value,
        expect: Option<Value>,
        rows: Option<Value>,
        protocol: &Protocol,
    ) -> Made {
        let url = endpoint.url();
        let title = self.title(url, clients, rate);
        let noun = if rate == 1.0 { "message" } else { "messages" };
        let per_second = format!("{} {noun} a second each", format::rate(rate));
        let show = unit::show_duration;
        let sends = if clients == 1 { "sends" } else { "send" };
        let about =
            format!("{} {sends} {per_second}, for {}.", format::counted(clients, "client"), show(lasts));
        let mut limits = Vec::new();
        if let (Some(share), Some(_)) = (share, &expect) {
            limits.push(("success", format!(">= {share}%")));
        }
        for (metric, typed) in [("rtt.p95", &self.p95), ("rtt.p99", &self.p99)] {
            if let (Some(bound), Some(_)) = (duration(typed), &expect) {
                limits.push((metric, format!("< {}", show(bound))));
            }
        }
        limits.push(("dropped", "== 0".to_owned()));
        let limits: Vec<_> =
            limits.iter().map(|(name, bound)| format!("{}: {}", json!(name), json!(bound))).collect();
        let first = match self.first.trim() {
            "" => String::new(),
            first => {
                format!(",\n    {{ \"on\": \"crowd\", \"send\": {} }}", protocol.framed(value_of(first)))
            }
        };
        let expect = expect.map(|it| format!(", \"expect\": {it}")).unwrap_or_default();
        // The variables of the suite do not know those of a row.
        let is_of_row = rows.is_some() && url.contains("{{");
        let (of_suite, of_client) = match is_of_row {
            true => (String::new(), json!(url).to_string()),
            false => (format!("\"url\": {}, ", json!(url)), "\"{{url}}\"".to_owned()),
        };
        let rows = rows.map(|rows| format!(", \"each\": {rows}")).unwrap_or_default();
        let beat = match (self.beat.trim(), duration(&self.every)) {
            (beat, Some(every)) if !beat.is_empty() => {
                format!(
                    ",\n    \"heartbeat\": {{ \"every\": {}, \"send\": {} }}",
                    json!(show(every)),
                    protocol.framed(value_of(beat))
                )
            }
            _ => String::new(),
        };
        let protocol = protocol.members(&self.reply);
        let gap = show(Duration::from_micros(ramp.as_micros() as u64 / clients.max(1)));
        let text = format!(
            r#"{{
  "sockscope": 1, "suite": {title},
  "about": {about},
  "vars": {{ {of_suite}"clients": {clients}, "lasts": {lasts}, "every": {every} }},
  "defaults": {{ "within": {within}, "connect_gap": {gap} }},
  "clients": {{ "crowd": {{ "url": {of_client}, "count": "{{{{clients}}}}"{rows}{beat}{protocol} }} }},
  "setup": [
    {{ "connect": "crowd" }}{first} ],
  "checks": [
    {{ "check": "an even pace", "tags": ["load"],
      "steps": [
        {{ "on": "crowd", "repeat": {{ "for": "{{{{lasts}}}}", "every": "{{{{every}}}}", "schedule": "open" }},
          "send": {send}{expect} }},
        {{ "on": "crowd", "close": {{}} }} ],
      "thresholds": {{ {limits} }} }} ]
}}
"#,
            title = json!(title),
            about = json!(about),
            lasts = json!(show(lasts)),
            every = json!(show(every)),
            within = json!(show(within)),
            gap = json!(gap),
            limits = limits.join(", "),
        );
        let all = format!(
            "{about} That is {} a second, {} in all.",
            crate::model::format::rate(rate * clients as f64),
            crate::model::format::counted(
                (rate * clients as f64 * lasts.as_secs_f64()).round() as u64,
                "message"
            )
        );
        Made { title, text, about: all }
    }
}

/// Of a kind this many characters stand in the title.
const LONGEST_KIND: usize = 24;

/// A text with `…` for each of its placeholders.
fn without_values(text: &str) -> String {
    let mut parts = text.split("{{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once("}}") {
        Some((_, rest)) => format!("{text}…{rest}"),
        None => format!("{text}{{{{{part}"),
    })
}

/// A bare number is seconds, as `TEST_DURATION` has it.
fn duration(typed: &str) -> Option<Duration> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = || typed.parse::<f64>().ok().filter(|it| (0.0..=86_400.0).contains(it));
    let read = unit::parse_duration(&typed).ok().or_else(|| seconds().map(Duration::from_secs_f64));
    read.filter(|it| *it <= Duration::from_secs(86_400))
}

/// JSON where it is JSON, else a text.
fn value_of(typed: &str) -> Value {
    match serde_json::from_str::<Value>(typed.trim()) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => Value::String(typed.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::suite::Suite;

    const OWN: &str = "ws://localhost:9000";

    fn form(change: impl FnOnce(&mut LoadForm)) -> LoadForm {
        let mut form = LoadForm { url: "localhost:7411/v1/feed".to_owned(), ..LoadForm::default() };
        change(&mut form);
        form
    }

    #[track_caller]
    fn suite(form: &LoadForm) -> String {
        let made = form.make(OWN).expect("a suite");
        if let Err(problems) = Suite::parse(&made.text) {
            panic!("{}\n{problems:?}", made.text);
        }
        made.text
    }

    #[test]
    fn each_way_to_recognise_a_reply_makes_a_suite_without_mistakes() {
        for (reply, by, said) in [
            ("member", "$.request_id", r#""expect": {"correlate":"$.request_id","not":{"any_of":"#),
            ("member", "request_id", r#""request_id":"{{index}}-{{i}}""#),
            ("json", r#"{"type": "ack"}"#, r#""subset":{"type":"ack"}"#),
            ("text", "ack", r#""expect": {"contains":"ack","not""#),
            ("any", "", r#""expect": {"any":true,"not""#),
            ("none", "", r#""send": {"type":"message"} }"#),
        ] {
            let text = suite(&form(|form| {
                form.reply = reply.to_owned();
                form.by = by.to_owned();
            }));
            assert!(text.contains(said), "{said} is missing in\n{text}");
            assert_eq!(text.contains("rtt.p95"), reply != "none", "{text}");
        }
    }

    #[test]
    fn an_id_of_ones_own_a_first_message_and_limits_stand_in_the_suite() {
        let text = suite(&form(|form| {
            form.message = r#"{"op":"quote","id":"q-{{i}}"}"#.to_owned();
            form.first = r#"{"op":"auth","token":"t"}"#.to_owned();
            form.p99 = "1.5 s".to_owned();
            form.clients = "4".to_owned();
        }));
        for said in [
            r#""id":"q-{{i}}""#,
            r#""send": {"op":"auth","token":"t"}"#,
            r#""rtt.p99": "< 1500ms""#,
            r#""connect_gap": "250ms""#,
        ] {
            assert!(
                text.contains(said) || said.contains("1500ms") && text.contains("1.5s"),
                "{said} is missing in\n{text}"
            );
        }
    }

    #[test]
    fn clients_have_rows_and_heartbeats() {
        let text = suite(&form(|form| {
            form.url = "localhost:7411/v1/feed?user={{user}}".to_owned();
            form.clients = "3".to_owned();
            form.rows = "user,pin\nann,007\nbob,008\ncy,009\ndee,010\n".to_owned();
            form.first = r#"{"op":"auth","pin":"{{pin}}"}"#.to_owned();
            form.beat = r#"{"op":"ping"}"#.to_owned();
            form.every = "5".to_owned();
        }));
        for said in [
            r#""url": "ws://localhost:7411/v1/feed?user={{user}}", "count": "{{clients}}""#,
            r#""each": [{"user":"ann","pin":"007"},{"user":"bob","pin":"008"},{"user":"cy","pin":"009"}]"#,
            r#""heartbeat": { "every": "5s", "send": {"op":"ping"} }"#,
        ] {
            assert!(text.contains(said), "{said} is missing in\n{text}");
        }
        let wrong = form(|form| {
            form.rows = "user,pin\nann".to_owned();
            form.beat = "ping".to_owned();
            form.every = "often".to_owned();
        });
        let told = [
            ("every", "expected a duration such as 500ms or 2s".to_owned()),
            ("rows", "line 2 has 1 fields, and the first line has 2".to_owned()),
        ];
        assert_eq!(wrong.make(OWN), Err(told.into()));
    }

    #[test]
    fn every_mistake_is_named_with_its_field() {
        let wrong = form(|form| {
            form.url = "ftp://x".to_owned();
            form.clients = "1000".to_owned();
            form.rate = "fast".to_owned();
            form.lasts = "soon".to_owned();
            form.answered = "most".to_owned();
            form.reply = "json".to_owned();
            form.by = "{".to_owned();
        });
        let fields: Vec<_> =
            wrong.make(OWN).expect_err("mistakes").into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["url", "clients", "rate", "lasts", "answered", "by"]);
    }

    #[test]
    fn what_it_will_do_is_said_in_numbers() {
        let made = form(|_| {}).make(OWN).expect("a suite");
        assert!(made.about.ends_with("That is 50 a second, 500 messages in all."), "{}", made.about);
        assert_eq!(made.title, "message, 10 \u{d7} 5/s, localhost:7411");
    }

    #[test]
    fn a_load_is_named_by_what_it_sends_and_by_the_server_that_gets_it() {
        let title = |url: &str, message: &str| {
            let made = form(|form| {
                form.url = url.to_owned();
                form.message = message.to_owned();
                form.reply = "any".to_owned();
            });
            made.make(OWN).expect("a suite").title
        };
        assert_eq!(title("wss://feed.example/v1", r#"{"op":"quote"}"#), "quote, 10 \u{d7} 5/s, feed.example");
        assert_eq!(title("ws://a.example", "ping\nme"), "ping me, 10 \u{d7} 5/s, a.example");
        assert_eq!(title("ws://a.example", "[1]"), "message, 10 \u{d7} 5/s, a.example");
        assert_eq!(
            title("ws://a.example", "first {{i}} of {{index}}."),
            "first … of …., 10 \u{d7} 5/s, a.example"
        );
        assert_eq!(title("ws://a.example", r#"{"op":"{{seq}}"}"#), "…, 10 \u{d7} 5/s, a.example");
        assert_eq!(title("ws://a.example", "open {{ me"), "open {{ me, 10 \u{d7} 5/s, a.example");
        let link = FaultyLink { to: "ws://127.0.0.1:8082/feed".to_owned(), ..FaultyLink::default() };
        assert_eq!(title(&link.address(OWN), "ping"), "ping, 10 \u{d7} 5/s, 127.0.0.1:8082");
    }
}
