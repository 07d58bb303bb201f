//! The certificate itself, made of a report.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CANNOT, CHECKS, Kind, Need, Weight};
use crate::report::{CheckReport, Millis, Report, ServerStopped, ThresholdReport, Verdict};
use crate::run::{NOT_JUDGED, STOPPED_ACCEPTING};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimState {
    /// It held.
    Pass,
    /// It did not.
    Fail,
    /// Unknown: the script, the machine or the browser was in the way, or the check did not run to its end.
    Inconclusive,
    /// There was nothing to check.
    NotApplicable,
    /// The server had stopped accepting connections.
    NotJudged,
}

impl ClaimState {
    /// The state for a check with this verdict.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Error | Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Skipped => Self::NotApplicable,
        }
    }

    /// Whether there was something to check, and a server to check it with.
    pub fn applied(self) -> bool {
        !matches!(self, Self::NotApplicable | Self::NotJudged)
    }

    /// The state for a check with this verdict and these reasons.
    pub fn of_check(verdict: Verdict, reasons: &[String]) -> Self {
        let is_not_judged = reasons.first().is_some_and(|reason| reason.starts_with(NOT_JUDGED));
        match verdict {
            Verdict::Inconclusive if is_not_judged => Self::NotJudged,
            _ => Self::of(verdict),
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotJudged => NOT_JUDGED,
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// The word for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// All that applies holds, and all that is a must could be judged.
    Conforms,
    /// So it is, but for what only should hold or could not be judged.
    ConformsWithRemarks,
    /// Something that must hold does not.
    DoesNotConform,
    /// Of what must hold nothing failed, and not all could be judged; or no connection was ever open.
    CouldNotBeJudged,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conforms => "conforms",
            Self::ConformsWithRemarks => "conforms with remarks",
            Self::DoesNotConform => "does not conform",
            Self::CouldNotBeJudged => "could not be judged",
        })
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Such as `C3`.
    pub id: String,
    /// Such as `close with 3000`.
    pub title: String,
    /// The tag of its group, such as `close`.
    #[serde(default)]
    pub group: String,
    /// What it needs.
    pub need: Need,
    /// How binding it is.
    pub weight: Weight,
    /// How it ended.
    pub verdict: ClaimState,
    /// Why it does not hold or does not apply, or what there is to say of it; possibly empty.
    pub note: String,
    /// The code with which its last connection ended; 1006 where no close frame came.
    #[serde(default)]
    pub close_code: Option<u16>,
    /// How long it took.
    pub duration_ms: Millis,
}

/// What the server is like, as its handshake says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// The subprotocol that it chose where none was offered; empty when none.
    pub protocol: String,
    /// The extensions that were agreed on; empty when none.
    pub extensions: String,
    /// How long a handshake took, in milliseconds; none when there was none.
    pub open_ms: Option<f64>,
    /// Whether it echoes; none when it was not found out.
    pub echoes: Option<bool>,
}

/// How many checks of one weight ended how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Of which weight.
    pub weight: Weight,
    /// Held.
    pub pass: u32,
    /// Did not hold.
    pub fail: u32,
    /// Could not be judged.
    pub inconclusive: u32,
    /// Had nothing to check.
    pub not_applicable: u32,
    /// Were to run when the server had stopped accepting connections.
    #[serde(default)]
    pub not_judged: u32,
}

impl Sum {
    /// In words.
    pub fn words(&self) -> String {
        let Self { pass, fail, inconclusive, not_applicable, not_judged, .. } = self;
        let words =
            format!("{pass} pass, {fail} fail, {inconclusive} inconclusive, {not_applicable} not applicable");
        if *not_judged == 0 { words } else { format!("{words}, {not_judged} not judged") }
    }
}

/// What a run says of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The endpoint under test.
    pub url: String,
    /// Where that address comes from, such as `from WS_URL`; empty in those of versions that did not tell.
    #[serde(default)]
    pub from: String,
    /// When, as ISO 8601 in UTC.
    pub started: String,
    /// Which browser looked at it.
    pub browser: String,
    /// The version of the program.
    pub sockscope: String,
    /// The word for the whole.
    pub word: Word,
    /// What it is like.
    pub server: ServerFacts,
    /// In the order of the suite.
    pub rows: Vec<Row>,
    /// One for each weight.
    pub sums: Vec<Sum>,
    /// How many checks of the suite this run was not asked to make.
    #[serde(default)]
    pub left_out: u32,
    /// After which check and which message the server stopped accepting connections, in a sentence; empty when it did not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stopped: String,
    /// No connection was ever open, so nothing of this is about the server.
    #[serde(default)]
    pub unreachable: bool,
    /// What a browser cannot test, and who can.
    pub cannot: Vec<String>,
}

