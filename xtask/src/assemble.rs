//! Lays out `dist`: the programs as the browser loads them, and the files that `index.html` names.
//!
//! A file that `index.html` names gets the hash of its content into its name, so that a browser may keep it for ever. A file
//! that a program asks for by name keeps its name. Everything is written beside `dist` and takes its place at the end.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::page::Edition;
use crate::process::{self, Show};
use crate::project::Project;
use crate::setup::Toolbox;
use crate::strip;

/// The program that `index.html` loads.
const FIRST: &str = "page";

/// Files that a program asks for by name, and where they lie in `dist`.
const LATER: [(&str, &str); 4] = [
    ("style/faults.css", "faults.css"),
    ("src/boot/bench_worker.js", "boot/bench_worker.js"),
    ("src/boot/checks_worker.js", "boot/checks_worker.js"),
    ("src/editor/bundle.js", "editor/bundle.js"),
];

/// What Rust emits for `wasm32-unknown-unknown`, and every browser of the last years runs.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// One of the programs in `Cargo.toml`, as the browser loads it.
pub struct Program {
    pub name: &'static str,
    /// A worker that is started from a script takes no module.
    glue: &'static str,
    /// What wasm-opt works for: `-Oz` for size, `-O3` for speed.
    level: &'static str,
}

pub const PROGRAMS: [Program; 4] = [
    Program { name: FIRST, glue: "web", level: "-Oz" },
    Program { name: "bench_worker", glue: "no-modules", level: "-Oz" },
    Program { name: "checks_page", glue: "web", level: "-Oz" },
    Program { name: "checks_worker", glue: "no-modules", level: "-O3" },
];

/// Turns the compiled programs and the sources of the page into `dist`. `compiled` finds a program's wasm.
pub fn lay_out(
    project: &Project,
    toolbox: &Toolbox,
    edition: Edition,
    compiled: impl Fn(&Program) -> PathBuf,
) -> Result<()> {
    let work = project.scratch()?.join("programs");
    let fresh = project.scratch()?.join("dist");
    for folder in [&work, &fresh] {
        remove(folder)?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    thread::scope(|scope| {
        let jobs = PROGRAMS.map(|program| {
            let (work, input) = (&work, compiled(&program));
            scope.spawn(move || bind(toolbox, edition, &program, &input, work))
        });
        jobs.into_iter().try_for_each(|job| job.join().expect("what joins a program does not panic"))
    })?;
    let shrink = |path: &Path| shrunk(toolbox, edition, path, &work);
    let html = fs::read_to_string(project.root.join("index.html")).context("cannot read index.html")?;
    let html = with_files(&html, |reference| {
        // The two files of a program are built from one another, and have one name.
        let (name, bytes) = match reference {
            "page.js" | "page_bg.wasm" => {
                (hashed(reference, hash_of_first(&work)?), shrink(&work.join(reference))?)
            }
            source => {
                let bytes = shrink(&project.root.join(source))?;
                (hashed(source, hash(&[&bytes])), bytes)
            }
        };
        write(&fresh.join(&name), &bytes)?;
        Ok(name)
    })?;
    write(&fresh.join("index.html"), html.as_bytes())?;
    for program in PROGRAMS.iter().filter(|program| program.name != FIRST) {
        for name in [format!("{}.js", program.name), format!("{}_bg.wasm", program.name)] {
            write(&fresh.join(&name), &shrink(&work.join(&name))?)?;
        }
    }
    for (source, name) in LATER {
        write(&fresh.join(name), &shrink(&project.root.join(source))?)?;
    }
    remove(&project.dist())?;
    fs::rename(&fresh, project.dist()).context("cannot put the new page into dist")
}

/// A program's wasm and the script that loads it, in `work`.
fn bind(toolbox: &Toolbox, edition: Edition, program: &Program, input: &Path, work: &Path) -> Result<()> {
    let mut command = Command::new("wasm-bindgen");
    command.args(["--target", program.glue, "--out-name", program.name, "--no-typescript"]);
    command.args(["--remove-name-section", "--remove-producers-section"]);
    command.arg("--out-dir").arg(work).arg(input);
    toolbox.equip(&mut command);
    process::succeed(&mut command).with_context(|| format!("wasm-bindgen failed at {}", program.name))?;
    if edition == Edition::Quick {
        return Ok(());
    }
    let wasm = work.join(format!("{}_bg.wasm", program.name));
    if !toolbox.has_wasm_opt {
        let small = strip::without_custom_sections(&read(&wasm)?);
        return write(&wasm, &small.with_context(|| format!("{} is not a wasm module", wasm.display()))?);
    }
    let mut command = Command::new("wasm-opt");
    command.arg(program.level).args(FEATURES).arg(&wasm).arg("--output").arg(&wasm);
    toolbox.equip(&mut command);
    process::succeed(&mut command).with_context(|| format!("wasm-opt failed at {}", program.name))
}

/// A script or a style sheet without what only people read; other files as they are.
fn shrunk(toolbox: &Toolbox, edition: Edition, path: &Path, work: &Path) -> Result<Vec<u8>> {
    let is_text = path.extension().is_some_and(|extension| extension == "js" || extension == "css");
    if edition == Edition::Quick || !toolbox.has_esbuild || !is_text {
        return read(path);
    }
    let mut command = Command::new("esbuild");
    // Names at the top of a script are for others; those of a module that no other script imports may be shortened.
    command.arg(path).args(["--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning"]);
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    if text.lines().any(|line| line.starts_with("export ")) {
        command.arg("--format=esm");
    }
    let small = work.join("small").join(path.file_name().unwrap_or_default());
    command.arg(format!("--outfile={}", small.display()));
    toolbox.equip(&mut command);
    let status = process::run(&mut command, Show::Nothing, |_| ())?;
    if !status.success() {
        bail!("esbuild cannot read {} ({status}); its reason is above", path.display());
    }
    read(&small)
}

/// The text of `index.html` with every relative `href` and `src` replaced by the name that `place` gives it, and without its
/// comments and indentation.
fn with_files(html: &str, mut place: impl FnMut(&str) -> Result<String>) -> Result<String> {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        text.push_str(before);
        rest = comment.split_once("-->").context("a comment in index.html has no end")?.1;
    }
    text.push_str(rest);

    let mut result = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut rest = line;
        while let Some(at) =
            [" href=\"", " src=\""].iter().filter_map(|it| Some(rest.find(it)? + it.len())).min()
        {
            let (before, after) = rest.split_at(at);
            let (reference, after) =
                after.split_once('"').context("an attribute in index.html has no end")?;
            result.push_str(before);
            if reference.contains(':') || reference.starts_with('#') {
                result.push_str(reference);
            } else {
                // Relative, so that the page works under any path.
                let name = place(reference).with_context(|| format!("index.html names {reference}"))?;
                result.push_str("./");
                result.push_str(&name);
            }
            result.push('"');
            rest = after;
        }
        result.push_str(rest);
        result.push('\n');
    }
    Ok(result)
}

