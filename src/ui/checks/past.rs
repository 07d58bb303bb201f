//! The part "Earlier runs", and the files of a run.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::compare;
use super::link::Link;
use super::model::millis;
use super::store::{Store, Tab};
use crate::browser::download::Download;
use crate::browser::page;
use crate::engine::report::EventFormat;
use crate::model::format;
use crate::model::running::LiveRun;
use crate::ui::parts::fields::{button, text, when};
use crate::wire::checks::{Answer, PastRun, Question};

/// The part.
pub(super) fn earlier(store: Store, link: Link) -> AnyView {
    let only_this = RwSignal::new(true);
    let chosen = RwSignal::new(BTreeSet::<u64>::new());
    let listed = Memo::new(move |_| {
        let selected = store.selected.get();
        let all = store.past.get();
        all.into_iter().filter(|run| !only_this.get() || run.suite_id == selected).collect::<Vec<_>>()
    });
    let rows = move || listed.get().into_iter().map(|run| row(store, link, chosen, run)).collect_view();
    let can_compare = when(move || chosen.with(|it| it.len() == 2));
    let compare_chosen = move || {
        let mut ids: Vec<u64> = chosen.with_untracked(|it| it.iter().copied().collect());
        ids.sort_unstable();
        if let [earlier, later] = ids[..] {
            compare::start(store, link, earlier, later);
        }
    };
    let forget = move || {
        let ids: Vec<u64> = chosen.get_untracked().into_iter().collect();
        link.ask(Question::ForgetPast(ids), move |told| match told {
            Answer::Past(past) => {
                store.past.set(past);
                chosen.set(BTreeSet::new());
            }
            Answer::Failed(words) => store.complain(format::sentence(&words)),
            _ => {}
        });
    };
    let is_empty = when(move || listed.with(Vec::is_empty));
    view! {
        <div class="checks-earlier" data-testid="earlier">
            <div class="deeds">
                {crate::ui::parts::fields::tick("This suite only".to_owned(), "past-only", only_this.into(), move |on| only_this.set(on))}
                <button type="button" data-testid="compare" disabled=when(move || !can_compare.get()) on:click=move |_| compare_chosen()>"Compare"</button>
                <button type="button" class="quiet" data-testid="forget-past" disabled=when(move || chosen.with(BTreeSet::is_empty)) on:click=move |_| forget()>"Delete"</button>
                <span class="hint">"The newest 50 are kept in this browser."</span>
            </div>
            <p class="hint" hidden=when(move || !is_empty.get())>"No runs yet. Press Run: each run is kept here, to be opened and compared."</p>
            <div class="checks-wide" tabindex="0" role="group" aria-label="A table that may be wider than the screen" hidden=is_empty><table class="table">
                <thead><tr><th scope="col"><span class="unseen">"Choose"</span></th><th scope="col">"when"</th><th scope="col">"suite"</th><th scope="col">"target"</th><th scope="col">"verdict"</th>
                    <th scope="col">"checks"</th><th scope="col">"took"</th><th scope="col">"rtt p50"</th><th scope="col">"seed"</th><th scope="col"><span class="unseen">"Open"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
            {compare::table(store)}
        </div>
    }
    .into_any()
}

