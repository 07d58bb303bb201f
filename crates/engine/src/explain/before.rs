//! Why a handshake may have failed.
//!
//! Owns the ranking from address, time and situation. The times: a refused port fails within milliseconds nearby, a
//! name that is not found and a missing machine after seconds, a dropped packet after twenty and more.

use std::time::Duration;

use super::cause::{
    CERTIFICATE, DNS, DROPPED, LOCAL_NETWORK, NO_MACHINE, NO_SOCKET_LEFT, NOT_WEBSOCKET, NOTHING_LISTENS,
    OFFLINE, ORIGIN, PROXY, REFUSED, Ranking, SLOW_SERVER, SUBPROTOCOL, THROTTLED, WRONG_SCHEME,
};
use super::ended::Ended;
use super::host::Target;
use super::warning::{accept_certificate, foreseen, is_offline, needs_permission};
use super::{HostKind, Likely, Permission, Surroundings};

/// How long it took, in terms of what takes that long.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// No more than a round trip or two nearby.
    AtOnce,
    /// Round trips, and a server that thinks.
    Quick,
    /// Something was tried more than once.
    Seconds,
    /// No answer came.
    Silence,
}

impl Pace {
    fn of(took: Duration) -> Self {
        match took.as_millis() {
            0..50 => Self::AtOnce,
            50..1000 => Self::Quick,
            1000..20_000 => Self::Seconds,
            _ => Self::Silence,
        }
    }
}

/// Other tabs hold sockets that we do not see.
pub(super) fn is_nearly_full(around: &Surroundings) -> bool {
    around.sockets.saturating_add(16) >= around.most_sockets
}

pub(super) fn causes(ranking: &mut Ranking, target: &Target<'_>, ended: &Ended, around: &Surroundings) {
    let mut pace = Pace::of(ended.took);
    let mut is_certain = false;
    for (known, _) in foreseen(target, around).filter(|(_, is_blocking)| *is_blocking) {
        // A full browser fails at once; what took longer had a socket.
        if known.id != NO_SOCKET_LEFT.id || pace == Pace::AtOnce {
            ranking.add(known, Likely::Very);
            is_certain = true;
        }
    }
    if is_offline(target, around) {
        ranking.add(&OFFLINE, Likely::Very);
        is_certain = true;
    }
    if ended.code == 1015 {
        certificate(ranking, target, Likely::Very);
        is_certain = true;
    }
    // Beside what explains it fully, nothing else is very likely.
    let very = if is_certain { Likely::Possible } else { Likely::Very };

    if around.is_throttled() && matches!(pace, Pace::Seconds) {
        ranking.add(&THROTTLED, very);
        // The time was spent waiting and says nothing of the server.
        pace = Pace::Quick;
    }
    ranking.add_if(pace == Pace::AtOnce && is_nearly_full(around), &NO_SOCKET_LEFT, Likely::Possible);
    if needs_permission(target, around) && around.permission != Permission::Granted {
        ranking.add(
            &LOCAL_NETWORK,
            if around.permission == Permission::Prompt { very } else { Likely::Possible },
        );
    }
    match pace {
        Pace::Silence => unanswered(ranking, target, very),
        Pace::Seconds => slow(ranking, target, ended, very),
        Pace::AtOnce | Pace::Quick => {
            if target.is_secure {
                let is_own = target.is_ip || target.is_near();
                certificate(ranking, target, if is_own { very } else { Likely::Possible });
            }
            let refused_nearby = target.is_near() && pace == Pace::AtOnce;
            ranking.add_if(refused_nearby, &NOTHING_LISTENS, very);
            answered(ranking, target, ended, around, Likely::Possible);
        }
    }
    if pace == Pace::Seconds {
        answered(ranking, target, ended, around, Likely::Unlikely);
    }
}

fn certificate(ranking: &mut Ranking, target: &Target<'_>, likelihood: Likely) {
    let cause = ranking.add(&CERTIFICATE, likelihood);
    cause.next.insert(0, accept_certificate(target).into());
}

/// Twenty seconds and more.
fn unanswered(ranking: &mut Ranking, target: &Target<'_>, very: Likely) {
    if target.kind == HostKind::Loopback {
        // Within one machine no packet gets lost.
        ranking.add(&SLOW_SERVER, very);
        return;
    }
    ranking.add(&DROPPED, very);
    ranking.add(&SLOW_SERVER, Likely::Possible);
    ranking.add_if(target.needs_dns(), &DNS, Likely::Possible);
    ranking.add(&PROXY, Likely::Possible);
}

