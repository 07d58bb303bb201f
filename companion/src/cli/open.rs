//! `sockscope open`: serves the page with a session in it.

use std::io;
use std::path::PathBuf;

use clap::Args;
use sockscope_engine::session::Session;

use super::log::LogFlags;
use super::signal::Signal;
use super::{Exit, complain, on_all_cores, print};
use crate::config::{Config, Port};
use crate::server::{Server, StartError};
use crate::sessions::{self, SessionError};
use crate::suites;

/// Serve the page with a session in it.
#[derive(Debug, Args)]
#[command(after_help = "\
The sessions of the file are under /api/recordings, too.
Exit codes: 0 after SIGINT or SIGTERM, 2 when the file is not a session, 3 when it cannot be read or the port is taken.")]
pub struct Flags {
    /// The session: JSON Lines, HAR or CSV
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// Port for the page; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    #[command(flatten)]
    log: LogFlags,
}

#[derive(Debug, thiserror::Error)]
enum ShowError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot print where the page is")]
    Print(#[source] io::Error),
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

/// Serves until a signal comes.
pub fn run(flags: &Flags) -> Exit {
    flags.log.start();
    match on_all_cores(ShowError::Runtime, show(flags)) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            match error {
                ShowError::Session(SessionError::Wrong { .. }) => Exit::Invalid,
                _ => Exit::Environment,
            }
        }
    }
}

async fn show(flags: &Flags) -> Result<(), ShowError> {
    let mut signal = Signal::listen().map_err(ShowError::Signals)?;
    let opened = sessions::open(&flags.session, Session::BUDGET)?;
    for lost in &opened.lost {
        eprintln!("sockscope: {}: {lost}", suites::name_of(&flags.session));
    }
    let running = Server::start(Config { port: Port::Exactly(flags.port), ..Config::default() }).await?;
    let page = running.urls().page.clone();
    let mut text = String::new();
    for session in opened.sessions {
        let query: String = form_urlencoded::byte_serialize(session.name.as_bytes()).collect();
        text.push_str(&format!("{page}#session={query}\n"));
        running.keep(session);
    }
    print(io::stdout().lock(), &text).map_err(ShowError::Print)?;
    signal.received().await;
    running.shutdown().await;
    Ok(())
}
