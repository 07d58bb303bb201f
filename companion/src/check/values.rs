//! The values that suites get: variables from the command line, and the environment.
//!
//! Owns which value wins: `--var` over everything, then `--env-file`, then the environment, then the address of the server that
//! we started. Only variables that a suite names leave this process.

use std::collections::BTreeMap;

use sockscope_engine::base::nearest::nearest;
use sockscope_engine::suite::Suite;

use super::target::Ports;

/// Where the server under test is.
pub(super) const SERVER: [&str; 2] = ["WS_URL", "API_URL"];

/// The variable of the suites that ship which says the first of them, too.
const SERVER_VARIABLE: &str = "ws_url";

/// What was given for all suites.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// By `--var`, in order.
    pub variables: Vec<(String, String)>,
    /// The environment with the file over it.
    pub environment: BTreeMap<String, String>,
}

/// The server that was started, and over which of its ports it is spoken to.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// Where it listens.
    pub ports: &'a Ports,
    /// Over the port for TLS.
    pub with_tls: bool,
}

/// The values of one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuiteValues {
    /// Values of its variables.
    pub variables: Vec<(String, String)>,
    /// What `{{env.NAME}}` finds.
    pub environment: BTreeMap<String, String>,
    /// Who gave them, by the name of a variable and by `env.NAME`.
    pub told_by: BTreeMap<String, String>,
}

/// The words for the server that is tested when the user names none.
pub(super) const OWN_SERVER: &str = "the command's own practice server";
/// The same when the command has started one.
const STARTED: &str = "the server started by --start";

/// Where the practice server of the command is, by the address of its page: what the page fills in when the user gives none.
pub fn own_server(page: &str) -> BTreeMap<String, String> {
    let api = page.trim_end_matches('/');
    let ws = api.replacen("http", "ws", 1);
    [
        ("WS_URL", format!("{ws}/ws")),
        ("API_URL", format!("{api}/api")),
        ("PROXY_URL", format!("{ws}/ws/proxy")),
        ("TOXICS_URL", format!("{api}/api/proxy/toxics")),
    ]
    .map(|(name, address)| (name.to_owned(), address))
    .into()
}

impl Values {
    /// The server that is named without the port of one that is started, which so is not the one that is tested.
    pub fn fixed_server(&self) -> Option<&str> {
        let of_variable =
            self.variables.iter().rev().find(|(name, _)| name == SERVER_VARIABLE).map(|(_, url)| url);
        let url = of_variable.or_else(|| self.environment.get("WS_URL").filter(|url| !url.is_empty()))?;
        (!url.contains("{port}") && !url.contains("{tls_port}")).then_some(url)
    }

    /// A line for every `--var` that no suite has.
    pub fn unknown<'a>(&self, suites: impl Iterator<Item = &'a Suite>) -> Vec<String> {
        let known: Vec<&str> = suites.flat_map(|suite| suite.vars.keys().map(String::as_str)).collect();
        let known = || known.iter().copied();
        let unknown = self.variables.iter().filter(|(name, _)| !known().any(|it| it == name));
        unknown
            .map(|(name, _)| {
                let hint = match nearest(name, known()) {
                    Some(near) => format!("; did you mean {near:?}?"),
                    None => String::new(),
                };
                format!("--var {name}: none of the given suites has a variable of this name{hint}")
            })
            .collect()
    }

    /// For one suite. `server` says where the server under test was started, if it was; its ports go into the values.
    pub fn for_suite(&self, suite: &Suite, text: &str, server: Option<Server<'_>>) -> SuiteValues {
        let fill = |value: &str| match server {
            Some(Server { ports, with_tls }) => ports.fill_value(value, with_tls),
            None => value.to_owned(),
        };
        let has = |name: &String| suite.vars.contains_key(name);
        let variables = self.variables.iter().filter(|(name, _)| has(name));
        let variables: Vec<_> = variables.map(|(name, value)| (name.clone(), fill(value))).collect();

        let addresses =
            server.and_then(|it| if it.with_tls { it.ports.tls() } else { Some(it.ports.plain()) });
        let mut environment: BTreeMap<String, String> =
            addresses.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
        for name in names_in(text).into_iter().chain(SERVER) {
            let is_given = |value: &&String| !SERVER.contains(&name) || !value.is_empty();
            if let Some(value) = self.environment.get(name).filter(is_given) {
                environment.insert(name.to_owned(), fill(value));
            }
        }
        // Who names a socket and no API means the same server, and never the one that serves the page.
        let of_variable =
            variables.iter().rev().find(|(name, _)| name == SERVER_VARIABLE).map(|(_, url)| url.clone());
        let of_environment =
            self.environment.get("WS_URL").filter(|url| !url.is_empty()).map(|url| fill(url));
        let has_api = self.environment.get("API_URL").is_some_and(|url| !url.is_empty());
        if let (Some(url), false) = (of_variable.or(of_environment), has_api) {
            environment.insert("API_URL".to_owned(), api_beside(&url));
        }
        let told_by = self.told_by(&variables, &environment, server.is_some());
        SuiteValues { variables, environment, told_by }
    }
}

