//! The part "Certificate": what a run of the suite `conformance` says of a server, while it runs and afterwards.
//!
//! Owns how it is laid out, on a screen and on paper. What it says is made by [`crate::engine::conformance`]. One rule: no
//! word on the whole stands there before the run has ended.

use leptos::prelude::*;

use super::link::Link;
use super::model::{CONFORMANCE, is_certifiable, millis};
use super::past;
use super::server;
use super::store::{Store, Tab};
use crate::browser::page;
use crate::engine::conformance::{Certificate, ClaimState, GROUPS, Kind, Need, Weight, Word, note_of};
use crate::engine::report::{Millis, Verdict};
use crate::model::format;
use crate::model::running::{LiveCheck, LiveRun, Stage};
use crate::ui::parts::fields::{button, text, when};

/// The part, of the run that is shown.
pub(super) fn certificate(store: Store, link: Link) -> AnyView {
    // Not of any other run: what is drawn out of sight costs time, and a script can reach it.
    let shown = Memo::new(move |_| store.shown_here().filter(|run| run.with(is_certifiable)));
    let body = move || {
        match shown.get() {
        Some(run) => of_run(store, link, run),
        None => view! {
            <div class="suite-welcome">
                <p class="suite-about">"No run yet. Name the server to check; its certificate appears here."</p>
                <a class="button" href=server::HREF>"Check a server …"</a>
            </div>
        }
        .into_any(),
    }
    };
    view! { <div class="checks-part">{body}</div> }.into_any()
}

/// What one run says.
pub(super) fn of_run(store: Store, link: Link, run: RwSignal<LiveRun>) -> AnyView {
    let made = Memo::new(move |_| run.with(|run| run.report.as_ref().and_then(Certificate::of)));
    // Which checks there are is known from the start; how they end is followed row by row.
    let count = Memo::new(move |_| run.with(|run| run.checks.len()));
    let groups = move || {
        count.track();
        let rows = run.with_untracked(|run| {
            let kind = |(at, check): (usize, &LiveCheck)| {
                Kind::of(&check.name, &check.tags).map(|kind| (at, kind.group, kind.weight, kind.need))
            };
            run.checks.iter().enumerate().filter_map(kind).collect::<Vec<_>>()
        });
        let of = |tag: &str| rows.iter().filter(|(_, group, ..)| *group == tag).copied().collect::<Vec<_>>();
        let group = |(tag, title): (&str, &'static str)| {
            let rows = of(tag).into_iter().map(|(at, _, weight, need)| row(store, run, at, weight, need));
            let rows: Vec<_> = rows.collect();
            (!rows.is_empty()).then(|| {
                view! { <section aria-label=title><h4>{title}</h4><ol class="certificate-findings">{rows}</ol></section> }
                    .into_any()
            })
        };
        GROUPS.into_iter().chain([("", "Others")]).filter_map(group).collect_view()
    };
    view! {
        <article class="certificate" data-testid="certificate">
            {head(store, link, run, made)}
            {objections(store, run, made)}
            {groups}
            {cannot()}
        </article>
    }
    .into_any()
}

