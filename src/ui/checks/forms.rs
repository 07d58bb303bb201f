//! The values that a suite is given: its own variables, and the environment.
//!
//! Owns both forms. One rule: the value of a secret is never kept unless a person asked for it.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use super::given::given;
use super::link::Link;
use super::model::{STANDARD, standard};
use super::order;
use super::store::Store;
use crate::engine::suite::assist::OutlineVariable;
use crate::ui::parts::fields::{button, icon, text, tick, when};
use crate::wire::checks::{Answer, Environment, Forms, Question, Value};

/// By suite and name.
type Values = BTreeMap<String, BTreeMap<String, String>>;

/// The forms are kept when they have not changed for this long.
const KEEP_AFTER: Duration = Duration::from_millis(300);

/// Keeps the forms a while after they have changed.
pub(super) fn keep(store: Store, link: Link) {
    let waits = StoredValue::new(0_u32);
    Effect::new(move || {
        let kept = kept(store);
        if !store.is_restored.get() {
            return;
        }
        let mine = waits.get_value() + 1;
        waits.set_value(mine);
        set_timeout(
            move || {
                if waits.try_get_value() == Some(mine) {
                    link.ask(Question::KeepForms(kept), move |told| {
                        if let Answer::Failed(words) = told {
                            store.complain(words);
                        }
                    });
                }
            },
            KEEP_AFTER,
        );
    });
}

/// What of the forms is kept.
fn kept(store: Store) -> Forms {
    let mut forms = store.forms.get();
    forms.selected = store.selected.get();
    if forms.keeps_secrets {
        forms.secrets = store.secret_values.get();
    } else {
        forms.secrets.clear();
        let values = forms.environments.iter_mut().flat_map(|it| &mut it.values);
        values.filter(|value| value.is_secret).for_each(|value| value.value.clear());
    }
    forms
}

/// The part of the view.
pub(super) fn values(store: Store) -> AnyView {
    let keeps = when(move || store.forms.with(|forms| forms.keeps_secrets));
    let set_keeps = move |on: bool| store.forms.update(|forms| forms.keeps_secrets = on);
    view! {
        <div class="checks-values">
            {given(store, move || store.selected.get())}
            <section aria-label="Variables of this suite">
                <h3>"Variables of this suite"</h3>
                <p class="hint">"Leave empty to use the default."</p>
                {variables(store)}
            </section>
            <section aria-label="Environment">
                <h3>"Environment"</h3>
                <p class="hint">"What "<code>"{{env.NAME}}"</code>" finds, in every suite. The shipped suites take these five."</p>
                {chooser(store)}
                {environment(store)}
            </section>
            {tick("Keep secret values in this browser too".to_owned(), "keep-secrets", keeps, set_keeps)}
        </div>
    }
    .into_any()
}

fn variables(store: Store) -> AnyView {
    let list = Memo::new(move |_| store.examined.with(|examined| examined.variables.clone()));
    let rows = move || {
        let id = store.selected.get();
        let rows = list.get().into_iter().map(|it| variable(store, id.clone(), it)).collect_view();
        match list.with(Vec::is_empty) {
            true => {
                view! { <p class="hint">"This suite has no variables, or cannot be read yet."</p> }.into_any()
            }
            false => view! { <div class="checks-values-fields">{rows}</div> }.into_any(),
        }
    };
    view! { {rows} }.into_any()
}

fn variable(store: Store, suite: String, it: OutlineVariable) -> AnyView {
    let (name, is_secret) = (it.name.clone(), it.is_secret);
    let value = {
        let (suite, name) = (suite.clone(), name.clone());
        Memo::new(move |_| {
            let of = |all: &Values| all.get(&suite).and_then(|values| values.get(&name)).cloned();
            let secret = store.secret_values.with(of);
            secret.or_else(|| store.forms.with(|forms| of(&forms.values))).unwrap_or_default()
        })
    };
    let set = move |typed: String| {
        let put =
            |values: &mut std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>| {
                let values = values.entry(suite.clone()).or_default();
                match typed.is_empty() {
                    true => drop(values.remove(&name)),
                    false => drop(values.insert(name.clone(), typed.clone())),
                }
            };
        match is_secret {
            true => store.secret_values.update(put),
            false => store.forms.update(|forms| put(&mut forms.values)),
        }
    };
    let set: Box<dyn Fn(String)> = Box::new(set);
    let kind = if is_secret { "password" } else { "text" };
    let hint = if is_secret { "secret" } else { "" };
    let testid = format!("var-{}", it.name);
    let shown = if is_secret && it.default.is_empty() { String::new() } else { it.default };
    view! {
        <label class="field">
            <span class="mono">{it.name}" "<em class="hint">{hint}</em></span>
            <input class="mono" type=kind spellcheck="false" autocomplete="off" data-testid=testid placeholder=shown
                prop:value=value on:input=move |event| set(event_target_value(&event))/>
        </label>
    }
    .into_any()
}

