//! Where a session goes that was recorded elsewhere.
//!
//! Owns how one address stands for all that were recorded: its host takes the place of theirs, and its path the place of
//! what their paths have in common.

use crate::{Endpoint, EndpointError};

/// The server that a session is replayed against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Scheme and host.
    host: String,
    /// None when it has only a host.
    path: Option<String>,
}

impl Target {
    /// Reads an address; one without a path keeps the paths that were recorded.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let endpoint = Endpoint::parse(text)?;
        let (host, path) = split(endpoint.url());
        let path = if path.is_empty() || path == "/" { None } else { Some(path.to_owned()) };
        Ok(Self { host: host.to_owned(), path })
    }

    /// Host and port, as the address names them.
    pub fn authority(&self) -> &str {
        self.host.split_once("://").map_or(self.host.as_str(), |(_, authority)| authority)
    }

    /// The address for a client that asks for this path and query.
    pub fn at(&self, path_and_query: &str) -> String {
        let path = path_and_query.split('?').next().unwrap_or_default();
        self.instead_of(&format!("ws://h{path_and_query}"), path)
    }

    /// The address in the place of one that was recorded, where all that were recorded have this path in common.
    pub(super) fn instead_of(&self, recorded: &str, common: &str) -> String {
        let (_, whole) = split(recorded);
        let Some(path) = &self.path else { return format!("{}{whole}", self.host) };
        let (place, query) =
            whole.split_once('?').map_or((whole, None), |(place, query)| (place, Some(query)));
        let rest = place.strip_prefix(common).unwrap_or_default();
        let (path, own_query) = path.split_once('?').map_or((path.as_str(), None), |(a, b)| (a, Some(b)));
        let joined = format!("{}{}{rest}", self.host, path);
        match own_query.or(query) {
            Some(query) => format!("{joined}?{query}"),
            None => joined,
        }
    }
}

/// Scheme and host, and what follows.
fn split(url: &str) -> (&str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    url.split_at(end)
}

/// What the paths of all addresses begin with, in whole parts.
pub(super) fn common<'u>(mut urls: impl Iterator<Item = &'u str>) -> String {
    let place = |url: &'u str| split(url).1.split('?').next().unwrap_or_default();
    let Some(first) = urls.next().map(place) else { return String::new() };
    let mut shared: Vec<&str> = first.split('/').collect();
    for url in urls {
        let same = shared.iter().zip(place(url).split('/')).take_while(|(a, b)| *a == b).count();
        shared.truncate(same);
    }
    shared.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(to: &str, recorded: &[&str], expected: &[&str]) {
        let target = Target::parse(to).expect("an address");
        let common = common(recorded.iter().copied());
        let found: Vec<String> = recorded.iter().map(|url| target.instead_of(url, &common)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_proxy_asks_for_what_its_client_asks_for() {
        let target = |to| Target::parse(to).expect("an address");
        assert_eq!(target("ws://new:9").at("/ws/app?x=1"), "ws://new:9/ws/app?x=1");
        assert_eq!(target("ws://new:9/v2").at("/ws/app?x=1"), "ws://new:9/v2?x=1");
        assert_eq!(target("ws://new:9").at("/"), "ws://new:9/");
    }

    #[test]
    fn a_host_stands_for_hosts_and_a_path_for_what_paths_share() {
        check("ws://new:9", &["wss://old/ws/app?x=1"], &["ws://new:9/ws/app?x=1"]);
        check("ws://new:9/v2", &["wss://old/ws/app?x=1"], &["ws://new:9/v2?x=1"]);
        check("ws://new/v2?y=2", &["wss://old/ws/app?x=1"], &["ws://new/v2?y=2"]);
        check("ws://new/v2", &["ws://old/ws/a", "ws://old/ws/b"], &["ws://new/v2/a", "ws://new/v2/b"]);
        check("wss://new/", &["ws://old"], &["wss://new"]);
    }
}
