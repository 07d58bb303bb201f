//! A comparison for the terminal: one line for each difference.

use std::fmt::{self, Write};

use super::{Diff, name, places, remarks, sentence, summary};
use crate::base::mask::Masker;

/// Writes the comparison as plain text.
pub fn write_text(diff: &Diff, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    for difference in &diff.differences {
        let place = places(difference);
        let place = if place.is_empty() { place } else { format!("  [{place}]") };
        // Nothing of a message moves the cursor or begins a line of its own.
        let line = sentence(difference, masker).replace(|c: char| c.is_control(), " ");
        writeln!(out, "{:<9} {line}{place}", name(&difference.what))?;
    }
    writeln!(out, "{}", summary(diff))?;
    remarks(diff).iter().try_for_each(|remark| writeln!(out, "{}", masker.mask(remark)))
}
