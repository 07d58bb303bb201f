//! One run of one suite: in one browser, or split over several that begin at the same time.
//!
//! Owns the talk with the page by `window.sockscope`, and what becomes of a run whose browser dies or whose page hangs. A run
//! that has begun always ends with a report, which says why it did not end well.

use std::time::Duration;

use serde_json::{Value, json};
use sockscope_engine::report::{Broken, EventFormat, Verdict, read_json};
use sockscope_host::driver::{Driver, DriverError};
use sockscope_host::session::{Session, SessionError};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::assignment::{Assignment, Done, Part, Status, join, together, why_stop};
use super::learned;
use super::lost::lost_report;
use super::part::{STOPPED, StartAtError};
use super::reasons::{
    Explained, Reason, Source, annotate, annotate_calls, annotate_lines, explain, refused_calls,
};
use super::scripts::{BEGIN, FETCH, PIECE, READY, STATUS};
use crate::log::CHECK;

/// How often a page is asked how its run stands.
const ASK_AGAIN: Duration = Duration::from_millis(150);
/// A page that has not drawn its checks by then will not.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a run that was stopped may take to come to its report.
const STOPS_WITHIN: Duration = Duration::from_secs(30);
/// How long before its moment the browser of a part is opened; the page takes no moment that is more than a minute ahead.
const OPEN_AHEAD: Duration = Duration::from_secs(45);
/// How far ahead several browsers learn when to begin, so that each of them knows it by then.
const AHEAD: Duration = Duration::from_millis(1500);

/// Why a run has no report of its own.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Driver(#[from] DriverError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("the page did not start: {0}")]
    Start(String),
    #[error("the page did not run the suite: {0}")]
    Refused(String),
    #[error("the run was stopped and gave no report within {STOPS_WITHIN:?}")]
    NoReport,
    #[error("the page gave no report: {0}")]
    NotAReport(String),
    #[error("{STOPPED}")]
    Stopped,
    #[error(transparent)]
    NotInTime(#[from] StartAtError),
}

/// One of the browsers of a run.
struct BrowserSlot {
    session: Session,
    is_over: bool,
    /// Why it has nothing to tell.
    lost: Option<String>,
    /// What it has told last.
    status: Status,
}

/// Browsers that stay open from run to run, so that the next one need not wait for them.
#[derive(Default)]
pub struct Pool {
    keeps: bool,
    idle: Vec<Session>,
}

impl Pool {
    /// One that keeps them; the default closes each browser after its run.
    pub fn keeping() -> Self {
        Self { keeps: true, idle: Vec::new() }
    }

    /// Closes those that are open.
    pub async fn close(&mut self) {
        for session in self.idle.drain(..) {
            session.close().await;
        }
    }
}

/// Runs it. `hear` gets the progress of all of its browsers.
pub async fn run(
    driver: &Driver,
    pool: &mut Pool,
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    mut hear: impl FnMut(&Status),
) -> Done {
    let started = OffsetDateTime::now_utc();
    let began = Instant::now();
    let mut seats = Vec::new();
    let mut latest = Status::default();
    let outcome = attempt(driver, pool, assignment, stop, &mut seats, |status| {
        hear(status);
        if status.check != latest.check {
            let check = status.check.as_deref().map(|check| assignment.masker.mask(check).into_owned());
            debug!(target: CHECK, check, done = status.done, of = status.checks, "running");
        }
        latest = status.clone();
    })
    .await;
    debug!(target: CHECK, took = ?began.elapsed(), "closing the browser");
    for seat in seats {
        match pool.keeps && outcome.is_ok() && seat.lost.is_none() {
            true => pool.idle.push(seat.session),
            false => seat.session.close().await,
        }
    }
    info!(target: CHECK, took = ?began.elapsed(), "over");
    outcome.unwrap_or_else(|lost| {
        let words = assignment.masker.mask(&lost.to_string()).into_owned();
        let mut report = lost_report(assignment, &latest, &words, started, began.elapsed());
        // When the user stops a run, no browser is to blame.
        let is_stopped = stop.is_cancelled() && !matches!(lost, Lost::Session(_));
        if is_stopped {
            report.verdict = Verdict::Inconclusive;
        }
        let printed =
            learned::told(assignment.suite, assignment.all_text, assignment.masker, (assignment.printed)());
        Done { report, recordings: Vec::new(), trouble: (!is_stopped).then_some(words), printed }
    })
}

