//! Why an open connection may have ended without a close frame.
//!
//! Owns the ranking from the messages sent and their times. It refuses to guess from a single number: a round time is a
//! hint only together with silence.

use std::time::Duration;

use super::cause::{
    CRASH, DROPPED_AFTER_OPEN, IDLE_TIMEOUT, LIFETIME, NETWORK, PROTOCOL_VIOLATION, PROXY_CUT, RESTART,
    Ranking, TOO_LARGE,
};
use super::ended::Ended;
use super::host::Target;
use super::warning::is_offline;
use super::{HostKind, Likely, Surroundings};

/// The smallest limit that is common.
const LARGE: u64 = 64 << 10;
/// From here on limits are the rule.
const HUGE: u64 = 1 << 20;
/// What ends in this time after something happened may end because of it.
const RIGHT_AFTER: Duration = Duration::from_secs(2);
/// An end this soon after the opening comes before any use.
const RIGHT_AT_FIRST: Duration = Duration::from_millis(500);
/// Idle timeouts are not set shorter than this.
const IDLE: Duration = Duration::from_secs(20);

/// Messages came in: a proxy counts them, a server that waits for a heartbeat does not.
const SENT_NOTHING: &str = "Messages came in, but nothing was sent for such a time: some servers end a connection whose client sends no heartbeat.";

/// Timeouts that proxies, load balancers and servers come with, in seconds.
const ROUND: [u64; 14] = [20, 30, 45, 50, 55, 60, 90, 100, 120, 180, 300, 350, 600, 3600];

pub(super) fn causes(ranking: &mut Ranking, target: &Target<'_>, ended: &Ended, around: &Surroundings) {
    let open_for = ended.open_for.unwrap_or_default();
    let unsent_for = ended.since_last_send.unwrap_or(open_for);
    // Messages that come in keep a connection as busy as those that go out.
    let quiet = unsent_for.min(ended.since_last_receive.unwrap_or(open_for));
    let is_silent = ended.sent == 0 && ended.received == 0;
    let is_after_send = ended.since_last_send.is_some_and(|since| since <= RIGHT_AFTER);
    let is_local = target.kind == HostKind::Loopback;

    let is_cut_off = is_offline(target, around);
    ranking.add_if(is_cut_off, &NETWORK, Likely::Very);
    let very = if is_cut_off { Likely::Possible } else { Likely::Very };

    // Still on its way out counts like just sent: the server may have had enough before the end of it.
    let was_sending = is_after_send || ended.buffered > 0;
    if was_sending && ended.largest_sent >= LARGE {
        ranking.add(&TOO_LARGE, if ended.largest_sent >= HUGE { very } else { Likely::Possible });
    }
    if open_for <= RIGHT_AT_FIRST && ended.received == 0 {
        ranking.add(&DROPPED_AFTER_OPEN, if ended.sent == 0 { very } else { Likely::Possible });
    }
    if quiet >= IDLE {
        let likelihood = if is_round(quiet) && (is_silent || ended.since_last_send.is_some()) {
            very
        } else {
            Likely::Possible
        };
        ranking.add(&IDLE_TIMEOUT, likelihood);
    } else {
        ranking.add_if(is_round(open_for), &LIFETIME, Likely::Possible);
    }
    ranking.add_if(is_after_send, &CRASH, Likely::Possible);
    ranking.add(&RESTART, Likely::Possible);
    if quiet < IDLE && is_round(unsent_for) {
        let cause = ranking.add(&IDLE_TIMEOUT, Likely::Possible);
        cause.why = SENT_NOTHING.into();
    }
    ranking.add_if(!is_local, &NETWORK, Likely::Possible);
    ranking.add_if(ended.received > 0 || is_after_send, &PROTOCOL_VIOLATION, Likely::Possible);
    ranking.add(&PROTOCOL_VIOLATION, Likely::Unlikely);
    ranking.add_if(!is_local, &PROXY_CUT, Likely::Unlikely);
}

