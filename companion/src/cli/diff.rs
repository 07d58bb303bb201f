//! `sockscope diff`: how two sessions differ in meaning.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sockscope_engine::base::mask::Masker;
use sockscope_engine::base::words::counted;
use sockscope_engine::session::Session;
use sockscope_engine::session::diff::{
    Diff, Judgement, Masks, diff, diff_runs, write_html, write_json, write_junit, write_text,
};

use super::{Exit, complain};
use crate::sessions::{self, SessionError};
use crate::suites;

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// One line for each difference
    Text,
    /// For programs
    Json,
    /// One page, for people
    Html,
    /// For the test reporters of CI systems
    Junit,
}

/// Compare two sessions by meaning: what is missing, new, reordered, changed or slower.
#[derive(Debug, Args)]
#[command(after_help = "\
A session is JSON Lines, HAR or CSV. Of a file with several runs of one conversation all times count.
Exit codes: 0 when nothing differs, 1 when something does, 2 when a file is not a session or not masks,
3 when a file cannot be read or written, 5 when nothing differs and messages were left out of the comparison.")]
pub struct Flags {
    /// The session that is right
    #[arg(value_name = "A")]
    first: PathBuf,
    /// The session that is compared with it
    #[arg(value_name = "B")]
    second: PathBuf,
    #[command(flatten)]
    masks: MaskFlags,
    #[command(flatten)]
    out: OutFlags,
}

/// What varies between runs.
#[derive(Debug, Args)]
pub struct MaskFlags {
    /// A file of what varies between runs and is not compared
    #[arg(long, value_name = "FILE")]
    masks: Option<PathBuf>,
    /// Another run against the server of A: what differs between both is masked. With --masks the file is written
    #[arg(long, value_name = "A2")]
    learn: Option<PathBuf>,
}

/// Where the comparison goes.
#[derive(Debug, Args)]
pub struct OutFlags {
    /// How the comparison is written
    #[arg(long, value_enum, default_value_t = DiffFormat::Text, value_name = "FORMAT")]
    format: DiffFormat,
    /// Write values that look like secrets, too
    #[arg(long)]
    show_secrets: bool,
}

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A session cannot be opened.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The file of masks cannot be read.
    #[error("{0}: {1}")]
    Unread(String, suites::ReadError),
    /// It is not one.
    #[error("{0}: {1}")]
    Masks(String, sockscope_engine::session::diff::MasksError),
    /// It cannot be written.
    #[error("{0}: cannot be written: {1}")]
    Unwritten(String, std::io::Error),
    /// None of its frames has a number that was asked for.
    #[error("{file}: --only chooses no frame; {has}")]
    NoFrame {
        /// The session.
        file: String,
        /// Which frames there are.
        has: String,
    },
    /// Nothing of it makes a suite.
    #[error("{0}: {1}")]
    NoSuite(String, sockscope_engine::recorder::RecordError),
    /// Its runs are of several conversations.
    #[error("{0}: has {1} runs of different suites; cut it into one file each")]
    Several(String, usize),
}

impl DiffError {
    /// How the command ends with it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Session(SessionError::Unread { .. }) | Self::Unread(..) | Self::Unwritten(..) => {
                Exit::Environment
            }
            _ => Exit::Invalid,
        }
    }
}

/// Compares.
pub fn run(flags: &Flags) -> Exit {
    let compared = || {
        let first = runs(&flags.first)?;
        let second = runs(&flags.second)?;
        let masks = flags.masks.read(&first[0])?;
        Ok(diff_runs(&refs(&first), &refs(&second), &masks))
    };
    match compared() {
        Ok(found) => flags.out.tell(&found),
        Err(error) => {
            let error: DiffError = error;
            complain(&error);
            error.exit()
        }
    }
}

/// Borrows each.
pub fn refs(sessions: &[Session]) -> Vec<&Session> {
    sessions.iter().collect()
}