async fn attempt(
    driver: &Driver,
    pool: &mut Pool,
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    seats: &mut Vec<BrowserSlot>,
    hear: impl FnMut(&Status),
) -> Result<Done, Lost> {
    if let Some(part) = assignment.part {
        // A browser costs memory, and a Grid ends one that is idle.
        part.start.wait(OPEN_AHEAD, stop).await?;
    }
    for _ in 0..assignment.shards {
        let open = async {
            if let Some(session) = pool.idle.pop() {
                debug!(target: CHECK, "loading the page again");
                seats.push(BrowserSlot { session, is_over: false, lost: None, status: Status::default() });
                let session = &seats.last().expect("one was added").session;
                // Nothing of the run before stays in the page.
                let left = session.go("about:blank").await;
                if left.is_ok() && open_page(session, assignment.page).await.is_ok() {
                    return Ok(());
                }
                // Someone has closed it meanwhile.
                if let Some(gone) = seats.pop() {
                    gone.session.close().await;
                }
            }
            debug!(target: CHECK, "opening a browser");
            let session = driver.open().await?;
            debug!(target: CHECK, "the browser is open; loading the page");
            // Listed first: a page that does not load must be closed all the same.
            seats.push(BrowserSlot { session, is_over: false, lost: None, status: Status::default() });
            open_page(&seats.last().expect("one was added").session, assignment.page).await
        };
        tokio::select! {
            opened = open => opened?,
            () = stop.cancelled() => return Err(Lost::Stopped),
        }
    }
    info!(target: CHECK, browsers = seats.len(), "the page is ready in every browser");
    let begin_at = match assignment.part {
        Some(part) => {
            part.start.ahead_of(OffsetDateTime::now_utc())?;
            part.start.moment()
        }
        None => OffsetDateTime::now_utc() + AHEAD,
    };
    for (index, seat) in (0..).zip(seats.iter()) {
        let options = options(assignment, index, begin_at);
        seat.session.run(BEGIN, vec![assignment.text.into(), options]).await?;
    }
    let why = watch(seats, assignment, stop, hear).await?;
    let mut printed = (assignment.printed)();
    let mut parts = Vec::new();
    for seat in seats.iter() {
        let part = match &seat.lost {
            Some(words) => Err(words.clone()),
            None => {
                collect(&seat.session, assignment, printed.clone()).await.map_err(|lost| lost.to_string())
            }
        };
        // Each of them takes out what it knows.
        if let Ok(part) = &part {
            printed.clone_from(&part.printed);
        }
        parts.push(part);
    }
    if parts.iter().any(Result::is_err) {
        printed = learned::told(assignment.suite, assignment.all_text, assignment.masker, printed);
    }
    let mut done = join(assignment, parts).map_err(Lost::NotAReport)?;
    done.report.reasons.extend(why);
    done.printed = printed;
    Ok(done)
}

async fn open_page(session: &Session, page: &str) -> Result<(), Lost> {
    session.go(&format!("{page}#/checks")).await?;
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        let state = session.run(READY, Vec::new()).await?;
        match (state["ready"] == true, state["trouble"].as_str()) {
            (true, _) => return Ok(()),
            (_, Some(words)) => return Err(Lost::Start(words.to_owned())),
            _ if Instant::now() > deadline => {
                return Err(Lost::Start(format!("nothing was drawn within {READY_WITHIN:?}")));
            }
            _ => sleep(ASK_AGAIN).await,
        }
    }
}

fn options(assignment: &Assignment<'_>, index: u32, begin_at: OffsetDateTime) -> Value {
    let mut options = json!({
        "vars": serde_json::Map::from_iter(
            assignment.told.variables.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))),
        ),
        "env": assignment.told.environment,
        "told_by": assignment.told.told_by,
        "seed": assignment.seed,
        "tags": assignment.tags,
        "checks": assignment.names,
    });
    if !assignment.files.is_empty() {
        options["files"] = assignment.files.to_json();
    }
    if assignment.shards > 1 || assignment.part.is_some() {
        let shard = assignment.shard(index);
        options["shard"] = json!({ "index": shard.index(), "of": shard.of() });
        options["start_at"] = Value::from((begin_at.unix_timestamp_nanos() / 1_000_000) as u64);
    }
    options
}

/// Waits until every browser has come to an end, and says why they were stopped, if they were. One of several may be lost
/// on the way, an only one may not.
async fn watch(
    seats: &mut [BrowserSlot],
    assignment: &Assignment<'_>,
    stop: &CancellationToken,
    mut hear: impl FnMut(&Status),
) -> Result<Option<String>, Lost> {
    let limit = assignment.limit();
    let is_alone = seats.len() == 1;
    let mut given_up_at = None;
    let mut why = None;
    loop {
        for (index, seat) in seats.iter_mut().enumerate().filter(|(_, seat)| !seat.is_over) {
            match status(&seat.session).await {
                Ok(status) => {
                    seat.is_over = status.is_over;
                    seat.status = status;
                }
                Err(lost) if is_alone => return Err(lost),
                Err(lost) => seat.lose(index, &lost),
            }
        }
        let all: Vec<_> = seats.iter().map(|seat| (&seat.status, seat.is_over)).collect();
        let status = together(&all);
        hear(&status);
        if seats.iter().all(|seat| seat.is_over) {
            return Ok(why);
        }
        let has_failed = seats.iter().any(|seat| seat.status.has_failed());
        let reason = why_stop(assignment, stop, limit, has_failed);
        match given_up_at {
            None if reason.is_some() => {
                why = reason;
                for seat in seats.iter().filter(|seat| !seat.is_over) {
                    // A browser that is gone is found so when it is asked next.
                    let _ = seat.session.run("sockscope.stop()", Vec::new()).await;
                }
                given_up_at = Some(Instant::now() + STOPS_WITHIN);
            }
            Some(moment) if Instant::now() > moment => {
                if is_alone {
                    return Err(Lost::NoReport);
                }
                for (index, seat) in seats.iter_mut().enumerate().filter(|(_, seat)| !seat.is_over) {
                    seat.lose(index, &Lost::NoReport);
                }
                return Ok(why);
            }
            _ => {}
        }
        tokio::select! {
            () = sleep(ASK_AGAIN) => {}
            () = stop.cancelled(), if given_up_at.is_none() => {}
        }
    }
}