/// Who gave the values.
impl Values {
    fn told_by(
        &self,
        variables: &[(String, String)],
        environment: &BTreeMap<String, String>,
        is_started: bool,
    ) -> BTreeMap<String, String> {
        let of_variables = variables.iter().map(|(name, _)| (name.clone(), format!("from --var {name}")));
        let mut told: BTreeMap<String, String> = of_variables.collect();
        for name in own_server("").into_keys() {
            let is_given = self.environment.get(&name).is_some_and(|value| !value.is_empty());
            let words = match environment.contains_key(&name) {
                _ if is_given => format!("from {name}"),
                true if is_started && self.fixed_server().is_none() => STARTED.to_owned(),
                // `/api` of the server that a socket was given of.
                true => "beside the address that was given".to_owned(),
                false => OWN_SERVER.to_owned(),
            };
            told.insert(format!("env.{name}"), words);
        }
        told
    }
}

/// Every NAME of an `env.NAME` in a text.
fn names_in(text: &str) -> Vec<&str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let rests = text.match_indices("env.").map(|(at, sign)| &text[at + sign.len()..]);
    let names = rests.map(|rest| &rest[..rest.find(|char| !is_part(char)).unwrap_or(rest.len())]);
    names.filter(|name| !name.is_empty()).collect()
}

/// `/api` of the server of a WebSocket address.
fn api_beside(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("ws", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let scheme = if scheme.eq_ignore_ascii_case("wss") { "https" } else { "http" };
    format!("{scheme}://{host}/api")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::target::{Ready, Start};
    use crate::suites::{Found, find};

    fn suite(name: &str) -> Found {
        find(&[name.to_owned()]).expect("it ships").remove(0)
    }

    fn told(values: &Values, name: &str, server: Option<Server<'_>>) -> SuiteValues {
        let Found { suite, text, .. } = suite(name);
        values.for_suite(&suite, &text, server)
    }

    fn values(variables: &[(&str, &str)], environment: &[(&str, &str)]) -> Values {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Values {
            variables: variables.iter().map(own).collect(),
            environment: environment.iter().map(own).collect(),
        }
    }

    #[test]
    fn a_suite_gets_what_it_asks_for_and_nothing_else() {
        let values = values(
            &[("num_clients", "3"), ("room", "x")],
            &[("WS_URL", "wss://host:1/x/ws"), ("NUM_CLIENTS", "7"), ("HOME", "/root"), ("SECRET", "s")],
        );
        let told = told(&values, "load", None);
        assert_eq!(told.variables, [("num_clients".to_owned(), "3".to_owned())]);
        let environment: Vec<_> = told.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            environment,
            [("API_URL", "https://host:1/api"), ("NUM_CLIENTS", "7"), ("WS_URL", "wss://host:1/x/ws")]
        );
    }

    #[test]
    fn what_was_started_is_meant_unless_something_else_is_said() {
        let start = Start {
            command: String::new(),
            ready: Ready::Tcp,
            patience: Duration::ZERO,
            first_port: None,
            has_tls: true,
        };
        let ports = Ports::take(&start).expect("two ports");
        let told = |values: Values, with_tls| {
            let told = told(&values, "load", Some(Server { ports: &ports, with_tls }));
            (told.environment["WS_URL"].clone(), told.environment["API_URL"].clone())
        };
        let plain = ports.fill("ws://localhost:{port}/ws");
        let tls = ports.fill("wss://localhost:{tls_port}/ws");
        assert_eq!(told(values(&[], &[]), false).0, plain);
        assert_eq!(told(values(&[], &[]), true).0, tls);
        let named = values(&[("ws_url", "ws://third:3/")], &[]);
        assert_eq!(told(named.clone(), false).1, "http://third:3/api");
        assert_eq!(named.fixed_server(), Some("ws://third:3/"));
        let elsewhere = ("ws://other:2/".to_owned(), "http://other:2/api".to_owned());
        assert_eq!(told(values(&[], &[("WS_URL", "ws://other:2/")]), true), elsewhere);
        let own_path = values(&[], &[("WS_URL", "ws://127.0.0.1:{port}/socket")]);
        assert_eq!(told(own_path.clone(), false).0, ports.fill("ws://127.0.0.1:{port}/socket"));
        assert_eq!(told(own_path, true).1, ports.fill("https://127.0.0.1:{tls_port}/api"));
    }

    #[test]
    fn another_server_is_reached_by_the_proxy_of_the_page_unless_another_is_named() {
        let told = |environment: &[(&str, &str)]| {
            let told = told(&values(&[], environment), "chaos", None).environment;
            ["PROXY_URL", "TOXICS_URL"].map(|name| told.get(name).cloned())
        };
        assert_eq!(told(&[("WS_URL", "ws://other:2/ws")]), [None, None]);
        let (proxy, toxics) = ("ws://near:9000/ws/proxy", "http://near:9000/api/proxy/toxics");
        let named = told(&[("WS_URL", "ws://other:2/ws"), ("PROXY_URL", proxy), ("TOXICS_URL", toxics)]);
        assert_eq!(named, [Some(proxy.to_owned()), Some(toxics.to_owned())]);
    }

    #[test]
    fn err_a_variable_that_no_suite_has_is_said_with_the_nearest() {
        let unknown = values(&[("num_client", "3")], &[])
            .unknown([&suite("load").suite, &suite("rooms").suite].into_iter());
        assert_eq!(
            unknown,
            [
                "--var num_client: none of the given suites has a variable of this name; did you mean \"num_clients\"?"
            ]
        );
    }
}