/// The runs of one conversation that a file has, and what was lost of it to standard error.
pub fn runs(file: &Path) -> Result<Vec<Session>, DiffError> {
    let opened = sessions::open(file, Session::BUDGET)?;
    for lost in &opened.lost {
        eprintln!("sockscope: {}: {lost}", suites::name_of(file));
    }
    let is_one = opened.sessions.iter().all(|it| it.name == opened.sessions[0].name);
    match is_one {
        true => Ok(opened.sessions),
        false => Err(DiffError::Several(suites::name_of(file), opened.sessions.len())),
    }
}

/// How the command ends after a comparison.
fn exit(found: &Diff) -> Exit {
    match found.judgement() {
        Judgement::Same => Exit::Success,
        Judgement::Different => Exit::Failed,
        Judgement::Inconclusive => Exit::Inconclusive,
    }
}

/// What was learnt, and what still differs between runs of one server.
fn told_learning(learnt: usize, rest: &[Diff]) -> String {
    let masks = counted(learnt as u64, "mask");
    let (differing, guessed) = rest
        .iter()
        .fold((0, 0), |(differing, guessed), it| (differing + it.differences.len(), guessed + it.guessed));
    if differing > 0 {
        let differing = counted(differing as u64, "difference");
        return format!("{masks} learnt; {differing} between the runs cannot be masked");
    }
    if learnt > 0 {
        return format!("{masks} learnt");
    }
    match guessed {
        0 => format!("{masks} learnt: both runs are equal"),
        _ => format!(
            "{masks} learnt: both runs are equal but for ids, times and counters, which are not compared ({})",
            counted(guessed as u64, "value")
        ),
    }
}

impl MaskFlags {
    /// Reads masks, and learns more of them from another run of the first session's server.
    pub fn read(&self, first: &Session) -> Result<Masks, DiffError> {
        let mut masks = match &self.masks {
            Some(file) if self.learn.is_none() || file.exists() => {
                let text =
                    suites::read(file).map_err(|error| DiffError::Unread(suites::name_of(file), error))?;
                Masks::parse(&text).map_err(|error| DiffError::Masks(suites::name_of(file), error))?
            }
            _ => Masks::default(),
        };
        if let Some(again) = &self.learn {
            let mut learnt = 0;
            let again = runs(again)?;
            for run in &again {
                learnt += masks.learn(first, run).len();
            }
            let rest = again.iter().map(|run| diff(first, run, &masks)).collect::<Vec<_>>();
            eprintln!("sockscope: {}", told_learning(learnt, &rest));
            if let Some(file) = &self.masks {
                let mut text = String::new();
                masks.write(&mut text).expect("a string takes all");
                sessions::write(file, &text)
                    .map_err(|error| DiffError::Unwritten(suites::name_of(file), error))?;
            }
        }
        Ok(masks)
    }
}

impl OutFlags {
    /// Tells a comparison, and how the command ends.
    pub fn tell(&self, found: &Diff) -> Exit {
        let masker = Masker::default();
        if !self.show_secrets {
            masker.mask_suspects();
        }
        let mut text = String::new();
        let written: fmt::Result = match self.format {
            DiffFormat::Text => write_text(found, &masker, &mut text),
            DiffFormat::Json => write_json(found, &masker, &mut text),
            DiffFormat::Html => write_html(found, &masker, &mut text),
            DiffFormat::Junit => write_junit(found, &masker, &mut text),
        };
        written.expect("a string takes all");
        // A closed pipe changes nothing about the sessions.
        let _ = sessions::write(Path::new("-"), &text);
        exit(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_were_left_out_do_not_end_with_success() {
        let whole = Diff::default();
        assert_eq!(exit(&whole), Exit::Success);
        let part = Diff { left_out: vec!["Not compared: 1 message.".to_owned()], ..Diff::default() };
        assert_eq!(exit(&part), Exit::Inconclusive);
    }
}