/// From one to twenty seconds.
fn slow(ranking: &mut Ranking, target: &Target<'_>, ended: &Ended, very: Likely) {
    let millis = ended.took.as_millis();
    match target.kind {
        HostKind::Loopback => {
            // Windows tries a refused port for about two seconds before it says so.
            let is_refused = millis < 5000;
            ranking.add_if(is_refused, &NOTHING_LISTENS, very);
            ranking.add(&SLOW_SERVER, if is_refused { Likely::Possible } else { very });
        }
        HostKind::Private => {
            // How long the system asks for the owner of an address before it gives up.
            let is_unknown = (2500..4500).contains(&millis);
            ranking.add_if(is_unknown, &NO_MACHINE, very);
            ranking.add_if(target.needs_dns(), &DNS, Likely::Possible);
            ranking.add(&DROPPED, Likely::Possible);
            ranking.add(&SLOW_SERVER, Likely::Possible);
            ranking.add(&NOTHING_LISTENS, Likely::Possible);
        }
        HostKind::Public | HostKind::File => {
            ranking.add_if(target.needs_dns(), &DNS, Likely::Possible);
            ranking.add(&DROPPED, Likely::Possible);
            ranking.add(&SLOW_SERVER, Likely::Possible);
        }
    }
    if target.is_secure {
        certificate(ranking, target, Likely::Possible);
    }
}

