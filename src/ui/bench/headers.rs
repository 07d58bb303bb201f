//! The section "Headers" in the options of a connection: what the relay opens it with, since a browser alone cannot send it.
//!
//! Owns the fields, and whether the page has a companion at all. It refuses to judge values: the relay says in words what it does
//! not take.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::parts::fields::{self, button, line, text, tick, when};
use super::store::Connection;
use crate::browser::{files, http, page};
use crate::engine::HttpRequest;
use crate::engine::relay::{Authorization, Field, Profile};
use crate::model::format;

/// A server on this machine that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(5);

const NO_COMPANION: &str = "A browser alone sends no headers, and this page was not served by the command sockscope. Start \
    `sockscope serve` and open the page that it prints; there this connection goes by its relay.";

const AUTHORIZATIONS: [(&str, &str); 3] = [("none", "none"), ("basic", "basic"), ("bearer", "bearer")];

/// Takes a part of a profile to show it.
type Part = fn(&mut Profile) -> &mut String;

/// The section.
pub(crate) fn section(connection: Connection) -> AnyView {
    let has_companion = RwSignal::new(None);
    spawn_local(async move {
        let asked =
            HttpRequest { method: "GET".to_owned(), url: "/api/health".to_owned(), ..HttpRequest::default() };
        let answer = http::call_within(asked, PATIENCE).await;
        let is_ours = |body: &str| {
            serde_json::from_str::<serde_json::Value>(body).is_ok_and(|it| it["name"] == "sockscope")
        };
        has_companion.try_set(Some(answer.is_ok_and(|answer| is_ours(&answer.body))));
    });
    let profile = Memo::new(move |_| connection.setup.with(|setup| Profile::read(&setup.profile)));
    let edit = move |change: &dyn Fn(&mut Profile)| {
        connection.setup.update(|setup| Profile::edit(&mut setup.profile, change));
    };
    let of = move |part: Part| text(move || part(&mut profile.get()).clone());
    let set = move |part: Part| move |typed: String| edit(&|it| part(it).clone_from(&typed));
    let insecure = when(move || profile.with(|it| it.insecure));
    let note = move || {
        (has_companion.get() == Some(false)).then(|| {
            view! { <p class="note" data-state="wrong" data-testid="headers-none">{fields::prose(NO_COMPANION)}</p> }.into_any()
        })
    };
    let missing = move || {
        let words = profile.with(Profile::missing)?;
        Some(view! { <p class="note" data-state="wrong" data-testid="headers-missing">{format!("Not kept since the page was loaded: {words}. Type it again.")}</p> }.into_any())
    };
    view! {
        <fieldset data-testid="headers">
            <legend>"Headers"</legend>
            {note}
            {missing}
            {rows(connection, profile)}
            <div class="row-of-fields">
                {line("Origin", "header-origin", "https://app.example", of(|it| &mut it.origin), set(|it| &mut it.origin))}
                {line("HTTP proxy", "header-proxy", "http://localhost:3128", of(|it| &mut it.proxy), set(|it| &mut it.proxy))}
            </div>
            {authorization(connection, profile)}
            <div class="row-of-fields">
                {file("Client certificate", "header-certificate", profile, |it| &mut it.certificate, connection)}
                {file("Client key", "header-key", profile, |it| &mut it.key, connection)}
                {file("CA of the server", "header-ca", profile, |it| &mut it.ca, connection)}
            </div>
            {tick("Take any certificate of the server", "header-insecure", insecure, move |on| edit(&|it| it.insecure = on))}
            <p class="hint">"With any of these, the Sockscope server of this page opens the connection: it goes by relay. Write secrets as {{name}} with a secret variable. A password, token, key or secret header that is typed here is forgotten when the page is closed. Links carry none of it."</p>
        </fieldset>
    }
    .into_any()
}

fn rows(connection: Connection, profile: Memo<Profile>) -> AnyView {
    let count = Memo::new(move |_| profile.with(|it| it.headers.len()));
    let edit = move |change: &dyn Fn(&mut Profile)| {
        connection.setup.update(|setup| Profile::edit(&mut setup.profile, change));
    };
    let item = move |at: usize| {
        let of = move |part: fn(&Field) -> &String| {
            text(move || profile.with(|it| it.headers.get(at).map(|it| part(it).clone())).unwrap_or_default())
        };
        let set = move |part: fn(&mut Field) -> &mut String| {
            move |typed: String| {
                edit(&|it| {
                    if let Some(field) = it.headers.get_mut(at) {
                        part(field).clone_from(&typed);
                    }
                });
            }
        };
        view! {
            <li>
                {line("Name", "header-name", "X-Tenant", of(|it| &it.name), set(|it| &mut it.name))}
                {line("Value", "header-value", "{{tenant}}", of(|it| &it.value), set(|it| &mut it.value))}
                {fields::icon("quiet", "header-remove", "×", text(|| "Remove this header".to_owned()), move || edit(&|it| if at < it.headers.len() { it.headers.remove(at); }))}
            </li>
        }
    };
    view! {
        <ul class="bench-items" data-testid="header-items"><For each=move || 0..count.get() key=|at| *at let:at>{item(at)}</For></ul>
        {button("", "header-add", "+ Header", "", move || {
            edit(&|it| it.headers.push(Field::default()));
            page::focus_soon("[data-testid=header-items] > li:last-child [data-testid=header-name]");
        })}
    }
    .into_any()
}

