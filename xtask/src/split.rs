//! Takes a program of the page apart: what its first picture needs stays in its file, the rest goes into files that are downloaded
//! later.
//!
//! Trunk calls whatever program is named `wasm-bindgen`, so a copy of this binary has that name in front of PATH. It takes apart
//! what was linked for it (`build.rs` asks the linker for that) and hands the first part to the real wasm-bindgen. Trunk gives
//! names with a hash only afterwards, so [`place`] puts the other parts beside the page and writes the names into its scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::fingerprint;
use crate::process::{self, Show};
use crate::project::Project;
use crate::setup::{Toolbox, copy_of_us};
use crate::wasm::Program;

/// Tells the build script of the page to prepare it, and the copy of this program where the real wasm-bindgen is.
pub const ASKED: &str = "SOCKSCOPE_SPLIT";
const REAL: &str = "SOCKSCOPE_WASM_BINDGEN";
const PARTS: &str = "SOCKSCOPE_PARTS";

/// The script that downloads the parts, under the name by which the program calls it.
const LINKS: &str = "__wasm_split.js";
/// What that script calls the page's own script.
const MAIN: &str = "main.js";

pub fn is_standing_in() -> bool {
    let own = std::env::args_os().next().unwrap_or_default();
    Path::new(&own).file_stem().is_some_and(|stem| stem == "wasm-bindgen")
}

/// Lets Trunk find the copy, and the copy the real one.
pub fn equip(project: &Project, toolbox: &Toolbox, command: &mut Command) -> Result<()> {
    let folder = copy_of_us(&project.scratch()?.join("instead-of-wasm-bindgen"), "wasm-bindgen")?;
    command.env(REAL, toolbox.find("wasm-bindgen").context("wasm-bindgen is gone")?);
    command.env(PARTS, parts(project)?).env(ASKED, "1");
    toolbox.equip_behind(folder, command);
    Ok(())
}

/// Where the parts of each program lie until the page is built.
fn parts(project: &Project) -> Result<PathBuf> {
    Ok(project.scratch()?.join("parts"))
}

/// Forgets the parts of an earlier build.
pub fn forget(project: &Project) -> Result<()> {
    let folder = parts(project)?;
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Takes what Trunk passes to wasm-bindgen, and passes it on with the first part instead of the whole.
pub fn stand_in(arguments: impl Iterator<Item = String>) -> Result<()> {
    let mut arguments: Vec<String> = arguments.collect();
    let real = std::env::var_os(REAL).context("the page is taken apart only by `cargo xtask build`")?;
    let input = arguments.iter_mut().find(|it| it.ends_with(".wasm"));
    if let Some(input) = input {
        let wasm = fs::read(&*input).with_context(|| format!("cannot read {input}"))?;
        if is_prepared(&wasm) {
            let stem = Path::new(&*input).file_stem().context("a program has a name")?.to_owned();
            let folder = std::env::var_os(PARTS).map(PathBuf::from).context("no place for the parts")?;
            let first = take_apart(&wasm, &folder.join(&stem), &stem.to_string_lossy())?;
            *input = first.to_string_lossy().into_owned();
            // What the parts share: the memory, the table, the pointer of the stack.
            arguments.push("--keep-lld-exports".into());
        }
    }
    let status = Command::new(&real).args(&arguments).status();
    let status = status.with_context(|| format!("cannot run {}", real.display()))?;
    if !status.success() {
        bail!("wasm-bindgen failed ({status})");
    }
    Ok(())
}

/// Whether the linker kept what it takes.
fn is_prepared(wasm: &[u8]) -> bool {
    custom_sections(wasm).any(|name| name.starts_with(b"reloc."))
}

/// The names of the custom sections.
fn custom_sections(wasm: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = wasm.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let (id, after) = rest.split_first()?;
            let (size, used) = crate::strip::read_length(after)?;
            let body = after.get(used..used + size)?;
            rest = &after[used + size..];
            if *id == 0 {
                let (length, used) = crate::strip::read_length(body)?;
                return body.get(used..used + length);
            }
        }
    })
}

/// Writes the parts into `folder`, and says where the first one is.
fn take_apart(wasm: &[u8], folder: &Path, stem: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let first = folder.join(format!("{stem}.wasm"));
    let mut options = wasm_split_cli_support::Options::new(wasm);
    options.output_dir = folder;
    options.main_out_path = &first;
    let main = format!("./{MAIN}");
    options.main_module = &main;
    let link_name = format!("./{LINKS}");
    options.link_name = &link_name;
    options.target.web();
    wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow::anyhow!("{stem} cannot be taken apart: {error:#}"))?;
    Ok(first)
}

