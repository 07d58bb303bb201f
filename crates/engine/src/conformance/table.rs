//! The certificate as a table of plain text, for terminals and mails.

use std::fmt::{self, Write};

use super::Certificate;

/// Lines of a head, a line for each check, the sums, and what was not tested.
pub fn write_table(certificate: &Certificate, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "{} {}", certificate.url, certificate.headline())?;
    if !certificate.from.is_empty() {
        writeln!(out, "the address: {}", certificate.from)?;
    }
    writeln!(out, "{}", certificate.sentence())?;
    writeln!(out, "{}, {}, sockscope {}", certificate.started, certificate.browser, certificate.sockscope)?;
    let server = &certificate.server;
    let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    write!(out, "subprotocol {}, extensions {}", shown(&server.protocol), shown(&server.extensions))?;
    if let Some(open) = server.open_ms {
        write!(out, ", opens in {open} ms")?;
    }
    out.write_str("\n\n")?;
    let width = certificate.rows.iter().map(|row| row.title.chars().count()).max().unwrap_or_default();
    for row in &certificate.rows {
        let (id, title, verdict) = (&row.id, &row.title, row.verdict.words());
        let (need, weight) = (row.need.word(), row.weight.word());
        let line = format!("{id:<4} {title:<width$}  {need:<4}  {weight:<6}  {verdict:<14}  {}", row.note);
        writeln!(out, "{}", line.trim_end())?;
    }
    out.write_char('\n')?;
    for sum in &certificate.sums {
        writeln!(out, "{:<6}  {}", sum.weight.word(), sum.words())?;
    }
    out.write_str("\nNot tested here:\n")?;
    certificate.cannot.iter().try_for_each(|one| writeln!(out, "- {one}"))
}
