//! From what stands in the view to a run request.
//!
//! Owns which values a run gets: those of the form first, then those of the environment, then the suite's own defaults. One
//! rule: a value is given only to a suite that has such a variable, since an unknown one is an error.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::link::Link;
use super::model::{CONFORMANCE, practice};
use super::store::{Store, Tab};
use crate::browser::page;
use crate::wire::checks::{Answer, Examined, Question, Request, RunRequest, SuiteRequest};

/// What `{{env.NAME}}` finds: the server that serves this page, and over it what the environment says.
pub(super) fn env(store: Store) -> BTreeMap<String, String> {
    let mut env = own_server();
    store.forms.with_untracked(|forms| {
        let values = forms.environments.get(forms.environment).map(|it| it.values.as_slice());
        for value in
            values.unwrap_or_default().iter().filter(|it| !it.name.is_empty() && !it.value.is_empty())
        {
            env.insert(value.name.clone(), value.value.clone());
        }
    });
    env
}

/// What the address gives to this suite goes before all others.
fn given(store: Store, suites: &[SuiteRequest]) -> Vec<(String, String)> {
    store.given.with_untracked(|given| match suites {
        [only] if only.id == given.suite => given.env.clone(),
        _ => Vec::new(),
    })
}

/// The name of the tested server when no address was given.
const OWN_SERVER: &str = "the practice server of this page";

/// Where the values of the environment come from.
fn told_by(store: Store, suite: &str) -> BTreeMap<String, String> {
    let mut told = own_told_by();
    let set = |told: &mut BTreeMap<String, String>, name: &str, words: String| {
        told.insert(format!("env.{name}"), words);
    };
    store.forms.with_untracked(|forms| {
        let values = forms.environments.get(forms.environment).map(|it| it.values.as_slice());
        for it in values.unwrap_or_default().iter().filter(|it| !it.name.is_empty() && !it.value.is_empty()) {
            set(&mut told, &it.name, format!("from {} in Values", it.name));
        }
    });
    store.given.with_untracked(|given| {
        for (name, _) in given.env.iter().filter(|_| given.suite == suite) {
            set(&mut told, name, format!("from env.{name} in the address of the page"));
        }
    });
    told
}

/// The same where no server was given.
pub(super) fn own_told_by() -> BTreeMap<String, String> {
    own_server().into_keys().map(|name| (format!("env.{name}"), OWN_SERVER.to_owned())).collect()
}

/// Where the practice server is that serves this page, and its fault proxy.
pub(super) fn own_server() -> BTreeMap<String, String> {
    parts_of(&page::own_socket_address(""))
}

/// What a suite may ask of a practice server, by the address of its host.
fn parts_of(host: &str) -> BTreeMap<String, String> {
    let api = host.replacen("ws", "http", 1);
    [
        ("WS_URL", format!("{host}/ws")),
        ("API_URL", format!("{api}/api")),
        ("PROXY_URL", format!("{host}/ws/proxy")),
        ("TOXICS_URL", format!("{api}/api/proxy/toxics")),
    ]
    .map(|(name, address)| (name.to_owned(), address))
    .into()
}

fn suite_order(
    store: Store,
    id: &str,
    text: String,
    examined: &Examined,
    names: Vec<String>,
) -> SuiteRequest {
    let mut env = env(store);
    let given = store
        .given
        .with_untracked(|given| if given.suite == id { given.clone() } else { Default::default() });
    env.extend(given.env);
    let from_address: BTreeMap<String, String> = given.vars.into_iter().collect();
    let typed = store.forms.with_untracked(|forms| forms.values.get(id).cloned()).unwrap_or_default();
    let secret = store.secret_values.with_untracked(|all| all.get(id).cloned()).unwrap_or_default();
    let value = |name: &String| {
        let typed = secret.get(name).or_else(|| typed.get(name)).filter(|value| !value.is_empty());
        from_address.get(name).or(typed).or_else(|| env.get(name)).cloned()
    };
    let mut told_by = told_by(store, id);
    for name in examined.variables.iter().map(|it| &it.name).filter(|name| value(name).is_some()) {
        let words = match from_address.contains_key(name) {
            true => format!("from var.{name} in the address of the page"),
            false => format!("from {name} in Values"),
        };
        told_by.insert(name.clone(), words);
    }
    let overrides = examined.variables.iter();
    let mut overrides: Vec<(String, String)> =
        overrides.filter_map(|it| Some((it.name.clone(), value(&it.name)?))).collect();
    if id == CONFORMANCE {
        let is_given = |all: &[(String, String)], name: &str| all.iter().any(|(given, _)| given == name);
        let url = overrides.iter().find(|(name, _)| name == "ws_url").map(|(_, url)| url.clone());
        for (name, value) in practice(&url.unwrap_or_default()) {
            if !is_given(&overrides, name) {
                told_by.insert(name.to_owned(), OWN_SERVER.to_owned());
                overrides.push((name.to_owned(), value));
            }
        }
    }
    SuiteRequest { id: id.to_owned(), text, overrides, names, told_by, ..SuiteRequest::default() }
}

