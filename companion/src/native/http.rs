//! HTTP calls, as `fetch` makes them, without an origin.
//!
//! Owns one client for each way of treating cookies and redirects, with its connections.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use sockscope_engine::{HttpError, HttpRequest, HttpResponse, Payload, Redirect};

use super::net::Net;
use crate::causes::{causes, unanswered};
use crate::ws::trust::{checking, trusting};

/// Redirects that are followed, as browsers do.
const MOST_REDIRECTS: usize = 20;

/// The clients: by whether they have the jar, and whether they follow.
#[derive(Default)]
pub(super) struct Clients(RefCell<HashMap<(bool, bool), Client>>);

impl Net {
    fn client(&self, cookies: bool, follows: bool) -> Result<Client, String> {
        if let Some(known) = self.clients.0.borrow().get(&(cookies, follows)) {
            return Ok(known.clone());
        }
        let config = match self.options.is_insecure {
            true => trusting(),
            false => checking().ok_or("the certificates that this system trusts cannot be read")?,
        };
        let policy = if follows { Policy::limited(MOST_REDIRECTS) } else { Policy::none() };
        let mut builder = Client::builder()
            .use_preconfigured_tls(Arc::unwrap_or_clone(config))
            .user_agent(concat!("sockscope/", env!("CARGO_PKG_VERSION"), " (native)"))
            .redirect(policy)
            // What a suite names is what is asked: a proxy of the shell would stand between.
            .no_proxy();
        if cookies {
            builder = builder.cookie_provider(self.jar.clone());
        }
        let client = builder.build().map_err(|error| causes(&error))?;
        self.clients.0.borrow_mut().insert((cookies, follows), client.clone());
        Ok(client)
    }

    /// Makes the call. A status such as 404 is an answer, not an error.
    pub async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.try_call(request).await.map_err(|message| HttpError { message })
    }

    async fn try_call(&self, request: HttpRequest) -> Result<HttpResponse, String> {
        let base = self.options.base.parse::<Url>().ok();
        let url = Url::options().base_url(base.as_ref()).parse(&request.url);
        let url = url.map_err(|error| format!("{:?} is not an address: {error}", request.url))?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| format!("expected an HTTP method, found {:?}", request.method))?;
        let client = self.client(request.cookies, request.redirect == Redirect::Follow)?;
        let mut asked = client.request(method, url.clone());
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        if let Some(body) = request.body {
            asked = match body {
                Payload::Text(text) => asked.body(text),
                Payload::Binary(bytes) => asked.body(bytes),
            };
        }
        let answer = asked.send().await.map_err(|error| unanswered(&error.without_url()))?;
        let leads_elsewhere = answer.status().is_redirection() && answer.headers().contains_key("location");
        if request.redirect == Redirect::Error && leads_elsewhere {
            return Err(format!("the answer ({}) leads elsewhere", answer.status()));
        }
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(HttpResponse {
            status: answer.status().as_u16(),
            headers: answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            url: answer.url().to_string(),
            redirected: leads_elsewhere || *answer.url() != url,
            body: answer.text().await.map_err(|error| unanswered(&error.without_url()))?,
        })
    }
}
