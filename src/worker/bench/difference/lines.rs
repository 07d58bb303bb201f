//! A comparison as the page lists it: one line for each difference, and one for each mask.

use super::super::worker::BenchWorker;
use super::{Comparison, Shared};
use crate::engine::World;
use crate::engine::base::mask::Masker;
use crate::engine::base::words::{counted, duration};
use crate::engine::session::diff::{
    Difference, Masked, REORDERED, Varies, What, name, remarks, shown, summary,
};
use crate::wire::bench::{DifferenceLine, DifferenceSeen, DifferenceUpdate, MaskSeen};

/// A person reads no more differences than these; the exports have all.
const MOST_LINES: usize = 500;

impl<W: World> BenchWorker<W> {
    /// Tells the page what differs.
    pub(super) fn tell_compared(&self) {
        let Some(comparison) = self.comparison() else { return };
        let masker = self.difference_masker();
        let seen = seen(&comparison, &masker);
        self.tell_difference(&DifferenceUpdate::Seen(Box::new(seen)));
    }
}

fn seen(comparison: &Shared, masker: &Masker) -> DifferenceSeen {
    let it = &*comparison.borrow();
    let mask = |text: &str| masker.mask(text).into_owned();
    let mut masks_file = String::new();
    let _ = it.masks.write(&mut masks_file);
    // The first row of each difference, among all and among those that differ.
    let mut rows = vec![None; it.diff.differences.len()];
    for (nth, at) in it.differing.iter().enumerate() {
        for difference in &it.rows[*at].differences {
            rows[*difference].get_or_insert((*at as u64, nth as u64));
        }
    }
    let lines = it.diff.differences.iter().zip(rows).take(MOST_LINES);
    let masks = it.masks.list().into_iter().map(|masked| {
        let why = it.whys.iter().find(|(of, _)| *of == masked).map(|(_, why)| mask(why));
        mask_seen(&masked, why.unwrap_or_default())
    });
    DifferenceSeen {
        names: [0, 1].map(|side| mask(&it.diff.names[side])),
        summary: summary(&it.diff),
        lines: lines.map(|(difference, row)| line(it, difference, row, masker)).collect(),
        differences: it.diff.differences.len() as u64,
        rows: (it.rows.len() as u64, it.differing.len() as u64),
        remarks: remarks(&it.diff).iter().map(|remark| mask(remark)).collect(),
        masks: masks.collect(),
        masks_file,
        guesses: it.masks.guess,
        connections: it.merged.connections.iter().map(|(id, name)| (*id, mask(name))).collect(),
    }
}

fn line(
    it: &Comparison,
    difference: &Difference,
    row: Option<(u64, u64)>,
    masker: &Masker,
) -> DifferenceLine {
    let mask = |text: &str| masker.mask(text).into_owned();
    let (path, before, after, note) = match &difference.what {
        What::Changed { path, before, after } => {
            let told = |value: &Option<String>| {
                Some(shown(path, value.as_deref(), masker).unwrap_or_else(|| "nothing".to_owned()))
            };
            (mask(path), told(before), told(after), String::new())
        }
        What::Slower { before, after, noise, samples, late } => {
            let late = match late {
                0 => "the median".to_owned(),
                late => counted(*late as u64, "late answer"),
            };
            let note = format!("{late}, noise {}, N = {samples}", duration(*noise));
            (String::new(), Some(duration(*before)), Some(duration(*after)), note)
        }
        What::Reordered => (String::new(), None, None, REORDERED.to_owned()),
        What::Missing | What::New => Default::default(),
    };
    let frame = |side: usize, number: Option<u64>| number.and_then(|number| it.merged.frame(side, number));
    DifferenceLine {
        what: name(&difference.what).to_owned(),
        client: mask(&difference.client),
        subject: mask(&difference.subject),
        is_sent: difference.is_sent,
        path,
        before,
        after,
        note,
        times: difference.times as u64,
        frames: [frame(0, difference.before), frame(1, difference.after)],
        row,
        mask: difference.mask().map(|masked| mask_seen(&masked, String::new())),
    }
}

fn mask_seen(masked: &Masked, why: String) -> MaskSeen {
    let varies = match &masked.varies {
        Varies::Path(path) => path.clone(),
        Varies::Order => "order".to_owned(),
        Varies::Count => "count".to_owned(),
        Varies::Time => "time".to_owned(),
    };
    MaskSeen { is_sent: masked.is_sent, kind: masked.kind.clone(), varies, why }
}

pub(super) fn masked(seen: &MaskSeen) -> Masked {
    let varies = match seen.varies.as_str() {
        "order" => Varies::Order,
        "count" => Varies::Count,
        "time" => Varies::Time,
        path => Varies::Path(path.to_owned()),
    };
    Masked { is_sent: seen.is_sent, kind: seen.kind.clone(), varies }
}
