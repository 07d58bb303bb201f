//! How a toxic is set, and as what it goes to the API and comes back.
//!
//! Owns both directions of that. It refuses to know who sends it. One rule: what the API shows of a toxic is what it was
//! given, so that a setting which was read and not touched is the same setting.

use serde_json::Value;

use super::knob::{Knob, show};
use super::toxic::{AFTER, TOXICITY, TOXICS, Toxic};

/// Which way a toxic acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stream {
    /// From the page to the target.
    Upstream,
    /// From the target to the page.
    #[default]
    Downstream,
    /// Each of the two.
    Both,
}

impl Stream {
    /// As the API has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
            Self::Both => "both",
        }
    }

    /// Reads a stream.
    pub fn read(name: &str) -> Option<Self> {
        [Self::Upstream, Self::Downstream, Self::Both].into_iter().find(|stream| stream.name() == name)
    }
}

/// How a toxic is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// It is there.
    pub is_on: bool,
    /// What the API knows it by.
    pub name: String,
    /// Which way.
    pub stream: Stream,
    /// Which part of the connections has it, in percent.
    pub toxicity: f64,
    /// How many messages arrive before it begins.
    pub after: f64,
    /// A value for each of its knobs.
    pub values: [f64; 3],
    /// The reason of a close.
    pub reason: String,
}

impl Setting {
    /// A toxic as it is before a person has touched it: off.
    pub fn of(toxic: &Toxic) -> Self {
        let mut values = [0.0; 3];
        for (value, knob) in values.iter_mut().zip(toxic.knobs) {
            *value = knob.start;
        }
        Self {
            is_on: false,
            name: toxic.name.to_owned(),
            stream: Stream::default(),
            toxicity: TOXICITY.start,
            after: AFTER.start,
            values,
            reason: String::new(),
        }
    }

