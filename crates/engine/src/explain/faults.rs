//! What the fault proxy of the practice server may have done to a connection that leads through it.
//!
//! Owns which toxics can end a connection or refuse one. It refuses to know their words and numbers: they come with the
//! toxics that are on.

use serde::{Deserialize, Serialize};

use super::Likely;
use super::cause::{FAULT_PROXY, Ranking};
use super::ended::Ended;
use crate::Endpoint;

/// The toxics of the fault proxy, as the page knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Which connections have them, as it stands in an address; empty for those without a key.
    pub key: String,
    /// The toxics that are on: as the API has them, and as people have them.
    pub on: Vec<(String, String)>,
}

/// Toxics that end a connection without a close frame, or with one that a browser refuses.
const ENDING: [&str; 5] = ["limit_data", "timeout", "reset_peer", "half_open", "close"];

impl Faults {
    /// As one view of the page tells it to another: the key, and on a line each a name and a title with a tab between.
    pub fn told(text: &str) -> Self {
        let mut lines = text.lines();
        let key = lines.next().unwrap_or_default().to_owned();
        let on = lines.filter_map(|line| line.split_once('\t'));
        Self { key, on: on.map(|(name, title)| (name.to_owned(), title.to_owned())).collect() }
    }

    /// How many strike a connection to this address; none when it leads past the proxy, or has another key.
    pub fn strike(&self, url: &str) -> Option<usize> {
        (key_of(url)? == self.key).then_some(self.on.len())
    }

    /// The titles of those that can be behind this end.
    fn behind(&self, ended: &Ended) -> Vec<&str> {
        let can = |name: &str| match (ended.was_open, ended.code) {
            (false, _) => name == "refuse",
            (true, 1006) => ENDING.contains(&name),
            (true, _) => name == "close",
        };
        self.on.iter().filter(|(name, _)| can(name)).map(|(_, title)| title.as_str()).collect()
    }
}

/// The key of a connection that leads through the proxy; none when it leads past it.
fn key_of(url: &str) -> Option<&str> {
    let (_, query) = url.split_once("/ws/proxy?")?;
    let mut parameters = query.split('&');
    parameters
        .clone()
        .any(|one| one.starts_with("to="))
        .then(|| parameters.find_map(|one| one.strip_prefix("key=")).unwrap_or_default())
}

/// Puts the proxy before all other causes, where the connection leads through it and something is on that can end it.
pub(super) fn causes(ranking: &mut Ranking, endpoint: &Endpoint, ended: &Ended, faults: Option<&Faults>) {
    let Some(key) = key_of(endpoint.url()) else { return };
    let Some(faults) = faults.filter(|faults| faults.key == key) else { return };
    let behind = faults.behind(ended);
    if !behind.is_empty() {
        let cause = ranking.add(&FAULT_PROXY, Likely::Very);
        cause.title = format!("{}: {}", FAULT_PROXY.title, behind.join(", ")).into();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::explain::{Cause, Surroundings, explain};

    const THROUGH: &str = "ws://localhost:9000/ws/proxy?to=ws://localhost:7411/v1/feed";

    /// A connection that got messages until the end and sent nothing for 44 s.
    fn used() -> Ended {
        Ended {
            was_open: true,
            code: 1006,
            took: Duration::from_secs(44),
            open_for: Some(Duration::from_secs(44)),
            sent: 1,
            received: 1954,
            since_last_send: Some(Duration::from_secs(44)),
            since_last_receive: Some(Duration::from_millis(20)),
            ..Ended::default()
        }
    }

    fn first(url: &str, ended: &Ended, key: &str, on: &[(&str, &str)]) -> Cause {
        let on = on.iter().map(|(name, title)| ((*name).to_owned(), (*title).to_owned())).collect();
        let faults = Some(Faults { key: key.to_owned(), on });
        let around = Surroundings { faults, ..Surroundings::default() };
        explain(&Endpoint::parse(url).expect("valid"), ended, &around).causes.swap_remove(0)
    }

    const FLAKY: [(&str, &str); 3] =
        [("latency", "Latency"), ("limit_data", "Limit of data"), ("refuse", "Refuse")];

    #[test]
    fn the_toxic_that_can_end_a_connection_is_its_likeliest_cause() {
        let cause = first(THROUGH, &used(), "", &FLAKY);
        assert_eq!(cause.title, "The fault proxy may have ended it: Limit of data");
        assert_eq!((&*cause.id, cause.likelihood), ("fault_proxy", Likely::Very));
        let refused = Ended { code: 1006, ..Ended::default() };
        assert_eq!(first(THROUGH, &refused, "", &FLAKY).title, "The fault proxy may have ended it: Refuse");
        let closed = Ended { code: 1011, ..used() };
        assert_eq!(
            first(THROUGH, &closed, "", &[("close", "Close code")]).title,
            "The fault proxy may have ended it: Close code"
        );
    }

    #[test]
    fn what_is_on_is_told_in_lines() {
        let told = Faults::told("alice\nlatency\tLatency\nlimit_data\tLimit of data");
        assert_eq!(told.key, "alice");
        assert_eq!(told.on[1], ("limit_data".to_owned(), "Limit of data".to_owned()));
        assert_eq!(told.strike(&format!("{THROUGH}&key=alice")), Some(2));
        assert_eq!(told.strike(THROUGH), None);
        assert_eq!(Faults::told(""), Faults::default());
    }

    #[test]
    fn what_cannot_end_it_or_is_for_other_connections_is_not_blamed() {
        let latency = [("latency", "Latency")];
        assert_eq!(first(THROUGH, &used(), "", &latency).id, "restart");
        assert_eq!(first("ws://localhost:7411/v1/feed", &used(), "", &FLAKY).id, "restart");
        assert_eq!(first(THROUGH, &used(), "alice", &FLAKY).id, "restart");
        let keyed = format!("{THROUGH}&key=alice");
        assert_eq!(first(&keyed, &used(), "alice", &FLAKY).id, "fault_proxy");
    }
}
