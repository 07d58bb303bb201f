//! `sockscope replay`: sends the sent half of a session again, to another server.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use sockscope_engine::report::Origin;
use sockscope_engine::session::Session;
use sockscope_engine::session::diff::diff_runs;
use sockscope_engine::session::replay::{
    Options, ReplayError, Replayed, Secrets, Speed, Target, Unfilled, replay,
};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::choice::pair;
use super::diff::{DiffError, MaskFlags, OutFlags, refs, runs};
use super::{Exit, complain, target};
use crate::native::{NativeWorld, NetOptions};
use crate::sessions;
use crate::suites;

/// How long a replay listens after the last message that it expects.
const QUIET: Duration = Duration::from_millis(200);
/// The most runs of one replay.
const MOST_RUNS: u32 = 1000;

/// Send the sent half of a session again, to another server.
#[derive(Debug, Args)]
#[command(after_help = "\
Values that the server had given, such as ids and tokens, are replaced by those that it gives now.
Where the session was kept without a secret, --var gives its value; nothing is sent before all are known.
Exit codes: 0 when all was sent, with --diff when nothing differs, too; 1 with --diff when something does;
2 when the file is not a session, an address is wrong or a secret is missing; 3 when no connection could be opened or a file cannot be
read or written; 5 with --diff when nothing differs and messages were left out of the comparison.")]
pub struct Flags {
    /// The session: JSON Lines, HAR or CSV
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// The server. Without a path the paths of the session are kept
    #[arg(long, value_name = "URL", value_parser = target)]
    to: Target,
    /// original, how many times as fast (2x, 0.5x), or answers: each message goes out when all before it have come
    #[arg(long, value_name = "SPEED", default_value = "original")]
    speed: Pace,
    /// How many times it is replayed, one after the other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_RUNS)))]
    times: u32,
    /// Write what happened as JSON Lines; - is standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Compare the session with its replay
    #[arg(long)]
    diff: bool,
    /// The value of a secret that the session was kept without. NAME is its member or parameter. Repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    var: Vec<(String, String)>,
    /// Send *** as it stands where a value was masked and --var gives none
    #[arg(long)]
    send_masks: bool,
    /// Take any certificate
    #[arg(long)]
    insecure: bool,
    #[command(flatten)]
    masks: MaskFlags,
    #[command(flatten)]
    told: OutFlags,
}

/// A speed as it is written.
#[derive(Debug, Clone, Copy)]
struct Pace(Speed);

impl FromStr for Pace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "write original, answers, or a number of times such as 2x";
        match text {
            "original" => Ok(Self(Speed::Times(1.0))),
            "answers" => Ok(Self(Speed::Answers)),
            _ => {
                let times = text.strip_suffix('x').and_then(|times| times.parse::<f64>().ok());
                times
                    .filter(|times| times.is_finite() && *times > 0.0)
                    .map(|it| Self(Speed::Times(it)))
                    .ok_or(EXPECTED)
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Diff(#[from] DiffError),
    #[error("{0}: {1}")]
    Replay(String, ReplayError),
    #[error("{0}: {1}; {2}")]
    Masked(String, Unfilled, String),
    #[error("no connection could be opened")]
    NoneOpened,
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
}

/// Replays.
pub fn run(flags: &Flags) -> Exit {
    match replayed(flags) {
        Ok(exit) => exit,
        Err(error) => {
            complain(&error);
            match error {
                Failed::Diff(error) => error.exit(),
                Failed::Replay(..) | Failed::Masked(..) => Exit::Invalid,
                Failed::NoneOpened | Failed::Runtime(_) => Exit::Environment,
            }
        }
    }
}

fn replayed(flags: &Flags) -> Result<Exit, Failed> {
    let recorded = runs(&flags.session)?;
    let masks = flags.masks.read(&recorded[0])?;
    let mut replays = Vec::new();
    for nth in 0..flags.times {
        let done = once(flags, &recorded[0])?;
        // What one run changed or missed, the next ones do too.
        if nth == 0 {
            done.remarks.iter().for_each(|remark| eprintln!("sockscope: {remark}"));
        }
        replays.push(done);
    }
    let sessions: Vec<Session> = replays.into_iter().map(|it| it.session).collect();
    if let Some(file) = &flags.out {
        let text = sessions::lines(&refs(&sessions));
        sessions::write(file, &text).map_err(|error| DiffError::Unwritten(suites::name_of(file), error))?;
    }
    if flags.diff {
        return Ok(flags.told.tell(&diff_runs(&refs(&recorded), &refs(&sessions), &masks)));
    }
    if flags.out.as_deref() != Some(Path::new("-")) {
        for session in &sessions {
            let (sent, received) = session.messages();
            let (_, expected) = recorded[0].messages();
            println!("{sent} sent, {received} received; the session has {expected} received");
        }
    }
    Ok(Exit::Success)
}

/// One replay, on a runtime of one thread: nothing else takes the time of its messages.
fn once(flags: &Flags, session: &Session) -> Result<Replayed, Failed> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Failed::Runtime)?;
    let done = LocalSet::new().block_on(&runtime, async {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let options = Options {
            target: flags.to.clone(),
            speed: flags.speed.0,
            budget: Session::BUDGET,
            origin: Origin::from_millis(since_1970.as_secs_f64() * 1e3),
            quiet: QUIET,
            secrets: Secrets { values: flags.var.clone(), sends_masks: flags.send_masks },
        };
        let world = NativeWorld::new(NetOptions { is_insecure: flags.insecure, ..NetOptions::default() }, 0);
        let done = replay(world.clone(), session, &options)
            .map_err(|error| unreplayed(&flags.session, error))?
            .await;
        if done.opened.0 == 0 {
            for reason in world.reasons() {
                eprintln!("sockscope: {}: {}", reason.broken.url, reason.words);
            }
            return Err(Failed::NoneOpened);
        }
        Ok(done)
    })?;
    Ok(done)
}

fn unreplayed(file: &Path, error: ReplayError) -> Failed {
    let file = suites::name_of(file);
    let ReplayError::Masked(unfilled) = error else { return Failed::Replay(file, error) };
    let flags: Vec<String> = unfilled.names().iter().map(|name| format!("--var {name}=…")).collect();
    let how = match flags.is_empty() {
        true => "--send-masks sends it as it stands".to_owned(),
        false => format!("give {}, or send them as they stand with --send-masks", flags.join(" ")),
    };
    Failed::Masked(file, unfilled, how)
}