impl BrowserSlot {
    fn lose(&mut self, index: usize, lost: &Lost) {
        self.is_over = true;
        self.lost = Some(format!("shard {index}: {lost}"));
    }
}

async fn status(session: &Session) -> Result<Status, Lost> {
    let status = session.run(STATUS, Vec::new()).await?;
    let status: Status =
        serde_json::from_value(status).map_err(|error| Lost::NotAReport(error.to_string()))?;
    match &status.error {
        Some(words) => Err(Lost::Refused(words.clone())),
        None => Ok(status),
    }
}

/// What one browser has to tell after its run. Its page takes the secrets out of what is known beside the report: it knows
/// those as well that came up on the way.
async fn collect(session: &Session, assignment: &Assignment<'_>, printed: Vec<String>) -> Result<Part, Lost> {
    let text = fetch(session, "Promise.resolve(window.sockscopeRun.report)").await?;
    let mut report = read_json(&text).map_err(|error| Lost::NotAReport(error.to_string()))?;
    let mut complaints = session.complaints().await;
    let texts = complaints.iter().map(|it| it.text.clone()).chain(printed).collect();
    let mut masked = without_secrets(session, assignment, texts).await;
    let printed = masked.split_off(complaints.len().min(masked.len()));
    for (complaint, text) in complaints.iter_mut().zip(masked) {
        complaint.text = text;
    }

    let reasons: Vec<_> = complaints.iter().filter_map(Reason::read).collect();
    let explained: Vec<Explained> = if reasons.is_empty() {
        Vec::new()
    } else {
        let broken = fetch(session, "sockscope.broken().then(JSON.stringify)").await?;
        let broken: Vec<Broken> =
            serde_json::from_str(&broken).map_err(|error| Lost::NotAReport(error.to_string()))?;
        explain(broken, reasons)
    };
    annotate(&mut report, &explained, Source::Browser);
    annotate_calls(&mut report, &refused_calls(&complaints));
    let mut recordings = Vec::new();
    for format in assignment.recordings {
        let text = fetch(session, &format!("sockscope.events('{}')", format.name())).await;
        // A report without its recording is worth more than none.
        let text = text.unwrap_or_else(|lost| {
            report.reasons.push(format!("cannot get the recording as {}: {lost}", format.name()));
            String::new()
        });
        recordings.push(match format {
            EventFormat::JsonLines => annotate_lines(&text, &explained, Source::Browser),
            _ => text,
        });
    }
    Ok(Part { report, recordings, printed })
}

/// Texts as they may be told: by the page, which knows what the run has learnt, or by what was known before it.
async fn without_secrets(session: &Session, assignment: &Assignment<'_>, texts: Vec<String>) -> Vec<String> {
    let asked = async {
        session.run("window.sockscopeTexts = arguments[0]", vec![texts.clone().into()]).await?;
        let masked = fetch(session, "sockscope.mask(window.sockscopeTexts).then(JSON.stringify)").await?;
        serde_json::from_str::<Vec<String>>(&masked).map_err(|error| Lost::NotAReport(error.to_string()))
    };
    match asked.await {
        Ok(masked) if masked.len() == texts.len() => masked,
        _ => texts.iter().map(|text| assignment.masker.mask(text).into_owned()).collect(),
    }
}

/// A text that a promise in the page gives, in pieces, as it may be large.
async fn fetch(session: &Session, promise: &str) -> Result<String, Lost> {
    session.run(&format!("{FETCH}({promise})"), Vec::new()).await?;
    let deadline = Instant::now() + READY_WITHIN;
    let (mut text, mut units) = (String::new(), 0);
    loop {
        let piece = session.run(PIECE, vec![units.into()]).await?;
        if let Some(words) = piece["error"].as_str() {
            return Err(Lost::NotAReport(words.to_owned()));
        }
        if let Some(part) = piece["part"].as_str() {
            text.push_str(part);
            units += part.encode_utf16().count();
            if piece["is_last"] == true {
                return Ok(text);
            }
        } else if Instant::now() > deadline {
            return Err(Lost::NotAReport(format!("nothing came within {READY_WITHIN:?}")));
        } else {
            sleep(ASK_AGAIN).await;
        }
    }
}
