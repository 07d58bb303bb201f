//! The certificate in the shape of Autobahn's `index.json`, for tools that read Autobahn reports.

use std::fmt::{self, Write};

use serde_json::{Map, Value, json};

use super::{Certificate, CertificateFormat, ClaimState, Row, Weight};

/// One agent, the server, and its cases by their ids.
pub fn write_autobahn(certificate: &Certificate, out: &mut dyn Write) -> fmt::Result {
    CertificateFormat::Autobahn.write(std::slice::from_ref(certificate), out)
}

/// Each server and its cases. Of several runs of one server the later ones have a number behind the address.
pub(super) fn agents(certificates: &[Certificate]) -> Map<String, Value> {
    let mut agents = Map::new();
    for certificate in certificates {
        let url = &certificate.url;
        let numbered = (2..).map(|number| format!("{url} ({number})"));
        let free = std::iter::once(url.clone()).chain(numbered).find(|name| !agents.contains_key(name));
        agents.insert(free.expect("there are more numbers than runs"), cases(&certificate.rows).into());
    }
    agents
}

fn cases(rows: &[Row]) -> Map<String, Value> {
    let case = |row: &Row| {
        let case = json!({
            "behavior": behavior(row),
            "behaviorClose": behavior_close(row),
            "duration": row.duration_ms.0.round() as u64,
            // Neither of the two has come over the wire: they say that there was no code.
            "remoteCloseCode": row.close_code.filter(|code| !matches!(code, 1005 | 1006)),
            // No file stands behind a case: all that is known of it is its row.
            "reportfile": "",
        });
        (row.id.clone(), case)
    };
    rows.iter().map(case).collect()
}

/// One of `OK`, `NON-STRICT` (what should hold does not), `INFORMATIONAL`, `FAILED` and `UNIMPLEMENTED` (not
/// applicable, or unknown).
fn behavior(row: &Row) -> &'static str {
    match (row.verdict, row.weight) {
        (ClaimState::NotApplicable | ClaimState::Inconclusive | ClaimState::NotJudged, _) => "UNIMPLEMENTED",
        (_, Weight::Info) => "INFORMATIONAL",
        (ClaimState::Pass, _) => "OK",
        (ClaimState::Fail, Weight::Should) => "NON-STRICT",
        (ClaimState::Fail, Weight::Must) => "FAILED",
    }
}

/// Checks of closing are about that; of the others it is how their last connection ended. A drop that a check has asked for, as
/// it passes, is none that one could object to.
fn behavior_close(row: &Row) -> &'static str {
    let is_as_wanted = row.verdict == ClaimState::Pass && row.weight != Weight::Info;
    match (row.verdict, row.close_code) {
        (ClaimState::NotApplicable | ClaimState::NotJudged, _) => "UNIMPLEMENTED",
        _ if row.group == "close" => behavior(row),
        (_, None) => "INFORMATIONAL",
        (_, Some(1006)) if !is_as_wanted => "UNCLEAN",
        (_, Some(_)) => "OK",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::Need;
    use crate::report::Millis;

    #[track_caller]
    fn check(group: &str, weight: Weight, verdict: ClaimState, close_code: Option<u16>, expected: [&str; 3]) {
        let row = Row {
            id: "X1".to_owned(),
            title: "a title".to_owned(),
            group: group.to_owned(),
            need: Need::Any,
            weight,
            verdict,
            note: String::new(),
            close_code,
            duration_ms: Millis(1.5),
        };
        let case = &cases(&[row])["X1"];
        let told = [&case["behavior"], &case["behaviorClose"]].map(|it| it.as_str().unwrap_or_default());
        assert_eq!([told[0], told[1], &case["remoteCloseCode"].to_string()], expected);
    }

    #[test]
    fn a_case_says_how_it_behaved_how_it_closed_and_with_what() {
        use ClaimState::{Fail, Inconclusive, NotApplicable, Pass};
        use Weight::{Info, Must, Should};
        check("payload", Must, Pass, Some(1000), ["OK", "OK", "1000"]);
        check("payload", Must, Fail, Some(1006), ["FAILED", "UNCLEAN", "null"]);
        check("payload", Should, Fail, Some(1000), ["NON-STRICT", "OK", "1000"]);
        check("payload", Must, Pass, Some(1005), ["OK", "OK", "null"]);
        check("close", Must, Fail, Some(1000), ["FAILED", "FAILED", "1000"]);
        check("close", Must, Pass, Some(4999), ["OK", "OK", "4999"]);
        check("liveness", Should, Pass, Some(1006), ["OK", "OK", "null"]);
        check("backpressure", Info, Pass, Some(1006), ["INFORMATIONAL", "UNCLEAN", "null"]);
        check("handshake", Should, Pass, None, ["OK", "INFORMATIONAL", "null"]);
        check("handshake", Must, NotApplicable, None, ["UNIMPLEMENTED", "UNIMPLEMENTED", "null"]);
        check("close", Must, Inconclusive, Some(1000), ["UNIMPLEMENTED", "UNIMPLEMENTED", "1000"]);
    }
}