fn head(store: Store, link: Link, run: RwSignal<LiveRun>, made: Memo<Option<Certificate>>) -> AnyView {
    let of = move |part: fn(&Certificate) -> String| {
        text(move || made.with(|made| made.as_ref().map(part).unwrap_or_default()))
    };
    let state = text(move || {
        let word = made.with(|made| made.as_ref().map(|made| made.word));
        word.map_or("running", sign_of).to_owned()
    });
    let word = text(move || match made.with(|made| made.as_ref().map(Certificate::headline)) {
        Some(headline) => with_capital(&headline),
        None => {
            let (ended, all) = run.with(LiveRun::progress);
            format!("Checking: {ended} of {}", format::counted(all as u64, "check"))
        }
    });
    // Until there is a report, only of a run that was begun here it is known.
    let is_ours = run.with_untracked(|run| run.suite_id == CONFORMANCE);
    let url = text(move || match made.with(|made| made.as_ref().map(|made| made.url.clone())) {
        Some(url) => url,
        None => server::last_url(store).filter(|_| is_ours).unwrap_or_default(),
    });
    let from = text(move || {
        run.with(|run| run.targets.first().map(|target| format!("({})", target.from)).unwrap_or_default())
    });
    let share = text(move || run.with(|run| format!("{:.4}", run.share(None))));
    let is_over = when(move || made.with(Option::is_some));
    let id = run.with_untracked(|run| run.run);
    let facts = move || {
        made.with(|made| made.as_ref().map(facts).unwrap_or_default()).into_iter().map(fact).collect_view()
    };
    let sums = move || {
        made.with(|made| made.as_ref().map(|made| made.sums.clone()).unwrap_or_default()).into_iter().map(|sum| {
        let cells = [sum.pass, sum.fail, sum.inconclusive, sum.not_applicable, sum.not_judged].map(|count| view! { <td>{count.to_string()}</td> });
        view! { <tr><th scope="row">{weight_words(sum.weight)}</th>{cells.into_iter().collect_view()}</tr> }.into_any()
    }).collect_view()
    };
    view! {
        <header class="certificate-whole" data-state=state>
            <p class="hint">"Conformance of"</p>
            <h3 class="mono" data-testid="certificate-url">{url}</h3>
            <p class="hint" data-testid="certificate-from">{from}</p>
            <p class="suite-line">
                <span class="checks-sign" data-verdict=state aria-hidden="true"></span>
                <strong class="certificate-verdict" role="status" data-testid="certificate-word">{word}</strong>
            </p>
            <progress max="1" value=share hidden=is_over aria-label="Progress of the checks"></progress>
            <p data-testid="certificate-sentence">{of(Certificate::sentence)}</p>
            <div class="certificate-both" hidden=when(move || !is_over.get())>
                <table class="table" data-testid="certificate-sums">
                    <thead><tr><th scope="col"><span class="unseen">"how binding"</span></th><th scope="col">"pass"</th><th scope="col">"fail"</th><th scope="col">"inconclusive"</th><th scope="col">"not applicable"</th><th scope="col">"not judged"</th></tr></thead>
                    <tbody>{sums}</tbody>
                </table>
                <dl class="checks-facts">{facts}</dl>
            </div>
            <div class="deeds" hidden=when(move || !is_over.get())>
                {past::exports(store, link, id, true)}
                {button("quiet", "certificate-print", "Print", "On paper, or as a PDF", page::print)}
                <a class="button" href=server::HREF>"Check another server …"</a>
            </div>
        </header>
    }
    .into_any()
}

pub(super) fn sign_of(word: Word) -> &'static str {
    match word {
        Word::Conforms | Word::ConformsWithRemarks => "pass",
        Word::DoesNotConform => "fail",
        Word::CouldNotBeJudged => "inconclusive",
    }
}

fn with_capital(words: &str) -> String {
    let mut words = words.to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// A title with a thin space before the units of sizes, which a suite writes without one.
fn with_thin_spaces(title: &str) -> String {
    let spaced = |word: &str| match word.find(|c: char| !c.is_ascii_digit()) {
        Some(end) if end > 0 && matches!(&word[end..], "KiB" | "MiB" | "GiB") => {
            format!("{}\u{2009}{}", &word[..end], &word[end..])
        }
        _ => word.to_owned(),
    };
    title.split(' ').map(spaced).collect::<Vec<_>>().join(" ")
}

fn weight_words(weight: Weight) -> &'static str {
    match weight {
        Weight::Must => "must hold",
        Weight::Should => "should hold",
        Weight::Info => "for information",
    }
}

/// When, with what, and what the handshake said.
fn facts(it: &Certificate) -> Vec<(&'static str, String)> {
    let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    let server = &it.server;
    let mut facts = vec![
        ("when", page::local_time(&it.started)),
        ("browser", it.browser.clone()),
        ("Sockscope", it.sockscope.clone()),
    ];
    if let Some(open) = server.open_ms {
        facts.push(("opens in", millis(Millis(open))));
        facts.push(("subprotocol when none is offered", shown(&server.protocol)));
        facts.push(("extensions", shown(&server.extensions)));
    }
    if let Some(echoes) = server.echoes {
        facts.push(("sends back what it gets", if echoes { "yes" } else { "no" }.to_owned()));
    }
    facts
}