fn chooser(store: Store) -> AnyView {
    let names = Memo::new(move |_| {
        store.forms.with(|forms| forms.environments.iter().map(|it| it.name.clone()).collect::<Vec<_>>())
    });
    let chosen = Memo::new(move |_| store.forms.with(|forms| forms.environment));
    let choose = move |typed: String| {
        if let Ok(at) = typed.parse::<usize>() {
            store
                .forms
                .update(|forms| forms.environment = at.min(forms.environments.len().saturating_sub(1)));
        }
    };
    let add = move || {
        store.forms.update(|forms| {
            let name = format!("environment {}", forms.environments.len() + 1);
            let copy = forms.environments.get(forms.environment).cloned().unwrap_or_else(|| standard(""));
            forms.environments.push(Environment { name, ..copy });
            forms.environment = forms.environments.len() - 1;
        });
    };
    let remove = move || {
        store.forms.update(|forms| {
            if forms.environments.len() > 1 {
                forms.environments.remove(forms.environment);
                forms.environment = forms.environment.min(forms.environments.len() - 1);
            }
        });
    };
    let name = Memo::new(move |_| names.with(|names| names.get(chosen.get()).cloned()).unwrap_or_default());
    let rename = move |typed: String| {
        store.forms.update(|forms| {
            let at = forms.environment;
            if let Some(it) = forms.environments.get_mut(at) {
                it.name = typed;
            }
        });
    };
    let options = move || {
        names.get().into_iter().enumerate().map(|(at, name)| {
            view! { <option value=at.to_string() selected=when(move || chosen.get() == at)>{name}</option> }.into_any()
        }).collect_view()
    };
    view! {
        <div class="row-of-fields">
            <label class="field short"><span>"Set"</span>
                <select data-testid="environment" on:change=move |event| choose(event_target_value(&event))>{options}</select>
            </label>
            <label class="field short"><span>"Name"</span>
                <input type="text" data-testid="environment-name" prop:value=name on:input=move |event| rename(event_target_value(&event))/>
            </label>
            {button("", "environment-add", "Copy as a new set", "A second set to switch to, such as staging", add)}
            <button type="button" class="quiet" data-testid="environment-remove" disabled=when(move || names.with(Vec::len) < 2) on:click=move |_| remove()>"Remove this set"</button>
        </div>
    }
    .into_any()
}

fn environment(store: Store) -> AnyView {
    // Rows are redrawn when another set is chosen or a row comes or goes, and not while a person types into them.
    let shape = Memo::new(move |_| {
        store.forms.with(|forms| {
            let values = forms.environments.get(forms.environment).map_or(0, |it| it.values.len());
            (forms.environment, values)
        })
    });
    let change = move |at: usize, change: &dyn Fn(&mut Value)| {
        store.forms.update(|forms| {
            let chosen = forms.environment;
            if let Some(value) = forms.environments.get_mut(chosen).and_then(|it| it.values.get_mut(at)) {
                change(value);
            }
        });
    };
    let row = move |at: usize, value: Value| {
        let own = order::own_server().get(&value.name).cloned();
        let standard = STANDARD.iter().find(|(name, _)| *name == value.name).map(|(_, hint)| *hint);
        let hint = own.unwrap_or_else(|| standard.unwrap_or_default().to_owned());
        let is_secret = when(move || {
            store.forms.with(|forms| {
                let it = forms.environments.get(forms.environment).and_then(|it| it.values.get(at));
                it.is_some_and(|it| it.is_secret)
            })
        });
        let kind = text(move || if is_secret.get() { "password" } else { "text" }.to_owned());
        let named = value.name.clone();
        let name_field = match standard.is_some() {
            true => view! { <span class="mono checks-values-name">{value.name.clone()}</span> }.into_any(),
            false => view! {
                <input class="mono checks-values-name" type="text" spellcheck="false" aria-label="Name" placeholder="NAME" data-testid="env-name" prop:value=value.name.clone()
                    on:input=move |event| { let typed = event_target_value(&event); change(at, &move |it| it.name = typed.clone()); }/>
            }
            .into_any(),
        };
        let remove = move || {
            store.forms.update(|forms| {
                let chosen = forms.environment;
                if let Some(it) = forms.environments.get_mut(chosen).filter(|it| at < it.values.len()) {
                    it.values.remove(at);
                }
            });
        };
        view! {
            <li>
                {name_field}
                <input class="mono" type=kind spellcheck="false" autocomplete="off" aria-label=format!("Value of {named}") data-testid=format!("env-{named}") placeholder=hint
                    prop:value=value.value.clone() on:input=move |event| { let typed = event_target_value(&event); change(at, &move |it| it.value = typed.clone()); }/>
                {tick("secret".to_owned(), "env-secret", is_secret, move |on| change(at, &|it| it.is_secret = on))}
                {standard.is_none().then(|| icon("quiet", "env-remove", "×", text(|| "Remove this value".to_owned()), remove))}
            </li>
        }
        .into_any()
    };
    let rows = move || {
        let (chosen, _) = shape.get();
        let values =
            store.forms.with_untracked(|forms| forms.environments.get(chosen).map(|it| it.values.clone()));
        values.unwrap_or_default().into_iter().enumerate().map(|(at, value)| row(at, value)).collect_view()
    };
    let add = move || {
        store.forms.update(|forms| {
            let chosen = forms.environment;
            if let Some(it) = forms.environments.get_mut(chosen) {
                it.values.push(Value::default());
            }
        });
    };
    view! {
        <ul class="checks-values-environment">{rows}</ul>
        {button("quiet checks-values-add", "env-add", "+ Value", "Add a value under a name of your choice", add)}
    }
    .into_any()
}
