//! Runs of earlier times: a list, and the report of each.
//!
//! Owns how many are kept and how much of them. One rule: the list is written after a report, so that nothing is listed that
//! is not there.

use std::rc::Rc;

use crate::engine::base::json_words::what_and_where;
use crate::engine::base::storage::{KeyValueStore, StoreError};
use crate::engine::base::words;
use crate::engine::report::{Report, read_json, target_line, write_json};
use crate::wire::bench::Unread;
use crate::wire::checks::PastRun;

/// How many are kept.
const MOST: usize = 50;
/// All of them together, in bytes.
const MOST_BYTES: u64 = 48 << 20;
/// One of them, in bytes.
const LARGEST: usize = 8 << 20;

const LIST: &str = "runs";

/// The list, the newest first.
#[derive(Default)]
pub(super) struct History {
    list: Vec<PastRun>,
}

impl History {
    /// The list as it is kept, without what cannot be read of it.
    pub async fn read(store: &dyn KeyValueStore) -> Result<Self, StoreError> {
        Ok(Self::of_text(&store.get(LIST).await?.unwrap_or_default()).0)
    }

    /// The same at the start of a visit. What cannot be read is set aside, since the list is written again after each run.
    pub async fn restore(store: &dyn KeyValueStore) -> Result<(Self, Option<Unread>), StoreError> {
        let (history, reasons) = match store.get(LIST).await {
            Ok(text) => Self::of_text(&text.unwrap_or_default()),
            Err(error) => (Self::default(), vec![format!("the list of earlier runs: {error}")]),
        };
        if reasons.is_empty() {
            return Ok((history, None));
        }
        let place = store.set_aside(LIST).await?.unwrap_or_default();
        store.set(LIST, history.to_text()).await?;
        Ok((history, Some(Unread { reasons, place })))
    }

    /// Runs are judged one by one.
    fn of_text(text: &str) -> (Self, Vec<String>) {
        if text.is_empty() {
            return (Self::default(), Vec::new());
        }
        let runs: Vec<serde_json::Value> = match serde_json::from_str(text) {
            Ok(runs) => runs,
            Err(error) => {
                return (
                    Self::default(),
                    vec![format!("the list of earlier runs: {}", what_and_where(&error))],
                );
            }
        };
        let (mut list, mut reasons) = (Vec::new(), Vec::new());
        for (at, run) in runs.into_iter().enumerate() {
            match serde_json::from_value(run) {
                Ok(run) => list.push(run),
                Err(error) => reasons.push(format!("earlier run {}: {}", at + 1, what_and_where(&error))),
            }
        }
        (Self { list }, reasons)
    }

    pub fn list(&self) -> &[PastRun] {
        &self.list
    }

    /// Notes a run; says which ones have to go for it.
    fn note(&mut self, run: PastRun) -> Vec<u64> {
        self.list.insert(0, run);
        let mut bytes = 0;
        let fits = self.list.iter().take(MOST).take_while(|run| {
            bytes += run.bytes;
            bytes <= MOST_BYTES
        });
        let fits = fits.count();
        self.list.split_off(fits.max(1)).iter().map(|run| run.id).collect()
    }

    fn forget(&mut self, ids: &[u64]) {
        self.list.retain(|run| !ids.contains(&run.id));
    }

    fn to_text(&self) -> String {
        serde_json::to_string(&self.list).expect("a list of runs has no number that JSON lacks")
    }
}

/// What of a report is listed. `bytes` is what keeping it costs.
pub(super) fn past_run(id: u64, suite_id: &str, report: &Report, bytes: usize) -> PastRun {
    PastRun {
        id,
        suite_id: suite_id.to_owned(),
        suite: report.suite.clone(),
        verdict: report.verdict,
        started: report.started.clone(),
        duration: report.duration_ms,
        passed: report.totals.passed,
        checks: report.totals.checks,
        target: target_line(&report.targets),
        seed: report.seed,
        rtt_p50: report.metrics.get("rtt").and_then(|rtt| rtt.p50),
        bytes: bytes as u64,
    }
}

/// A report as it is kept.
pub(super) fn text_of(report: &Report) -> String {
    let mut text = String::new();
    write_json(report, &mut text).expect("writing into memory does not fail");
    text
}

/// Why a report is not kept.
pub(super) fn too_large(text: &str) -> Option<String> {
    (text.len() > LARGEST).then(|| {
        format!(
            "this run is not kept for later: its report has {}; the limit is {}",
            words::size(text.len() as u64),
            words::size(LARGEST as u64)
        )
    })
}

/// Keeps a report, and forgets those that are too old for it.
pub(super) async fn keep(
    history: &Rc<std::cell::RefCell<History>>,
    store: &dyn KeyValueStore,
    run: PastRun,
    text: String,
) -> Result<(), StoreError> {
    store.set(&name(run.id), text).await?;
    // Another tab may have kept runs since.
    *history.borrow_mut() = History::read(store).await?;
    let gone = history.borrow_mut().note(run);
    for id in gone {
        store.remove(&name(id)).await?;
    }
    let list = history.borrow().to_text();
    store.set(LIST, list).await
}

/// Forgets runs.
pub(super) async fn forget(
    history: &Rc<std::cell::RefCell<History>>,
    store: &dyn KeyValueStore,
    ids: &[u64],
) -> Result<(), StoreError> {
    *history.borrow_mut() = History::read(store).await?;
    history.borrow_mut().forget(ids);
    let list = history.borrow().to_text();
    store.set(LIST, list).await?;
    for id in ids {
        store.remove(&name(*id)).await?;
    }
    Ok(())
}

/// The report of a run that was kept.
pub(super) async fn report(store: &dyn KeyValueStore, id: u64) -> Result<Report, String> {
    match store.get(&name(id)).await {
        Ok(Some(text)) => read_json(&text).map_err(|error| error.to_string()),
        Ok(None) => Err("this run is no longer kept".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn name(id: u64) -> String {
    format!("run/{id}")
}
