//! The flags that choose checks and give values, which every command that runs suites has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

/// Which checks run, and with which values.
#[derive(Debug, Args)]
pub struct ChoiceFlags {
    /// Only checks with this tag. Repeatable
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only the check of this name. Repeatable
    #[arg(long, value_name = "NAME")]
    pub check: Vec<String>,
    /// The value of a variable. Repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub var: Vec<(String, String)>,
    /// A file of NAME=VALUE lines, which suites read as {{env.NAME}}. It overrides the environment. Repeatable
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
}

/// Why a file of values cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct EnvFileError {
    path: PathBuf,
    why: String,
}

/// What is wrong with `--var`.
#[derive(Debug, thiserror::Error)]
#[error("write NAME=VALUE")]
pub struct PairError;

/// A name with its value.
pub fn pair(text: &str) -> Result<(String, String), PairError> {
    let (name, value) = text.split_once('=').ok_or(PairError)?;
    let name = name.trim();
    if name.is_empty() { Err(PairError) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// What suites read as `{{env.NAME}}`: the environment, with the files over it.
pub fn environment(files: &[PathBuf]) -> Result<BTreeMap<String, String>, EnvFileError> {
    let mut environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    for path in files {
        environment.extend(read_env_file(path)?);
    }
    Ok(environment)
}

fn read_env_file(path: &Path) -> Result<Vec<(String, String)>, EnvFileError> {
    let error = |why: String| EnvFileError { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|found| error(found.to_string()))?;
    let lines = dotenvy::from_read_iter(text.as_bytes());
    lines.collect::<Result<_, _>>().map_err(|found| match found {
        // Not in its own words, which have the whole line in them, and so perhaps a password.
        dotenvy::Error::LineParse(line, _) => {
            let number = text.lines().position(|it| it.contains(line.trim())).map_or(0, |at| at + 1);
            error(format!("line {number}: expected NAME=value; quote a value that contains blanks"))
        }
        other => error(other.to_string()),
    })
}
