//! `sockscope open`: opens a session in the page.

use std::path::PathBuf;

use clap::Args;
use sockscope_host::desktop;

use super::log::LogFlags;
use super::serving::ServingError;
use super::signal::Signal;
use super::{Exit, complain, on_all_cores, print};
use crate::config::{Config, Port};
use crate::origin::AllowedOrigin;
use crate::server::Server;
use crate::sessions::{self, SessionError};

/// Open a session in the page, with filter, lanes and all other tools.
#[derive(Debug, Args)]
#[command(after_help = "\
The page fetches the file once, from this machine; pages of other sites cannot. It keeps what it has read.
Exit codes: 0 after SIGINT or SIGTERM, 2 when the file is not a session, 3 when it cannot be read or the port is taken.")]
pub struct Flags {
    /// The session: JSON Lines, HAR, a zip of Playwright, or CSV. Files that a HAR names are taken from its folder
    #[arg(value_name = "SESSION")]
    session: PathBuf,
    /// Port for the page; the next free one when it is taken. The page keeps sessions by its address
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Open it in this page, such as one that `sockscope serve` serves already
    #[arg(long, value_name = "URL", value_parser = page)]
    page: Option<Page>,
    /// Print the address and open no browser
    #[arg(long)]
    no_browser: bool,
    #[command(flatten)]
    log: LogFlags,
}

/// A page that is served elsewhere.
#[derive(Debug, Clone)]
pub struct Page {
    /// Without a fragment.
    pub address: String,
    /// Whose requests the page makes.
    pub origin: AllowedOrigin,
}

/// The address of a page.
pub fn page(text: &str) -> Result<Page, String> {
    let mut url = url::Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("expected http: or https:, found {}:", url.scheme()));
    }
    url.set_fragment(None);
    let origin = url.origin().ascii_serialization();
    let origin = origin.parse().map_err(|error| format!("{error}"))?;
    Ok(Page { address: url.to_string(), origin })
}

#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error(transparent)]
    Serve(#[from] ServingError),
}

/// Serves until a signal comes.
pub fn run(flags: Flags) -> Exit {
    flags.log.start();
    match on_all_cores(|error| ServingError::Runtime(error).into(), open(flags)) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            match error {
                OpenError::Session(SessionError::Wrong { .. }) => Exit::Invalid,
                _ => Exit::Environment,
            }
        }
    }
}

async fn open(flags: Flags) -> Result<(), OpenError> {
    // Before the address is printed: its reader may send a signal at once.
    let mut signal = Signal::listen().map_err(ServingError::Signals)?;
    let files = sessions::files_of(&flags.session)?;
    let port =
        if flags.port == 0 || flags.page.is_some() { Port::Exactly(0) } else { Port::From(flags.port) };
    let origins = flags.page.iter().map(|page| page.origin.clone()).collect();
    let running =
        Server::start(Config { port, origins, ..Config::default() }).await.map_err(ServingError::Start)?;
    let offer = running.offer(files);
    let address = match &flags.page {
        Some(page) => format!("{}#session={}{offer}", page.address, running.urls().http),
        None => format!("{}#session={offer}", running.urls().page),
    };
    print(std::io::stdout().lock(), &format!("{address}\n")).map_err(ServingError::Print)?;
    if !flags.no_browser
        && let Err(words) = desktop::show(&address)
    {
        eprintln!("sockscope: there is {words}: open the address by hand");
    }
    signal.received().await;
    running.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_an_address_with_its_origin() {
        let found = page("http://localhost:9000/sub/#/checks").expect("an address");
        assert_eq!(found.address, "http://localhost:9000/sub/");
        assert!(page("ftp://h/").is_err() && page("localhost:9000").is_err());
    }
}
