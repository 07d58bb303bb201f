//! The formats of a report and of a recorded session, by the names that the command line and the page use.
//!
//! Owns names, file extensions and media types. A new format is a variant here, a line in each table and a file beside
//! it.

use std::fmt::{self, Write};
use std::str::FromStr;

use super::{JunitStyle, Report, html, json, junit};
use crate::recording::transcript::Transcript;
use crate::recording::{csv, har, jsonl};
use serde::{Deserialize, Serialize};

use crate::base::mask::Masker;

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportFormat {
    /// The machine's contract.
    Json,
    /// For the test reporters of CI systems.
    Junit,
    /// The same, with only what the schemas of xUnit tools allow.
    JunitStrict,
    /// For people.
    Html,
}

/// A form of a recorded session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventFormat {
    /// HTTP Archive 1.2 with WebSocket messages as Chrome writes them.
    Har,
    /// One JSON object a line.
    JsonLines,
    /// For spreadsheets.
    Csv,
}

/// An unknown name of a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a {what}; expected one of {known}")]
pub struct UnknownFormat {
    name: String,
    what: &'static str,
    known: String,
}

impl ReportFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Json, Self::Junit, Self::JunitStrict, Self::Html];

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
            Self::JunitStrict => "junit-strict",
            Self::Html => "html",
        }
    }

    /// Of a file, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit | Self::JunitStrict => "xml",
            Self::Html => "html",
        }
    }

    /// For a download.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Junit | Self::JunitStrict => "application/xml",
            Self::Html => "text/html;charset=utf-8",
        }
    }

    /// Writes the report in this form. Secrets must be out of it already, see [`Report::masked`].
    pub fn write(self, report: &Report, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Json => json::write_json(report, out),
            Self::Junit => junit::write_junit(report, JunitStyle::Rich, out),
            Self::JunitStrict => junit::write_junit(report, JunitStyle::Strict, out),
            Self::Html => html::write_html(report, out),
        }
    }

    /// Writes several reports as one file. One alone is written as [`ReportFormat::write`] does.
    pub fn write_all(self, reports: &[&Report], out: &mut dyn Write) -> fmt::Result {
        match (self, reports) {
            (_, [only]) => self.write(only, out),
            (Self::Json, several) => json::write_json_all(several, out),
            (Self::Junit, several) => junit::write_junit_all(several, JunitStyle::Rich, out),
            (Self::JunitStrict, several) => junit::write_junit_all(several, JunitStyle::Strict, out),
            (Self::Html, several) => html::write_html_all(several, out),
        }
    }
}

impl EventFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Har, Self::JsonLines, Self::Csv];

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Har => "har",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// Of a file, without the dot.
    pub fn extension(self) -> &'static str {
        self.name()
    }

    /// For a download.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Har => "application/json",
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv;charset=utf-8;header=present",
        }
    }

    /// Writes the session in this form, without the masker's secrets.
    pub fn write(self, session: &Transcript<'_>, masker: &Masker, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Har => har::write_har(session, masker, out),
            Self::JsonLines => jsonl::write_jsonl(session, masker, out),
            Self::Csv => csv::write_csv(session, masker, out),
        }
    }
}

impl FromStr for ReportFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        by_name(name, "report format", &Self::ALL, Self::name)
    }
}

impl FromStr for EventFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        by_name(name, "recording format", &Self::ALL, Self::name)
    }
}

fn by_name<T: Copy>(
    name: &str,
    what: &'static str,
    all: &[T],
    of: fn(T) -> &'static str,
) -> Result<T, UnknownFormat> {
    let found = all.iter().copied().find(|format| of(*format).eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| {
        let known: Vec<_> = all.iter().copied().map(of).collect();
        UnknownFormat { name: name.to_owned(), what, known: known.join(", ") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_by_its_name() {
        for format in ReportFormat::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        for format in EventFormat::ALL {
            assert_eq!(format.name().to_uppercase().parse(), Ok(format));
        }
    }

    #[test]
    fn err_an_unknown_name_says_the_known_ones() {
        assert_eq!(
            "xml".parse::<ReportFormat>().expect_err("unknown").to_string(),
            "\"xml\" is not a report format; expected one of json, junit, junit-strict, html"
        );
        assert_eq!(
            "pcap".parse::<EventFormat>().expect_err("unknown").to_string(),
            "\"pcap\" is not a recording format; expected one of har, jsonl, csv"
        );
    }
}
