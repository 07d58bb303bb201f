//! `cargo xtask pictures`: the page takes its own pictures.
//!
//! What is shown and where it is written stands in `companion/tests/page/pictures.rs`: it is driven like a test, by the names that
//! tests use, and fails like one when the page has changed.

use anyhow::{Result, bail};

use crate::page::Edition;
use crate::process::{self, Show};
use crate::project::Project;
use crate::{screen, serve, setup, targets};

/// Builds the page and takes every picture.
pub fn take(project: &Project, edition: Edition) -> Result<()> {
    let mut progress = serve::build_all(project, edition, setup::BROWSER_STAGES + targets::STAGES + 1)?;
    let browser = setup::browser(&mut progress)?;
    let servers = targets::set_up(&mut progress)?;
    progress.stage("taking the pictures (about 1 minute)…");
    let mut command = project.cargo();
    command.args(["test", "--locked", "-p", "sockscope-companion", "--features", "page-tests"]);
    command.args(["--test", "page", "--", "--ignored", "--test-threads", "1", "pictures::"]);
    command.env("SOCKSCOPE_BIN", project.server(edition));
    command.env("CHROMEDRIVER", &browser.driver).env("CHROME", &browser.program);
    servers.equip(&mut command);
    let status = process::run(&mut command, Show::Lines, |_| ())?;
    if !status.success() {
        bail!("a picture could not be taken; why stands above");
    }
    screen::note("the pictures are in docs/pictures and style/share.png");
    Ok(())
}
