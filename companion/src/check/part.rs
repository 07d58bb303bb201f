//! One shard of a run whose others run in other commands, on this machine or elsewhere.
//!
//! Owns which shard it is, the moment at which all of them begin, and what its report says of both. It refuses to know the others:
//! nothing is sent between them, and `gather` reads their reports afterwards.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reqwest::redirect::Policy;
use sockscope_engine::base::words;
use sockscope_engine::report::{Millis, PartReport, TargetReport};
use sockscope_engine::run::Shard;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::assignment::Done;
use super::screen::Screen;
use super::values::OWN_SERVER;
use super::{Chosen, Job};
use crate::ws::trust::trusting;

/// A shard begins at most this late; later it would not run beside the others.
pub const TOLERANCE: Duration = Duration::from_secs(1);
/// A moment beyond this is a slip of the pen.
const FARTHEST: Duration = Duration::from_secs(24 * 3600);
/// The most shards of a run over several commands.
const MOST_SHARDS: u32 = 4096;
/// The clock of this machine may be set while it is waited for.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(500);
/// What a report says of a run that was stopped while it waited.
pub const STOPPED: &str = "stopped before it began";
/// How long the server may take to say its date.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Which shard this command runs, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which of how many.
    pub shard: Shard,
    /// When all of them begin.
    pub start: StartAt,
}

/// `I/N` of `--shard`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardFlag(pub Shard);

/// What is wrong with `--shard`.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected I/N, the number of this shard from 0 and how many there are (at most {MOST_SHARDS}), such as 0/4; found {0:?}"
)]
pub struct ShardFlagError(String);

impl FromStr for ShardFlag {
    type Err = ShardFlagError;

    fn from_str(text: &str) -> Result<Self, ShardFlagError> {
        let read = || {
            let (index, of) = text.split_once('/')?;
            let of = of.trim().parse().ok().filter(|of| *of <= MOST_SHARDS)?;
            Shard::new(index.trim().parse().ok()?, of).map(Self)
        };
        read().ok_or_else(|| ShardFlagError(text.to_owned()))
    }
}

/// A moment on the clock of every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartAt(OffsetDateTime);

/// What is wrong with `--start-at`.
#[derive(Debug, thiserror::Error)]
pub enum StartAtError {
    /// Not a moment.
    #[error(
        "expected a moment such as 2026-05-01T12:00:00Z, or seconds (not milliseconds) since 1970; found {0:?}"
    )]
    NotAMoment(String),
    /// The others may have begun already.
    #[error(
        "--start-at {at} was {} ago, and a shard begins at most {} late; give all shards the same later moment",
        words::duration(*.ago),
        words::bound(TOLERANCE)
    )]
    Past {
        /// The moment.
        at: StartAt,
        /// How long ago it was.
        ago: Duration,
    },
    /// No one waits this long.
    #[error(
        "--start-at {at} is {} ahead, and the limit is {}",
        words::span(*.ahead),
        words::bound(FARTHEST)
    )]
    Far {
        /// The moment.
        at: StartAt,
        /// How far ahead it is.
        ahead: Duration,
    },
    /// The user stopped it.
    #[error("{STOPPED}")]
    Stopped,
}

impl fmt::Display for StartAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text_of(self.0))
    }
}

impl FromStr for StartAt {
    type Err = StartAtError;

    fn from_str(text: &str) -> Result<Self, StartAtError> {
        let wrong = || StartAtError::NotAMoment(text.to_owned());
        let moment = match text.trim().parse::<f64>() {
            Ok(seconds) if (0.0..1e15).contains(&seconds) => {
                OffsetDateTime::from_unix_timestamp_nanos((seconds * 1e3).round() as i128 * 1_000_000)
                    .map_err(|_| wrong())?
            }
            Ok(_) => return Err(wrong()),
            Err(_) => OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| wrong())?,
        };
        Ok(Self(moment.to_offset(time::UtcOffset::UTC)))
    }
}

