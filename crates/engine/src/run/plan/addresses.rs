//! The addresses that a plan tests, and the origin of each.
//!
//! Owns what is shown of them before anything is opened: the same words in the page, on a terminal and in every report.
//! A query is left out: it names users and tokens, not the server.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::options::Options;
use super::scope::{EarlyScope, Sources};
use crate::report::TargetReport;
use crate::suite::{Check, Client, Field, Step, Suite, Target, Verb};
use crate::template::{Document, Origin, Scope};

/// More addresses are not listed: a suite that makes one for each client means one server.
const MOST: usize = 100;
/// A variable is made of another at most this often before its origin is given up.
const DEEPEST: usize = 16;

/// The addresses of these checks, each with its row and each address once: those of connections in the order in which they are first named, then those
/// of HTTP calls.
pub(super) fn of_plan<'a>(
    suite: &Suite,
    planned: impl Iterator<Item = (usize, &'a Map<String, Value>)>,
    options: &Options,
    vars: &Map<String, Value>,
    sources: &Sources,
) -> Vec<TargetReport> {
    let (mut of_clients, mut of_calls) = (Found::default(), Found::default());
    let mut seen = HashSet::new();
    for (check, row) in planned {
        // Without a row all that a check has is known from the check alone.
        if row.is_empty() && !seen.insert(check) {
            continue;
        }
        if of_clients.is_full() && of_calls.is_full() {
            break;
        }
        let check = &suite.checks[check];
        let mut sources = Sources::new(sources.random.clone(), sources.now_millis);
        let mut scope = EarlyScope { sources: &mut sources, options, vars, row };
        let mut named = Named { check, clients: Vec::new(), calls: Vec::new() };
        let steps = suite.setup.iter().chain(&check.steps).chain(&suite.teardown);
        steps.for_each(|step| named.look(step, &mut scope));
        for place in named.clients {
            let client: &Client = &check.clients[place];
            of_clients.add(tested(suite, &client.url, true, &mut scope));
        }
        for url in named.calls {
            of_calls.add(tested(suite, url, false, &mut scope));
        }
    }
    let mut all = of_clients;
    of_calls.list.into_iter().for_each(|target| all.add(target));
    all.list
}

#[derive(Default)]
struct Found {
    list: Vec<TargetReport>,
    known: HashSet<String>,
}

impl Found {
    fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    fn add(&mut self, target: TargetReport) {
        if !self.is_full() && self.known.insert(target.url.clone()) {
            self.list.push(target);
        }
    }
}

/// Whose addresses the steps of a check name.
struct Named<'a> {
    check: &'a Check,
    /// Places in the check's list of clients, in the order in which they are named.
    clients: Vec<usize>,
    calls: Vec<&'a Field<String>>,
}

impl<'a> Named<'a> {
    fn look(&mut self, step: &'a Step, scope: &mut dyn Scope) {
        let all = 0..self.check.clients.len();
        match &step.on {
            None if matches!(step.verb, Verb::Connect(_)) => self.add(all),
            None => {}
            Some(on) => {
                for target in on {
                    match target.get(scope) {
                        Ok(Target::Client(name) | Target::Member(name, _)) => {
                            let place = self.check.clients.iter().position(|client| client.name == name);
                            self.add(place);
                        }
                        // `*` means all clients connected by then, and the connect steps say who that is.
                        Ok(Target::All) if !matches!(step.verb, Verb::Connect(_)) => {}
                        Ok(Target::All) | Err(_) => self.add(all.clone()),
                    }
                }
            }
        }
        match &step.verb {
            Verb::Http(spec) => self.calls.push(&spec.url),
            Verb::All(branches) => branches.iter().flatten().for_each(|step| self.look(step, scope)),
            Verb::Repeat(repeat) => repeat.steps.iter().for_each(|step| self.look(step, scope)),
            Verb::Ramp(ramp) => ramp.steps.iter().for_each(|step| self.look(step, scope)),
            Verb::Use(used) => used.steps.iter().for_each(|step| self.look(step, scope)),
            Verb::Measure(_, steps) => steps.iter().for_each(|step| self.look(step, scope)),
            Verb::Bisect(bisect) => bisect.steps.iter().for_each(|step| self.look(step, scope)),
            Verb::Try(tried) => {
                tried.steps.iter().chain(&tried.otherwise).for_each(|step| self.look(step, scope));
            }
            _ => {}
        }
    }

