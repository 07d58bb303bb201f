//! `sockscope lsp`: the assistant of the page's editor for any editor.

use clap::Args;

use super::{Exit, complain};
use crate::lsp;

/// Help an editor with suites, as a language server on standard input and output.
#[derive(Debug, Args)]
#[command(after_help = "\
It speaks the Language Server Protocol 3.17: mistakes, completion, hover, go to definition, formatting.
Other JSON files get no answers. How editors start it: docs/guide/editors.md.
Exit codes: 0 when the editor has ended it, 3 when it went away or broke the protocol.")]
pub struct Flags {
    /// Standard input and output; the only way, so that editors may name it
    #[arg(long)]
    stdio: bool,
}

/// Serves until the editor ends it.
pub fn run(_: Flags) -> Exit {
    match lsp::serve() {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error);
            Exit::Environment
        }
    }
}
