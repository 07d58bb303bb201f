//! HTTP calls of a check: the call that must cause an event.
//!
//! Owns the judgement of an answer. It refuses to know how a call is made.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::super::connections::member::Member;
use super::super::context::run::RunShared;
use super::super::context::scope::StepScope;
use super::super::context::step::StepContext;
use super::super::outcome::failure::{self, script};
use super::capture::{capture_all, captures};
use super::compare::Unlike;
use super::multipart;
use super::rounds::sleep_until;
use crate::base::words;
use crate::matcher::{Matcher, Subject};
use crate::report::{Failure, FailureKind};
use crate::suite::{Field, HttpBody, HttpSpec, StatusSet};
use crate::{HttpRequest, HttpResponse, Payload, Redirect, World};

/// How often a call is made until its answer is as wanted.
const EVERY: Duration = Duration::from_millis(500);

/// Makes a call and judges the answer, with `until` again and again.
pub(super) async fn http<W: World>(
    context: &StepContext<'_, W>,
    member: Option<&Rc<Member<W>>>,
    spec: &HttpSpec,
    place: usize,
) -> Result<(), Box<Failure>> {
    let (check, run, world) = (context.check, context.run(), context.world());
    let seq = member.map(|member| member.seq.get());
    let mut scope = context.scope_of(member, seq);
    let expect = &spec.expect;
    let within = expect.within.as_ref().unwrap_or(&check.suite().defaults.within);
    let within = within.get(&mut scope).map_err(script)?;
    let status = expect.status.as_ref().map(|status| status.get(&mut scope)).transpose().map_err(script)?;
    let read = |matcher: &Option<Field<Rc<Matcher>>>, scope: &mut StepScope<'_, W>| {
        matcher.as_ref().map(|matcher| matcher.get(scope)).transpose().map_err(script)
    };
    let (matcher, until) = (read(&expect.matcher, &mut scope)?, read(&expect.until, &mut scope)?);
    let url = read(&expect.url, &mut scope)?;
    let redirected = expect.redirected.as_ref().map(|field| field.get(&mut scope)).transpose();
    let redirected = redirected.map_err(script)?;
    let cookies = spec.cookies.as_ref().or(check.suite().defaults.cookies.as_ref());
    let cookies = cookies.map_or(Ok(false), |cookies| cookies.get(&mut scope)).map_err(script)?;
    let every = expect.every.as_ref().map_or(Ok(EVERY), |every| every.get(&mut scope)).map_err(script)?;
    if every.is_zero() {
        return Err(script("every is longer than 0s; calls without a pause are too many"));
    }
    let wanted = captures(&expect.capture, &mut scope)?;
    let began = world.now();
    let http = |message: String| failure::plain(FailureKind::Http, message);
    let mut calls = 0;
    let mut unmet: Option<Unlike> = None;
    loop {
        let started = world.now();
        let request = HttpRequest { cookies, ..request(spec, &mut scope)? };
        let call = format!("{} {}", request.method, request.url);
        calls += 1;
        let answer = match select(world.http(request), world.pass(began + within)).await {
            Either::Left((answer, _)) => answer.map_err(|error| {
                run.meter().counters().errors += 1;
                http(format!("{call} was not answered: {error}"))
            })?,
            Either::Right(_) => {
                // The time may be up while a call is on its way; what those before it found is the better reason.
                let not_answered = || {
                    let message = format!("{call} was not answered within {}", words::bound(within));
                    failure::plain(FailureKind::Timeout, message)
                };
                return Err(unmet.map_or_else(not_answered, |unmet| not_met(unmet, &call, calls, within)));
            }
        };
        let now = world.now();
        run.yield_budget.turned(now);
        run.meter().sample(expect.metric.as_deref().unwrap_or(context.part.http()), now - started, now);
        judge_way(run, &call, &answer, redirected, url.as_deref())?;
        judge_status(run, &call, &answer, status.as_ref())?;
        let body = Payload::Text(answer.body);
        let subject = Subject::new(&body);
        if let Some(Err(mismatch)) = until.as_ref().map(|until| until.check(&subject)) {
            let due = started + every;
            let last = Unlike::of(run.masked_message(&body), mismatch);
            if due >= began + within {
                return Err(not_met(last, &call, calls, within));
            }
            context.lacks(place, &last.wanted, &last.found);
            unmet = Some(last);
            sleep_until(run, due.max(now)).await;
            run.yield_budget.take(world).await;
            continue;
        }
        context.note_got(&body);
        if let Some(Err(mismatch)) = matcher.map(|matcher| matcher.check(&subject)) {
            let mut failure =
                http(format!("the answer to {call} is not as expected: expected {}", mismatch.expected));
            failure.expected = Some(mismatch.expected.clone());
            failure.diff = failure::differences(mismatch);
            return Err(failure);
        }
        let found =
            capture_all(&wanted, &subject).map_err(|failure| http(format!("{call}: {}", failure.message)))?;
        return check.remember(member, found);
    }
}

