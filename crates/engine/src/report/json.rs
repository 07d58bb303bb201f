//! The report as JSON, written and read back.
//!
//! Owns the check of the format's version. It refuses to know the fields, which are in the model.

use std::fmt::{self, Write};

use super::{Report, Verdict};

/// The version of the report that this build writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// Why a text is not a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Not JSON, or not the fields of a report; the words say line and column.
    #[error("not a report: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by a newer program.
    #[error(
        "the report has format {found}, this version reads up to {FORMAT}; read it with a newer sockscope"
    )]
    Newer {
        /// The version it says.
        found: u32,
    },
}

/// Writes the report as JSON, indented by two.
pub fn write_json(report: &Report, out: &mut dyn Write) -> fmt::Result {
    let text = serde_json::to_string_pretty(report).map_err(|_| fmt::Error)?;
    out.write_str(&text)?;
    out.write_char('\n')
}

/// Writes several reports as one JSON: the gravest verdict, and all of them in `runs`.
pub fn write_json_all(reports: &[&Report], out: &mut dyn Write) -> fmt::Result {
    #[derive(serde::Serialize)]
    struct Runs<'a> {
        sockscope: &'a str,
        format: u32,
        verdict: Verdict,
        runs: &'a [&'a Report],
    }
    let verdict = reports.iter().fold(Verdict::Skipped, |whole, report| whole.and(report.verdict));
    let runs = Runs { sockscope: env!("CARGO_PKG_VERSION"), format: FORMAT, verdict, runs: reports };
    let text = serde_json::to_string_pretty(&runs).map_err(|_| fmt::Error)?;
    out.write_str(&text)?;
    out.write_char('\n')
}

/// Reads a report. Fields that this version does not know are passed over: newer ones only add.
pub fn read_json(text: &str) -> Result<Report, ReportError> {
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
    }
    // Read first: of a newer format nothing else need be as it is here.
    let Version { format } = serde_json::from_str(text)?;
    if format > FORMAT {
        return Err(ReportError::Newer { found: format });
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn err(text: &str, expected: &str) {
        assert_eq!(read_json(text).expect_err("no report").to_string(), expected);
    }

    #[test]
    fn err_what_is_not_a_report() {
        err(
            "[]",
            "not a report: invalid length 0, expected struct Version with 1 element at line 1 column 2",
        );
        err("{}", "not a report: missing field `format` at line 1 column 2");
        err("{\"format\":1}", "not a report: missing field `sockscope` at line 1 column 12");
        err(
            "{\"format\":2}",
            "the report has format 2, this version reads up to 1; read it with a newer sockscope",
        );
    }
}
