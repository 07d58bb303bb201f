//! What scripts can do with the page: run a suite, ask how it stands, stop it.
//!
//! Owns `window.sockscope` behind the start script. One rule: names and shapes here are a public contract.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{JSON, Object, Promise, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::link::Link;
use super::order;
use super::store::Store;
use crate::engine::Payload;
use crate::engine::conformance::CertificateFormat;
use crate::engine::report::{EventFormat, write_json};
use crate::engine::run::Shard;
use crate::engine::suite::Files;
use crate::model::running::{LiveCheck, LiveRun, Stage};
use crate::wire::checks::{Answer, Question, Request, RunEvent, RunRequest, SuiteRequest};

thread_local! {
    static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct Page {
    store: Store,
    link: Link,
    waiting: Waiting,
    /// The run that has ended last; 0 before any.
    latest: Rc<Cell<u64>>,
}

/// The caller that waits for the last requested run.
type Waiting = Rc<RefCell<Option<Waiter>>>;

struct Waiter {
    /// The number of its request: later events of an earlier one do not count.
    request: u64,
    has_begun: bool,
    resolve: js_sys::Function,
    reject: js_sys::Function,
}

/// Orders of scripts are counted from here, so that no other has such a number.
const FIRST_ORDER: u64 = 1 << 32;

thread_local! {
    static NEXT_REQUEST: Cell<u64> = const { Cell::new(FIRST_ORDER) };
}

/// From now on scripts reach this view.
pub(super) fn offer(store: Store, link: Link) {
    let waiting = Waiting::default();
    let ended = waiting.clone();
    let latest = Rc::new(Cell::new(0));
    let newest = latest.clone();
    let lost = waiting.clone();
    // A worker that has gone reports nothing any more.
    Effect::new(move || {
        if let Some(words) = store.broken.get()
            && let Some(waiter) = lost.take()
        {
            settle(
                &waiter.reject,
                &js_sys::Error::new(&format!("the worker of the checks has ended: {words}")),
            );
        }
    });
    link.listen(move |live| match live {
        RunEvent::Begun { request, .. } => {
            if let Some(waiter) = &mut *ended.borrow_mut() {
                waiter.has_begun = waiter.request == *request;
            }
        }
        RunEvent::Ended { run, report, .. } => {
            latest.set(*run);
            if let Some(waiter) = ended.borrow_mut().take_if(|it| it.has_begun) {
                let mut text = String::new();
                write_json(report, &mut text).expect("writing into memory does not fail");
                settle(&waiter.resolve, &JSON::parse(&text).unwrap_or(JsValue::NULL));
            }
        }
        RunEvent::Refused { mistakes, reasons, .. } => {
            if let Some(waiter) = ended.borrow_mut().take_if(|it| it.has_begun) {
                let mistakes = mistakes.iter().map(|it| format!("{}:{}: {}", it.line, it.column, it.message));
                let words: Vec<_> = reasons.iter().cloned().chain(mistakes).collect();
                settle(&waiter.reject, &js_sys::Error::new(&words.join("\n")));
            }
        }
        _ => {}
    });
    PAGE.with(|page| *page.borrow_mut() = Some(Page { store, link, waiting, latest: newest }));
}

fn settle(call: &js_sys::Function, value: &JsValue) {
    // A promise's own function does not throw.
    let _ = call.call1(&JsValue::UNDEFINED, value);
}

fn page() -> Option<Page> {
    PAGE.with(|page| page.borrow().clone())
}

/// Does what a script asks for by name.
pub(super) fn call(name: &str, first: &JsValue, second: &JsValue) -> JsValue {
    match name {
        "run" => run(first, second).into(),
        "status" => status(),
        "events" => events(&first.as_string().unwrap_or_default()).into(),
        "certificate" => certified().into(),
        "broken" => broken().into(),
        "mask" => mask(first).into(),
        "stop" => {
            stop();
            JsValue::UNDEFINED
        }
        _ => JsValue::UNDEFINED,
    }
}

/// `run(suiteText, { vars, env, told_by, files, seed, tags, checks, shard, start_at })`: the report, or an error that says why there is none.
pub fn run(suite: &JsValue, options: &JsValue) -> Promise {
    let Some(page) = page() else { return rejected("the checks are not loaded yet") };
    let mut request = match request_of(suite, options) {
        Ok(request) => request,
        Err(words) => return rejected(&words),
    };
    request.number = NEXT_REQUEST.replace(NEXT_REQUEST.get() + 1);
    if let Some(waiter) = page.waiting.take() {
        settle(&waiter.reject, &js_sys::Error::new("another run replaced it"));
    }
    // Its results are shown, and nothing else that was looked at.
    page.store.selected.set(String::new());
    Promise::new(&mut |resolve, reject| {
        *page.waiting.borrow_mut() =
            Some(Waiter { request: request.number, has_begun: false, resolve, reject });
        page.link.send(&Request::Run(Box::new(request.clone())));
    })
}

fn rejected(words: &str) -> Promise {
    Promise::reject(&js_sys::Error::new(words))
}

fn request_of(suite: &JsValue, options: &JsValue) -> Result<RunRequest, String> {
    let text = match suite.as_string() {
        Some(text) => text,
        None if suite.is_object() => JSON::stringify(suite)
            .ok()
            .and_then(|text| text.as_string())
            .ok_or_else(|| "the suite is an object that JSON cannot express".to_owned())?,
        None => return Err("expected the suite as a string or an object".to_owned()),
    };
    let member = |name: &str| Reflect::get(options, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let mut env = order::own_server();
    let given = texts(&member("env"))?;
    env.extend(given.clone());
    let seed = whole(&member("seed"), "the seed")?;
    let start_at = whole(&member("start_at"), "start_at")?;
    let shard = match member("shard") {
        it if it.is_undefined() || it.is_null() => Shard::WHOLE,
        it => shard(&it).ok_or_else(|| {
            "shard is { index, of }, two whole numbers, the index from 0 and below the other".to_owned()
        })?,
    };
    if !shard.is_whole() && seed.is_none() {
        return Err("all shards of a run have the same seed, so give it with the shard".to_owned());
    }
    let overrides = texts(&member("vars"))?;
    let names = list(&member("checks"), "checks")?;
    // What a script gives it can name; what it does not give is of the server of this page.
    let mut told_by = order::own_told_by();
    for (name, _) in &given {
        told_by.remove(&format!("env.{name}"));
    }
    told_by.extend(texts(&member("told_by"))?);
    let files = files(&member("files"))?;
    let suite = SuiteRequest { text, files, overrides, names, told_by, ..SuiteRequest::default() };
    Ok(RunRequest {
        suites: vec![suite],
        env,
        tags: list(&member("tags"), "tags")?,
        seed,
        times: 1,
        shard,
        start_at,
        ..RunRequest::default()
    })
}

/// A whole number that JavaScript holds exactly; none when it is not said.
fn whole(value: &JsValue, name: &str) -> Result<Option<u64>, String> {
    if value.is_undefined() || value.is_null() {
        return Ok(None);
    }
    match value.as_f64().filter(|it| it.fract() == 0.0 && (0.0..9e15).contains(it)) {
        Some(number) => Ok(Some(number as u64)),
        None => Err(format!("{name}: expected a whole number from 0")),
    }
}

fn shard(object: &JsValue) -> Option<Shard> {
    let number = |name: &str| {
        let value = Reflect::get(object, &name.into()).ok()?;
        u32::try_from(whole(&value, name).ok()??).ok()
    };
    Shard::new(number("index")?, number("of")?)
}

/// The members of an object, each as text.
fn texts(object: &JsValue) -> Result<Vec<(String, String)>, String> {
    Ok(members(object)?.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// The same with files: one that is not text is `{ base64: "…" }`.
fn files(object: &JsValue) -> Result<Files, String> {
    let bytes = |value: &JsValue| {
        let object: &Object = value.unchecked_ref();
        let is_alone = value.is_object() && Object::keys(object).length() == 1;
        is_alone.then(|| Reflect::get(value, &"base64".into()).ok()?.as_string()).flatten()
    };
    let content = |(name, value): (String, JsValue)| {
        let content = match bytes(&value) {
            Some(base64) => Files::bytes_of(&base64).map_err(|why| format!("files: {name}: {why}"))?,
            None => Payload::Text(text(value)),
        };
        Ok((name, content))
    };
    Ok(Files::of_contents(members(object)?.into_iter().map(content).collect::<Result<Vec<_>, String>>()?))
}

/// A value as text: a string as it is, all else as JSON.
fn text(value: JsValue) -> String {
    match value.as_string() {
        Some(text) => text,
        None => JSON::stringify(&value).ok().and_then(|it| it.as_string()).unwrap_or_default(),
    }
}

/// The members of an object.
fn members(object: &JsValue) -> Result<Vec<(String, JsValue)>, String> {
    if object.is_undefined() || object.is_null() {
        return Ok(Vec::new());
    }
    // Not by its class: a driver's objects may come from another realm, which has classes of its own.
    if !object.is_object() || js_sys::Array::is_array(object) {
        return Err("expected objects as vars, env, told_by and files".to_owned());
    }
    let object: &Object = object.unchecked_ref();
    let pair = |entry: JsValue| {
        let entry: js_sys::Array = entry.unchecked_into();
        (entry.get(0).as_string().unwrap_or_default(), entry.get(1))
    };
    Ok(Object::entries(object).iter().map(pair).collect())
}

fn list(value: &JsValue, name: &str) -> Result<Vec<String>, String> {
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    if !js_sys::Array::is_array(value) {
        return Err(format!("{name}: expected a list"));
    }
    let items: &js_sys::Array = value.unchecked_ref();
    items
        .iter()
        .map(|it| it.as_string().ok_or_else(|| format!("{name}: expected a list of strings")))
        .collect()
}

/// `status()`: how the latest run stands.
pub fn status() -> JsValue {
    let status = Object::new();
    let set = |name: &str, value: JsValue| {
        // Setting a member of a fresh object cannot fail.
        let _ = Reflect::set(&status, &name.into(), &value);
    };
    let Some(page) = page() else {
        set("state", "idle".into());
        return status.into();
    };
    set("state", if untrack(|| page.store.is_running()) { "running" } else { "idle" }.into());
    if let Some(run) = page.store.runs.with_untracked(|runs| runs.last().copied()) {
        run.with_untracked(|run| {
            let (done, checks) = run.progress();
            let current = run.checks.iter().find(|check| check.stage == Stage::Running);
            set("suite", run.suite.as_str().into());
            set("check", current.map_or(JsValue::NULL, |check| check.name.as_str().into()));
            set("done", (done as f64).into());
            set("checks", (checks as f64).into());
            set("step", current.and_then(step_of).map_or(JsValue::NULL, Into::into));
            set("results", results(run).into());
            set("verdict", run.report.as_ref().map_or(JsValue::NULL, |report| report.verdict.name().into()));
        });
    }
    status.into()
}

/// What a check does just now.
fn step_of(check: &LiveCheck) -> Option<&str> {
    let step = check.steps.iter().rev().find(|step| step.stage == Stage::Running)?;
    Some(&step.title)
}

/// The checks that have ended, each with its name, its verdict and its milliseconds.
fn results(run: &LiveRun) -> js_sys::Array {
    let ended = run.checks.iter().filter_map(|check| match check.stage {
        Stage::Ended(verdict) => Some((check, verdict)),
        Stage::Waiting | Stage::Running => None,
    });
    ended
        .map(|(check, verdict)| {
            let result = Object::new();
            for (name, value) in [
                ("name", JsValue::from(check.name.as_str())),
                ("verdict", verdict.name().into()),
                ("duration_ms", check.took.0.into()),
            ] {
                // Setting a member of a fresh object cannot fail.
                let _ = Reflect::set(&result, &name.into(), &value);
            }
            JsValue::from(result)
        })
        .collect()
}

/// `events(form)`: the recording of the run that has ended last, as `jsonl`, `har` or `csv`.
pub fn events(form: &str) -> Promise {
    let Some(page) = page() else { return rejected("the checks are not loaded yet") };
    let form: EventFormat = match form.parse() {
        Ok(form) => form,
        Err(error) => return rejected(&format!("{error}")),
    };
    let run = page.latest.get();
    if run == 0 {
        return rejected("no run has ended in this page yet");
    }
    ask(&page, Question::Events { run, form })
}

/// `broken()`: the connections of the run that has ended last which ended without a close frame, as a list.
pub fn broken() -> Promise {
    let Some(page) = page() else { return rejected("the checks are not loaded yet") };
    match page.latest.get() {
        0 => rejected("no run has ended in this page yet"),
        run => ask(&page, Question::Broken(run)),
    }
}

/// `certificate()`: what the run that has ended last says of a server, where its suite was conformance.
pub fn certified() -> Promise {
    let Some(page) = page() else { return rejected("the checks are not loaded yet") };
    match page.latest.get() {
        0 => rejected("no run has ended in this page yet"),
        run => ask(&page, Question::Write { run, form: CertificateFormat::Json.name().to_owned() }),
    }
}

/// `mask(texts)`: the texts without the secrets that the run which has ended last knew.
pub fn mask(texts: &JsValue) -> Promise {
    let Some(page) = page() else { return rejected("the checks are not loaded yet") };
    match (page.latest.get(), list(texts, "texts")) {
        (0, _) => rejected("no run has ended in this page yet"),
        (_, Err(words)) => rejected(&words),
        (run, Ok(texts)) => ask(&page, Question::Mask { run, texts }),
    }
}

fn ask(page: &Page, question: Question) -> Promise {
    // A recording is a text, whatever is in it; a certificate is a value.
    let is_value = matches!(question, Question::Write { .. });
    Promise::new(&mut |resolve, reject| {
        page.link.ask(question.clone(), move |told| match told {
            Answer::File { text, .. } if is_value => {
                settle(&resolve, &JSON::parse(&text).unwrap_or(JsValue::NULL))
            }
            Answer::File { text, .. } => settle(&resolve, &text.into()),
            Answer::Broken(all) => {
                let text = serde_json::to_string(&all).unwrap_or_default();
                settle(&resolve, &JSON::parse(&text).unwrap_or(JsValue::NULL));
            }
            Answer::Masked(texts) => {
                let texts: js_sys::Array = texts.into_iter().map(JsValue::from).collect();
                settle(&resolve, &texts);
            }
            Answer::Failed(words) => settle(&reject, &js_sys::Error::new(&words)),
            _ => settle(&reject, &js_sys::Error::new("the worker answered something else")),
        });
    })
}

/// `stop()`: ends what runs; its report still comes.
pub fn stop() {
    if let Some(page) = page() {
        page.link.send(&Request::Stop);
    }
}
