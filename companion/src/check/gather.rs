//! `sockscope merge`: the reports of shards that ran in several commands, as the report of one run.
//!
//! Owns which reports belong together, and what is said of those that do not. What is added and judged is the engine's `merge`, as in
//! a run over several browsers or threads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sockscope_engine::base::words::{self, counted};
use sockscope_engine::report::{Millis, PartReport, Report, ReportError, read_json, target_line};
use sockscope_engine::run::merge;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::assignment::Done;
use super::screen::Screen;
use super::{Files, Outcome, outcome};
use crate::causes::{causes, unread};

/// What to merge, and how.
pub struct Gathering {
    /// A report of each shard.
    pub paths: Vec<PathBuf>,
    /// What is written.
    pub files: Files,
    /// How far apart clocks and starts may be.
    pub max_skew: Duration,
    /// Whether shards may be missing.
    pub allows_missing: bool,
    /// Only what did not pass is printed.
    pub is_quiet: bool,
}

/// What is wrong with one file.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("{}", unread(.0))]
    Io(io::Error),
    #[error("no file matches")]
    NoMatch,
    #[error("is empty, so the command that writes it has not ended or has failed")]
    Empty,
    #[error("is cut off at line {line}, column {column}: copy it again, whole")]
    CutOff { line: usize, column: usize },
    #[error("holds several runs, and a shard is one run")]
    Several,
    #[error("{0}")]
    NotAReport(ReportError),
    #[error(
        "is the report of a whole run; expected the --json of `sockscope check --shard I/N --start-at TIME`"
    )]
    Whole,
    #[error("says that it is shard {index} of {of}, which there cannot be")]
    NoSuchShard { index: u32, of: u32 },
}

/// The report of one shard.
#[derive(Debug)]
struct Piece {
    /// The file.
    name: String,
    part: PartReport,
    report: Report,
}

/// Merges reports, and says what came of it as a run does.
pub fn gather(gathering: &Gathering) -> Outcome {
    let mut screen = Screen::new(gathering.files.use_standard_output(), gathering.is_quiet, true);
    let complain = |screen: &Screen, wrong: &[String], outcome| {
        wrong.iter().for_each(|line| screen.trouble(line));
        outcome
    };
    let (mut pieces, mut wrong, mut is_readable) = (Vec::new(), Vec::new(), true);
    for path in &gathering.paths {
        match read(path) {
            Ok(piece) => pieces.push(piece),
            Err(error) => {
                is_readable &= !matches!(error, FileError::Io(_) | FileError::NoMatch);
                wrong.push(format!("{}: {error}", path.display()));
            }
        }
    }
    if !is_readable {
        return complain(&screen, &wrong, Outcome::Environment);
    }
    wrong.extend(strangers(&pieces));
    if wrong.is_empty() {
        wrong.extend(skew(&pieces, gathering.max_skew));
        wrong.extend(doubles(&pieces));
        wrong.extend(missing(&pieces).filter(|_| !gathering.allows_missing));
    }
    if !wrong.is_empty() {
        return complain(&screen, &wrong, Outcome::Invalid);
    }
    if let Err(error) = gathering.files.prepare() {
        return complain(&screen, &[causes(&error)], Outcome::Environment);
    }
    let done = match united(pieces) {
        Ok(done) => done,
        Err(words) => return complain(&screen, &[words], Outcome::Environment),
    };
    let report = &done.report;
    screen.begin(&report.suite, &target_line(&report.targets), report.seed);
    screen.end(report, done.trouble.as_deref());
    let took = report.duration_ms.into();
    let all = [done];
    let (written, errors) = gathering.files.write(&all);
    screen.summary(&[&all[0].report], took, &written);
    errors.iter().for_each(|error| screen.trouble(&causes(error)));
    outcome::of(&all, !errors.is_empty(), false)
}

fn read(path: &Path) -> Result<Piece, FileError> {
    let is_pattern = || path.to_string_lossy().contains(['*', '?', '[']);
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if is_pattern() => FileError::NoMatch,
        _ => FileError::Io(error),
    })?;
    if text.trim().is_empty() {
        return Err(FileError::Empty);
    }
    let mut report = read_json(&text).map_err(|error| match error {
        ReportError::Json(json) if json.is_eof() => {
            FileError::CutOff { line: json.line(), column: json.column() }
        }
        _ if has_runs(&text) => FileError::Several,
        other => FileError::NotAReport(other),
    })?;
    let part = report.part.take().ok_or(FileError::Whole)?;
    let PartReport { index, of, .. } = part;
    if index >= of {
        return Err(FileError::NoSuchShard { index, of });
    }
    Ok(Piece { name: path.display().to_string(), part, report })
}

fn has_runs(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value["runs"].is_array())
}