fn authorization(connection: Connection, profile: Memo<Profile>) -> AnyView {
    let edit = move |change: &dyn Fn(&mut Profile)| {
        connection.setup.update(|setup| Profile::edit(&mut setup.profile, change));
    };
    let way = text(move || {
        let way = profile.with(|it| match it.authorization {
            Authorization::None => "none",
            Authorization::Basic { .. } => "basic",
            Authorization::Bearer(_) => "bearer",
        });
        way.to_owned()
    });
    let choose = move |way: String| {
        edit(&|it| {
            it.authorization = match way.as_str() {
                "basic" => Authorization::Basic { user: String::new(), password: String::new() },
                "bearer" => Authorization::Bearer(String::new()),
                _ => Authorization::None,
            };
        });
    };
    let of =
        move |name: &'static str| text(move || profile.with(|it| said(&it.authorization, name).to_owned()));
    let set = move |name: &'static str| {
        move |typed: String| {
            edit(&|it| match &mut it.authorization {
                Authorization::Basic { user, .. } if name == "user" => user.clone_from(&typed),
                Authorization::Basic { password, .. } if name == "password" => password.clone_from(&typed),
                Authorization::Bearer(token) if name == "token" => token.clone_from(&typed),
                _ => {}
            });
        }
    };
    let is = move |wanted: &'static str| when(move || way.get() == wanted);
    let hides = move |wanted: &'static str| {
        let is = is(wanted);
        when(move || !is.get())
    };
    view! {
        <div class="row-of-fields">
            {fields::choice("Authorization", "header-authorization", &AUTHORIZATIONS, way, choose)}
        </div>
        <div class="row-of-fields" hidden=hides("basic")>
            {line("User", "header-user", "", of("user"), set("user"))}
            {line("Password", "header-password", "{{password}}", of("password"), set("password"))}
        </div>
        <div class="row-of-fields" hidden=hides("bearer")>
            {line("Token", "header-token", "{{token}}", of("token"), set("token"))}
        </div>
    }
    .into_any()
}

fn said<'a>(authorization: &'a Authorization, name: &str) -> &'a str {
    match authorization {
        Authorization::Basic { user, .. } if name == "user" => user,
        Authorization::Basic { password, .. } if name == "password" => password,
        Authorization::Bearer(token) if name == "token" => token,
        _ => "",
    }
}

/// A file in PEM: chosen, shown by its size, taken away.
fn file(
    label: &'static str,
    testid: &'static str,
    profile: Memo<Profile>,
    part: Part,
    connection: Connection,
) -> AnyView {
    let wrong = RwSignal::new(String::new());
    let put = move |content: String| {
        connection.setup.update(|setup| Profile::edit(&mut setup.profile, |it| *part(it) = content));
    };
    let choose = move |event: leptos::ev::Event| {
        files::of_input(&event, move |read| match read.map(|it| String::from_utf8(it.bytes)) {
            Ok(Ok(pem)) if pem.contains("-----BEGIN ") => {
                wrong.set(String::new());
                put(pem);
            }
            Ok(_) => wrong.set("Expected a file in PEM, which begins with -----BEGIN".to_owned()),
            Err(words) => wrong.set(format::sentence(&words)),
        });
    };
    let content = Memo::new(move |_| part(&mut profile.get()).clone());
    let state = text(move || {
        let content = content.get();
        match (wrong.get(), content.is_empty()) {
            (wrong, _) if !wrong.is_empty() => wrong,
            (_, true) => "no file".to_owned(),
            (_, false) => format!("chosen, {}", format::size(content.len() as u64)),
        }
    });
    let is_wrong = text(move || if wrong.with(String::is_empty) { "" } else { "wrong" }.to_owned());
    view! {
        <div class="bench-file">
            <label class="button">{label}
                <input class="unseen" type="file" accept=".pem,.crt,.cer,.key" data-testid=testid on:change=choose/>
            </label>
            <span class="note" data-state=is_wrong data-testid=format!("{testid}-state")>{state}</span>
            <span hidden=when(move || content.with(String::is_empty))>
                {fields::icon("quiet", "header-file-remove", "×", text(move || format!("Remove: {label}")), move || put(String::new()))}
            </span>
        </div>
    }
    .into_any()
}
