//! A running server: its ports, its certificate, its tasks, and its end.

mod accept;
mod listen;
mod tls;
mod urls;

use std::iter;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sockscope_engine::base::percent;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::info;

use crate::config::{Config, Port};
use crate::destination::Reach;
use crate::log::SERVER;
use crate::routes::Practice;
use crate::routes::recordings::Recording;
use crate::sessions::Offered;
use crate::web::access::AccessPolicy;
use crate::web::assets::{Assets, Embedded};
use crate::web::probe::AT_ONCE;
use crate::web::{App, Door, Site};
use crate::ws::close::Close;

pub use listen::ListenError;
pub use tls::Certificate;
pub use urls::Urls;

use crate::tasks::Tasks;

/// How long clients have to answer the close frame when the server stops.
pub const SHUTDOWN: Duration = Duration::from_secs(2);

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port could be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No certificate could be made.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts a server with the page that is built into this binary.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        Self::start_with(config, Box::new(Embedded)).await
    }

    /// Starts a proxy that records what passes.
    pub async fn start_recording(mut config: Config, door: Door) -> Result<Running, StartError> {
        // The user names the server, so it may be anywhere.
        config.targets.extend(door.target.authority().parse());
        Self::begin(config, Box::new(Embedded), Some(door)).await
    }

    /// Starts a server with other files for a page.
    pub async fn start_with(config: Config, assets: Box<dyn Assets>) -> Result<Running, StartError> {
        Self::begin(config, assets, None).await
    }

    async fn begin(
        config: Config,
        assets: Box<dyn Assets>,
        door: Option<Door>,
    ) -> Result<Running, StartError> {
        let plain = listen::listen(config.host, config.port).await?;
        let tls = match config.tls {
            Some(port) => Some((
                listen_for_tls(config.host, port).await?,
                Certificate::new(config.host, &config.hosts)?,
            )),
            None => None,
        };
        let http_port = listen::port(&plain)?;
        let https_port = tls.as_ref().map(|(listener, _)| listen::port(listener)).transpose()?;
        let urls = Urls::new(config.host, http_port, https_port);

        let reach = if config.host.is_loopback() {
            Reach::Machine(config.targets)
        } else {
            Reach::Own { ports: iter::once(http_port).chain(https_port).collect(), named: config.targets }
        };
        let tasks = Tasks::default();
        let practice = Arc::new(Practice::new(config.limits, reach, tasks.clone()));
        let policy = AccessPolicy::new(config.host, config.hosts, http_port, https_port, config.origins);
        let probes = config.probe.then(|| Semaphore::new(AT_ONCE));
        // A program that reaches the port could read and change its files.
        let folder = config.folder.filter(|_| config.host.is_loopback());
        let site = Site {
            policy,
            assets,
            practice: Arc::clone(&practice),
            tasks: tasks.clone(),
            probes,
            takes_any_certificate: config.takes_any_certificate,
            folder,
        };
        let site = Arc::new(site);
        let app = Arc::new(match door {
            None => App::new(site),
            Some(door) => App::recording(site, door),
        });
        let certificate = tls.as_ref().map(|(_, certificate)| certificate.der().to_vec());
        let mut listeners: Vec<(TcpListener, Option<Certificate>)> = vec![(plain, None)];
        listeners.extend(tls.map(|(listener, certificate)| (listener, Some(certificate))));
        for (listener, certificate) in listeners {
            let acceptor = certificate.map(|certificate| certificate.acceptor()).transpose()?;
            tasks.spawn(accept::run(listener, acceptor, Arc::clone(&app)));
        }
        info!(target: SERVER, http = urls.http, https = urls.https, "listening");
        Ok(Running { urls, certificate, practice, tasks })
    }
}

async fn listen_for_tls(host: IpAddr, port: Port) -> Result<TcpListener, ListenError> {
    listen::listen(host, port).await.map_err(|error| match error {
        ListenError::Taken(port) => ListenError::TlsTaken(port),
        other => other,
    })
}

/// A server that runs. Dropping it stops it without a word to its clients.
pub struct Running {
    urls: Urls,
    certificate: Option<Vec<u8>>,
    practice: Arc<Practice>,
    tasks: Tasks,
}

impl Running {
    /// Where it is reached.
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// Its self-signed certificate (DER), when it speaks TLS.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// Offers files to the page, once; returns the path of their list.
    pub fn offer(&self, files: Vec<Offered>) -> String {
        format!("/api/opened/{}", self.practice.offers.put(files))
    }

    /// Lets the page follow a recording of another server, by a link whose fragment ends with what is returned.
    pub fn share(&self, name: &str, recording: Arc<Recording>) -> String {
        self.practice.recordings.share(name, recording);
        percent::encoded(name)
    }

    /// Stops accepting, closes every WebSocket with 1001, and waits a bounded time for the clients' part.
    pub async fn shutdown(self) {
        info!(target: SERVER, "stopping");
        self.tasks.stop();
        self.practice.census.end(&Close::going_away());
        self.tasks.finish(SHUTDOWN).await;
        info!(target: SERVER, "stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.abort();
    }
}
