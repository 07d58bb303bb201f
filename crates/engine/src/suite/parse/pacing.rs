//! Waits and ramps.

use std::time::Duration;

use super::reader::{Fields, Reader, excerpt};
use super::step::{Done, timings_of};
use crate::base::nearest::nearest;
use crate::suite::field::{Field, Rate};
use crate::suite::keys::{EXPONENTIAL, LOGNORMAL, NORMAL, PAUSE, RAMP, STAGE, Table, UNIFORM};
use crate::suite::model::{Pause, Ramp, RampLoad, Stage, Verb};
use crate::suite::notes::{Inner, StepNotes};
use crate::suite::source::{Node, Tree};
use crate::suite::title::lasting;

const WAIT: &str = "\"200ms\" or {\"uniform\": {\"from\": \"1s\", \"to\": \"3s\"}}";
const RAMPED: &str = "{\"stages\": [{\"for\": \"10s\", \"clients\": 100}, {\"for\": \"1m\"}]}";

impl Reader<'_> {
    pub(super) fn wait(&mut self, fields: &Fields<'_>) -> Done {
        let (pause, words) = self.pause(fields.get("wait")?)?;
        Some((Verb::Wait(pause), words))
    }

    /// How long a wait is, with a title.
    fn pause(&mut self, node: &Node) -> Option<(Pause, String)> {
        let Tree::Object(_) = node.tree else {
            let words = format!("wait {}", node.text().unwrap_or_default());
            return Some((Pause::Constant(self.field(node, "\"200ms\"")?), words));
        };
        let fields = self.fields(node, &PAUSE, WAIT)?;
        let given: Vec<_> = PAUSE.keys.iter().filter_map(|key| fields.member(key.name)).collect();
        let [one] = given.as_slice() else {
            let names: Vec<&str> = PAUSE.keys.iter().map(|key| key.name).collect();
            if !fields.has_unknown() {
                let at = given.get(1).map_or(node.head(), |second| second.key_span);
                self.wrong(at, format!("a wait has one distribution, one of {}", names.join(", ")));
            }
            return None;
        };
        let mut durations = |table: &'static Table, example: &str| {
            let fields = self.fields(&one.value, table, example)?;
            let read: Vec<Option<Field<Duration>>> = table
                .keys
                .iter()
                .map(|key| fields.get(key.name).and_then(|node| self.field(node, "\"2s\"")))
                .collect();
            read.into_iter().collect::<Option<Vec<_>>>()
        };
        let normal = "{\"mean\": \"2s\", \"deviation\": \"500ms\"}";
        let pause = match one.key.as_str() {
            "uniform" => {
                let [from, to] =
                    durations(&UNIFORM, "{\"from\": \"1s\", \"to\": \"3s\"}")?.try_into().ok()?;
                if let (Field::Fixed(from), Field::Fixed(to)) = (&from, &to)
                    && to < from
                {
                    self.wrong(one.value.head(), "\"to\" is the longer of the two");
                }
                Pause::Uniform { from, to }
            }
            "normal" => {
                let [mean, deviation] = durations(&NORMAL, normal)?.try_into().ok()?;
                Pause::Normal { mean, deviation }
            }
            "exponential" => {
                let [mean] = durations(&EXPONENTIAL, "{\"mean\": \"2s\"}")?.try_into().ok()?;
                Pause::Exponential { mean }
            }
            _ => {
                let [mean, deviation] = durations(&LOGNORMAL, normal)?.try_into().ok()?;
                Pause::Lognormal { mean, deviation }
            }
        };
        let values: Vec<String> = one.value.members().unwrap_or_default().iter().map(value).collect();
        Some((pause, format!("wait {}, {}", one.key, values.join(", "))))
    }

    pub(super) fn ramp(&mut self, fields: &Fields<'_>, path: &str, notes: &mut StepNotes) -> Done {
        let before = self.uses.len();
        let head = self.fields(fields.get("ramp")?, &RAMP, RAMPED);
        let (stages, told, load) = head.as_ref().map_or_else(Default::default, |head| self.stages(head));
        let is_random =
            head.as_ref().and_then(|head| head.get("arrivals")).is_some_and(|node| self.arrivals(node));
        notes.uses.extend(self.uses_since(before));
        let mut words = format!("ramp {}", told.join(", "));
        let (steps, inner) = self.round(fields, path, &mut words);
        let load = load?;
        notes.opens = load != RampLoad::Rate;
        if load != RampLoad::Clients {
            notes.timings.extend(timings_of(&inner).iter().map(|name| format!("{name}.intended")));
        }
        if load == RampLoad::Sessions {
            notes.timings.extend(["session", "open.intended"].map(str::to_owned));
        }
        notes.inner = Inner::Rounds(inner);
        Some((Verb::Ramp(Ramp { stages, load, is_random, steps }), words))
    }

    /// The stages, what each says in a few words, and what they change.
    fn stages(&mut self, head: &Fields<'_>) -> (Vec<Stage>, Vec<String>, Option<RampLoad>) {
        let (mut stages, mut told) = (Vec::new(), Vec::new());
        let (mut has_clients, mut has_rate, mut has_sessions) = (false, false, false);
        let Some(list) = head.get("stages") else { return (stages, told, None) };
        let mut has_unknown = false;
        for node in self.items(list, "stages", "[{\"for\": \"10s\", \"clients\": 100}]") {
            let Some(stage) = self.fields(node, &STAGE, "{\"for\": \"10s\", \"clients\": 100}") else {
                continue;
            };
            has_unknown |= stage.has_unknown();
            let time = stage.get("for").and_then(|node| self.field(node, "\"10s\""));
            let clients = stage.get("clients").and_then(|node| self.field(node, "100"));
            let rate: Option<Field<Rate>> = stage.get("rate").and_then(|node| self.field(node, "\"50/s\""));
            let sessions: Option<Field<Rate>> =
                stage.get("sessions").and_then(|node| self.field(node, "\"20/s\""));
            has_clients |= stage.member("clients").is_some();
            has_rate |= stage.member("rate").is_some();
            if let Some(member) = stage.member("sessions") {
                has_sessions = true;
                if has_clients || has_rate {
                    let words = "sessions stand alone: each opens a connection of its own; leave \"clients\" and \"rate\" out of the ramp";
                    self.wrong(member.key_span, words);
                }
            } else if has_sessions && (stage.member("clients").is_some() || stage.member("rate").is_some()) {
                let words = "the ramp begins sessions, each with a connection of its own; leave \"clients\" and \"rate\" out";
                self.wrong(node.head(), words);
            }
            told.extend(words(&stage));
            if let Some(lasting) = time {
                stages.push(Stage { lasting, clients, rate: rate.or(sessions) });
            }
        }
        let load = match (has_clients, has_rate, has_sessions) {
            (_, _, true) => Some(RampLoad::Sessions),
            (true, true, false) => Some(RampLoad::ClientsAndRate),
            (true, false, false) => Some(RampLoad::Clients),
            (false, true, false) => Some(RampLoad::Rate),
            (false, false, false) => {
                if !has_unknown && !told.is_empty() {
                    self.wrong(
                        list.head(),
                        "the stages change nothing; give one of them \"clients\", \"rate\" or \"sessions\"",
                    );
                }
                None
            }
        };
        (stages, told, load)
    }

    fn arrivals(&mut self, node: &Node) -> bool {
        match node.text() {
            Some("even") => false,
            Some("random") => true,
            text => {
                let near = text.and_then(|text| nearest(text, ["even", "random"]));
                let hint = near.map_or_else(
                    || "write \"even\" or \"random\"".to_owned(),
                    |near| format!("did you mean {near:?}?"),
                );
                self.wrong(node.head(), format!("{} is not a kind of arrivals; {hint}", excerpt(node)));
                false
            }
        }
    }
}

/// What a stage says, such as `to 100 clients in 10s`.
fn words(stage: &Fields<'_>) -> Option<String> {
    let shown = |node: &Node| node.text().map_or_else(|| excerpt(node), str::to_owned);
    let time = stage.get("for").map(shown).map(|time| lasting(&time))?;
    let part = |key: &str, unit: &str| stage.get(key).map(|node| format!("{}{unit}", shown(node)));
    let parts = [part("clients", " clients"), part("rate", " rounds"), part("sessions", " sessions")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(match parts.as_slice() {
        [] => format!("{time} more"),
        parts => format!("to {} in {time}", parts.join(" and ")),
    })
}

fn value(member: &crate::suite::source::Member) -> String {
    let text = member.value.text().map_or_else(|| excerpt(&member.value), str::to_owned);
    format!("{} {text}", member.key)
}