impl Certificate {
    /// Of a report of the suite `conformance`; none of another one. A copy of the suite with checks of its own is read as far as
    /// they say what they are, by their names and tags.
    pub fn of(report: &Report) -> Option<Self> {
        let rows: Vec<Row> = report.checks.iter().filter_map(row).collect();
        if rows.is_empty() {
            return None;
        }
        let sums: Vec<Sum> = Weight::ALL.into_iter().map(|weight| sum(weight, &rows)).collect();
        let left_out = CHECKS.saturating_sub(rows.len() as u32);
        let unreachable = report.metrics.get("opened").is_some_and(|opened| opened.count == 0);
        Some(Self {
            url: text(report.vars.get("ws_url")),
            from: report.targets.first().map(|target| target.from.clone()).unwrap_or_default(),
            started: report.started.clone(),
            browser: report.environment.browser.clone(),
            sockscope: report.sockscope.clone(),
            word: word(&sums, left_out > 0, unreachable),
            server: facts(report),
            rows,
            sums,
            left_out,
            stopped: report.server_stopped.as_ref().map(stopped).unwrap_or_default(),
            unreachable,
            cannot: CANNOT.iter().map(|one| (*one).to_owned()).collect(),
        })
    }

    /// The word, with what limits it: of an endpoint that does not echo most of it is not known.
    pub fn headline(&self) -> String {
        let mut headline = self.word.to_string();
        let conforms = matches!(self.word, Word::Conforms | Word::ConformsWithRemarks);
        if conforms && self.server.echoes == Some(false) {
            headline.push_str(", as far as it applies");
        }
        headline
    }

    /// What the word rests on, in sentences that name the checks.
    pub fn sentence(&self) -> String {
        let of = |weight: Weight, standing: ClaimState| {
            let rows = self.rows.iter().filter(move |row| row.weight == weight && row.verdict == standing);
            rows.map(|row| row.id.as_str()).collect::<Vec<_>>()
        };
        let must = |standing| of(Weight::Must, standing);
        if self.unreachable {
            return "No connection could be opened, so this says nothing about the server.".to_owned();
        }
        let mut said = Vec::new();
        if !self.stopped.is_empty() {
            said.push(self.stopped.clone());
        }
        if self.server.echoes == Some(false) {
            said.push(
                "The endpoint does not echo, so the checks that need an echo were left out.".to_owned(),
            );
        }
        let mut say = |ids: Vec<&str>, words: &str| {
            if !ids.is_empty() {
                said.push(format!("{words}: {}.", ids.join(", ")));
            }
        };
        say(must(ClaimState::Fail), "Required, failed");
        say(must(ClaimState::Inconclusive), "Required, inconclusive");
        say(must(ClaimState::NotJudged), "Required, not judged");
        say(of(Weight::Should, ClaimState::Fail), "Recommended, failed");
        say(of(Weight::Should, ClaimState::Inconclusive), "Recommended, inconclusive");
        say(of(Weight::Should, ClaimState::NotJudged), "Recommended, not judged");
        say(must(ClaimState::NotApplicable), "Required, did not apply");
        let held = must(ClaimState::Pass).len();
        let applied =
            self.rows.iter().filter(|row| row.weight == Weight::Must && row.verdict.applied()).count();
        let passed = match applied {
            1 => format!("{held} of the 1 required check that applied passed"),
            _ => format!("{held} of the {applied} required checks that applied passed"),
        };
        let is_clean = said.is_empty() || said.iter().all(|it| it.starts_with("Required, did not apply"));
        let first = match self.left_out {
            0 if is_clean => format!("{passed}, and all that are recommended."),
            0 => format!("{passed}."),
            left_out => format!(
                "This run made {} of {CHECKS} checks; {left_out} were left out, so it gives no overall verdict.",
                self.rows.len()
            ),
        };
        std::iter::once(first).chain(said).collect::<Vec<_>>().join(" ")
    }
}

