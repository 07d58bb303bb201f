//! A comparison as JSON, for machines: a public contract.

use std::fmt::{self, Write};
use std::time::Duration;

use super::{Diff, Difference, Judgement, What, name, remarks, sentence, shown};
use crate::base::mask::Masker;
use crate::recording::jsonl::{json_list, json_text, member};
use crate::recording::transcript::Decimal;

/// The version of the form.
pub const DIFF_FORMAT: u32 = 1;

/// Writes the comparison as JSON.
pub fn write_json(diff: &Diff, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{{\n  \"diff\": {DIFF_FORMAT},\n  \"sessions\": ")?;
    json_list(out, diff.names.iter().map(|name| masker.mask(name)))?;
    write!(
        out,
        ",\n  \"same\": {},\n  \"judgement\": \"{}\",\n  \"messages\": [{}, {}],\n  \"matched\": {},\n  \"guessed\": {},\n  \"masked\": {}",
        diff.judgement() == Judgement::Same,
        diff.judgement().name(),
        diff.messages[0],
        diff.messages[1],
        diff.matched,
        diff.guessed,
        diff.masked
    )?;
    out.write_str(",\n  \"remarks\": ")?;
    json_list(out, remarks(diff).iter().map(|remark| masker.mask(remark)))?;
    out.write_str(",\n  \"differences\": [")?;
    for (nth, difference) in diff.differences.iter().enumerate() {
        out.write_str(if nth == 0 { "\n    " } else { ",\n    " })?;
        one(difference, masker, out)?;
    }
    out.write_str(if diff.differences.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" })
}

fn one(difference: &Difference, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{{\"what\":\"{}\"", name(&difference.what))?;
    member(out, "client", &masker.mask(&difference.client))?;
    member(out, "direction", if difference.is_sent { "sent" } else { "received" })?;
    member(out, "subject", &masker.mask(&difference.subject))?;
    if !difference.kind.is_empty() {
        member(out, "kind", &masker.mask(&difference.kind))?;
    }
    write!(out, ",\"times\":{}", difference.times)?;
    for (name, frame) in [("first_frame", difference.before), ("second_frame", difference.after)] {
        if let Some(frame) = frame {
            write!(out, ",\"{name}\":{frame}")?;
        }
    }
    match &difference.what {
        What::Changed { path, before, after } => {
            member(out, "path", &masker.mask(path))?;
            for (name, value) in [("before", before), ("after", after)] {
                write!(out, ",\"{name}\":")?;
                match shown(path, value.as_deref(), masker) {
                    Some(value) => json_text(out, &value)?,
                    None => out.write_str("null")?,
                }
            }
        }
        What::Slower { before, after, noise, samples, late } => {
            let millis = |took: &Duration| Decimal(*took);
            write!(
                out,
                ",\"before_ms\":{},\"after_ms\":{},\"noise_ms\":{},\"samples\":{samples},\"late\":{late}",
                millis(before),
                millis(after),
                millis(noise)
            )?;
        }
        What::Missing | What::New | What::Reordered => {}
    }
    member(out, "text", &sentence(difference, masker))?;
    out.write_char('}')
}
