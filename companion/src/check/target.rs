//! The server under test, when the command starts it.
//!
//! Owns its ports, its environment, the wait until it accepts, and its end. It refuses to know what the server serves.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sockscope_host::child::{Child, Output, shell};
use sockscope_host::ports::{Lease, PortError};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How often the server is asked whether it is ready.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// How long it has to end by itself.
const FAREWELL: Duration = Duration::from_secs(5);
/// How much of its output an error shows.
const SHOWN: usize = 20;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The command line, with `{port}` and `{tls_port}` in it.
    pub command: String,
    /// What says that it is ready.
    pub ready: Ready,
    /// How long it may take to be ready.
    pub patience: Duration,
    /// The first port to try; any when absent.
    pub first_port: Option<u16>,
    /// Whether it gets a port for TLS too.
    pub has_tls: bool,
}

/// What says that a server is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It accepts connections.
    Tcp,
    /// An HTTP address, with `{port}` in it, that answers with success.
    Url(String),
}

/// What is wrong with `--ready`.
#[derive(Debug, thiserror::Error)]
#[error("write tcp, or an address that begins with http://, such as http://localhost:{{port}}/health")]
pub struct ReadyError;

impl FromStr for Ready {
    type Err = ReadyError;

    fn from_str(text: &str) -> Result<Self, ReadyError> {
        match text {
            "tcp" => Ok(Self::Tcp),
            url if url.starts_with("http://") => Ok(Self::Url(url.to_owned())),
            _ => Err(ReadyError),
        }
    }
}

/// The ports of a server.
#[derive(Debug)]
pub struct Ports {
    plain: Lease,
    tls: Option<Lease>,
}

impl Ports {
    /// Reserves what a server needs.
    pub fn take(start: &Start) -> Result<Self, PortError> {
        let plain = Lease::take(start.first_port)?;
        let after = start.first_port.map(|_| plain.port().saturating_add(1));
        let tls = start.has_tls.then(|| Lease::take(after)).transpose()?;
        Ok(Self { plain, tls })
    }

    /// Puts the numbers into a text.
    pub fn fill(&self, text: &str) -> String {
        let text = text.replace("{port}", &self.plain.port().to_string());
        match &self.tls {
            Some(tls) => text.replace("{tls_port}", &tls.port().to_string()),
            None => text,
        }
    }

    /// Puts the numbers into a value for suites. With TLS an address becomes that of the port for TLS.
    pub fn fill_value(&self, value: &str, with_tls: bool) -> String {
        match &self.tls {
            Some(tls) if with_tls && value.contains("{port}") => {
                let value = value.replacen("ws://", "wss://", 1).replacen("http://", "https://", 1);
                self.fill(&value.replace("{port}", &tls.port().to_string()))
            }
            _ => self.fill(value),
        }
    }

    /// Where the server is without TLS: what `WS_URL` and `API_URL` are by default.
    pub fn plain(&self) -> [(&'static str, String); 2] {
        let port = self.plain.port();
        [("WS_URL", format!("ws://localhost:{port}/ws")), ("API_URL", format!("http://localhost:{port}/api"))]
    }

    /// The same with TLS, if it has a port for it.
    pub fn tls(&self) -> Option<[(&'static str, String); 2]> {
        let port = self.tls.as_ref()?.port();
        Some([
            ("WS_URL", format!("wss://localhost:{port}/ws")),
            ("API_URL", format!("https://localhost:{port}/api")),
        ])
    }

    /// What the server finds in its environment.
    fn environment(&self) -> BTreeMap<&'static str, String> {
        let mut all: BTreeMap<_, _> = self.plain().into();
        all.insert("WEBSOCKET_PORT", self.plain.port().to_string());
        if let (Some(tls), Some([(_, wss), _])) = (&self.tls, self.tls()) {
            all.insert("WEBSOCKET_SSL_PORT", tls.port().to_string());
            all.insert("WSS_URL", wss);
        }
        all
    }
}

/// A server that runs and accepts.
#[derive(Debug)]
pub struct Target {
    command: String,
    child: Child,
    ports: Ports,
    speaks_tls: bool,
}

/// Why a server is not there.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The operating system did not start it.
    #[error("cannot start {command:?}")]
    Spawn {
        /// The command line.
        command: String,
        /// The operating system's words.
        source: std::io::Error,
    },
    /// It ended instead.
    #[error("the server has ended ({status}) before it was ready: {command}{output}")]
    Ended {
        /// The command line.
        command: String,
        /// How.
        status: String,
        /// The end of its output, ready to be shown.
        output: String,
    },
    /// It did not get ready in time.
    #[error("the server was not ready within {patience:?}: {waited_for}\n  command: {command}{output}")]
    NotReady {
        /// The command line.
        command: String,
        /// What did not happen.
        waited_for: String,
        /// How long that was waited for.
        patience: Duration,
        /// The end of its output, ready to be shown.
        output: String,
    },
}

