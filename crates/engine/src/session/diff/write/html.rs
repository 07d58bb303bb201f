//! A comparison as one HTML file: nothing from elsewhere and no script, as the report of a run.

use std::fmt::{self, Write};

use maud::html;

use super::{
    Diff, Difference, Judgement, NOTHING, What, head, millis, name, places, remarks, shown, summary,
};
use crate::base::mask::Masker;
use crate::base::words::counted;
use crate::report::html_page;

/// Writes the comparison as HTML.
pub fn write_html(diff: &Diff, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    let title = summary(diff);
    let names = [masker.mask(&diff.names[0]), masker.mask(&diff.names[1])];
    let verdict = match diff.judgement() {
        Judgement::Same => "pass",
        Judgement::Different => "fail",
        Judgement::Inconclusive => "inconclusive",
    };
    let main = html! {
        header data-verdict=(verdict) {
            h1 { (names[0]) " and " (names[1]) }
            p { (title) }
        }
        @if !diff.differences.is_empty() {
            section {
                h2 { "Differences" }
                div.scroll tabindex="0" role="region" aria-label="Differences" {
                    table {
                        thead { tr {
                            th scope="col" { "what" } th scope="col" { "message" } th scope="col" { "path" }
                            th scope="col" { "was" } th scope="col" { "is" } th scope="col" { "where" }
                        } }
                        tbody { @for difference in &diff.differences { (row(difference, masker)) } }
                    }
                }
            }
        }
        @if !remarks(diff).is_empty() {
            section {
                h2 { "Not compared" }
                ul { @for remark in remarks(diff) { li { (masker.mask(&remark)) } } }
            }
        }
    };
    html_page(&title, main, out)
}

fn row(difference: &Difference, masker: &Masker) -> maud::Markup {
    let (path, before, after) = match &difference.what {
        What::Changed { path, before, after } => {
            let told = |value: &Option<String>| {
                shown(path, value.as_deref(), masker).unwrap_or_else(|| NOTHING.to_owned())
            };
            (masker.mask(path).into_owned(), told(before), told(after))
        }
        What::Slower { before, after, noise, samples, .. } => {
            (format!("noise {}, N = {samples}", millis(*noise)), millis(*before), millis(*after))
        }
        _ => Default::default(),
    };
    let (subject, of) = head(difference, masker);
    html! {
        tr {
            td { (name(&difference.what)) }
            td {
                code { (subject) } " " (of)
                @if difference.times > 1 { " (" (counted(difference.times as u64, "message")) ")" }
            }
            td { code { (path) } }
            td { code { (before) } }
            td { code { (after) } }
            td { (places(difference)) }
        }
    }
}
