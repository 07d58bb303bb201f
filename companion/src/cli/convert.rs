//! `sockscope convert`: a session in another form.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sockscope_engine::Frame;
use sockscope_engine::base::mask::Masker;
use sockscope_engine::recorder::suite_of;
use sockscope_engine::recording::bug;
use sockscope_engine::report::{write_csv, write_har};
use sockscope_engine::session::Session;

use super::diff::{DiffError, refs, runs};
use super::{Exit, complain};
use crate::sessions;
use crate::suites;

/// A form of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Markdown, for an issue
    Md,
    /// One page, for a person
    Html,
    /// JSON Lines: nothing is lost
    Jsonl,
    /// HAR 1.2 with WebSocket messages
    Har,
    /// For spreadsheets
    Csv,
    /// A suite that sends what was sent and expects what came
    Suite,
}

/// Which values stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Secrets {
    /// What looks like a secret becomes ***
    Mask,
    /// All values stay
    Keep,
}

/// Write a session in another form: for a bug report, another tool, or as a suite.
#[derive(Debug, Args)]
#[command(after_help = "\
Of a file with several runs, suites are made of the first two; the other forms have the first, JSON Lines have all.
Exit codes: 0 when it is written, 2 when the file is not a session or --only chooses no frame of it, 3 when a file cannot be read or written.")]
pub struct Flags {
    /// The session: JSON Lines, HAR or CSV
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// The form
    #[arg(long, value_enum, value_name = "FORM")]
    to: Form,
    /// Where it goes; standard output when absent
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only these frames, by their numbers: 5, 5-20, or several with commas
    #[arg(long, value_name = "NUMBERS", value_parser = numbers)]
    only: Option<Numbers>,
    /// What looks like a secret: masked in Markdown and HTML unless told otherwise, kept in the other forms
    #[arg(long, value_enum, value_name = "WHAT")]
    secrets: Option<Secrets>,
}

/// Ranges of numbers.
#[derive(Debug, Clone)]
struct Numbers(Vec<(u64, u64)>);

fn numbers(text: &str) -> Result<Numbers, String> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let (Some(first), Some(last)) = (number(first), number(last)) else {
            return Err("write numbers of frames, such as 5-20 or 3,7,12-15".to_owned());
        };
        match first <= last {
            true => Ok((first, last)),
            false => {
                Err(format!("expected the smaller number first, found {first}-{last}: write {last}-{first}"))
            }
        }
    };
    text.split(',').map(range).collect::<Result<Vec<_>, _>>().map(Numbers)
}

/// Writes it.
pub fn run(flags: &Flags) -> Exit {
    match convert(flags) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            error.exit()
        }
    }
}

fn convert(flags: &Flags) -> Result<(), DiffError> {
    let all = runs(&flags.session)?;
    let session = &all[0];
    let masks = match flags.secrets {
        Some(secrets) => secrets == Secrets::Mask,
        None => matches!(flags.to, Form::Md | Form::Html),
    };
    let masker = Masker::default();
    if masks {
        masker.mask_suspects();
    }
    let takes = |frame: &Frame<'_>| {
        let number = session.as_read().number(frame.number);
        flags
            .only
            .as_ref()
            .is_none_or(|only| only.0.iter().any(|(first, last)| (*first..=*last).contains(&number)))
    };
    let chosen = session.only(&takes);
    if flags.only.is_some() && chosen.numbers().is_none() {
        let has = match session.transcript().numbers() {
            Some((first, last)) => format!("the session has the frames {first} to {last}"),
            None => "the session has none".to_owned(),
        };
        return Err(DiffError::NoFrame { file: suites::name_of(&flags.session), has });
    }
    let mut text = String::new();
    let written: fmt::Result = match flags.to {
        Form::Md => bug::write_markdown(&session.name, "", &chosen, &masker, &mut text),
        Form::Html => bug::write_html(&session.name, "", &chosen, &masker, &mut text),
        Form::Har => write_har(&chosen, &masker, &mut text),
        Form::Csv => write_csv(&chosen, &masker, &mut text),
        Form::Jsonl if flags.only.is_none() && !masks => {
            text = sessions::lines(&refs(&all));
            Ok(())
        }
        Form::Jsonl => sockscope_engine::report::write_jsonl(&chosen, &masker, &mut text),
        Form::Suite => {
            text = suite(&flags.session, &all)?;
            Ok(())
        }
    };
    written.expect("a string takes all");
    let out = flags.out.as_deref().unwrap_or(Path::new("-"));
    sessions::write(out, &text).map_err(|error| DiffError::Unwritten(suites::name_of(out), error))
}

/// A suite made of the session; a second run tells what varies.
fn suite(file: &Path, all: &[Session]) -> Result<String, DiffError> {
    let recorded = sessions::lines(&all.iter().take(2).collect::<Vec<_>>());
    let drafted = suite_of(&recorded).map_err(|error| DiffError::NoSuite(suites::name_of(file), error))?;
    drafted.remarks_without_page().iter().for_each(|remark| eprintln!("sockscope: {remark}"));
    for (name, _) in &drafted.secrets {
        eprintln!("sockscope: the suite wants {} in its environment", name.to_ascii_uppercase());
    }
    Ok(drafted.text)
}