fn fact((name, value): (&'static str, String)) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
}

/// Required, failed, before all else.
fn objections(store: Store, run: RwSignal<LiveRun>, made: Memo<Option<Certificate>>) -> AnyView {
    let failed = Memo::new(move |_| {
        // Where nothing could be opened all say the same.
        let is_unreachable = made.with(|made| made.as_ref().is_some_and(|made| made.unreachable));
        let most = if is_unreachable { 1 } else { usize::MAX };
        run.with(|run| {
            let is_meant = |check: &LiveCheck| {
                check.stage == Stage::Ended(Verdict::Fail)
                    && Kind::of(&check.name, &check.tags).is_some_and(|kind| kind.weight == Weight::Must)
            };
            let all = run.checks.iter().enumerate().filter(|(_, check)| is_meant(check));
            all.take(most).map(|(at, check)| (at, check.name.clone(), note(check))).collect::<Vec<_>>()
        })
    });
    let rows = move || {
        let row = |(at, name, note): (usize, String, String)| {
            view! {
                <li data-testid="objection"><button type="button" class="quiet certificate-open" on:click=move |_| show(store, at)>{name}</button><p class="checks-reason">{note}</p></li>
            }
            .into_any()
        };
        failed.get().into_iter().map(row).collect_view()
    };
    view! {
        <section class="checks-refused" aria-label="Required, failed" hidden=when(move || failed.with(Vec::is_empty))>
            <h4>"Required, failed"</h4>
            <ul>{rows}</ul>
        </section>
    }
    .into_any()
}

fn note(check: &LiveCheck) -> String {
    let Stage::Ended(verdict) = check.stage else { return String::new() };
    let failure = check.steps.iter().find_map(|step| step.failure.as_ref());
    note_of(verdict, failure.map(|failure| failure.message.as_str()), &check.thresholds, &check.reasons)
}

/// How long the steps of a check took. What the setup takes, it takes for all checks, in the first one that runs.
fn own_time(check: &LiveCheck) -> Millis {
    let setup = check.steps.iter().filter(|it| it.path.starts_with("setup[") && !it.path.contains('.'));
    Millis((check.took.0 - setup.map(|it| it.took.0).sum::<f64>()).max(0.0))
}

fn row(store: Store, run: RwSignal<LiveRun>, at: usize, weight: Weight, need: Need) -> AnyView {
    let needs = if need == Need::Echo { "needs an echo" } else { "" };
    let check = Memo::new(move |_| {
        let of = |check: &LiveCheck| {
            let standing = match check.stage {
                Stage::Ended(verdict) => ClaimState::of_check(verdict, &check.reasons).words(),
                stage => stage.name(),
            };
            (check.stage, own_time(check), note(check), standing)
        };
        run.with(|run| run.checks.get(at).map(of)).unwrap_or_default()
    });
    let name =
        run.with_untracked(|run| run.checks.get(at).map(|check| check.name.clone())).unwrap_or_default();
    let state = text(move || check.with(|(stage, ..)| stage.name().to_owned()));
    let verdict = text(move || check.with(|(.., standing)| (*standing).to_owned()));
    let took = text(move || match check.with(|(stage, took, _, standing)| (*stage, *took, *standing)) {
        // What was not judged did not run.
        (_, _, standing) if standing == ClaimState::NotJudged.words() => String::new(),
        (Stage::Ended(verdict), took, _) if verdict != Verdict::Skipped => millis(took),
        _ => String::new(),
    });
    let note = text(move || check.with(|(_, _, note, _)| note.clone()));
    view! {
        <li data-testid="certificate-row" data-state=state>
            <span class="checks-sign" data-verdict=state aria-hidden="true"></span>
            <span class="certificate-standing">{verdict}</span>
            <button type="button" class="quiet certificate-open" title="Its steps" on:click=move |_| show(store, at)>{with_thin_spaces(&name)}</button>
            <span class="hint">{weight.word()}</span>
            <span class="hint">{needs}</span>
            <span class="checks-took mono" title="Without the setup, which finds out once whether the server sends back what it gets">{took}</span>
            <p class="checks-reason">{note}</p>
        </li>
    }
    .into_any()
}

/// Goes to the steps of a check.
fn show(store: Store, at: usize) {
    store.wanted.set(Some(at));
    store.tab.set(Tab::Checks);
}

fn cannot() -> AnyView {
    let lines =
        crate::engine::conformance::CANNOT.iter().map(|line| view! { <li>{*line}</li> }).collect_view();
    view! { <section aria-label="What a browser cannot test"><h4>"What a browser cannot test"</h4><ul class="certificate-cannot">{lines}</ul></section> }
        .into_any()
}
