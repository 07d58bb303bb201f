//! A comparison as JUnit XML: a test case for each difference, and one that passes when there is none.

use std::fmt::{self, Write};

use super::{Diff, Judgement, name, places, remarks, sentence, summary};
use crate::base::mask::Masker;
use crate::report::markup::{attribute, body};

/// Writes the comparison as JUnit XML.
pub fn write_junit(diff: &Diff, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    let suite = format!("{} and {}", masker.mask(&diff.names[0]), masker.mask(&diff.names[1]));
    let failures = diff.differences.len();
    out.write_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite")?;
    attribute(out, "name", &suite)?;
    attribute(out, "tests", &failures.max(1).to_string())?;
    attribute(out, "failures", &failures.to_string())?;
    let is_inconclusive = diff.judgement() == Judgement::Inconclusive;
    attribute(out, "errors", if is_inconclusive { "1" } else { "0" })?;
    attribute(out, "skipped", "0")?;
    out.write_str(">\n")?;
    if failures == 0 {
        out.write_str("<testcase classname=\"diff\" name=\"the sessions are the same\"")?;
        if is_inconclusive {
            // As in the report of a run: an error, which no reporter passes over.
            out.write_str("><error type=\"inconclusive\"")?;
            attribute(out, "message", &summary(diff))?;
            out.write_char('>')?;
            body(out, &diff.left_out.join("\n"))?;
            out.write_str("</error></testcase>\n")?;
        } else {
            out.write_str("/>\n")?;
        }
    }
    for (nth, difference) in diff.differences.iter().enumerate() {
        let text = sentence(difference, masker);
        let what = name(&difference.what);
        out.write_str("<testcase classname=\"diff\"")?;
        // Two changes may have the same words.
        attribute(out, "name", &format!("{}. {what}: {}", nth + 1, masker.mask(&difference.subject)))?;
        out.write_str("><failure")?;
        attribute(out, "type", what)?;
        attribute(out, "message", &text)?;
        out.write_char('>')?;
        body(out, &format!("{text}\n{}", places(difference)))?;
        out.write_str("</failure></testcase>\n")?;
    }
    out.write_str("<system-out>")?;
    body(out, &summary(diff))?;
    remarks(diff).iter().try_for_each(|remark| body(out, &format!("\n{}", masker.mask(remark))))?;
    out.write_str("</system-out>\n</testsuite>\n</testsuites>\n")
}
