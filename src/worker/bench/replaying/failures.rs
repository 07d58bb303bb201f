//! Why connections of a replay did not do as those of the session had done, in words.

use std::time::Duration;

use super::super::worker::BenchWorker;
use crate::engine::World;
use crate::engine::base::close;
use crate::engine::report::Connection;
use crate::engine::session::Session;
use crate::wire::bench::ConnectionId;

/// What the companion found out about a handshake is waited for this long, in steps.
const KNOWN_WITHIN: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(20);

/// What went wrong.
#[derive(Default)]
pub(super) struct Failures {
    /// In sentences.
    pub remarks: Vec<String>,
    /// Why the first connection that was not opened was not, without its name.
    pub first: Option<String>,
}

impl<W: World> BenchWorker<W> {
    /// Looks at what became of the connections of a replay, while they are still known.
    pub(super) async fn failures(&self, session: &Session, opened: &[(ConnectionId, String)]) -> Failures {
        for (id, _) in opened {
            self.ask_why(*id);
        }
        let mut waited = Duration::ZERO;
        let is_asking = || {
            let asks = |id| self.connection(id, |connection, _| connection.state.asks_why) == Some(true);
            opened.iter().any(|(id, _)| asks(*id))
        };
        while is_asking() && waited < KNOWN_WITHIN {
            self.world().sleep(STEP).await;
            waited += STEP;
        }
        let mut failures = Failures::default();
        for (id, name) in opened {
            let (was_open, closed, why, trouble) = self
                .connection(*id, |connection, _| {
                    let state = &connection.state;
                    let why = state.why.as_ref().map(|why| why.headline());
                    (connection.opened.is_some(), state.closed.clone(), why, state.trouble.clone())
                })
                .unwrap_or_default();
            let before = session.connections().iter().find(|it| it.name == *name);
            let ended_with = before.and_then(|it| it.closed.as_ref()).map(|it| it.code);
            let why = match closed.filter(|_| was_open) {
                // As in the session.
                Some(closed) if ended_with == Some(closed.code) => None,
                Some(closed) => why
                    .map(|_| format!("it was closed with {} ({})", closed.code, close::meaning(closed.code))),
                None => why,
            };
            let words = match (was_open, why.or(trouble)) {
                (true, None) => continue,
                (true, Some(why)) => format!("{name} did not stay open: {why}"),
                (false, why) => {
                    let why = why.unwrap_or_else(|| "the handshake failed".to_owned());
                    failures.first.get_or_insert_with(|| why.clone());
                    format!("{name} was not opened: {why}")
                }
            };
            // A name stays as it is, also at the beginning.
            let end = if words.ends_with('.') { "" } else { "." };
            failures.remarks.push(words + end);
        }
        failures.remarks.extend(self.refused_subprotocols(session, opened));
        failures
    }

    /// Asks the companion why a handshake failed.
    fn ask_why(&self, id: ConnectionId) {
        let failed = self.connection(id, |connection, _| {
            let why = connection.state.why.clone().filter(|_| connection.opened.is_none())?;
            connection.failed = Some((connection.attempt, why));
            Some((connection.attempt, connection.endpoint.clone()?))
        });
        if let Some(Some((attempt, endpoint))) = failed {
            self.find_out(id, attempt, endpoint);
        }
    }

    /// Connections whose server chose another subprotocol than the server of the session.
    fn refused_subprotocols(&self, session: &Session, opened: &[(ConnectionId, String)]) -> Vec<String> {
        let chosen = |connection: &Connection| connection.opened.as_ref().map(|it| it.protocol.clone());
        let now: Vec<(String, Connection)> = self.state(|s| {
            let all = s.record.handshakes.as_slice();
            let of = |(id, name): &(ConnectionId, String)| {
                let connection = all.iter().find(|it| it.id == id.0)?;
                Some((name.clone(), connection.clone()))
            };
            opened.iter().filter_map(of).collect()
        });
        let told = |protocol: &str| match protocol {
            "" => "none".to_owned(),
            protocol => format!("`{protocol}`"),
        };
        now.into_iter()
            .filter_map(|(name, connection)| {
                let before = session.connections().iter().find(|it| it.name == name)?;
                let (before, now) = (chosen(before)?, chosen(&connection)?);
                let offered = connection.offered.join(", ");
                (before != now).then(|| {
                    format!(
                        "{name} offered the subprotocols {offered}: the session's server chose {}, this one {}.",
                        told(&before),
                        told(&now)
                    )
                })
            })
            .collect()
    }
}