/// Close to one of the usual timeouts. They are noticed late, never early, and some are checked only every few seconds.
fn is_round(time: Duration) -> bool {
    let millis = time.as_millis();
    ROUND.iter().any(|seconds| {
        let round = u128::from(*seconds) * 1000;
        (round - 100..=round + (round / 50).max(1500)).contains(&millis)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;
    use crate::explain::explain;

    /// A connection that has been in use for 42 s, with a small message 5 s before the end.
    fn used() -> Ended {
        Ended {
            was_open: true,
            code: 1006,
            took: Duration::from_secs(42),
            open_for: Some(Duration::from_secs(42)),
            sent: 10,
            received: 10,
            largest_sent: 100,
            since_last_send: Some(Duration::from_secs(5)),
            ..Ended::default()
        }
    }

    fn silent(millis: u64) -> Ended {
        let open_for = Some(Duration::from_millis(millis));
        Ended { open_for, sent: 0, received: 0, largest_sent: 0, since_last_send: None, ..used() }
    }

    fn just_sent(bytes: u64) -> Ended {
        Ended { largest_sent: bytes, since_last_send: Some(Duration::from_millis(30)), ..used() }
    }

    #[track_caller]
    fn check_in(ended: Ended, around: Surroundings, id: &str, likelihood: Likely) {
        let endpoint = Endpoint::parse("wss://example.com/").expect("valid");
        let causes = explain(&endpoint, &ended, &around).causes;
        assert_eq!((&*causes[0].id, causes[0].likelihood), (id, likelihood), "{causes:?}");
    }

    #[track_caller]
    fn check(ended: Ended, id: &str, likelihood: Likely) {
        check_in(ended, Surroundings::default(), id, likelihood);
    }

    #[test]
    fn a_drop_right_after_a_large_message_is_its_size() {
        check(just_sent(2 << 20), "too_large", Likely::Very);
        check(just_sent(70_000), "too_large", Likely::Possible);
        check(just_sent(100), "crash", Likely::Possible);
    }

    #[test]
    fn a_large_message_that_is_still_leaving_counts_too() {
        check(Ended { buffered: 5 << 20, largest_sent: 16 << 20, ..used() }, "too_large", Likely::Very);
    }

    #[test]
    fn a_large_message_of_long_ago_is_not_a_cause() {
        check(Ended { largest_sent: 16 << 20, ..used() }, "restart", Likely::Possible);
    }

    #[test]
    fn silence_of_a_round_time_is_a_timeout() {
        for millis in [30_010, 60_000, 60_900, 100_200, 120_000, 300_400, 605_000] {
            check(silent(millis), "idle_timeout", Likely::Very);
        }
        check(
            Ended {
                since_last_send: Some(Duration::from_secs(60)),
                open_for: Some(Duration::from_secs(77)),
                ..used()
            },
            "idle_timeout",
            Likely::Very,
        );
    }

    #[test]
    fn other_silence_may_be_a_timeout() {
        check(silent(70_000), "idle_timeout", Likely::Possible);
    }

    #[test]
    fn messages_that_came_in_long_before_are_not_a_life_in_silence() {
        check(
            Ended { received: 100, since_last_receive: Some(Duration::from_secs(40)), ..silent(60_000) },
            "idle_timeout",
            Likely::Possible,
        );
    }

    #[test]
    fn messages_that_came_in_until_the_end_are_no_silence() {
        let busy = |millis| Ended {
            received: 1954,
            since_last_receive: Some(Duration::from_millis(20)),
            ..silent(millis)
        };
        check(busy(43_000), "restart", Likely::Possible);
        let endpoint = Endpoint::parse("wss://example.com/").expect("valid");
        let causes = explain(&endpoint, &busy(43_000), &Surroundings::default()).causes;
        assert!(causes.iter().all(|cause| cause.id != "idle_timeout"), "{causes:?}");
        // A round time may still be that of a server that waits for a heartbeat.
        let causes = explain(&endpoint, &busy(60_000), &Surroundings::default()).causes;
        let idle = causes.iter().find(|cause| cause.id == "idle_timeout").expect("a cause");
        assert!(idle.why.contains("heartbeat") && idle.likelihood == Likely::Possible, "{idle:?}");
    }

    #[test]
    fn a_round_life_in_use_is_a_bounded_one() {
        check(Ended { open_for: Some(Duration::from_secs(300)), ..used() }, "lifetime", Likely::Possible);
    }

    #[test]
    fn a_drop_at_the_very_start_is_a_check_after_the_handshake() {
        check(silent(20), "dropped_after_open", Likely::Very);
        check(
            Ended { sent: 1, since_last_send: Some(Duration::from_millis(5)), ..silent(20) },
            "dropped_after_open",
            Likely::Possible,
        );
    }

    #[test]
    fn without_a_hint_the_server_has_ended() {
        check(used(), "restart", Likely::Possible);
        check(silent(7_000), "restart", Likely::Possible);
    }

    #[test]
    fn without_a_network_it_is_the_network() {
        let offline = Surroundings { is_online: false, ..Surroundings::default() };
        check_in(just_sent(2 << 20), offline, "network", Likely::Very);
    }

    #[test]
    fn within_one_machine_there_is_no_network_to_blame() {
        let endpoint = Endpoint::parse("ws://localhost/").expect("valid");
        let causes = explain(&endpoint, &used(), &Surroundings::default()).causes;
        assert!(causes.iter().all(|cause| cause.id != "network" && cause.id != "proxy_cut"), "{causes:?}");
    }
}
