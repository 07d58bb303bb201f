//! The rows of both sessions side by side, as far as the page looks at them.

use super::super::list;
use super::super::worker::BenchWorker;
use super::Comparison;
use crate::engine::bench::summary::Summary;
use crate::engine::session::diff::{Aligned, name};
use crate::engine::{Frame, Instant, World};
use crate::wire::bench::{
    ConnectionId, DifferenceCell, DifferenceLook, DifferenceRow, DifferenceRows, DifferenceUpdate,
};

/// Bytes of a message that are looked at for its preview, which is much shorter.
const LONGEST_MASKED: usize = 16 << 10;

impl<W: World> BenchWorker<W> {
    /// Tells the rows that the page looks at.
    pub(super) fn tell_rows(&self) {
        let masker = self.difference_masker();
        let rows = self.with_comparison(|it| Some(rows(it, it.look?)));
        if let Some(Some(mut rows)) = rows {
            let cells = rows.rows.iter_mut().flat_map(|row| row.sides.iter_mut().flatten());
            self.state(|s| {
                for cell in cells {
                    let Some(frame) = s.record.log.get(cell.frame) else { continue };
                    cell.connection = ConnectionId(frame.connection);
                    cell.at = frame.at.since(Instant::ORIGIN);
                    let arrow = match (frame.kind.is_sent(), frame.kind.is_received()) {
                        (true, _) => "↑",
                        (_, true) => "↓",
                        _ => "·",
                    };
                    arrow.clone_into(&mut cell.arrow);
                    // Masked before it is cut: a part of a secret is not recognised.
                    let beginning = &frame.bytes[..frame.bytes.len().min(LONGEST_MASKED)];
                    let bytes = &masker.mask_bytes(beginning);
                    let masked = Frame { bytes, ..frame };
                    let summary = s.summaries.of(&masked);
                    cell.preview = summary.map_or_else(|| list::row(&masked).preview, |it| words(&it));
                }
            });
            self.tell_difference(&DifferenceUpdate::Rows(Box::new(rows)));
        }
    }
}

/// A message as the timeline says it: its type, then its members, of which those that vary come first.
fn words(summary: &Summary) -> String {
    let members = summary.columns.iter().chain(&summary.members);
    let members = members.map(|it| format!("{} {}", it.name, it.value));
    summary.type_name.iter().cloned().chain(members).collect::<Vec<_>>().join("  ")
}

fn rows(it: &Comparison, look: DifferenceLook) -> DifferenceRows {
    let count = if look.only_differing { it.differing.len() } else { it.rows.len() };
    let from = usize::try_from(look.from).unwrap_or(count).min(count);
    let end = (from + usize::from(look.rows)).min(count);
    let place = |at: usize| if look.only_differing { it.differing[at] } else { at };
    let rows = (from..end).map(|at| row(it, &it.rows[place(at)])).collect();
    DifferenceRows { of: DifferenceLook { from: from as u64, ..look }, count: count as u64, rows }
}

fn row(it: &Comparison, row: &Aligned) -> DifferenceRow {
    let cell = |side: usize, number: Option<u64>| {
        let frame = it.merged.frame(side, number?)?;
        Some(DifferenceCell { frame, ..DifferenceCell::default() })
    };
    let mut words: Vec<String> = Vec::new();
    for difference in &row.differences {
        let word = name(&it.diff.differences[*difference].what);
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    DifferenceRow { sides: [cell(0, row.before), cell(1, row.after)], words }
}
