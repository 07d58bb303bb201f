//! The first check: connect, send, expect the very same back in time, close.
//!
//! Owns the order of the steps and what each failure is called. Every wait has a bound, so nothing hangs. Dropping the
//! future stops the check and closes its socket.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::inbox::Inbox;
use super::{Closing, Endpoint, Event, Latency, LatencySummary, Payload, SendError, Socket, World};

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EchoCheck {
    /// Where.
    pub endpoint: Endpoint,
    /// What to send, and to get back. Each round adds its number, so that no echo is taken for another's.
    pub payload: Payload,
    /// How often.
    pub rounds: u32,
    /// The bound of each wait: the handshake, every reply and the close.
    pub within: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EchoOutcome {
    /// None when everything held.
    pub failure: Option<StepFailure>,
    /// From the call to the open connection.
    pub opened_after: Option<Duration>,
    /// The round trips; none when there was not one.
    pub latency: Option<LatencySummary>,
    /// The round trips as a histogram of equal steps from the shortest to the longest.
    pub bars: Vec<u64>,
    /// Messages that came and were no echo.
    pub leftovers: u64,
}

impl EchoOutcome {
    /// Whether everything held.
    pub fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// Where a check failed, and how. A result, not an error: it stands in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    /// Such as `round 3 of 100`.
    pub step: String,
    /// What happened.
    pub kind: FailureKind,
}

/// How a step failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FailureKind {
    /// Nothing came in time.
    #[error("nothing came within {within:?}")]
    TimedOut {
        /// The bound.
        within: Duration,
    },
    /// Something came, but not what was expected.
    #[error("expected {expected}; within {within:?} came {others} other, the last one {last}")]
    Mismatch {
        /// What was expected.
        expected: String,
        /// How many others came.
        others: u64,
        /// The last of them.
        last: String,
        /// The bound.
        within: Duration,
    },
    /// A message came back more than once.
    #[error("the echo of round {round} came a second time")]
    Repeated {
        /// The round whose echo it was.
        round: u32,
    },
    /// The handshake failed.
    #[error("the connection was refused or failed; a browser does not say why")]
    Refused,
    /// The server ended the connection first.
    #[error("the server closed with {code} ({meaning}) {reason:?}", meaning = super::close::meaning(*code))]
    ClosedEarly {
        /// The close code.
        code: u16,
        /// The server's reason.
        reason: String,
    },
    /// The connection ended without the closing handshake.
    #[error("the close was not clean: {code} ({meaning})", meaning = super::close::meaning(*code))]
    Unclean {
        /// The close code.
        code: u16,
    },
    /// The browser refused, in its own words.
    #[error("{0}")]
    Browser(String),
}

/// Runs the check. `progress` hears the number of finished rounds.
pub async fn run<W: World>(world: W, check: EchoCheck, mut progress: impl FnMut(u32)) -> EchoOutcome {
    let mut run = Run { latency: Latency::new(), opened_after: None, leftovers: 0 };
    let failure = run.steps(&world, &check, &mut progress).await.err();
    EchoOutcome {
        failure,
        opened_after: run.opened_after,
        latency: run.latency.summary(),
        bars: run.latency.bars(BARS),
        leftovers: run.leftovers,
    }
}

const BARS: usize = 32;
/// How much of an unexpected message a failure shows.
const SHOWN: usize = 120;

struct Run {
    latency: Latency,
    opened_after: Option<Duration>,
    leftovers: u64,
}

impl Run {
    async fn steps<W: World>(
        &mut self,
        world: &W,
        check: &EchoCheck,
        progress: &mut impl FnMut(u32),
    ) -> Result<(), StepFailure> {
        let inbox = Inbox::default();
        let socket = self.open(world, check, &inbox).await.map_err(at("connect"))?;
        for round in 1..=check.rounds {
            self.round(world, check, round, &inbox, &socket)
                .await
                .map_err(|kind| StepFailure { step: format!("round {round} of {}", check.rounds), kind })?;
            progress(round);
        }
        self.close(world, check, &inbox, &socket).await.map_err(at("close"))
    }

    async fn open<W: World>(
        &mut self,
        world: &W,
        check: &EchoCheck,
        inbox: &Inbox,
    ) -> Result<W::Socket, FailureKind> {
        let began = world.now();
        let deadline = began + check.within;
        let socket = world
            .connect("check", &check.endpoint, inbox.sink())
            .map_err(|error| FailureKind::Browser(error.to_string()))?;
        loop {
            match inbox.next_by(world, deadline).await {
                Some((at, Event::Opened { .. })) => {
                    self.opened_after = Some(at - began);
                    return Ok(socket);
                }
                // `Failed` says nothing that the close after it does not.
                Some((_, Event::Failed)) => {}
                Some((_, Event::Closed { .. })) => return Err(FailureKind::Refused),
                Some((_, Event::Received(_))) => self.leftovers += 1,
                None => return Err(FailureKind::TimedOut { within: check.within }),
            }
        }
    }

