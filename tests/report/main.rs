//! Every form of a report and of a recorded session. They are compared with reviewed files and with the schemas of the tools
//! that read them, and tested with hostile content.

#![cfg(not(target_arch = "wasm32"))]

mod capacity;
mod events;
mod fixture;
mod golden;
mod har;
mod hostile;
mod junit;
mod notes;
mod pieces;
mod real;
mod recorded;
mod secrets;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::report::{EventFormat, Report, ReportFormat, Transcript};

/// The report in a form.
fn rendered(report: &Report, format: ReportFormat) -> String {
    let mut text = String::new();
    format.write(report, &mut text).expect("a string takes all");
    text
}

/// The session in a form.
fn exported(session: &Transcript<'_>, format: EventFormat, masker: &Masker) -> String {
    let mut text = String::new();
    format.write(session, masker, &mut text).expect("a string takes all");
    text
}
