//! The suite that the form of a load makes, run.

use sockscope::model::load::{LoadForm, ProtocolForm};

use super::*;

/// Runs what a form makes against the echo.
async fn run(page: &Page, change: impl FnOnce(&mut LoadForm)) -> Report {
    let text = str::to_owned;
    let mut form = LoadForm { url: text("ws://sim/echo"), lasts: text("2s"), ..LoadForm::default() };
    (form.clients, form.rate) = (text("3"), text("5"));
    change(&mut form);
    let made = form.make("ws://localhost:9000").unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let told = page.run(run_request(&made.text)).await;
    let ended = told.into_iter().find_map(|it| match it {
        RunEvent::Ended { report, .. } => Some(*report),
        RunEvent::Refused { mistakes, reasons, .. } => panic!("{mistakes:?} {reasons:?}\n{}", made.text),
        _ => None,
    });
    ended.expect("a report")
}

#[track_caller]
fn passed(report: &Report) {
    let failures: Vec<_> = report
        .checks
        .iter()
        .flat_map(|check| &check.steps)
        .filter_map(|step| step.failure.as_ref())
        .collect();
    assert_eq!(report.verdict, Verdict::Pass, "{failures:?} {:?}", report.reasons);
    assert_eq!(report.totals.matched, report.totals.expected);
    assert!(report.totals.matched >= 30, "3 clients, 5 a second, 2 s: {:?}", report.totals);
}

/// What an answer or a heartbeat of the crowd took, and what it sent.
fn standing(report: &Report, path: &str) -> (u64, u64) {
    let mut steps = report.checks.iter().flat_map(|check| &check.steps);
    let found = steps.find(|step| step.path == path).and_then(|step| step.standing.as_ref());
    found.map(|it| (it.matched, it.sent)).unwrap_or_default()
}

#[test]
fn a_load_in_frames_with_a_delimiter_pairs_replies_by_a_member() {
    with_page(|page| async move {
        let report = run(&page, |form| {
            form.protocol.framing = "delimiter".to_owned();
            form.protocol.framed_by = r"\n".to_owned();
        });
        passed(&report.await);
    });
}

#[test]
fn a_load_in_frames_with_a_length_recognises_replies_by_json() {
    with_page(|page| async move {
        let report = run(&page, |form| {
            form.protocol.framing = "length".to_owned();
            form.protocol.framed_by = "u16".to_owned();
            form.reply = "json".to_owned();
            form.by = r#"{"type":"message"}"#.to_owned();
        });
        passed(&report.await);
    });
}

#[test]
fn what_comes_beside_the_load_is_answered() {
    with_page(|page| async move {
        let report = run(&page, |form| {
            form.protocol = ProtocolForm {
                offered: "v2.chat, v1.chat".to_owned(),
                asked: "beat".to_owned(),
                answer: "alive".to_owned(),
                ..ProtocolForm::default()
            };
            (form.beat, form.every) = ("beat".to_owned(), "500ms".to_owned());
        });
        let report = report.await;
        passed(&report);
        let (beats, answers) =
            (standing(&report, "clients.crowd.heartbeat"), standing(&report, "clients.crowd.answers[0]"));
        assert!(beats.1 >= 9, "3 clients, 4 beats each: {beats:?}");
        assert_eq!(answers.0, answers.1, "each message that it took was answered");
        assert!(answers.0 >= 9, "the echo of each beat is answered: {answers:?}");
    });
}