    async fn round<W: World>(
        &mut self,
        world: &W,
        check: &EchoCheck,
        round: u32,
        inbox: &Inbox,
        socket: &W::Socket,
    ) -> Result<(), FailureKind> {
        let payload = numbered(&check.payload, round);
        let sent = socket.send(&payload).map_err(|error| explain(inbox, &error))?;
        let deadline = sent + check.within;
        let (mut others, mut last) = (0, None);
        loop {
            match inbox.next_by(world, deadline).await {
                Some((at, Event::Received(got))) if got == payload => {
                    self.latency.record(at - sent);
                    return Ok(());
                }
                Some((_, Event::Received(other))) => {
                    self.left_over(check, round, &other)?;
                    others += 1;
                    last = Some(other);
                }
                Some((_, Event::Closed { code, reason, .. })) => {
                    return Err(FailureKind::ClosedEarly { code, reason });
                }
                Some((_, Event::Failed | Event::Opened { .. })) => {}
                None => {
                    return Err(match last {
                        None => FailureKind::TimedOut { within: check.within },
                        Some(last) => FailureKind::Mismatch {
                            expected: describe(&payload),
                            others,
                            last: describe(&last),
                            within: check.within,
                        },
                    });
                }
            }
        }
    }

    /// Counts a message that nobody waits for. The echo of an earlier round is one that came twice.
    fn left_over(&mut self, check: &EchoCheck, round: u32, other: &Payload) -> Result<(), FailureKind> {
        self.leftovers += 1;
        let number = other.as_bytes().rsplit(|byte| *byte == b'#').next().unwrap_or_default();
        let earlier = std::str::from_utf8(number).ok().and_then(|digits| digits.parse::<u32>().ok());
        match earlier.filter(|earlier| *earlier < round && numbered(&check.payload, *earlier) == *other) {
            Some(round) => Err(FailureKind::Repeated { round }),
            None => Ok(()),
        }
    }

    async fn close<W: World>(
        &mut self,
        world: &W,
        check: &EchoCheck,
        inbox: &Inbox,
        socket: &W::Socket,
    ) -> Result<(), FailureKind> {
        let began = socket.close(&Closing::normal()).map_err(|error| explain(inbox, &error))?;
        loop {
            match inbox.next_by(world, began + check.within).await {
                Some((_, Event::Closed { clean: true, .. })) => return Ok(()),
                Some((_, Event::Closed { code, .. })) => return Err(FailureKind::Unclean { code }),
                Some((_, Event::Received(other))) => self.left_over(check, check.rounds + 1, &other)?,
                Some((_, Event::Failed | Event::Opened { .. })) => {}
                None => return Err(FailureKind::TimedOut { within: check.within }),
            }
        }
    }
}

/// The payload of one round.
fn numbered(payload: &Payload, round: u32) -> Payload {
    match payload {
        Payload::Text(text) => Payload::Text(format!("{text} #{round}")),
        Payload::Binary(bytes) => Payload::Binary([bytes, format!(" #{round}").as_bytes()].concat()),
    }
}

fn at(step: &str) -> impl FnOnce(FailureKind) -> StepFailure {
    let step = step.to_owned();
    move |kind| StepFailure { step, kind }
}

/// Why nothing could be sent: the close that nobody has looked at yet says more than the browser does.
fn explain(inbox: &Inbox, error: &SendError) -> FailureKind {
    match inbox.unread_close() {
        Some((code, reason)) => FailureKind::ClosedEarly { code, reason },
        None => FailureKind::Browser(error.to_string()),
    }
}