/// `style/page.css` as `page-0123456789abcdef.css`, `page_bg.wasm` as `page-0123456789abcdef_bg.wasm`.
fn hashed(reference: &str, hash: u64) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let cut = name.find("_bg.").or_else(|| name.find('.')).unwrap_or(name.len());
    let (stem, end) = name.split_at(cut);
    format!("{stem}-{hash:016x}{end}")
}

fn hash_of_first(work: &Path) -> Result<u64> {
    let (script, wasm) = (read(&work.join("page.js"))?, read(&work.join("page_bg.wasm"))?);
    Ok(hash(&[&script, &wasm]))
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.iter().for_each(|part| hasher.write(part));
    hasher.finish()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, bytes)).with_context(|| format!("cannot write {}", path.display()))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_the_hash_before_its_end() {
        assert_eq!(hashed("style/page.css", 0xab), "page-00000000000000ab.css");
        assert_eq!(hashed("page.js", 1), "page-0000000000000001.js");
        assert_eq!(hashed("page_bg.wasm", 1), "page-0000000000000001_bg.wasm");
    }

    #[test]
    fn every_file_that_the_page_names_is_placed_and_comments_go() {
        let html = "<head>\n  <!-- Two\n       lines. -->\n  <link rel=\"icon\" href=\"a/b.svg\"><link href=\"c.css\">\n\
                    <a href=\"https://x/\">\n  <script src=\"d.js\" defer></script>\n</head>\n";
        let mut seen = Vec::new();
        let text = with_files(html, |reference| {
            seen.push(reference.to_owned());
            Ok(hashed(reference, 0))
        });
        assert_eq!(seen, ["a/b.svg", "c.css", "d.js"]);
        assert_eq!(
            text.unwrap(),
            "<head>\n<link rel=\"icon\" href=\"./b-0000000000000000.svg\"><link href=\"./c-0000000000000000.css\">\n\
             <a href=\"https://x/\">\n<script src=\"./d-0000000000000000.js\" defer></script>\n</head>\n"
        );
    }

    #[test]
    fn err_a_missing_file_is_named() {
        let error = with_files("<link href=\"no.css\">", |_| bail!("cannot read it")).unwrap_err();
        assert_eq!(format!("{error:#}"), "index.html names no.css: cannot read it");
        assert!(with_files("<!-- no end", |_| Ok(String::new())).is_err());
    }
}