impl StartAt {
    /// The moment.
    pub fn moment(self) -> OffsetDateTime {
        self.0
    }

    /// In milliseconds since 1970.
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }

    /// How far ahead it is at this moment, or why no shard may begin by it.
    pub fn ahead_of(self, now: OffsetDateTime) -> Result<Duration, StartAtError> {
        let ahead = self.0 - now;
        match Duration::try_from(ahead) {
            Ok(ahead) if ahead > FARTHEST => Err(StartAtError::Far { at: self, ahead }),
            Ok(ahead) => Ok(ahead),
            Err(_) if ahead.unsigned_abs() <= TOLERANCE => Ok(Duration::ZERO),
            Err(_) => Err(StartAtError::Past { at: self, ago: ahead.unsigned_abs() }),
        }
    }

    /// Waits until it is this much ahead, by the clock of this machine.
    pub async fn wait(self, before: Duration, stop: &CancellationToken) -> Result<(), StartAtError> {
        loop {
            let rest = self.ahead_of(OffsetDateTime::now_utc())?.saturating_sub(before);
            if stop.is_cancelled() {
                return Err(StartAtError::Stopped);
            }
            if rest.is_zero() {
                return Ok(());
            }
            tokio::select! {
                () = sleep(rest.min(LOOK_AT_CLOCK)) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

impl Share {
    /// Says when it begins, and asks the server for its date, unless the moment is near.
    pub(super) async fn announce(&self, targets: &[TargetReport], screen: &mut Screen) -> Option<Millis> {
        let (index, of) = (self.shard.index(), self.shard.of());
        screen.note(&format!("shard {index} of {of} begins at {}", self.start));
        let ahead = self.start.ahead_of(OffsetDateTime::now_utc()).ok()?;
        if ahead < 2 * ANSWERS_WITHIN { None } else { clock_ahead(targets).await }
    }

    /// The seed of all shards, where no one has given one: they have the moment in common.
    pub fn seed(&self) -> u64 {
        self.start.millis() % super::SEEDS
    }

    /// Why these suites cannot run as a part.
    pub(super) fn objection(&self, job: &Job, chosen: &[Chosen<'_>], seed: u64) -> Option<String> {
        let [only] = chosen else {
            let names: Vec<_> = chosen.iter().map(|one| one.document.suite.name.as_str()).collect();
            return Some(format!(
                "--shard runs one suite, since only its beginning is the same for all shards; found {}: {}",
                chosen.len(),
                names.join(", ")
            ));
        };
        if let Err(error) = self.start.ahead_of(OffsetDateTime::now_utc()) {
            return Some(error.to_string());
        }
        let suite = &only.document.suite;
        let told = job.values.for_suite(suite, &only.document.all_text, None);
        let targets = super::targets(job, suite, &told, "http://localhost/", seed);
        let is_own = targets.iter().any(|target| target.from == OWN_SERVER && target.via.is_none());
        is_own.then(|| {
            "with --shard each command would test a practice server of its own; name the one server of all shards \
             by WS_URL or --var ws_url"
                .to_owned()
        })
    }

    /// Writes its place among the others into its report.
    pub(super) fn sign(&self, job: &Job, one: &Chosen<'_>, done: &mut Done, clock_ahead: Option<Millis>) {
        let mask = |text: &String| one.masker.mask(text).into_owned();
        let report = &mut done.report;
        let began = OffsetDateTime::parse(&report.started, &Rfc3339).ok();
        let late = began.map_or(0.0, |began| (began - self.start.0).as_seconds_f64() * 1e3);
        // A run without a browser's name has told nothing itself: it was lost, or stopped before it began.
        let is_lost = report.environment.browser.is_empty();
        let lost = done.trouble.clone().or_else(|| is_lost.then(|| report.reasons.join("; ")));
        report.part = Some(PartReport {
            index: self.shard.index(),
            of: self.shard.of(),
            suite_sha256: sha256(&one.document.all_text),
            tags: job.tags.iter().map(mask).collect(),
            checks: job.names.iter().map(mask).collect(),
            start_at: self.start.to_string(),
            late_ms: Millis(late.round()),
            clock_ahead_ms: clock_ahead,
            lost,
        });
    }
}

/// How far the clock of this machine is ahead of the server's, by the date of an answer. It says whole seconds, of which the middle
/// is taken.
async fn clock_ahead(targets: &[TargetReport]) -> Option<Millis> {
    let url: Url = targets.first()?.url.parse().ok()?;
    let scheme = if matches!(url.scheme(), "wss" | "https") { "https" } else { "http" };
    let root =
        format!("{scheme}://{}{}/", url.host()?, url.port().map(|it| format!(":{it}")).unwrap_or_default());
    let client = reqwest::Client::builder()
        // Nothing is said to it but that someone asks, and nothing of its answer is believed but the date.
        .use_preconfigured_tls(std::sync::Arc::unwrap_or_clone(trusting()))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(ANSWERS_WITHIN)
        .build()
        .ok()?;
    let asked = OffsetDateTime::now_utc();
    let answer = client.head(root).send().await.ok()?;
    let middle = asked + (OffsetDateTime::now_utc() - asked) / 2;
    let date = OffsetDateTime::parse(answer.headers().get("date")?.to_str().ok()?, &Rfc2822).ok()?;
    let ahead: time::Duration = middle - (date + Duration::from_millis(500));
    Some(Millis((ahead.as_seconds_f64() * 1e3).round()))
}

/// A moment as reports have it.
fn text_of(moment: OffsetDateTime) -> String {
    moment.replace_millisecond(moment.millisecond()).unwrap_or(moment).format(&Rfc3339).unwrap_or_default()
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_its_number_and_how_many_there_are() {
        let read = |text: &str| text.parse::<ShardFlag>().map(|it| (it.0.index(), it.0.of())).ok();
        assert_eq!((read("0/4"), read("3/4"), read("0/1")), (Some((0, 4)), Some((3, 4)), Some((0, 1))));
        for text in ["", "4", "4/4", "1/0", "-1/2", "a/b", "0/5000", "0/4/2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_is_a_date_or_seconds() {
        let read = |text: &str| text.parse::<StartAt>().map(|it| it.to_string()).ok();
        let wanted = Some("2026-05-01T12:00:00Z".to_owned());
        assert_eq!(read("2026-05-01T12:00:00Z"), wanted);
        assert_eq!(read("2026-05-01T14:00:00+02:00"), wanted);
        assert_eq!(read("1777636800"), wanted);
        assert_eq!(read("1777636800.25").as_deref(), Some("2026-05-01T12:00:00.25Z"));
        for text in ["", "soon", "-1", "1777636800000", "nan", "inf", "2026-05-01", "12:00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_in_the_past_is_refused_unless_it_was_just_now() {
        let at: StartAt = "1777636800".parse().expect("a moment");
        let now = |seconds: f64| at.ahead_of(at.moment() + time::Duration::seconds_f64(seconds));
        assert_eq!(now(-5.0).expect("it is to come"), Duration::from_secs(5));
        assert_eq!(now(0.9).expect("it was just now"), Duration::ZERO);
        let past = now(12.0).expect_err("it is over").to_string();
        assert!(past.starts_with("--start-at 2026-05-01T12:00:00Z was 12"), "{past}");
        let far = now(-48.0 * 3600.0).expect_err("it is far").to_string();
        assert!(far.contains("ahead, and the limit is"), "{far}");
    }

    #[test]
    fn a_stop_while_it_waits_is_heard() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let stop = CancellationToken::new();
        let at = StartAt(OffsetDateTime::now_utc() + Duration::from_secs(3600));
        let error = runtime.block_on(async {
            let (waited, ()) = tokio::join!(at.wait(Duration::ZERO, &stop), async { stop.cancel() });
            waited.expect_err("it was stopped")
        });
        assert_eq!(error.to_string(), STOPPED);
    }
}