fn describe(payload: &Payload) -> String {
    let kind = if payload.is_text() { "text" } else { "binary" };
    format!("{kind} of {} B {}", payload.as_bytes().len(), payload.preview(SHOWN))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::engine::sim::{Act, Server, Sim};

    /// An echo with everything that can go wrong, each off by default.
    #[derive(Clone)]
    struct Echo {
        accepts: Option<Duration>,
        delay: Duration,
        act: fn(Payload) -> Vec<Act>,
        answers_close: bool,
    }

    impl Default for Echo {
        fn default() -> Self {
            Self {
                accepts: Some(Duration::from_millis(3)),
                delay: Duration::from_micros(412),
                act: |payload| vec![Act::Send(payload)],
                answers_close: true,
            }
        }
    }

    impl Server for Echo {
        fn accepts_after(&mut self) -> Option<Duration> {
            self.accepts
        }
        fn on_message(&mut self, payload: Payload, _: u64) -> Vec<(Duration, Act)> {
            (self.act)(payload).into_iter().map(|act| (self.delay, act)).collect()
        }
        fn answers_close_after(&mut self) -> Option<Duration> {
            self.answers_close.then_some(Duration::ZERO)
        }
    }

    fn outcome(server: Echo) -> EchoOutcome {
        let sim = Sim::with_seed(42);
        sim.serve("ws://sim", move || server.clone());
        let check = EchoCheck {
            endpoint: Endpoint::parse("ws://sim/echo").expect("valid"),
            payload: "hello".into(),
            rounds: 10,
            within: Duration::from_secs(1),
        };
        let outcome = sim.run(run(sim.clone(), check, |_| {})).expect("every wait has a bound");
        sim.settle();
        assert_eq!(sim.open_connections(), 0, "every socket is closed in the end");
        outcome
    }

    #[track_caller]
    fn fails(server: Echo, step: &str, message: &str) {
        let failure = outcome(server).failure.expect("a fault is a failure");
        assert_eq!((failure.step.as_str(), failure.kind.to_string().as_str()), (step, message));
    }

    #[test]
    fn a_good_server_passes_with_its_exact_latency() {
        let outcome = outcome(Echo::default());
        assert!(outcome.passed(), "{outcome:?}");
        assert_eq!(outcome.opened_after, Some(Duration::from_millis(3)));
        let latency = outcome.latency.expect("ten samples");
        assert_eq!(
            (latency.count, latency.min, latency.max),
            (10, Duration::from_micros(412), Duration::from_micros(412))
        );
        assert_eq!(outcome.bars.iter().sum::<u64>(), 10);
    }

    #[test]
    fn a_reply_on_the_deadline_is_in_time() {
        assert!(outcome(Echo { delay: Duration::from_secs(1), ..Echo::default() }).passed());
    }

    #[test]
    fn a_late_reply_fails() {
        fails(
            Echo { delay: Duration::from_micros(1_000_001), ..Echo::default() },
            "round 1 of 10",
            "nothing came within 1s",
        );
    }

    #[test]
    fn a_refused_handshake_fails() {
        fails(
            Echo { accepts: None, ..Echo::default() },
            "connect",
            "the connection was refused or failed; a browser does not say why",
        );
    }

    #[test]
    fn a_handshake_that_never_ends_fails() {
        fails(
            Echo { accepts: Some(Duration::from_secs(3600)), ..Echo::default() },
            "connect",
            "nothing came within 1s",
        );
    }

    #[test]
    fn a_silent_server_fails() {
        fails(Echo { act: |_| vec![], ..Echo::default() }, "round 1 of 10", "nothing came within 1s");
    }

    #[test]
    fn a_changed_reply_fails_and_shows_what_came() {
        fails(
            Echo { act: |_| vec![Act::Send("hullo".into())], ..Echo::default() },
            "round 1 of 10",
            "expected text of 8 B hello #1; within 1s came 1 other, the last one text of 5 B hullo",
        );
    }

    #[test]
    fn text_that_comes_back_as_binary_fails() {
        fails(
            Echo {
                act: |payload| vec![Act::Send(Payload::Binary(payload.as_bytes().to_vec()))],
                ..Echo::default()
            },
            "round 1 of 10",
            "expected text of 8 B hello #1; within 1s came 1 other, the last one binary of 8 B 68 65 6c 6c 6f 20 23 31",
        );
    }

    #[test]
    fn an_echo_that_comes_twice_fails_and_is_no_round_trip() {
        fails(
            Echo { act: |payload| vec![Act::Send(payload.clone()), Act::Send(payload)], ..Echo::default() },
            "round 2 of 10",
            "the echo of round 1 came a second time",
        );
    }

    #[test]
    fn a_greeting_is_left_over_and_does_no_harm() {
        let outcome = outcome(Echo {
            act: |payload| vec![Act::Send("news".into()), Act::Send(payload)],
            ..Echo::default()
        });
        assert!(outcome.passed());
        assert_eq!(outcome.leftovers, 10);
    }

    #[test]
    fn a_server_that_closes_early_fails_with_its_code() {
        fails(
            Echo { act: |_| vec![Act::Close(4001, "go".into())], ..Echo::default() },
            "round 1 of 10",
            "the server closed with 4001 (the application's own code) \"go\"",
        );
    }

    #[test]
    fn a_server_that_drops_fails_with_1006() {
        fails(
            Echo { act: |_| vec![Act::Abort], ..Echo::default() },
            "round 1 of 10",
            "the server closed with 1006 (no close frame came) \"\"",
        );
    }

    #[test]
    fn a_server_that_closes_after_its_reply_fails_the_next_round() {
        fails(
            Echo { act: |p| vec![Act::Send(p), Act::Close(1001, String::new())], ..Echo::default() },
            "round 2 of 10",
            "the server closed with 1001 (going away) \"\"",
        );
    }

    #[test]
    fn a_close_that_is_never_answered_fails() {
        fails(Echo { answers_close: false, ..Echo::default() }, "close", "nothing came within 1s");
    }
}
