//! Numbers and texts as people read them, in the page, in reports and in the terminal.
//!
//! Owns the number rule: three significant digits, a thin space before the unit, seconds from 1,000 ms, KiB and MiB for bytes.
//! It refuses to know what is measured. One rule: the exact value has a form of its own ([`exact`], [`exact_size`]), which stands
//! in a tooltip or in the JSON report. The forms that a suite spells are those of [`super::unit`].

mod number;
mod text;

pub use number::{
    bound, coarse_and_rest, count, counted, duration, exact, exact_size, figure, micros, moment, percent,
    plural, rate, size, span, time_of_day, time_of_day_exact,
};
pub use text::{cut, sentence, with_stop};