    fn add(&mut self, places: impl IntoIterator<Item = usize>) {
        for place in places {
            if !self.clients.contains(&place) {
                self.clients.push(place);
            }
        }
    }
}

/// One address as it is shown.
fn tested(suite: &Suite, url: &Field<String>, is_socket: bool, scope: &mut EarlyScope<'_>) -> TargetReport {
    let (text, origin) = match url {
        Field::Fixed(text) => (text.clone(), Origin::Written),
        Field::Open(document) => (document.outline(scope), document.host_origin(scope)),
    };
    let proxied = is_socket.then(|| behind_proxy(&text)).flatten();
    let (text, via) = match proxied {
        Some((target, proxy)) => (target, Some(proxy)),
        None => (text, None),
    };
    TargetReport { url: plain(&text, is_socket), from: words(suite, origin, scope), via }
}

/// What is behind the fault proxy of a companion, and the proxy.
fn behind_proxy(url: &str) -> Option<(String, String)> {
    let (proxy, query) = url.split_once('?')?;
    if !proxy.ends_with("/ws/proxy") {
        return None;
    }
    // The address may have a query of its own, whose `&` is written as %26.
    let to = query.split('&').find_map(|pair| pair.strip_prefix("to="))?;
    to.contains("://").then(|| (to.to_owned(), plain(proxy, true)))
}