    /// What is posted to the API to have this; for all connections when the key is empty.
    pub fn body(&self, toxic: &Toxic, key: &str) -> String {
        let mut body = format!(r#"{{"name":{},"type":"{}""#, quoted(&self.name), toxic.name);
        if toxic.has_direction {
            body += &format!(r#","stream":"{}""#, self.stream.name());
        }
        if self.toxicity != TOXICITY.start {
            body += &format!(r#","toxicity":{}"#, given(&TOXICITY, self.toxicity));
        }
        let mut attributes = Vec::new();
        for (knob, value) in toxic.knobs.iter().zip(self.values) {
            attributes.push(format!(r#""{}":{}"#, knob.name, given(knob, value)));
        }
        if toxic.has_reason && !self.reason.is_empty() {
            attributes.push(format!(r#""reason":{}"#, quoted(&self.reason)));
        }
        if self.after != AFTER.start {
            attributes.push(format!(r#""after":{}"#, given(&AFTER, self.after)));
        }
        body += &format!(r#","attributes":{{{}}}"#, attributes.join(","));
        if !key.is_empty() {
            body += &format!(r#","key":{}"#, quoted(key));
        }
        body + "}"
    }

    /// Reads a toxic as the API shows it, with its place in [`TOXICS`]. None is what this view has no means to show, such as a
    /// close without a code.
    pub fn read(shown: &Value) -> Option<(usize, Self)> {
        let at = TOXICS.iter().position(|toxic| shown["type"] == toxic.name)?;
        let mut setting = Self::of(&TOXICS[at]);
        setting.is_on = true;
        setting.name = shown["name"].as_str()?.to_owned();
        setting.stream = Stream::read(shown["stream"].as_str()?)?;
        setting.toxicity = percent(shown["toxicity"].as_f64()?);
        let attributes = &shown["attributes"];
        for (value, knob) in setting.values.iter_mut().zip(TOXICS[at].knobs) {
            let given = attributes[knob.name].as_f64()?;
            *value = if knob.is_percent() { percent(given) } else { given };
        }
        setting.after = attributes["after"].as_f64().unwrap_or_default();
        setting.reason = attributes["reason"].as_str().unwrap_or_default().to_owned();
        Some((at, setting))
    }
}

/// A value as the API takes it.
fn given(knob: &Knob, value: f64) -> String {
    show(if knob.is_percent() { value / 100.0 } else { value })
}

fn percent(part: f64) -> f64 {
    (part * 1e8).round() / 1e6
}

/// A text of JSON.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The toxics that are on, as steps of a suite that switch them, and one that switches them off again.
pub fn steps(settings: &[Setting], key: &str) -> String {
    const URL: &str = "{{env.TOXICS_URL ?? http://localhost:9000/api/proxy/toxics}}";
    let on = || TOXICS.iter().zip(settings).filter(|(_, setting)| setting.is_on);
    let mut steps: Vec<String> = on()
        .map(|(toxic, setting)| {
            let body = setting.body(toxic, key);
            format!(r#"{{ "http": {{ "method": "POST", "url": "{URL}", "json": {body} }} }}"#)
        })
        .collect();
    let delete = |path: &str| format!(r#"{{ "http": {{ "method": "DELETE", "url": "{URL}{path}" }} }}"#);
    if key.is_empty() {
        // Not all at once, which would take those of other keys along.
        steps.extend(on().map(|(_, setting)| delete(&format!("/{}", setting.name))));
    } else {
        steps.push(delete(&format!("?key={}", super::link::encoded(key))));
    }
    steps.join(",\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::suite::Suite;

    fn toxic(name: &str) -> &'static Toxic {
        TOXICS.iter().find(|toxic| toxic.name == name).unwrap()
    }

    fn set(name: &str, change: impl FnOnce(&mut Setting)) -> Setting {
        let mut setting = Setting { is_on: true, ..Setting::of(toxic(name)) };
        change(&mut setting);
        setting
    }

    #[track_caller]
    fn check(name: &str, key: &str, change: impl FnOnce(&mut Setting), body: &str) {
        assert_eq!(set(name, change).body(toxic(name), key), body);
    }

    #[test]
    fn what_is_sent_is_what_is_set() {
        check(
            "latency",
            "",
            |it| it.values = [250.0, 1.5, 0.0],
            r#"{"name":"latency","type":"latency","stream":"downstream","attributes":{"latency":250,"jitter":1.5}}"#,
        );
        check(
            "drop",
            "me \"too\"",
            |it| (it.stream, it.toxicity, it.after, it.values[0]) = (Stream::Both, 50.0, 3.0, 7.0),
            r#"{"name":"drop","type":"drop","stream":"both","toxicity":0.5,"attributes":{"probability":0.07,"after":3},"key":"me \"too\""}"#,
        );
        check(
            "close",
            "",
            |it| (it.values[0], it.reason) = (4000.0, "too loud".into()),
            r#"{"name":"close","type":"close","stream":"downstream","attributes":{"code":4000,"reason":"too loud"}}"#,
        );
        check("refuse", "", |_| (), r#"{"name":"refuse","type":"refuse","attributes":{"status":503}}"#);
    }

    #[test]
    fn what_the_api_shows_of_a_setting_is_that_setting() {
        for (at, toxic) in TOXICS.iter().enumerate() {
            let mut setting = set(toxic.name, |it| (it.toxicity, it.after) = (7.0, 4.0));
            setting.stream = if toxic.has_direction { Stream::Both } else { Stream::Downstream };
            let mut shown: Value = serde_json::from_str(&setting.body(toxic, "")).unwrap();
            if !toxic.has_direction {
                shown["stream"] = "downstream".into();
            }
            assert_eq!(Setting::read(&shown), Some((at, setting)), "{}", toxic.name);
        }
    }

    #[test]
    fn what_cannot_be_shown_is_not_shown_as_something_else() {
        for shown in [
            r#"{"name":"a","type":"close","stream":"both","toxicity":1,"attributes":{"code":"none","reason":""}}"#,
            r#"{"name":"a","type":"of tomorrow","stream":"both","toxicity":1,"attributes":{}}"#,
            r#"[]"#,
        ] {
            assert_eq!(Setting::read(&serde_json::from_str(shown).unwrap()), None, "{shown}");
        }
    }

    #[test]
    fn the_steps_are_those_of_a_suite_and_take_away_what_they_have_brought() {
        let mut all: Vec<_> = TOXICS.iter().map(Setting::of).collect();
        (all[0].is_on, all[8].is_on) = (true, true);
        for (key, begins) in [("", 4), ("my key&", 3)] {
            let steps = steps(&all, key);
            assert_eq!(steps.lines().count(), begins, "{steps}");
            let suite = format!(
                r#"{{ "sockscope": 1, "suite": "s", "clients": {{}}, "checks": [ {{ "check": "c", "steps": [ {steps} ] }} ] }}"#
            );
            if let Err(error) = Suite::parse(&suite) {
                panic!("{steps}\n{error:?}");
            }
        }
        assert!(steps(&all, "my key&").ends_with(r#"toxics}}?key=my%20key%26" } }"#));
    }
}
