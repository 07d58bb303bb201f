//! `sockscope serve`: starts a server, says where it is, and stops it on SIGINT or SIGTERM.

use std::io;
use std::net::{AddrParseError, IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::log::LogFlags;
use super::serving::{self, ServingError};
use super::signal::Signal;
use super::size::Size;
use super::{Exit, print};
use crate::config::{Config, Limits, Port};
use crate::destination::AllowedTarget;
use crate::folder::Folder;
use crate::origin::AllowedOrigin;
use crate::server::{Running, Server, Urls};

const DEFAULT: Limits = Limits::DEFAULT;

/// Serve the page and a WebSocket server to practise on.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 after SIGINT or SIGTERM, 2 for a wrong command line, 3 when a port is taken or the
machine does not allow it.")]
pub struct Flags {
    /// Address to listen on. Other machines can connect, unless it is loopback
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = address)]
    host: IpAddr,
    /// Port for http and ws; 0 takes a free one
    #[arg(long, default_value_t = 9000, conflicts_with = "start_port")]
    port: u16,
    /// Listen on this port, or on the next higher one that is free
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    start_port: Option<u16>,
    /// Serve https and wss too, on a second port, with a certificate made at start
    #[arg(long)]
    tls: bool,
    /// Port for https and wss; a free one when absent
    #[arg(long, value_name = "PORT", requires = "tls")]
    tls_port: Option<u16>,
    /// Print where the server is as one line of JSON: http, ws, https, wss, api, page
    #[arg(long)]
    print_urls: bool,
    /// Let pages of this origin use the API; "loopback" means every page served from this machine. Repeatable
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<AllowedOrigin>,
    /// A further host name that requests may use for this server. Repeatable
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Let /ws/proxy connect to this server too. A server on this machine needs it only when --host is not loopback.
    /// Repeatable
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_target: Vec<AllowedTarget>,
    /// Make no probes: the page does not learn why a handshake failed
    #[arg(long)]
    no_probe: bool,
    /// Let the page work on this folder: suites, and the connections, saved messages and variables of the bench, as
    /// files. Changes go both ways. It needs a --host that is loopback
    #[arg(long, value_name = "FOLDER", conflicts_with = "seed")]
    dir: Option<PathBuf>,
    /// Let a page that is opened for the first time begin with what is in this folder. Nothing is written to it
    #[arg(long, value_name = "FOLDER")]
    seed: Option<PathBuf>,
    #[command(flatten)]
    log: LogFlags,
    #[command(flatten)]
    limits: LimitFlags,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitFlags {
    /// Open WebSockets; one more is refused with HTTP 503
    #[arg(long, value_name = "N", default_value_t = DEFAULT.connections)]
    max_connections: usize,
    /// Size of a message; a larger one ends its connection with 1009
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT.message))]
    max_message: Size,
    /// Bytes that may wait for a client that does not read; above it, the client is closed with 1013
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT.queue))]
    max_queue: Size,
    /// Bytes held for all clients together; the client that exceeds it is closed with 1013
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT.held))]
    max_held: Size,
    /// Size of an API request's body; a larger one is answered with 413
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT.body))]
    max_body: Size,
    /// Rooms of /ws/rooms
    #[arg(long, value_name = "N", default_value_t = DEFAULT.rooms)]
    max_rooms: usize,
    /// Connections in one room
    #[arg(long, value_name = "N", default_value_t = DEFAULT.members)]
    max_members: usize,
    /// Documents of /ws/fragments
    #[arg(long, value_name = "N", default_value_t = DEFAULT.docs)]
    max_docs: usize,
    /// Size of one document
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULT.doc))]
    max_doc: Size,
    /// Users whose state /ws/agent keeps
    #[arg(long, value_name = "N", default_value_t = DEFAULT.users)]
    max_users: usize,
    /// Connections of one user on /ws/agent; one more is closed with 4029
    #[arg(long, value_name = "N", default_value_t = DEFAULT.user_connections)]
    max_user_connections: usize,
    /// Events of one user that /ws/agent keeps to replay
    #[arg(long, value_name = "N", default_value_t = DEFAULT.retained)]
    max_retained: usize,
}

impl Flags {
    fn config(self) -> Result<Config, ServingError> {
        let limits = self.limits;
        let folder = match (&self.dir, &self.seed) {
            (None, None) => None,
            _ if !self.host.is_loopback() => return Err(ServingError::Reachable(self.host)),
            (Some(folder), _) => Some(Folder::open(folder, false)?),
            (None, Some(folder)) => Some(Folder::open(folder, true)?),
        };
        Ok(Config {
            host: self.host,
            port: self.start_port.map_or(Port::Exactly(self.port), Port::From),
            tls: self.tls.then_some(Port::Exactly(self.tls_port.unwrap_or(0))),
            hosts: self.allow_host,
            origins: self.allow_origin,
            targets: self.allow_target,
            probe: !self.no_probe,
            folder: folder.map(Arc::new),
            takes_any_certificate: false,
            limits: Limits {
                connections: limits.max_connections,
                message: limits.max_message.0,
                queue: limits.max_queue.0,
                held: limits.max_held.0,
                body: limits.max_body.0,
                rooms: limits.max_rooms,
                members: limits.max_members,
                docs: limits.max_docs,
                doc: limits.max_doc.0,
                users: limits.max_users,
                user_connections: limits.max_user_connections,
                retained: limits.max_retained,
            },
        })
    }
}

/// An address, or the one name that always means the same.
fn address(text: &str) -> Result<IpAddr, AddrParseError> {
    if text.eq_ignore_ascii_case("localhost") { Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)) } else { text.parse() }
}

/// Serves until a signal comes.
pub fn run(flags: Flags) -> Exit {
    flags.log.start();
    // Each WebSocket is a file descriptor, and many systems start a process with 1024.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    serving::until_it_ends(serve(flags))
}

async fn serve(flags: Flags) -> Result<(), ServingError> {
    let is_for_programs = flags.print_urls;
    // Before the URLs are printed: their reader may send a signal at once.
    let mut signal = Signal::listen().map_err(ServingError::Signals)?;
    let config = flags.config()?;
    let folder = config.folder.clone();
    let running = Server::start(config).await?;
    let text =
        if is_for_programs { json_line(running.urls()) } else { for_people(&running, folder.as_deref()) };
    print(io::stdout().lock(), &text).map_err(ServingError::Print)?;
    signal.received().await;
    running.shutdown().await;
    Ok(())
}

fn json_line(urls: &Urls) -> String {
    serde_json::to_string(urls).expect("strings are JSON") + "\n"
}

fn for_people(running: &Running, folder: Option<&Folder>) -> String {
    let urls = running.urls();
    let mut text = format!("Sockscope is ready.\n\n  Page       {}\n", urls.page);
    let mut line = |name: &str, url: &str| text.push_str(&format!("  {name:<10} {url}\n"));
    line("WebSocket", &urls.ws);
    line("API", &urls.api);
    if let Some(folder) = folder {
        line(if folder.is_seed { "Seed" } else { "Folder" }, &folder.path());
    }
    if let (Some(https), Some(wss)) = (&urls.https, &urls.wss) {
        line("TLS", https);
        line("", wss);
        text.push_str("\n  The certificate is self-signed: open the TLS address once and accept it.\n");
    }
    text.push_str("\nStop with Ctrl+C.\n");
    text
}