/// The server, or a proxy, refused or answered something else.
fn answered(
    ranking: &mut Ranking,
    target: &Target<'_>,
    ended: &Ended,
    around: &Surroundings,
    likelihood: Likely,
) {
    ranking.add_if(ended.offered_protocols, &SUBPROTOCOL, likelihood);
    ranking.add_if(around.page_host == HostKind::File, &ORIGIN, likelihood);
    ranking.add(&REFUSED, likelihood);
    ranking.add_if(target.needs_dns(), &DNS, likelihood);
    ranking.add(&NOTHING_LISTENS, likelihood);
    ranking.add(&WRONG_SCHEME, likelihood);
    ranking.add(&NOT_WEBSOCKET, likelihood);
    ranking.add(&ORIGIN, likelihood);
    if target.kind != HostKind::Loopback {
        let is_readable = !target.is_secure && target.kind == HostKind::Public;
        ranking.add(&PROXY, if is_readable { likelihood } else { Likely::Unlikely });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Endpoint;
    use crate::explain::explain;

    const LOCAL: &str = "ws://localhost:1234/";
    const LAN: &str = "ws://192.168.1.5:1234/";
    const PUBLIC: &str = "ws://example.com/";

    fn ranked(url: &str, millis: u64, ended: Ended, around: Surroundings) -> Vec<(String, Likely)> {
        let endpoint = Endpoint::parse(url).expect("valid");
        let ended = Ended { code: 1006, took: Duration::from_millis(millis), ..ended };
        let causes = explain(&endpoint, &ended, &around).causes;
        causes.into_iter().map(|cause| (cause.id.into_owned(), cause.likelihood)).collect()
    }

    #[track_caller]
    fn check_in(url: &str, millis: u64, around: Surroundings, id: &str, likelihood: Likely) {
        let ranked = ranked(url, millis, Ended::default(), around);
        assert_eq!((ranked[0].0.as_str(), ranked[0].1), (id, likelihood), "{ranked:?}");
    }

    #[track_caller]
    fn check(url: &str, millis: u64, id: &str, likelihood: Likely) {
        check_in(url, millis, Surroundings::default(), id, likelihood);
    }

    #[test]
    fn a_quick_refusal_nearby_is_a_port_without_a_server() {
        check(LOCAL, 2, "nothing_listens", Likely::Very);
        check(LAN, 8, "nothing_listens", Likely::Very);
        check(LOCAL, 2040, "nothing_listens", Likely::Very);
    }

    #[test]
    fn a_server_that_thinks_has_refused() {
        check(LOCAL, 120, "refused", Likely::Possible);
        check(PUBLIC, 120, "refused", Likely::Possible);
    }

    #[test]
    fn long_silence_is_a_dropped_packet_but_within_one_machine() {
        check(LAN, 21_000, "dropped", Likely::Very);
        check(PUBLIC, 127_000, "dropped", Likely::Very);
        check("wss://example.com/", 75_000, "dropped", Likely::Very);
        check(LOCAL, 30_000, "slow_server", Likely::Very);
        check(LOCAL, 9_000, "slow_server", Likely::Very);
    }

    #[test]
    fn seconds_are_a_name_or_a_machine_that_is_not_there() {
        check(LAN, 3060, "no_machine", Likely::Very);
        check(PUBLIC, 5000, "dns", Likely::Possible);
        check("wss://example.com/", 5000, "dns", Likely::Possible);
        check("ws://93.184.216.34/", 5000, "dropped", Likely::Possible);
    }

    #[test]
    fn of_wss_the_certificate_is_named_first() {
        check("wss://localhost:8443/", 6, "certificate", Likely::Very);
        check("wss://192.168.1.5/", 80, "certificate", Likely::Very);
        check("wss://example.com/", 80, "certificate", Likely::Possible);
        let endpoint = Endpoint::parse("wss://localhost:8443/").expect("valid");
        let ended = Ended { code: 1006, ..Ended::default() };
        let top = explain(&endpoint, &ended, &Surroundings::default()).causes.remove(0);
        assert!(top.next[0].starts_with("Open https://localhost:8443/ in a tab"), "{top:?}");
    }

    #[test]
    fn a_tls_failure_that_is_reported_is_one() {
        let endpoint = Endpoint::parse("wss://example.com/").expect("valid");
        let ended = Ended { code: 1015, ..Ended::default() };
        let top = explain(&endpoint, &ended, &Surroundings::default()).causes.remove(0);
        assert_eq!((&*top.id, top.likelihood), ("certificate", Likely::Very));
    }

    #[test]
    fn what_blocks_goes_before_all_guesses() {
        let home = Surroundings::default();
        let secure = Surroundings { page_is_secure: true, page_host: HostKind::Public, ..home.clone() };
        check_in(PUBLIC, 1, secure.clone(), "mixed_content", Likely::Very);
        check_in("ws://localhost:6000/", 1, home.clone(), "bad_port", Likely::Very);
        check_in(LOCAL, 1, Surroundings { sockets: 255, ..home.clone() }, "no_socket_left", Likely::Very);
        check_in(PUBLIC, 30, Surroundings { is_online: false, ..home }, "offline", Likely::Very);
        let denied = Surroundings { permission: Permission::Denied, ..secure };
        check_in(LOCAL, 1, denied.clone(), "local_network", Likely::Very);
        let others = ranked(LOCAL, 1, Ended::default(), denied);
        assert!(others[1..].iter().all(|(_, likelihood)| *likelihood > Likely::Very), "{others:?}");
    }

    #[test]
    fn a_permission_that_was_asked_for_comes_first() {
        let asked = Surroundings {
            page_is_secure: true,
            page_host: HostKind::Public,
            permission: Permission::Prompt,
            ..Surroundings::default()
        };
        check_in(LOCAL, 4000, asked, "local_network", Likely::Very);
    }

    #[test]
    fn a_full_browser_does_not_explain_what_took_long() {
        let full = Surroundings { sockets: 255, ..Surroundings::default() };
        check_in(LAN, 21_000, full, "dropped", Likely::Very);
    }

    #[test]
    fn a_nearly_full_browser_comes_into_question() {
        let ranked =
            ranked(LOCAL, 1, Ended::default(), Surroundings { sockets: 245, ..Surroundings::default() });
        assert_eq!((ranked[0].0.as_str(), ranked[1].0.as_str()), ("nothing_listens", "no_socket_left"));
    }

    #[test]
    fn a_throttled_handshake_says_so_and_its_time_says_nothing() {
        let busy = Surroundings { pending: 20, failed_lately: 9, ..Surroundings::default() };
        check_in(LAN, 3000, busy.clone(), "throttled", Likely::Very);
        let ranked = ranked(LAN, 3000, Ended::default(), busy.clone());
        assert!(ranked.iter().all(|(id, _)| id != "no_machine"), "{ranked:?}");
        check_in(LAN, 2, busy, "nothing_listens", Likely::Very);
    }

    #[test]
    fn offered_subprotocols_go_before_other_refusals() {
        let offered = || Ended { offered_protocols: true, ..Ended::default() };
        assert_eq!(ranked(PUBLIC, 200, offered(), Surroundings::default())[0].0, "subprotocol");
        let local = ranked(LOCAL, 3, offered(), Surroundings::default());
        assert_eq!((local[0].0.as_str(), local[1].0.as_str()), ("nothing_listens", "subprotocol"));
        assert!(
            ranked(PUBLIC, 200, Ended::default(), Surroundings::default())
                .iter()
                .all(|c| c.0 != "subprotocol")
        );
    }

    #[test]
    fn a_page_from_a_file_has_an_origin_that_servers_refuse() {
        check_in(
            PUBLIC,
            200,
            Surroundings { page_host: HostKind::File, ..Surroundings::default() },
            "origin",
            Likely::Possible,
        );
    }

    #[test]
    fn a_name_is_only_doubted_where_there_is_one() {
        for url in [LOCAL, LAN] {
            assert!(ranked(url, 200, Ended::default(), Surroundings::default()).iter().all(|c| c.0 != "dns"));
        }
    }

    #[test]
    fn every_failure_has_a_cause() {
        for url in [LOCAL, LAN, PUBLIC, "wss://localhost/", "wss://example.com/", "wss://[2001:db8::1]/"] {
            for millis in [0, 49, 50, 999, 1000, 19_999, 20_000, u64::MAX] {
                assert!(!ranked(url, millis, Ended::default(), Surroundings::default()).is_empty());
            }
        }
    }
}