/// Puts the parts into `dist` after Trunk made it, each under the hash of its program, and mends the scripts that name them.
pub fn place(project: &Project, toolbox: &Toolbox, programs: &[Program]) -> Result<()> {
    let (dist, parts) = (project.dist(), parts(project)?);
    let mut hints = Hints::default();
    for program in programs {
        let folder = parts.join(&program.bin);
        if !folder.is_dir() {
            continue;
        }
        let name = name_in(&dist, &program.bin)?;
        // Parts of one release must not meet those of another, so each name has a hash, also where the program's has none.
        let of_parts = match name == program.bin {
            true => format!("{name}-{}", fingerprint::of(&folder, &["."], &[])?),
            false => name.clone(),
        };
        let links = read(&folder.join(LINKS))?;
        let files = split_files(&folder, &program.bin)?;
        let files: Vec<_> = files.into_iter().map(|file| (placed(&of_parts, &links, &file), file)).collect();
        for (placed, file) in &files {
            make_small(toolbox, program, &folder.join(file), &dist.join(placed))?;
        }
        hints.note(&program.bin, files.iter().map(|(placed, _)| placed.as_str()));
        let script = format!("{name}.js");
        let links = with_names(&links, &script, &files)?;
        write(&dist.join(links_of(&of_parts)), &links)?;
        let script = dist.join(script);
        write(&script, &replaced(&read(&script)?, LINKS, &links_of(&of_parts))?)?;
        if program.bin == "page" {
            hints.script = links_of(&of_parts);
        }
    }
    if !hints.script.is_empty() {
        let html = dist.join("index.html");
        write(&html, &hints.given_to(&read(&html)?)?)?;
    }
    Ok(())
}

/// What the start page says of the parts.
#[derive(Default)]
struct Hints {
    /// The script that downloads the page's.
    script: String,
    /// What a visitor who comes back needs.
    soon: Vec<String>,
    /// What the checks need, which an idle page fetches.
    idle: Vec<String>,
}

impl Hints {
    fn note<'a>(&mut self, bin: &str, parts: impl Iterator<Item = &'a str>) {
        for part in parts {
            let splits = splits_of(part);
            if splits.contains(&"later") {
                self.soon.push(part.to_owned());
            } else if splits.contains(&"checks") || bin == "checks_worker" && splits.contains(&"runs") {
                self.idle.push(part.to_owned());
            }
        }
    }

    /// The start page with a hint to fetch the page's script of the parts along with the first one, which imports it.
    fn given_to(&self, html: &str) -> Result<String> {
        let addresses =
            |files: &[String]| files.iter().map(|it| format!("./{it}")).collect::<Vec<_>>().join(" ");
        let hints = format!(
            r#"<link id="parts" rel="modulepreload" href="./{}"><meta name="parts-soon" content="{}"><meta name="parts-idle" content="{}">"#,
            self.script,
            addresses(&self.soon),
            addresses(&self.idle)
        );
        let (head, rest) = html.split_once("</head>").context("index.html has no head")?;
        Ok(format!("{head}{hints}</head>{rest}"))
    }
}

/// The split points that need a part, by its name in `dist`: `page-0123_checks-later.wasm` is of `checks` and of `later`.
pub fn splits_of(placed: &str) -> Vec<&str> {
    let is_first = placed.ends_with("_bg.wasm");
    let splits = placed.strip_suffix(".wasm").and_then(|stem| stem.rsplit_once('_')).filter(|_| !is_first);
    splits.map(|(_, splits)| splits.split('-').collect()).unwrap_or_default()
}

/// What Trunk calls a program in `dist`: with a hash, unless it is a worker.
fn name_in(dist: &Path, bin: &str) -> Result<String> {
    let entries = fs::read_dir(dist).with_context(|| format!("cannot read {}", dist.display()))?;
    let names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix("_bg.wasm").map(str::to_owned))
        .filter(|name| name.strip_prefix(bin).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
        .collect();
    match names.as_slice() {
        [one] => Ok(one.clone()),
        _ => bail!("expected one program {bin} in {}, found {}", dist.display(), names.len()),
    }
}

/// The parts beside the first one.
fn split_files(folder: &Path, bin: &str) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".wasm") && *name != format!("{bin}.wasm"))
        .collect();
    names.sort();
    Ok(names)
}

/// `split_later.wasm` of `page-0123` becomes `page-0123_later.wasm`, and what two split points share `page-0123_checks-later.wasm`.
fn placed(name: &str, links: &str, file: &str) -> String {
    let shared = links.split(&format!("\"./{file}\"")).next().and_then(|before| before.rsplit_once("/*"));
    let splits = shared
        .and_then(|(_, after)| after.split_once("*/"))
        .map(|(splits, _)| splits.trim().replace(", ", "-"));
    match (file.strip_prefix("split_"), splits) {
        (None, Some(splits)) => format!("{name}_{splits}.wasm"),
        (own, _) => format!("{name}_{}", own.unwrap_or(file)),
    }
}

fn links_of(name: &str) -> String {
    format!("{name}_parts.js")
}

/// The script that downloads the parts, with the names that they have.
fn with_names(links: &str, script: &str, files: &[(String, String)]) -> Result<String> {
    let mut links = replaced(links, MAIN, script)?;
    for (placed, file) in files {
        links = replaced(&links, file, placed)?;
    }
    Ok(links)
}

