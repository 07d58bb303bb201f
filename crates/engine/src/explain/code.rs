//! What a close code means, and what to try.
//!
//! Owns the way from a code to its line of the table. The other side chose the code, so the cause is the code's meaning
//! and no guess is added.

use super::Likely;
use super::cause::{
    APPLICATION_CODE, BAD_GATEWAY, CERTIFICATE, CLOSED_NORMALLY, EXTENSION, FORBIDDEN, GOING_AWAY, HTTP_LIKE,
    INVALID_CODE, INVALID_PAYLOAD, Known, LIBRARY_CODE, NO_CODE, POLICY, PROTOCOL_ERROR, Ranking,
    SERVER_ERROR, SERVICE_RESTART, TIMED_OUT_CODE, TOO_BIG_CODE, TRY_LATER, UNAUTHORIZED, UNSUPPORTED_DATA,
};
use super::ended::Ended;
use super::host::Target;
use super::warning::accept_certificate;

pub(super) fn causes(ranking: &mut Ranking, target: &Target<'_>, ended: &Ended) {
    let cause = ranking.add(meant(ended.code), Likely::Very);
    if ended.code == 1015 {
        cause.next.insert(0, accept_certificate(target).into());
    }
    // 4400 to 4599, where HTTP has its failures.
    ranking.add_if(matches!(ended.code, 4400..=4599), &HTTP_LIKE, Likely::Possible);
}

fn meant(code: u16) -> &'static Known {
    match code {
        1000 => &CLOSED_NORMALLY,
        1001 => &GOING_AWAY,
        1002 => &PROTOCOL_ERROR,
        1003 => &UNSUPPORTED_DATA,
        1005 => &NO_CODE,
        1007 => &INVALID_PAYLOAD,
        1008 => &POLICY,
        1009 => &TOO_BIG_CODE,
        1010 => &EXTENSION,
        1011 => &SERVER_ERROR,
        1012 => &SERVICE_RESTART,
        1013 => &TRY_LATER,
        1014 => &BAD_GATEWAY,
        1015 => &CERTIFICATE,
        3000 => &UNAUTHORIZED,
        3003 => &FORBIDDEN,
        3008 => &TIMED_OUT_CODE,
        3001..=3999 => &LIBRARY_CODE,
        4000..=4999 => &APPLICATION_CODE,
        _ => &INVALID_CODE,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Endpoint;
    use crate::explain::{Surroundings, explain};

    #[track_caller]
    fn check(code: u16, ids: &[&str]) {
        let endpoint = Endpoint::parse("wss://example.com/").expect("valid");
        let ended = Ended {
            was_open: true,
            clean: true,
            code,
            open_for: Some(Duration::from_secs(1)),
            ..Ended::default()
        };
        let causes = explain(&endpoint, &ended, &Surroundings::default()).causes;
        assert_eq!(causes.iter().map(|cause| &*cause.id).collect::<Vec<_>>(), ids, "{code}");
        assert_eq!(causes[0].likelihood, Likely::Very);
    }

    #[test]
    fn a_code_is_taken_at_its_word() {
        check(1000, &["closed_normally"]);
        check(1001, &["going_away"]);
        check(1002, &["protocol_error"]);
        check(1003, &["unsupported_data"]);
        check(1005, &["no_code"]);
        check(1007, &["invalid_payload"]);
        check(1008, &["policy"]);
        check(1009, &["message_too_big"]);
        check(1010, &["extension_missing"]);
        check(1011, &["server_error"]);
        check(1012, &["service_restart"]);
        check(1013, &["try_again_later"]);
        check(1014, &["bad_gateway"]);
        check(1015, &["certificate"]);
        check(3000, &["unauthorized"]);
        check(3003, &["forbidden"]);
        check(3008, &["server_timeout"]);
        check(3500, &["library_code"]);
        check(4000, &["application_code"]);
    }

    #[test]
    fn an_http_status_may_hide_in_a_code_of_the_application() {
        check(4401, &["application_code", "http_like_code"]);
        check(4503, &["application_code", "http_like_code"]);
        check(4999, &["application_code"]);
    }

    #[test]
    fn a_code_that_may_not_be_sent_is_called_so() {
        for code in [0, 999, 1004, 1016, 2999, 5000, u16::MAX] {
            check(code, &["invalid_code"]);
        }
    }

    #[test]
    fn every_end_has_a_cause() {
        let endpoint = Endpoint::parse("ws://localhost/").expect("valid");
        for code in 0..=u16::MAX {
            for was_open in [false, true] {
                let ended = Ended { was_open, code, ..Ended::default() };
                assert!(!explain(&endpoint, &ended, &Surroundings::default()).causes.is_empty(), "{code}");
            }
        }
    }
}