impl Target {
    /// Starts a server and waits until it is ready. Whatever goes wrong, nothing of it is left.
    pub async fn start(start: &Start, ports: Ports) -> Result<Self, TargetError> {
        let line = ports.fill(&start.command);
        let mut command = shell(&line);
        command.envs(ports.environment());
        let mut child =
            Child::spawn(command).map_err(|source| TargetError::Spawn { command: line.clone(), source })?;
        let deadline = Instant::now() + start.patience;
        let ready = match &start.ready {
            Ready::Tcp => Ready::Tcp,
            Ready::Url(url) => Ready::Url(ports.fill(url)),
        };
        let wants_tls = start.command.contains("{tls_port}");
        loop {
            if let Some(status) = child.has_ended() {
                child.output().clone().end().await;
                let output = end_of(child.output());
                let status = status.to_string();
                return Err(TargetError::Ended { command: line, status, output });
            }
            let is_ready = match is_ready(&ready, &ports).await {
                Ok(()) if wants_tls && !accepts_tls(&ports).await => {
                    Err("no server accepts connections on the port for TLS".to_owned())
                }
                other => other,
            };
            let Err(waited_for) = is_ready else { break };
            if Instant::now() > deadline {
                let output = end_of(child.output());
                child.end(FAREWELL).await;
                let patience = start.patience;
                return Err(TargetError::NotReady { command: line, waited_for, patience, output });
            }
            sleep(ASK_AGAIN).await;
        }
        let speaks_tls = accepts_tls(&ports).await;
        Ok(Self { command: line, child, ports, speaks_tls })
    }

    /// As it was started.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Where it is.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Whether it listens on its port for TLS too.
    pub fn speaks_tls(&self) -> bool {
        self.speaks_tls
    }

    /// What it says.
    pub fn output(&self) -> &Output {
        self.child.output()
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<String> {
        self.child.has_ended().map(|status| status.to_string())
    }

    /// Ends it with all that it has started.
    pub async fn end(self) {
        self.child.end(FAREWELL).await;
    }
}

async fn is_ready(ready: &Ready, ports: &Ports) -> Result<(), String> {
    match ready {
        Ready::Tcp if accepts(ports.plain.port()).await => Ok(()),
        Ready::Tcp => Err(format!("no server accepts connections on port {}", ports.plain.port())),
        Ready::Url(url) => answers(url).await.map_err(|words| format!("{url} {words}")),
    }
}

async fn accepts_tls(ports: &Ports) -> bool {
    match &ports.tls {
        Some(tls) => accepts(tls.port()).await,
        None => false,
    }
}

/// Whether a server accepts on a port of either loopback address.
async fn accepts(port: u16) -> bool {
    let addresses: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
    for address in addresses {
        if let Ok(Ok(_)) = timeout(Duration::from_secs(1), TcpStream::connect(address)).await {
            return true;
        }
    }
    false
}

async fn answers(url: &str) -> Result<(), String> {
    let address: http::Uri = url.parse().map_err(|error| format!("is not an address: {error}"))?;
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = timeout(Duration::from_secs(5), client.get(address)).await;
    match answer {
        Err(_) => Err("does not answer".to_owned()),
        Ok(Err(error)) => Err(format!("cannot be reached: {error}")),
        Ok(Ok(answer)) if is_success(answer.status()) => Ok(()),
        Ok(Ok(answer)) => Err(format!("answers with {}", answer.status())),
    }
}

fn is_success(status: StatusCode) -> bool {
    status.is_success() || status.is_redirection()
}

/// The end of an output, indented, or that there was none.
fn end_of(output: &Output) -> String {
    let lines = output.lines();
    if lines.is_empty() {
        return "\n  it printed nothing".to_owned();
    }
    let from = lines.len().saturating_sub(SHOWN);
    let lines: String = lines[from..].iter().map(|line| format!("\n    {line}")).collect();
    format!("\n  its last words:{lines}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn start(command: &str) -> Start {
        Start {
            command: command.to_owned(),
            ready: Ready::Tcp,
            patience: Duration::from_secs(20),
            first_port: None,
            has_tls: true,
        }
    }

    async fn error(start: Start) -> String {
        let ports = Ports::take(&start).expect("ports");
        match Target::start(&start, ports).await {
            Ok(_) => panic!("it must not start"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn err_a_server_that_ends_shows_its_last_words() {
        let words = error(start("echo so it goes $WEBSOCKET_PORT/{port} >&2; exit 7")).await;
        assert!(words.contains("exit status: 7"), "{words}");
        let said = words.lines().last().expect("lines").trim();
        let (env, filled) = said.strip_prefix("so it goes ").and_then(|it| it.split_once('/')).expect("both");
        assert_eq!(env, filled);
    }

    #[tokio::test]
    async fn err_a_server_that_never_accepts_is_given_up() {
        let late = Start { patience: Duration::from_millis(200), ..start("sleep 1000") };
        let words = error(late).await;
        assert!(words.contains("no server accepts connections on port"), "{words}");
        let health = Ready::Url("http://127.0.0.1:{port}/health".to_owned());
        let late = Start { patience: Duration::from_millis(200), ready: health, ..start("sleep 1000") };
        let words = error(late).await;
        assert!(words.contains("/health cannot be reached"), "{words}");
        assert!(words.ends_with("it printed nothing"), "{words}");
    }

    #[test]
    fn ready_is_tcp_or_an_address() {
        assert_eq!("tcp".parse::<Ready>().ok(), Some(Ready::Tcp));
        assert!("http://localhost:{port}/".parse::<Ready>().is_ok());
        assert!("localhost".parse::<Ready>().is_err());
    }
}
