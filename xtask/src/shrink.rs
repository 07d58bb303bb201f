//! Makes the scripts and style sheets that Trunk put into `dist` smaller. Trunk could do it, but the program that it uses
//! cannot read the scripts of wasm-bindgen.
//!
//! Names stay, also those with a hash: they are part of `index.html`, and the same sources give the same small files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::fingerprint::files_under;
use crate::process::{self, Show};
use crate::setup::Toolbox;

/// Every script and style sheet in `dist`, without what only people read. esbuild writes to `work`, so that a failure leaves `dist` whole.
pub fn scripts_and_styles(toolbox: &Toolbox, dist: &Path, work: &Path) -> Result<()> {
    match fs::remove_dir_all(work) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", work.display()));
        }
        _ => {}
    }
    let files = files_under(dist)?.into_iter().filter(|path| is_text(path));
    let mut modules = Vec::new();
    let mut others = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if is_module(&text) { modules.push(path) } else { others.push(path) }
    }
    // The names at the top of a module may be shortened; those of other scripts belong to everyone.
    esbuild(toolbox, dist, work, &modules, &["--format=esm"])?;
    esbuild(toolbox, dist, work, &others, &[])?;
    for path in files_under(work)? {
        let target = dist.join(path.strip_prefix(work).unwrap_or(&path));
        fs::copy(&path, &target).with_context(|| format!("cannot write {}", target.display()))?;
    }
    Ok(())
}

fn esbuild(toolbox: &Toolbox, dist: &Path, work: &Path, files: &[PathBuf], more: &[&str]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let mut command = Command::new("esbuild");
    command.args(["--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning"]).args(more);
    command.arg(format!("--outbase={}", dist.display())).arg(format!("--outdir={}", work.display()));
    command.args(files);
    toolbox.equip(&mut command);
    let status = process::run(&mut command, Show::Nothing, |_| ())?;
    if !status.success() {
        bail!("esbuild cannot read a script or style sheet of the page ({status}); its reason is above");
    }
    Ok(())
}

fn is_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "js" || extension == "css")
}

fn is_module(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("export "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_are_made_smaller_and_nothing_else_is() {
        assert!(is_text(Path::new("dist/boot/page.js")) && is_text(Path::new("page-0123.css")));
        assert!(!is_text(Path::new("page_bg.wasm")) && !is_text(Path::new("index.html")));
    }

    #[test]
    fn a_module_exports() {
        assert!(is_module("const a = 1;\nexport default a;\n"));
        assert!(!is_module("let wasm_bindgen = (function(exports) {})({});\n"));
    }
}
