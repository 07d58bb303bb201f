//! The flags for reports, which every command that ends with one has.

use std::path::PathBuf;

use clap::Args;
use sockscope_engine::report::ReportFormat;

/// Where each form of a report goes.
#[derive(Debug, Args)]
pub struct ReportFlags {
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as the JUnit XML that strict schemas allow
    #[arg(long, value_name = "FILE")]
    junit_strict: Option<PathBuf>,
    /// Write the report as one HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ReportFlags {
    /// The forms that are wanted.
    pub fn wanted(self) -> Vec<(ReportFormat, PathBuf)> {
        let Self { json, junit, junit_strict, html } = self;
        let all = [
            (ReportFormat::Json, json),
            (ReportFormat::Junit, junit),
            (ReportFormat::JunitStrict, junit_strict),
            (ReportFormat::Html, html),
        ];
        all.into_iter().filter_map(|(format, path)| Some((format, path?))).collect()
    }
}