/// The run request for these suites; none while the typed seed or count is not valid.
fn order(store: Store, suites: Vec<SuiteRequest>, tags: Vec<String>) -> Option<RunRequest> {
    let seed = store.seed.get_untracked();
    let seed = match seed.trim() {
        "" => None,
        typed => Some(typed.parse().ok()?),
    };
    let times =
        store.times.get_untracked().trim().parse().ok().filter(|times| (1..=MOST_TIMES).contains(times))?;
    let secrets = store.forms.with_untracked(|forms| {
        let values = forms.environments.get(forms.environment).map(|it| it.values.clone());
        values
            .unwrap_or_default()
            .into_iter()
            .filter(|it| it.is_secret && !it.value.is_empty())
            .map(|it| it.value)
            .collect()
    });
    let mut env = env(store);
    env.extend(given(store, &suites));
    Some(RunRequest {
        // No caller waits for it by its number.
        number: 0,
        suites,
        env,
        secrets,
        tags,
        seed,
        times,
        sockets_elsewhere: page::given(page::BENCH_SOCKETS)
            .and_then(|it| it.parse().ok())
            .unwrap_or_default(),
        ..RunRequest::default()
    })
}

/// More rounds would take too long.
pub(super) const MOST_TIMES: u32 = 1000;

/// Runs the selected suite: all of it, or only checks of these names.
///
/// What was heard of the document last may be of an older text, so it is asked again.
pub(super) fn run_selected(store: Store, link: Link, names: Vec<String>) {
    let id = store.selected.get_untracked();
    let tags = store.tags.with_untracked(|tags| tags.iter().cloned().collect());
    store.order.update(|order| order.is_running = true);
    with_text(store, link, move |text| {
        link.ask(Question::Examine { suite: id.clone(), text: text.clone() }, move |told| {
            let Answer::Examined(examined) = told else {
                return not_run(store, "The suite could not be read.");
            };
            if !examined.mistakes.is_empty() {
                // The head shows it, and the part stays: the author goes on writing.
                return store.order.update(|order| {
                    order.is_running = false;
                    order.refused = vec![(id, examined.mistakes, Vec::new())];
                });
            }
            start(store, link, vec![suite_order(store, &id, text, &examined, names)], tags);
        });
    });
}

/// What Run would request, from the last known text; none while the typed seed or count is not valid.
pub(super) fn of_selected(store: Store) -> Option<RunRequest> {
    let id = store.selected.get_untracked();
    let text = store.text.get_untracked();
    let suite = store.examined.with_untracked(|examined| suite_order(store, &id, text, examined, Vec::new()));
    let tags = store.tags.with_untracked(|tags| tags.iter().cloned().collect());
    order(store, vec![suite], tags)
}

/// Calls with the document of the selected suite as it is now. A suite that was just selected is loaded first: what stands
/// in the editor belongs to the one before.
pub(super) fn with_text(store: Store, link: Link, then: impl FnOnce(String) + 'static) {
    let id = store.selected.get_untracked();
    if store.text_of.with_untracked(|of| *of == id) {
        return then(store.text.get_untracked());
    }
    link.ask(Question::Text(id.clone()), move |told| match told {
        Answer::Text(text) => then(text),
        _ => not_run(store, format!("The suite {id} is gone.")),
    });
}

/// Nothing runs, and here is why.
fn not_run(store: Store, words: impl Into<String>) {
    store.order.update(|order| order.is_running = false);
    store.complain(words);
}

/// Re-runs the checks of the shown run that did not pass.
pub(super) fn run_failed(store: Store, link: Link) {
    let names = store.shown.get_untracked().map(|run| run.with_untracked(failed)).unwrap_or_default();
    if !names.is_empty() {
        run_selected(store, link, names);
    }
}