fn row(store: Store, link: Link, chosen: RwSignal<BTreeSet<u64>>, run: PastRun) -> AnyView {
    let id = run.id;
    let is_chosen = when(move || chosen.with(|it| it.contains(&id)));
    let choose = move |on: bool| {
        chosen.update(|it| match on {
            true => drop(it.insert(id)),
            false => drop(it.remove(&id)),
        });
    };
    let suite_id = run.suite_id.clone();
    let open = move || open(store, link, id, suite_id.clone());
    let when_words = page::local_time(&run.started);
    let label = format!("Choose the run of {when_words}");
    let rtt = run.rtt_p50.map(|micros| {
        format::figure(
            std::time::Duration::from_nanos((micros * 1e3) as u64),
            store.clock_step.get_untracked(),
        )
    });
    let target = if run.target.is_empty() { "not known".to_owned() } else { run.target };
    view! {
        <tr data-testid="past-run" data-verdict=run.verdict.name()>
            <td><input type="checkbox" aria-label=label prop:checked=is_chosen on:change=move |event| choose(event_target_checked(&event))/></td>
            <td>{when_words}</td><td>{run.suite}</td><td class="mono" data-testid="past-target">{target}</td>
            <td><span class="checks-sign" data-verdict=run.verdict.name() aria-hidden="true"></span>{run.verdict.name()}</td>
            <td>{format!("{} of {}", run.passed, run.checks)}</td><td class="mono">{millis(run.duration)}</td>
            <td class="mono">{rtt}</td><td class="mono">{run.seed.to_string()}</td>
            <td>{button("quiet", "past-open", "Open", "", open)}</td>
        </tr>
    }
    .into_any()
}

/// Shows a run of an earlier time.
fn open(store: Store, link: Link, id: u64, suite_id: String) {
    link.ask(Question::Past(id), move |told| match told {
        Answer::Report(report) => {
            if !suite_id.is_empty() && store.selected.get_untracked() != suite_id {
                page::go_to(&format!("#/checks/{suite_id}"));
                store.selected.set(suite_id.clone());
            }
            store.shown.set(Some(RwSignal::new(LiveRun::of_report(id, suite_id, *report))));
            store.tab.set(Tab::Certificate);
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// Keeps a report that was written elsewhere, and shows it.
pub(super) fn take(store: Store, link: Link, text: String) {
    link.ask(Question::TakeReport(text), move |told| match told {
        Answer::Taken { run, past, report } => {
            store.past.set(past);
            store.shown.set(Some(RwSignal::new(LiveRun::of_report(run, String::new(), *report))));
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    });
}

/// The forms in which a run can be saved.
const FORMS: [(&str, &str); 4] = [
    ("json", "JSON report"),
    ("junit", "JUnit XML"),
    ("junit-strict", "JUnit XML, strict"),
    ("html", "HTML report"),
];
const CERTIFICATES: [(&str, &str); 3] = [
    ("certificate", "Certificate as JSON"),
    ("certificate-table", "Certificate as a text table"),
    ("autobahn", "Autobahn’s index.json"),
];
const RECORDINGS: [(EventFormat, &str); 3] = [
    (EventFormat::Har, "HAR of its messages"),
    (EventFormat::JsonLines, "JSON Lines of its messages"),
    (EventFormat::Csv, "CSV of its messages"),
];

/// The menu of files; those of a certificate only where a run gives one.
pub(super) fn exports(store: Store, link: Link, run: u64, is_certified: bool) -> AnyView {
    let save = move |told: Answer| match told {
        Answer::File { name, media_type, text } => {
            let mut download = Download::default();
            download.push(text.as_bytes());
            download.save(&name, &media_type);
            store.say(format!("Saved as {name}, {}.", format::size(text.len() as u64)));
        }
        Answer::Failed(words) => store.complain(format::sentence(&words)),
        _ => {}
    };
    let certified = if is_certified { &CERTIFICATES[..] } else { &[] };
    let forms = certified.iter().chain(&FORMS).map(|&(form, title)| {
        let ask = move || link.ask(Question::Write { run, form: form.to_owned() }, save);
        view! { <button type="button" class="quiet" data-testid=format!("save-{form}") on:click=move |_| ask()>{title}</button> }.into_any()
    });
    let forms: Vec<_> = forms.collect();
    let recordings = RECORDINGS.map(|(form, title)| {
        let ask = move || link.ask(Question::Events { run, form }, save);
        view! { <button type="button" class="quiet" data-testid=format!("save-{}", form.name()) on:click=move |_| ask()>{title}</button> }.into_any()
    });
    view! {
        <details class="menu" data-testid="save-report"><summary>{text(|| "Save".to_owned())}</summary>
            <div class="sheet">{forms}{recordings.into_iter().collect_view()}</div>
        </details>
    }
    .into_any()
}
