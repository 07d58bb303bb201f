//! `sockscope record`: stands between an application and its server, and keeps what passes as a session.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use sockscope_engine::session::Session;
use sockscope_engine::session::replay::Target;

use super::log::LogFlags;
use super::open::{Page, page};
use super::serving::{self, ServingError};
use super::signal::Signal;
use super::{Exit, print, target};
use crate::config::{Config, Limits, Port};
use crate::routes::recordings::Recording;
use crate::server::{Running, Server};
use crate::sessions;
use crate::suites;
use crate::web::Door;

/// How often the file is written while something happens.
const EVERY: Duration = Duration::from_secs(2);
/// Writing takes at most this part of the time.
const SHARE: u32 = 20;

/// Stand between an application and its server, and keep what passes as a session.
#[derive(Debug, Args)]
#[command(after_help = "\
Point the application at the address that is printed. No byte is changed; compression is not offered to the server,
so that messages can be read. The file is written every two seconds while something happens, and at the end.
Open the other address to watch the traffic in the page while it happens. Only this machine reaches that page.
Exit codes: 0 after SIGINT or SIGTERM, 2 for a wrong command line, 3 when the port is taken or the file cannot be written.")]
pub struct Flags {
    /// The server. Without a path each client gets the path that it asks for
    #[arg(long, value_name = "URL", value_parser = target)]
    to: Target,
    /// Port for the application; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    listen: u16,
    /// Address to listen on. Other machines can connect, unless it is loopback
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// A further host name that requests may use. Repeatable
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// The session, as JSON Lines; - is standard output at the end
    #[arg(long, value_name = "FILE", default_value = "session.jsonl")]
    out: PathBuf,
    /// Port for the page in which the traffic is watched; the next free one when it is taken
    #[arg(long, value_name = "PORT", default_value_t = 9000)]
    page_port: u16,
    /// Watch it in this page, such as one that `sockscope serve` serves already
    #[arg(long, value_name = "URL", value_parser = page)]
    page: Option<Page>,
    /// Serve no page
    #[arg(long, conflicts_with_all = ["page", "page_port"])]
    no_page: bool,
    /// Take any certificate of the server
    #[arg(long)]
    insecure: bool,
    #[command(flatten)]
    log: LogFlags,
}

/// Records until a signal comes.
pub fn run(flags: Flags) -> Exit {
    flags.log.start();
    serving::until_it_ends(record(flags))
}

async fn record(flags: Flags) -> Result<(), ServingError> {
    let mut signal = Signal::listen().map_err(ServingError::Signals)?;
    let name = flags.out.file_stem().map_or_else(|| "session".into(), |stem| stem.to_string_lossy());
    let recording = Arc::new(Recording::new(&name, Session::BUDGET));
    let config = Config {
        host: flags.host,
        port: Port::Exactly(flags.listen),
        hosts: flags.allow_host.clone(),
        limits: Limits { message: 64 << 20, ..Limits::DEFAULT },
        ..Config::default()
    };
    let door =
        Door { target: flags.to.clone(), is_insecure: flags.insecure, recording: Arc::clone(&recording) };
    let running = Server::start_recording(config, door).await?;
    let ws = running.urls().ws.trim_end_matches("/ws").to_owned();
    let watched = match flags.no_page {
        true => None,
        false => Some(watched(&flags, &name, &recording).await?),
    };
    let mut text = format!("Recording what passes {ws}. Stop with Ctrl+C.\n");
    if let Some((_, address)) = &watched {
        text.push_str(&format!("Watch it while it happens: {address}\n"));
    }
    print(io::stderr().lock(), &text).map_err(ServingError::Print)?;
    let is_stream = flags.out.as_os_str() == "-";
    let mut written = Written::default();
    loop {
        tokio::select! {
            () = signal.received() => break,
            () = tokio::time::sleep(written.pause()), if !is_stream => written.write(&flags.out, &recording)?,
        }
    }
    running.shutdown().await;
    if let Some((page, _)) = watched {
        page.shutdown().await;
    }
    written.total = u64::MAX;
    written.write(&flags.out, &recording)
}

/// Serves what shows the recording, with the address that shows it.
async fn watched(
    flags: &Flags,
    name: &str,
    recording: &Arc<Recording>,
) -> Result<(Running, String), ServingError> {
    let port = match (&flags.page, flags.page_port) {
        (Some(_), _) | (None, 0) => Port::Exactly(0),
        (None, port) => Port::From(port),
    };
    let origins = flags.page.iter().map(|page| page.origin.clone()).collect();
    let running = Server::start(Config { port, origins, ..Config::default() }).await?;
    let name = running.share(name, Arc::clone(recording));
    let address = match &flags.page {
        Some(page) => format!("{}#follow={}/{name}", page.address, running.urls().ws.trim_end_matches("/ws")),
        None => format!("{}#follow={name}", running.urls().page),
    };
    Ok((running, address))
}

/// How far the file is.
#[derive(Default)]
struct Written {
    total: u64,
    took: Duration,
}

impl Written {
    fn pause(&self) -> Duration {
        EVERY.max(self.took * SHARE)
    }

    /// Writes the file, if something has happened.
    fn write(&mut self, file: &Path, recording: &Recording) -> Result<(), ServingError> {
        let total = recording.total();
        if total == self.total {
            return Ok(());
        }
        let began = Instant::now();
        sessions::write(file, &recording.lines())
            .map_err(|error| ServingError::Unwritten(suites::name_of(file), error))?;
        (self.total, self.took) = (total, began.elapsed());
        Ok(())
    }
}