/// Scheme, host, port and path.
fn plain(url: &str, is_socket: bool) -> String {
    let url = url.trim();
    // A placeholder may hold a question mark of its own, which begins no query.
    let mut end = url.len();
    let mut depth = 0usize;
    for (at, sign) in url.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '?' | '#' if depth == 0 => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    let url = &url[..end];
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" if is_socket => "ws".to_owned(),
        "https" if is_socket => "wss".to_owned(),
        other => other.to_owned(),
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    // A user and a password are not part of where a server is.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Where an address comes from, followed through the variables that it is made of.
fn words(suite: &Suite, mut origin: Origin, scope: &mut EarlyScope<'_>) -> String {
    for _ in 0..DEEPEST {
        let Origin::Variable(name) = &origin else { break };
        if scope.row.contains_key(name) {
            return "from a row of each".to_owned();
        }
        if scope.options.overrides.iter().any(|(given, _)| given == name) {
            return told(&scope.options.told_by, name, || format!("from the variable {name}"));
        }
        origin = match suite.vars.get(name).map(Document::parse) {
            Some(Ok(document)) => document.host_origin(scope),
            Some(Err(_)) => Origin::Written,
            None => Origin::Step,
        };
    }
    match origin {
        Origin::Written => "written in the suite".to_owned(),
        Origin::Env(name) => told(&scope.options.told_by, &format!("env.{name}"), || format!("from {name}")),
        Origin::Variable(_) | Origin::Step => "known only while the run goes on".to_owned(),
    }
}

fn told(by: &BTreeMap<String, String>, name: &str, otherwise: impl FnOnce() -> String) -> String {
    by.get(name).cloned().unwrap_or_else(otherwise)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::run::Plan;

    const SUITE: &str = r#"{ "sockscope": 1, "suite": "targets", "secrets": ["key"],
        "vars": { "ws_url": "{{env.WS_URL ?? ws://written:1/ws}}", "api": "{{env.API_URL ?? http://written:1/api}}",
                  "key": "hidden-path", "room": "{{ws_url}}/rooms" },
        "clients": { "idle": { "url": "ws://idle/ws" }, "main": { "url": "{{ws_url}}?token={{key}}" },
                     "room": { "url": "{{room}}/{{key}}/{{uuid}}?x=1" } },
        "setup": [ { "http": { "method": "POST", "url": "{{api}}/login?user=a" } } ],
        "checks": [
          { "check": "one", "tags": ["a"], "steps": [ { "connect": "room" }, { "connect": "main" }, { "silence": { "for": "1ms" }, "on": "*" } ] },
          { "check": "two", "tags": ["b"], "steps": [ { "connect": "main" } ] },
          { "check": "three {{host}}", "tags": ["c"], "each": { "host": ["x", "y"] }, "clients": { "row": { "url": "wss://{{host}}/ws" } },
            "steps": [ { "connect": "row" } ] } ] }"#;

    #[track_caller]
    fn check(options: Options, expected: &[&str]) {
        let suite = Suite::parse(SUITE).unwrap_or_else(|problems| panic!("{problems:?}"));
        let plan = Plan::new(Rc::new(suite), options, 0).expect("a plan");
        let told: Vec<_> = plan.targets().iter().map(crate::report::words_of_target).collect();
        assert_eq!(told, expected);
    }

    fn tagged(tag: &str) -> Options {
        Options { tags: vec![tag.to_owned()], ..Options::default() }
    }

    #[test]
    fn the_addresses_are_those_of_the_clients_that_act_then_those_of_calls() {
        check(
            tagged("a"),
            &[
                "ws://written:1/ws/rooms/***/{{uuid}} (written in the suite)",
                "ws://written:1/ws (written in the suite)",
                "http://written:1/api/login (written in the suite)",
            ],
        );
    }

    #[test]
    fn an_address_says_whose_value_it_is() {
        let env = [("WS_URL".to_owned(), "ws://given:2/ws".to_owned())].into();
        check(
            Options { env, ..tagged("b") },
            &["ws://given:2/ws (from WS_URL)", "http://written:1/api/login (written in the suite)"],
        );
        let overrides = vec![("ws_url".to_owned(), "ws://typed:3/ws".to_owned())];
        let told_by = [("ws_url".to_owned(), "from --var ws_url".to_owned())].into();
        check(
            Options { overrides, told_by, ..tagged("a") },
            &[
                "ws://typed:3/ws/rooms/***/{{uuid}} (from --var ws_url)",
                "ws://typed:3/ws (from --var ws_url)",
                "http://written:1/api/login (written in the suite)",
            ],
        );
    }

    #[test]
    fn each_row_tests_its_own_address() {
        check(
            tagged("c"),
            &[
                "wss://x/ws (from a row of each)",
                "wss://y/ws (from a row of each)",
                "http://written:1/api/login (written in the suite)",
            ],
        );
    }

    #[test]
    fn an_address_is_shown_without_its_query_and_its_user() {
        assert_eq!(plain("ws://h:1/ws?token=x#y", true), "ws://h:1/ws");
        assert_eq!(plain("https://me:secret@h/ws", true), "wss://h/ws");
        assert_eq!(plain("HTTP://h/api", false), "http://h/api");
        assert_eq!(plain("{{url}}?a=b", true), "{{url}}");
        assert_eq!(plain("ws://h/{{env.A ?? b}}/c?d", true), "ws://h/{{env.A ?? b}}/c");
        assert_eq!(plain("/api/rooms?x", false), "/api/rooms");
    }

    #[test]
    fn behind_the_fault_proxy_the_target_is_what_it_connects_to() {
        let url = "ws://h/ws/proxy?key=a&to=ws://other:2/ws?user=x%26n=1";
        let (target, proxy) = behind_proxy(url).expect("through the proxy");
        assert_eq!((plain(&target, true).as_str(), proxy.as_str()), ("ws://other:2/ws", "ws://h/ws/proxy"));
        assert_eq!(behind_proxy("ws://h/ws?to=ws://x"), None);
    }
}
