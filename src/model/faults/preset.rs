//! Well-known bad networks, as settings of several toxics.

use super::setting::{Setting, Stream};
use super::toxic::TOXICS;

/// Several toxics under a name.
#[derive(Debug)]
pub struct Preset {
    /// For tests and tools.
    pub name: &'static str,
    /// As people have it.
    pub title: &'static str,
    /// What it is like.
    pub about: &'static str,
    /// A toxic, its direction, the part of the connections in percent, and its values.
    pub toxics: &'static [(&'static str, Stream, f64, &'static [f64])],
}

use Stream::{Both, Downstream};

/// Every preset.
pub const PRESETS: [Preset; 7] = [
    Preset {
        name: "slow-3g",
        title: "Slow 3G",
        about: "400 ms there and back, 50 kB/s",
        toxics: &[("latency", Both, 100.0, &[200.0, 50.0]), ("bandwidth", Both, 100.0, &[50.0])],
    },
    Preset {
        name: "wifi",
        title: "Flaky Wi-Fi",
        about: "Fast at one moment and half a second late at the next, in pieces; every third connection ends after 200 kB",
        toxics: &[
            ("latency", Both, 100.0, &[20.0, 250.0]),
            ("slicer", Both, 100.0, &[500.0, 300.0, 2000.0]),
            ("limit_data", Downstream, 33.0, &[200_000.0]),
        ],
    },
    Preset {
        name: "tunnel",
        title: "Tunnel",
        about: "Nothing passes; after 20 seconds the connections end without a close frame",
        toxics: &[("timeout", Both, 100.0, &[20_000.0])],
    },
    Preset {
        name: "black-hole",
        title: "Black hole",
        about: "Nothing passes and nothing ends, until it is switched off",
        toxics: &[("timeout", Both, 100.0, &[0.0])],
    },
    Preset {
        name: "half-open",
        title: "Half-open peer",
        about: "The server is cut off without a signal: does the page notice?",
        toxics: &[("half_open", Downstream, 100.0, &[0.0])],
    },
    Preset {
        name: "overload",
        title: "Overloaded server",
        about: "Answers come seconds late, and every other handshake is refused with 503",
        toxics: &[("latency", Downstream, 100.0, &[1500.0, 1000.0]), ("refuse", Downstream, 50.0, &[503.0])],
    },
    Preset {
        name: "unreliable",
        title: "Unreliable broker",
        about: "Of a hundred messages five are lost, five come twice and five out of order",
        toxics: &[
            ("drop", Both, 100.0, &[5.0]),
            ("duplicate", Both, 100.0, &[5.0]),
            ("reorder", Both, 100.0, &[5.0]),
        ],
    },
];

impl Preset {
    /// What becomes of settings that are there: those of the preset are on, all others off and otherwise as they are.
    pub fn over(&self, settings: &[Setting]) -> Vec<Setting> {
        let of = |(at, toxic): (usize, &super::toxic::Toxic)| {
            let kept = settings.get(at).cloned().unwrap_or_else(|| Setting::of(toxic));
            let Some((_, stream, toxicity, given)) = self.toxics.iter().find(|it| it.0 == toxic.name) else {
                return Setting { is_on: false, ..kept };
            };
            let mut values = [0.0; 3];
            values[..given.len()].copy_from_slice(given);
            let fresh = Setting::of(toxic);
            Setting { is_on: true, name: kept.name, stream: *stream, toxicity: *toxicity, values, ..fresh }
        };
        TOXICS.iter().enumerate().map(of).collect()
    }
}

/// What is on, in a few words: the preset that it is, or the toxics. Empty for nothing.
pub fn words(settings: &[Setting]) -> String {
    let is_any_on = settings.iter().any(|it| it.is_on);
    // What is off differs in nothing that strikes.
    let is_same = |preset: &&Preset| {
        preset
            .over(settings)
            .iter()
            .zip(settings)
            .all(|(one, other)| one == other || !(one.is_on || other.is_on))
    };
    match PRESETS.iter().find(is_same).filter(|_| is_any_on) {
        Some(preset) => preset.title.to_owned(),
        None => {
            let on = settings.iter().zip(&TOXICS).filter(|(it, _)| it.is_on).map(|(_, toxic)| toxic.title);
            on.collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::faults::knob::show;

    #[test]
    fn a_preset_names_toxics_that_are_and_all_their_values() {
        for preset in &PRESETS {
            for (name, _, _, values) in preset.toxics {
                let toxic =
                    TOXICS.iter().find(|toxic| toxic.name == *name).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(values.len(), toxic.knobs.len(), "{} {name}", preset.name);
                for (knob, value) in toxic.knobs.iter().zip(*values) {
                    assert_eq!(knob.read(&show(*value)), Some(*value), "{} {name}", preset.name);
                }
            }
        }
    }

    #[test]
    fn what_is_on_has_the_name_of_its_preset_or_of_its_toxics() {
        let off: Vec<_> = TOXICS.iter().map(Setting::of).collect();
        assert_eq!(words(&off), "");
        for preset in &PRESETS {
            assert_eq!(words(&preset.over(&off)), preset.title);
        }
        let mut other = PRESETS[0].over(&off);
        other[0].values[0] += 1.0;
        let on = other.iter().zip(&TOXICS).filter(|(it, _)| it.is_on).map(|(_, toxic)| toxic.title);
        assert_eq!(words(&other), on.collect::<Vec<_>>().join(", "));
    }

    #[test]
    fn a_preset_switches_its_own_on_and_all_others_off_without_forgetting_them() {
        let mut before: Vec<_> = TOXICS.iter().map(Setting::of).collect();
        before[0].name = "posted-elsewhere".into();
        (before[6].is_on, before[6].values[0]) = (true, 33.0);
        for preset in &PRESETS {
            let after = preset.over(&before);
            let on: Vec<_> =
                TOXICS.iter().zip(&after).filter(|(_, it)| it.is_on).map(|(toxic, _)| toxic.name).collect();
            assert_eq!(on.len(), preset.toxics.len(), "{}", preset.name);
            assert!(preset.toxics.iter().all(|(name, ..)| on.contains(name)), "{}", preset.name);
            assert_eq!(after[0].name, "posted-elsewhere");
            assert!(after[6].is_on || after[6].values[0] == 33.0, "{}", preset.name);
        }
    }
}
