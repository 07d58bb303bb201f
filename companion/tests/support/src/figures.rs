//! What a case comes to: figures of ours and of the baseline, their ratio, and whether that is what we aim at.
//!
//! Owns the arithmetic. A ratio is made of the two halves of one pair, which ran one right after the other; the medians of all
//! ours and all theirs are shown, and not divided by each other.

use serde::Serialize;

/// What a ratio, or a figure, is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Nothing: it is shown beside what has an aim.
    None,
}

const NO_AIM: &str = "–";

impl Aim {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::None => true,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {most}"),
            Self::AtLeast(least) => format!("≥ {least}"),
            Self::None => NO_AIM.to_owned(),
        }
    }
}

/// A line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The unit of the two figures.
    pub unit: &'static str,
    /// The median of ours.
    pub ours: f64,
    /// The median of the baseline; none where there is nothing to compare with.
    pub baseline: Option<f64>,
    /// The median of the pairs' ratios.
    pub ratio: Option<f64>,
    /// The smallest and the largest of them; of our own figures where there are no pairs.
    pub spread: (f64, f64),
    /// In words.
    pub aim: String,
    /// Whether it is met.
    pub met: bool,
}

impl Figure {
    /// Whether it is to be anything at all.
    pub fn has_aim(&self) -> bool {
        self.aim != NO_AIM
    }
}

/// The middle one; of an even number the mean of both.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    }
}

/// The smallest and the largest.
pub fn spread(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), it| (least.min(*it), most.max(*it)))
}

/// A figure whose aim is a ratio.
pub fn compared(name: &str, unit: &'static str, pairs: &[(f64, f64)], aim: Aim) -> Figure {
    let ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
    let ratio = median(&ratios);
    Figure {
        name: name.to_owned(),
        unit,
        ours: median(&pairs.iter().map(|(ours, _)| *ours).collect::<Vec<_>>()),
        baseline: Some(median(&pairs.iter().map(|(_, theirs)| *theirs).collect::<Vec<_>>())),
        ratio: Some(ratio),
        spread: spread(&ratios),
        aim: aim.words(),
        met: aim.is_met(ratio),
    }
}

/// A figure whose aim is a value.
pub fn alone(name: &str, unit: &'static str, values: &[f64], aim: Aim) -> Figure {
    let ours = median(values);
    Figure {
        name: name.to_owned(),
        unit,
        ours,
        baseline: None,
        ratio: None,
        spread: spread(values),
        aim: if aim == Aim::None { aim.words() } else { format!("{} {unit}", aim.words()) },
        met: aim.is_met(ours),
    }
}

/// The table as people read it.
pub fn table(figures: &[Figure]) -> String {
    let mut rows = vec![["case", "ours", "baseline", "ratio", "spread", "aim", ""].map(str::to_owned)];
    for it in figures {
        let measured = |value: f64| format!("{} {}", shown(value), it.unit).trim_end().to_owned();
        rows.push([
            it.name.clone(),
            measured(it.ours),
            it.baseline.map_or_else(|| "–".to_owned(), measured),
            it.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}")),
            format!("{} … {}", shown(it.spread.0), shown(it.spread.1)),
            it.aim.clone(),
            if !it.has_aim() {
                ""
            } else if it.met {
                "met"
            } else {
                "NOT MET"
            }
            .to_owned(),
        ]);
    }
    columns(&rows)
}

/// Rows whose cells stand below each other.
pub fn columns<const WIDTH: usize>(rows: &[[String; WIDTH]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..WIDTH).map(width).collect();
    let mut table = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        table.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        table.push('\n');
    }
    table
}

/// Three digits, which is more than a median of a few pairs knows.
pub fn shown(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