/// The note on a check: the message of its first failed step, else of its threshold, then its own reasons.
pub fn note_of(
    verdict: Verdict,
    failure: Option<&str>,
    thresholds: &[ThresholdReport],
    reasons: &[String],
) -> String {
    // A server that is gone says more than the step that ran into it.
    if reasons
        .first()
        .is_some_and(|first| first.starts_with(NOT_JUDGED) || first.starts_with(STOPPED_ACCEPTING))
    {
        return reasons.join("; ");
    }
    let threshold = thresholds.iter().find(|one| one.verdict == Verdict::Fail);
    let why = failure
        .map(str::to_owned)
        .or_else(|| threshold.map(|one| one.expr.clone() + ", measured " + &one.value))
        .filter(|_| !matches!(verdict, Verdict::Pass | Verdict::Skipped));
    why.into_iter().chain(reasons.iter().cloned()).collect::<Vec<_>>().join("; ")
}

/// By the check's id, where it has one.
fn stopped(stopped: &ServerStopped) -> String {
    let id = stopped.after.split(' ').next().unwrap_or_default();
    stopped.sentence_with(id)
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn row(check: &CheckReport) -> Option<Row> {
    let Kind { id, title, need, weight, group } = Kind::of(&check.name, &check.tags)?;
    let failure = check.steps.iter().find_map(|step| step.failure.as_ref());
    let failure = failure.map(|failure| failure.message.as_str());
    Some(Row {
        id: id.to_owned(),
        title: title.to_owned(),
        group: group.to_owned(),
        need,
        weight,
        verdict: ClaimState::of_check(check.verdict, &check.reasons),
        note: note_of(check.verdict, failure, &check.thresholds, &check.reasons),
        close_code: check.close_code,
        duration_ms: check.duration_ms,
    })
}

fn sum(weight: Weight, rows: &[Row]) -> Sum {
    let count =
        |verdict| rows.iter().filter(|row| row.weight == weight && row.verdict == verdict).count() as u32;
    Sum {
        weight,
        pass: count(ClaimState::Pass),
        fail: count(ClaimState::Fail),
        inconclusive: count(ClaimState::Inconclusive),
        not_applicable: count(ClaimState::NotApplicable),
        not_judged: count(ClaimState::NotJudged),
    }
}

fn word(sums: &[Sum], is_partial: bool, is_unreachable: bool) -> Word {
    let of = |weight| sums.iter().filter(move |sum| sum.weight == weight);
    let must = |part: fn(&Sum) -> u32| of(Weight::Must).map(part).sum::<u32>();
    let should = |part: fn(&Sum) -> u32| of(Weight::Should).map(part).sum::<u32>();
    if is_unreachable {
        Word::CouldNotBeJudged
    } else if must(|sum| sum.fail) > 0 {
        Word::DoesNotConform
    } else if is_partial || must(|sum| sum.inconclusive + sum.not_judged) > 0 || must(|sum| sum.pass) == 0 {
        Word::CouldNotBeJudged
    } else if should(|sum| sum.fail + sum.inconclusive + sum.not_judged) > 0 {
        Word::ConformsWithRemarks
    } else {
        Word::Conforms
    }
}

/// What the first check has remarked on its handshake.
fn facts(report: &Report) -> ServerFacts {
    let first = report.checks.iter().find(|check| check.name.starts_with("H1 "));
    let said = |what: &str| {
        let mut reasons = first.into_iter().flat_map(|check| &check.reasons);
        reasons.find_map(|reason| reason.strip_prefix(what)).map(str::trim)
    };
    let of_echo: Vec<&CheckReport> =
        report.checks.iter().filter(|check| check.tags.iter().any(|tag| tag == "need-echo")).collect();
    let has = |verdict| of_echo.iter().any(|check| check.verdict == verdict);
    ServerFacts {
        protocol: said("protocol:").unwrap_or_default().to_owned(),
        extensions: said("extensions:").unwrap_or_default().to_owned(),
        open_ms: said("open:").and_then(|said| said.trim_end_matches(" ms").parse().ok()),
        echoes: if has(Verdict::Pass) {
            Some(true)
        } else {
            let has_opened = report.metrics.get("opened").is_none_or(|opened| opened.count > 0);
            (has_opened
                && !of_echo.is_empty()
                && of_echo.iter().all(|check| check.verdict == Verdict::Skipped))
            .then_some(false)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{write_autobahn, write_table};
    use crate::report::read_json;

    /// A report in which these checks ended so: id, needs, weight, verdict, reason.
    fn report(checks: &[(&str, &str, &str, &str, &str)]) -> Report {
        let checks: Vec<Value> = checks
            .iter()
            .map(|(id, need, weight, verdict, reason)| {
                serde_json::json!({
                    "name": format!("{id} a title"), "tags": [id, need, weight], "verdict": verdict,
                    "reasons": reason.split('|').filter(|one| !one.is_empty()).collect::<Vec<_>>(),
                    "duration_ms": 12.5, "metrics": {}, "thresholds": [], "steps": [], "leftovers": []
                })
            })
            .collect();
        let report = serde_json::json!({
            "sockscope": "0.1.0", "format": 1, "suite": "conformance", "verdict": "pass", "seed": 1,
            "started": "2026-11-21T03:00:00.000Z", "duration_ms": 1, "vars": {"ws_url": "ws://x/y"},
            "environment": {"browser": "Chrome 156", "origin": "", "timer_step_us": 5, "loop_lag_p99_ms": 0, "hidden": false},
            "totals": {"checks": 1, "passed": 1, "failed": 0, "errors": 0, "inconclusive": 0, "sent": 0, "received": 0,
                       "expected": 0, "matched": 0, "success": 100},
            "metrics": {}, "thresholds": [], "checks": checks
        });
        read_json(&report.to_string()).expect("a report")
    }

    const OPENS: (&str, &str, &str, &str, &str) =
        ("H1", "need-any", "must", "pass", "open: 1.5 ms|protocol: good.v1|extensions:");

    /// The checks, and as many that pass and count for nothing as the suite has beside them.
    fn whole(others: &[(&str, &str, &str, &str, &str)]) -> Report {
        let mut report = report(&[&[OPENS], others].concat());
        let rest: Vec<_> =
            (1..CHECKS as usize - others.len()).map(|_| ("I1", "need-any", "info", "pass", "")).collect();
        report.checks.extend(self::report(&rest).checks);
        report
    }

    #[track_caller]
    fn check(others: &[(&str, &str, &str, &str, &str)], expected: Word) {
        let certificate = Certificate::of(&whole(others)).expect("a certificate");
        assert_eq!(certificate.word, expected, "{}", certificate.sentence());
    }

    #[track_caller]
    fn said(others: &[(&str, &str, &str, &str, &str)], expected: &str) {
        assert_eq!(Certificate::of(&whole(others)).expect("a certificate").sentence(), expected);
    }

    #[test]
    fn the_word_rests_on_checks_that_are_named() {
        said(&[], "1 of the 1 required check that applied passed, and all that are recommended.");
        said(
            &[("P1", "need-echo", "must", "fail", ""), ("C7", "need-any", "must", "skipped", "")],
            "1 of the 2 required checks that applied passed. Required, failed: P1. Required, did not apply: C7.",
        );
        said(
            &[("H7", "need-any", "should", "fail", ""), ("S1", "need-any", "should", "error", "")],
            "1 of the 1 required check that applied passed. Recommended, failed: H7. Recommended, inconclusive: S1.",
        );
    }

    #[test]
    fn what_ran_into_a_server_that_had_stopped_is_not_judged_and_not_failed() {
        let gone = "not judged: the server stopped accepting connections after \"P8 too large\"";
        let mut report = whole(&[
            ("P8", "need-any", "should", "fail", ""),
            ("C1", "need-any", "must", "inconclusive", gone),
            ("C2", "need-any", "must", "inconclusive", "the browser was in the way"),
        ]);
        report.server_stopped = Some(ServerStopped {
            address: "ws://x/y".to_owned(),
            after: "P8 too large".to_owned(),
            sent_bytes: Some(16 << 20),
        });
        let certificate = Certificate::of(&report).expect("a certificate");
        assert_eq!(certificate.word, Word::CouldNotBeJudged);
        let verdicts: Vec<_> = certificate.rows[2..4].iter().map(|row| row.verdict).collect();
        assert_eq!(verdicts, [ClaimState::NotJudged, ClaimState::Inconclusive]);
        assert_eq!(
            certificate.sentence(),
            "1 of the 2 required checks that applied passed. The server stopped accepting connections after P8 \
             (a 16 MiB message). Required, inconclusive: C2. Required, not judged: C1. Recommended, failed: P8."
        );
        assert_eq!(
            certificate.sums[0].words(),
            "1 pass, 0 fail, 1 inconclusive, 0 not applicable, 1 not judged"
        );
    }

    #[test]
    fn a_part_of_the_suite_is_not_a_verdict_on_the_whole() {
        let certificate = Certificate::of(&report(&[OPENS])).expect("a certificate");
        assert_eq!((certificate.word, certificate.left_out), (Word::CouldNotBeJudged, 59));
        assert!(certificate.sentence().starts_with("This run made 1 of 60 checks"));
        let failed = Certificate::of(&report(&[("C1", "need-any", "must", "fail", "")]));
        assert_eq!(failed.expect("a certificate").word, Word::DoesNotConform);
    }

    #[test]
    fn a_server_that_is_not_there_is_not_judged() {
        let mut report = report(&[("H1", "need-any", "must", "fail", "refused")]);
        let none = serde_json::json!({ "unit": "count", "count": 0 });
        report.metrics.insert("opened".to_owned(), serde_json::from_value(none).expect("a figure"));
        let certificate = Certificate::of(&report).expect("a certificate");
        assert_eq!(certificate.word, Word::CouldNotBeJudged);
        assert!(certificate.sentence().starts_with("No connection could be opened"));
    }

    #[test]
    fn a_must_that_fails_outweighs_all_else() {
        check(&[], Word::Conforms);
        check(&[("P1", "need-echo", "must", "skipped", "")], Word::Conforms);
        check(&[("H6", "need-any", "info", "fail", "")], Word::Conforms);
        check(&[("H7", "need-any", "should", "fail", "")], Word::ConformsWithRemarks);
        check(&[("H7", "need-any", "should", "inconclusive", "")], Word::ConformsWithRemarks);
        check(&[("C1", "need-any", "must", "error", "")], Word::CouldNotBeJudged);
        check(
            &[("C1", "need-any", "must", "inconclusive", ""), ("C2", "need-any", "must", "fail", "")],
            Word::DoesNotConform,
        );
    }

    #[test]
    fn another_report_has_no_certificate() {
        assert_eq!(Certificate::of(&report(&[("greets", "x", "y", "pass", "")])), None);
    }

    #[test]
    fn the_handshake_is_reported() {
        let certificate = Certificate::of(&report(&[OPENS, ("P1", "need-echo", "must", "skipped", "")]));
        let server = certificate.expect("a certificate").server;
        let wanted = ServerFacts {
            protocol: "good.v1".to_owned(),
            extensions: String::new(),
            open_ms: Some(1.5),
            echoes: Some(false),
        };
        assert_eq!(server, wanted);
    }

    #[test]
    fn of_an_endpoint_that_does_not_echo_the_word_is_limited() {
        let made =
            Certificate::of(&whole(&[("P1", "need-echo", "must", "skipped", "")])).expect("a certificate");
        assert_eq!(made.headline(), "conforms, as far as it applies");
        let limit = "The endpoint does not echo";
        assert!(made.sentence().contains(limit), "{}", made.sentence());
        let made =
            Certificate::of(&whole(&[("P1", "need-echo", "must", "pass", "")])).expect("a certificate");
        assert_eq!(made.headline(), "conforms");
        assert!(!made.sentence().contains(limit), "{}", made.sentence());
    }

    #[test]
    fn it_is_written_as_a_table_and_in_the_shape_of_autobahn() {
        let mut report = whole(&[
            ("C4", "need-any", "must", "pass", "1000 comes back"),
            ("P3", "need-echo", "should", "fail", "cut"),
            ("L1", "need-any", "info", "skipped", "only when asked"),
        ]);
        report.checks[1].close_code = Some(1000);
        let certificate = Certificate::of(&report).expect("a certificate");
        let mut table = String::new();
        write_table(&certificate, &mut table).expect("a text takes all");
        for line in [
            "ws://x/y conforms with remarks",
            "subprotocol good.v1, extensions none, opens in 1.5 ms",
            "P3   a title  echo  should  fail            cut",
            "L1   a title  any   info    not applicable  only when asked",
            "must    2 pass, 0 fail, 0 inconclusive, 0 not applicable",
        ] {
            assert!(table.lines().any(|one| one == line), "{line}\n{table}");
        }
        let mut index = String::new();
        write_autobahn(&certificate, &mut index).expect("a text takes all");
        let index: Value = serde_json::from_str(&index).expect("JSON");
        let behavior = |id: &str| index["ws://x/y"][id]["behavior"].as_str().map(str::to_owned);
        let all = ["H1", "C4", "P3", "L1"].map(|id| behavior(id).unwrap_or_default());
        assert_eq!(all, ["OK", "OK", "NON-STRICT", "UNIMPLEMENTED"]);
        assert_eq!(index["ws://x/y"]["C4"]["remoteCloseCode"], 1000);
        let text = serde_json::to_string(&certificate).expect("JSON");
        assert_eq!(serde_json::from_str::<Certificate>(&text).expect("a certificate"), certificate);
    }
}