/// Where the file `old` beside a script is named there is `new`; that it stands nowhere is an error, since the page would not start.
fn replaced(text: &str, old: &str, new: &str) -> Result<String> {
    let mut changed = text.to_owned();
    // Only where a file is fetched: the name by which the program itself knows the script stays.
    for before in ["from \"", "from '", "URL(\""] {
        changed = changed.replace(&format!("{before}./{old}"), &format!("{before}./{new}"));
    }
    if changed == text {
        bail!("expected ./{old} in a script of the page, and found it nowhere");
    }
    Ok(changed)
}

/// As Trunk does with the first part.
fn make_small(toolbox: &Toolbox, program: &Program, from: &Path, to: &Path) -> Result<()> {
    let mut command = Command::new("wasm-opt");
    command.arg(format!("--output={}", to.display())).arg(format!("-O{}", program.wasm_opt));
    command.args(program.wasm_opt_params.split_whitespace()).arg(from);
    toolbox.equip(&mut command);
    let status = process::run(&mut command, Show::Lines, |_| ())?;
    if !status.success() {
        bail!("wasm-opt cannot read {} ({status})", from.display());
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::tests::Scratch;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn a_program_is_taken_apart_only_when_the_linker_kept_what_it_takes() {
        let named = |name: &[u8]| [&[0, name.len() as u8 + 2, name.len() as u8], name, &[7]].concat();
        let code: &[u8] = &[10, 0x81, 0x00, 5];
        assert!(is_prepared(&[HEADER, code, &named(b"name"), &named(b"reloc.CODE")].concat()));
        assert!(!is_prepared(&[HEADER, code, &named(b"name")].concat()));
        assert!(!is_prepared(&[HEADER, &[0, 99, 5]].concat()) && !is_prepared(b"<!doctype html>"));
    }

    #[test]
    fn the_parts_are_named_by_the_hash_of_their_program_in_every_script() {
        let links = r#"import { initSync } from "./main.js";
            /* checks, later */ fetch(new URL("./chunk_2.wasm", import.meta.url)); fetch(new URL("./split_later.wasm", import.meta.url));"#;
        let files = ["chunk_2.wasm", "split_later.wasm"];
        let files = files.map(|file| (placed("page-0123", links, file), file.to_owned()));
        assert_eq!(
            with_names(links, "page-0123.js", &files).unwrap(),
            r#"import { initSync } from "./page-0123.js";
            /* checks, later */ fetch(new URL("./page-0123_checks-later.wasm", import.meta.url)); fetch(new URL("./page-0123_later.wasm", import.meta.url));"#
        );
        assert_eq!(splits_of(&files[0].0), ["checks", "later"]);
        assert!(splits_of("checks_worker_bg.wasm").is_empty() && splits_of("boot/page.js").is_empty());
        let script = r#"import * as a from "./__wasm_split.js"; const all = { "./__wasm_split.js": a };"#;
        assert_eq!(
            replaced(script, LINKS, &links_of("page-0123")).unwrap(),
            r#"import * as a from "./page-0123_parts.js"; const all = { "./__wasm_split.js": a };"#
        );
    }

    #[test]
    fn a_script_that_does_not_name_the_parts_ends_the_build() {
        let error = replaced("import './other.js'", LINKS, "page-0123_parts.js").unwrap_err();
        assert!(error.to_string().contains("expected ./__wasm_split.js"), "{error}");
    }

    #[test]
    fn the_start_page_says_where_the_parts_are() {
        let html = "<html><head><title>a</title></head><body></body></html>";
        let mut hints = Hints { script: links_of("page-0123"), ..Hints::default() };
        hints.note(
            "page",
            ["page-0123_checks-later.wasm", "page-0123_checks.wasm", "page-0123_faults.wasm"].into_iter(),
        );
        hints
            .note("checks_worker", ["checks_worker-4_runs.wasm", "checks_worker-4_reports.wasm"].into_iter());
        assert_eq!(
            hints.given_to(html).unwrap(),
            r#"<html><head><title>a</title><link id="parts" rel="modulepreload" href="./page-0123_parts.js"><meta name="parts-soon" content="./page-0123_checks-later.wasm"><meta name="parts-idle" content="./page-0123_checks.wasm ./checks_worker-4_runs.wasm"></head><body></body></html>"#
        );
    }

    #[test]
    fn a_program_is_found_by_its_name_with_or_without_a_hash() {
        let scratch = Scratch::new("split");
        for file in
            ["page-0123_bg.wasm", "page-0123_later.wasm", "bench_worker_bg.wasm", "checks_worker_bg.wasm"]
        {
            fs::write(scratch.0.join(file), "").unwrap();
        }
        assert_eq!(name_in(&scratch.0, "page").unwrap(), "page-0123");
        assert_eq!(name_in(&scratch.0, "bench_worker").unwrap(), "bench_worker");
        assert!(name_in(&scratch.0, "other").is_err());
    }
}
