//! What runs while suites do: the command's own server, the server under test, the driver of a browser.
//!
//! Owns the order in which they start and end.

use std::time::Instant;

use sockscope_host::driver::Driver;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::screen::Screen;
use super::target::{Ports, Target};
use super::{Chosen, Engine, Job, Outcome, masked, serve};
use crate::causes::causes;
use crate::log::CHECK;
use crate::native::NetOptions;
use crate::server::Running;
use crate::web::assets::{Assets, Embedded};

/// Everything that was started.
pub(super) struct Started {
    pub page: Running,
    pub target: Option<Target>,
    pub runner: Runner,
}

/// What runs suites, started.
pub(super) enum Runner {
    /// The page, in browsers that this opens.
    Browser(Driver),
    /// This process.
    Native(NetOptions),
}

impl Started {
    /// Starts everything; what went wrong is said.
    pub async fn start(
        job: &Job,
        ports: Option<Ports>,
        chosen: &[Chosen<'_>],
        screen: &mut Screen,
        stop: &CancellationToken,
    ) -> Result<Self, Outcome> {
        let environment = |screen: &Screen, error: &dyn std::error::Error| {
            screen.trouble(&causes(error));
            Outcome::Environment
        };
        let needs_page = matches!(job.engine, Engine::Browser(_));
        if needs_page && Embedded.get("index.html").is_none() {
            screen
                .trouble("this binary was built without the page; `cargo xtask build` makes one that has it");
            return Err(Outcome::Environment);
        }
        let page = match serve(job).await {
            Ok(page) => page,
            Err(error) => return Err(environment(screen, &error)),
        };
        let target = Self::target(job, ports, chosen, screen, stop).await?;
        let browser = match &job.engine {
            Engine::Native(options) => {
                return Ok(Self { page, target, runner: Runner::Native(options.clone()) });
            }
            Engine::Browser(browser) => browser,
        };
        info!(target: CHECK, "finding the browser and starting its driver");
        let asked = Instant::now();
        let started = Driver::start(browser).await;
        match started.inspect(|_| info!(target: CHECK, took = ?asked.elapsed(), "the driver is ready")) {
            Ok(driver) => Ok(Self { page, target, runner: Runner::Browser(driver) }),
            Err(error) => {
                if let Some(target) = target {
                    target.end().await;
                }
                Err(environment(screen, &error))
            }
        }
    }

    async fn target(
        job: &Job,
        ports: Option<Ports>,
        chosen: &[Chosen<'_>],
        screen: &mut Screen,
        stop: &CancellationToken,
    ) -> Result<Option<Target>, Outcome> {
        let (Some(start), Some(ports)) = (&job.start, ports) else { return Ok(None) };
        screen.note(&masked(chosen, format!("starting {}", ports.fill(&start.command))));
        if let Some(url) = job.values.fixed_server() {
            let words = format!(
                "the suites test {url}, not the server that --start starts: the address has no {{port}}"
            );
            screen.note(&masked(chosen, words));
        }
        info!(target: CHECK, "starting the server under test");
        let asked = Instant::now();
        // A command that is stopped while it waits does not wait for the rest of its patience.
        let started = tokio::select! {
            started = Target::start(start, ports) => started,
            () = stop.cancelled() => {
                screen.trouble("stopped before the server under test was ready");
                return Err(Outcome::Inconclusive);
            }
        };
        let ready =
            |_: &Target| info!(target: CHECK, took = ?asked.elapsed(), "the server under test is ready");
        match started.inspect(ready) {
            Ok(target) => Ok(Some(target)),
            Err(error) => {
                screen.trouble(&masked(chosen, causes(&error)));
                Err(Outcome::Environment)
            }
        }
    }

    /// Ends everything.
    pub async fn end(self) {
        info!(target: CHECK, "ending what was started");
        if let Runner::Browser(driver) = self.runner {
            driver.end().await;
        }
        if let Some(target) = self.target {
            target.end().await;
        }
        self.page.shutdown().await;
    }
}