/// No answer was as wanted, in all of the time.
fn not_met(unlike: Unlike, call: &str, calls: u64, within: Duration) -> Box<Failure> {
    let message = format!(
        "{call} did not become {} within {}, in {}; the last answer was {}",
        unlike.wanted,
        words::bound(within),
        words::counted(calls, "call"),
        unlike.found
    );
    unlike.failure(FailureKind::Timeout, message)
}

/// Where the answer came from.
fn judge_way<W: World>(
    run: &RunShared<W>,
    call: &str,
    answer: &HttpResponse,
    redirected: Option<bool>,
    url: Option<&Matcher>,
) -> Result<(), Box<Failure>> {
    let from = run.masked(&answer.url);
    match redirected {
        Some(true) if !answer.redirected => {
            let message = format!("expected {call} to be redirected, and it was answered from there");
            return Err(failure::plain(FailureKind::Http, message));
        }
        Some(false) if answer.redirected => {
            let message = format!("expected {call} to be answered without a redirect, and it led to {from}");
            return Err(failure::plain(FailureKind::Http, message));
        }
        _ => {}
    }
    let Some(Err(mismatch)) = url.map(|url| url.check(&Subject::new(&Payload::Text(answer.url.clone()))))
    else {
        return Ok(());
    };
    let message = format!("{call} was answered from {from}, expected an address like {}", mismatch.expected);
    let mut failure = failure::plain(FailureKind::Http, message);
    failure.expected = Some(mismatch.expected.clone());
    failure.diff = failure::differences(mismatch);
    Err(failure)
}

fn judge_status<W: World>(
    run: &RunShared<W>,
    call: &str,
    answer: &HttpResponse,
    wanted: Option<&StatusSet>,
) -> Result<(), Box<Failure>> {
    let (holds, words) = match wanted {
        Some(wanted) => (wanted.contains(answer.status), wanted.to_string()),
        None => (answer.status < 400, "a status below 400".to_owned()),
    };
    if holds {
        return Ok(());
    }
    let body = run.masked_message(&Payload::Text(answer.body.clone()));
    let message = format!("{call} was answered with status {}, expected {words}: {body}", answer.status);
    let mut failure = failure::plain(FailureKind::Http, message);
    failure.diff = vec![crate::report::Difference {
        path: "status".to_owned(),
        wanted: words.clone(),
        got: answer.status.to_string(),
    }];
    failure.expected = Some(words);
    Err(failure)
}

/// Adds the content type of a body, where its author has said none.
fn type_unless_given(headers: &mut Vec<(String, String)>, content_type: String) {
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("content-type".to_owned(), content_type));
    }
}

fn request(spec: &HttpSpec, scope: &mut dyn crate::template::Scope) -> Result<HttpRequest, Box<Failure>> {
    let url = spec.url.get(scope).map_err(script)?;
    let default = if spec.body.is_some() { "POST" } else { "GET" };
    let method = spec.method.as_ref().map_or(Ok(default.to_owned()), |method| method.get(scope));
    let mut headers = Vec::with_capacity(spec.headers.len() + 1);
    for (name, value) in &spec.headers {
        headers.push((name.clone(), value.get(scope).map_err(script)?));
    }
    let body = match &spec.body {
        None => None,
        Some(HttpBody::Text(text)) => Some(Payload::Text(text.get(scope).map_err(script)?)),
        Some(HttpBody::Json(document)) => {
            type_unless_given(&mut headers, "application/json".to_owned());
            Some(Payload::Text(document.expand(scope).map_err(script)?.to_string()))
        }
        Some(HttpBody::File(file)) => {
            type_unless_given(&mut headers, multipart::type_of(file, scope)?);
            Some(Payload::Binary(file.content.to_vec()))
        }
        Some(HttpBody::Multipart(parts)) => {
            let (content_type, body) = multipart::form(parts, scope)?;
            headers.push(("content-type".to_owned(), content_type));
            Some(Payload::Binary(body))
        }
    };
    let redirect = match &spec.redirect {
        None => Redirect::Follow,
        Some(way) => match way.get(scope).map_err(script)?.as_str() {
            "follow" => Redirect::Follow,
            "error" => Redirect::Error,
            "manual" => Redirect::Manual,
            other => {
                return Err(script(format!("{other:?} is none of \"follow\", \"error\" and \"manual\"")));
            }
        },
    };
    let method = method.map_err(script)?.to_ascii_uppercase();
    Ok(HttpRequest { method, url, headers, body, redirect, ..HttpRequest::default() })
}