/// The names of the checks of a run that did not pass.
pub(super) fn failed(run: &crate::model::running::LiveRun) -> Vec<String> {
    use crate::engine::report::Verdict;
    use crate::model::running::Stage;
    let is_bad = |stage| matches!(stage, Stage::Ended(verdict) if !matches!(verdict, Verdict::Pass | Verdict::Skipped));
    run.checks.iter().filter(|check| is_bad(check.stage)).map(|check| check.name.clone()).collect()
}

/// Whether all checks of a run that did not pass have failed; others are inconclusive or not judged.
pub(super) fn is_all_judged(run: &crate::model::running::LiveRun) -> bool {
    use crate::engine::report::Verdict;
    use crate::model::running::Stage;
    run.checks.iter().all(|check| check.stage != Stage::Ended(Verdict::Inconclusive))
}

/// Runs several suites of the library, one after the other; of each, the checks with the library's tag.
pub(super) fn run_several(store: Store, link: Link, ids: Vec<String>) {
    let tags = store.tag.get_untracked().into_iter().collect();
    gather(store, link, ids.into_iter().rev().map(|id| (id, Vec::new())).collect(), Vec::new(), tags);
}

/// Runs all of one suite of the library.
pub(super) fn run_whole(store: Store, link: Link, id: &str) {
    gather(store, link, vec![(id.to_owned(), Vec::new())], Vec::new(), Vec::new());
}

/// Re-runs what did not pass in any of these runs.
pub(super) fn run_all_failed(store: Store, link: Link, runs: &[RwSignal<crate::model::running::LiveRun>]) {
    let mut wanted: Vec<(String, Vec<String>)> = Vec::new();
    for run in runs {
        let (id, names) = run.with_untracked(|run| (run.suite_id.clone(), failed(run)));
        if !names.is_empty() && wanted.iter().all(|(known, _)| *known != id) {
            wanted.push((id, names));
        }
    }
    wanted.reverse();
    gather(store, link, wanted, Vec::new(), Vec::new());
}

fn gather(
    store: Store,
    link: Link,
    mut wanted: Vec<(String, Vec<String>)>,
    mut gathered: Vec<SuiteRequest>,
    tags: Vec<String>,
) {
    // Until the worker says so itself: a second press must not request the same again.
    store.order.update(|order| order.is_running = true);
    let Some((id, names)) = wanted.pop() else { return start(store, link, gathered, tags) };
    link.ask(Question::Text(id.clone()), move |told| {
        let Answer::Text(text) = told else { return not_run(store, format!("The suite {id} is gone.")) };
        link.ask(Question::Examine { suite: id.clone(), text: text.clone() }, move |told| {
            let Answer::Examined(examined) = told else {
                return not_run(store, "The suite could not be read.");
            };
            gathered.push(suite_order(store, &id, text, &examined, names));
            gather(store, link, wanted, gathered, tags);
        });
    });
}

fn start(store: Store, link: Link, suites: Vec<SuiteRequest>, tags: Vec<String>) {
    let first = suites.first().map(|suite| suite.id.clone()).unwrap_or_default();
    match order(store, suites, tags) {
        Some(order) => {
            if store.selected.get_untracked() != first {
                store.selected.set(first);
            }
            // Of a suite that gives none it is the part Checks.
            store.tab.set(Tab::Certificate);
            store.order.update(|order| order.is_running = true);
            link.send(&Request::Run(Box::new(order)));
        }
        None => {
            not_run(store, format!("Expected a whole number as seed, and 1 to {MOST_TIMES} times."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, expected: [&str; 4]) {
        let parts = parts_of(host);
        let names = ["WS_URL", "API_URL", "PROXY_URL", "TOXICS_URL"];
        assert_eq!(names.map(|name| parts[name].as_str()), expected);
    }

    #[test]
    fn the_server_of_the_page_is_also_whose_proxy_fails_on_purpose() {
        check(
            "ws://localhost:9000",
            [
                "ws://localhost:9000/ws",
                "http://localhost:9000/api",
                "ws://localhost:9000/ws/proxy",
                "http://localhost:9000/api/proxy/toxics",
            ],
        );
        check(
            "wss://ws.example",
            [
                "wss://ws.example/ws",
                "https://ws.example/api",
                "wss://ws.example/ws/proxy",
                "https://ws.example/api/proxy/toxics",
            ],
        );
    }
}