/// What all shards of a run have in common, in words.
fn traits(piece: &Piece) -> [(&'static str, String); 9] {
    let Piece { part, report, .. } = piece;
    let list = |all: &[String]| if all.is_empty() { "all".to_owned() } else { all.join(", ") };
    [
        ("version of sockscope", report.sockscope.clone()),
        ("suite", report.suite.clone()),
        ("suite text (SHA-256)", part.suite_sha256.clone()),
        ("number of shards", part.of.to_string()),
        ("seed", report.seed.to_string()),
        ("--start-at", part.start_at.clone()),
        ("engine", report.environment.engine.name().to_owned()),
        ("choice of --tag", list(&part.tags)),
        ("choice of --check", list(&part.checks)),
    ]
}

/// Reports that are not of the run of the first.
fn strangers(pieces: &[Piece]) -> Vec<String> {
    let Some((model, others)) = pieces.split_first() else { return Vec::new() };
    let mut wrong = Vec::new();
    for piece in others {
        let differing = traits(model).into_iter().zip(traits(piece)).filter(|(one, other)| one != other);
        let mut lines: Vec<_> = differing
            // A shard that was lost knows no engine.
            .filter(|((what, _), _)| *what != "engine" || (is_whole(model) && is_whole(piece)))
            .map(|((what, one), (_, other))| {
                format!("{}: the {what} is {other}, and in {} it is {one}", piece.name, model.name)
            })
            .collect();
        if lines.is_empty() && is_whole(model) && is_whole(piece) {
            let vars = |piece: &Piece, name: &str| piece.report.vars.get(name).map(ToString::to_string);
            let names = model.report.vars.keys().chain(piece.report.vars.keys());
            let mut names: Vec<_> = names.filter(|name| vars(model, name) != vars(piece, name)).collect();
            names.dedup();
            lines.extend(names.iter().map(|name| {
                let of = |piece| vars(piece, name).unwrap_or_else(|| "not there".to_owned());
                format!(
                    "{}: the variable {name} is {}, and in {} it is {}",
                    piece.name,
                    of(piece),
                    model.name,
                    of(model)
                )
            }));
        }
        wrong.extend(lines);
    }
    wrong
}

fn is_whole(piece: &Piece) -> bool {
    piece.part.lost.is_none()
}

fn doubles(pieces: &[Piece]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        if let Some(first) = pieces[..place].iter().find(|it| it.part.index == piece.part.index) {
            let PartReport { index, of, .. } = piece.part;
            wrong.push(format!("{} and {} are both shard {index} of {of}", first.name, piece.name));
        }
    }
    wrong
}

fn missing(pieces: &[Piece]) -> impl Iterator<Item = String> {
    let of = pieces.first().map_or(0, |piece| piece.part.of);
    let absent: Vec<_> = (0..of).filter(|index| !pieces.iter().any(|it| it.part.index == *index)).collect();
    let words = (!absent.is_empty()).then(|| {
        let list: Vec<_> = absent.iter().map(u32::to_string).collect();
        let (shards, is) = if absent.len() == 1 { ("shard", "is") } else { ("shards", "are") };
        format!(
            "{shards} {} of {of} {is} missing; --allow-missing makes a report of the others, which is then an error",
            list.join(", ")
        )
    });
    words.into_iter()
}

/// Clocks and starts that are too far apart.
fn skew(pieces: &[Piece], most: Duration) -> Vec<String> {
    let present = || pieces.iter().filter(|piece| is_whole(piece));
    let starts = present().filter_map(|piece| {
        let began = OffsetDateTime::parse(&piece.report.started, &Rfc3339).ok()?;
        Some((began.unix_timestamp_nanos() as f64 / 1e6, piece))
    });
    let clocks = present().filter_map(|piece| Some((piece.part.clock_ahead_ms?.0, piece)));
    let mut wrong = Vec::new();
    if let Some((apart, early, late)) = spread(starts, most) {
        wrong.push(format!(
            "the shards began {apart} apart: {} at {}, {} at {}",
            early.name, early.report.started, late.name, late.report.started
        ));
    }
    if let Some((apart, slow, fast)) = spread(clocks, most) {
        wrong.push(format!(
            "the clocks of two shards disagree, so they began {apart} apart: against the server's clock that of {} is {} ahead, \
             that of {} is {} ahead; set them by NTP, or allow it by --max-skew",
            fast.name,
            signed(fast.part.clock_ahead_ms),
            slow.name,
            signed(slow.part.clock_ahead_ms),
        ));
    }
    wrong
}

fn signed(millis: Option<Millis>) -> String {
    format!("{:.1}\u{2009}s", millis.unwrap_or_default().0 / 1e3)
}

/// The least and the greatest figure, when they are too far apart.
fn spread<'a>(
    figures: impl Iterator<Item = (f64, &'a Piece)> + Clone,
    most: Duration,
) -> Option<(String, &'a Piece, &'a Piece)> {
    let least = figures.clone().min_by(|one, other| one.0.total_cmp(&other.0))?;
    let greatest = figures.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let apart = Duration::try_from_secs_f64((greatest.0 - least.0) / 1e3).ok()?;
    (apart > most).then(|| (words::duration(apart), least.1, greatest.1))
}

/// One run of all pieces, as one command with as many shards would have it.
fn united(pieces: Vec<Piece>) -> Result<Done, String> {
    let of = pieces.first().map_or(0, |piece| piece.part.of);
    let mut reports: Vec<Option<Report>> = (0..of).map(|_| None).collect();
    let count = pieces.len();
    let mut trouble = None;
    for Piece { part, mut report, .. } in pieces {
        let PartReport { index, .. } = part;
        match &part.lost {
            Some(words) => {
                trouble.get_or_insert_with(|| format!("shard {index}: {words}"));
            }
            None => {
                report.part = Some(part);
                reports[index as usize] = Some(report);
            }
        }
    }
    let report = merge(&reports).map_err(|error| trouble.clone().unwrap_or_else(|| error.to_string()))?;
    if count < of as usize {
        let absent = counted(u64::from(of) - count as u64, "shard");
        trouble.get_or_insert_with(|| format!("{absent} of {of} missing"));
    }
    Ok(Done { report, recordings: Vec::new(), trouble, printed: Vec::new() })
}
