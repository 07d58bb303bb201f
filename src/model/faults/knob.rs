//! A number that is set with a slider or typed.
//!
//! Owns which values a slider stops at. It refuses to know what the number does. One rule: two stops are never the same
//! value, or an arrow key on the slider would move nothing.

/// A number of a toxic.
#[derive(Debug)]
pub struct Knob {
    /// As the API has it.
    pub name: &'static str,
    /// As people have it.
    pub label: &'static str,
    /// Its unit, `%` when the API has it from 0 to 1.
    pub unit: &'static str,
    /// The lowest and the highest value above 0 that the slider reaches; none where only typing makes sense.
    pub slider: Option<(u64, u64)>,
    /// The lowest and the highest value that the API takes.
    pub limits: (f64, f64),
    /// What it begins with.
    pub start: f64,
}

/// What a slider stops at within ten times as much, in tenths: steps of about a quarter, all of them numbers one would say.
const STOPS: [u64; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];

impl Knob {
    /// A part of all, from 0 to 100 %.
    pub const fn percent(name: &'static str, label: &'static str, start: f64) -> Self {
        Self { name, label, unit: "%", slider: None, limits: (0.0, 100.0), start }
    }

    /// Whether it is a part of all.
    pub fn is_percent(&self) -> bool {
        self.unit == "%"
    }

    /// Whether it has a slider.
    pub fn has_slider(&self) -> bool {
        self.is_percent() || self.slider.is_some()
    }

    /// The values that the slider stops at, from the left.
    fn stops(&self) -> Vec<f64> {
        if self.is_percent() {
            return (0..=100).map(f64::from).collect();
        }
        let Some((least, most)) = self.slider else { return Vec::new() };
        let mut stops = if self.limits.0 == 0.0 { vec![0.0] } else { Vec::new() };
        let mut ten = 1;
        while ten <= most {
            let here = STOPS.iter().map(|tenths| tenths * ten);
            let whole = here.filter(|tenths| tenths % 10 == 0).map(|tenths| tenths / 10);
            stops.extend(whole.filter(|stop| (least..=most).contains(stop)).map(|stop| stop as f64));
            ten *= 10;
        }
        stops
    }

    /// The rightmost place of the slider; the leftmost is 0.
    pub fn last(&self) -> usize {
        self.stops().len().saturating_sub(1)
    }

    /// The value at a place of the slider.
    pub fn value_at(&self, place: usize) -> f64 {
        let stops = self.stops();
        stops.get(place).or(stops.last()).copied().unwrap_or(self.start)
    }

    /// The place of the slider that is nearest to a value from below.
    pub fn place_of(&self, value: f64) -> usize {
        self.stops().iter().rposition(|stop| *stop <= value).unwrap_or(0)
    }

    /// Reads what was typed, if the API would take it.
    pub fn read(&self, typed: &str) -> Option<f64> {
        let value: f64 = typed.trim().replace(',', ".").parse().ok()?;
        let is_within = (self.limits.0..=self.limits.1).contains(&value);
        (is_within && (self.may_have_parts() || value.fract() == 0.0)).then_some(value)
    }

    /// Milliseconds, kilobytes and percents may be broken; bytes, microseconds, codes and counts may not.
    fn may_have_parts(&self) -> bool {
        matches!(self.unit, "ms" | "kB/s" | "%")
    }

    /// What may be typed, in words.
    pub fn expected(&self) -> String {
        let (least, most) = self.limits;
        let kind = if self.may_have_parts() { "a number" } else { "a whole number" };
        format!("{kind} from {} to {}", show(least), show(most))
    }
}

/// A number as it is typed: without digits that a calculation has left behind.
pub fn show(value: f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::toxic::TOXICS;
    use super::*;

    const LATENCY: Knob = Knob {
        name: "latency",
        label: "",
        unit: "ms",
        slider: Some((1, 60_000)),
        limits: (0.0, 60_000.0),
        start: 0.0,
    };

    fn knobs() -> impl Iterator<Item = &'static Knob> {
        TOXICS.iter().flat_map(|toxic| toxic.knobs)
    }

    #[test]
    fn a_slider_stops_at_numbers_one_would_say() {
        let stops = LATENCY.stops();
        assert_eq!(stops[..12], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0]);
        assert_eq!(stops.last(), Some(&60_000.0));
    }

    #[test]
    fn every_step_of_every_slider_moves_it_and_leads_back_to_its_place() {
        for knob in knobs().filter(|knob| knob.has_slider()) {
            let stops = knob.stops();
            assert!(stops.len() > 10 && stops.is_sorted_by(|a, b| a < b), "{}: {stops:?}", knob.name);
            for place in 0..=knob.last() {
                assert_eq!(knob.place_of(knob.value_at(place)), place, "{}", knob.name);
            }
        }
    }

    #[test]
    fn whatever_a_slider_reaches_could_be_typed() {
        for knob in knobs() {
            for value in knob.stops().into_iter().chain([knob.start]) {
                assert_eq!(knob.read(&show(value)), Some(value), "{} {value}", knob.name);
            }
        }
    }

    #[test]
    fn a_value_between_two_stops_is_at_the_lower_one() {
        for (value, stop) in [(0.5, 0.0), (11.0, 10.0), (333.0, 300.0), (1e9, 60_000.0)] {
            assert_eq!(LATENCY.value_at(LATENCY.place_of(value)), stop, "{value}");
        }
    }

    #[test]
    fn what_the_api_would_refuse_is_not_taken() {
        let code = Knob { unit: "", limits: (0.0, 65_535.0), ..LATENCY };
        for (knob, typed, read) in [
            (&LATENCY, " 1,5 ", Some(1.5)),
            (&LATENCY, "60000", Some(60_000.0)),
            (&LATENCY, "60001", None),
            (&LATENCY, "-1", None),
            (&LATENCY, "soon", None),
            (&LATENCY, "NaN", None),
            (&LATENCY, "", None),
            (&code, "4000", Some(4000.0)),
            (&code, "1.5", None),
        ] {
            assert_eq!(knob.read(typed), read, "{typed:?}");
        }
        assert_eq!(code.expected(), "a whole number from 0 to 65535");
    }

    #[test]
    fn no_digit_is_left_behind_by_a_calculation() {
        for (value, text) in [(0.07 * 100.0, "7"), (200.0, "200"), (0.1 + 0.2, "0.3"), (12.5, "12.5")] {
            assert_eq!(show(value), text);
        }
    }
}
