//! What the page weighs: compresses each file once, at build time, and adds up what a first visit transfers.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result};

use crate::fingerprint::files_under;
use crate::setup::Toolbox;
use crate::{screen, split};

/// The most a first visit may transfer, in bytes.
pub const BUDGET: u64 = 470_500;
/// The most that opening the checks for the first time may transfer beside that.
pub const CHECKS_BUDGET: u64 = 971_500;

/// What is loaded when the checks are opened: a part of the page, a worker, and the editor.
const OF_CHECKS: [&str; 5] =
    ["checks_worker.js", "checks_worker_bg.wasm", "boot/checks_worker.js", "editor/bundle.js", "checks.css"];

/// What is loaded when a person asks for it, apart from all else.
const ON_DEMAND: [&str; 8] = [
    "boot/palette.js",
    "palette.css",
    "faults.css",
    "sessions.css",
    "outside.css",
    "difference.css",
    "chart.css",
    "charts/bundle.js",
];

/// One file of the page.
#[derive(Debug, PartialEq, Eq)]
pub struct Weight {
    pub name: String,
    pub raw: u64,
    /// As it is sent: compressed with brotli where that helps.
    pub sent: u64,
}

impl Weight {
    /// Pictures and documents come later, or never.
    fn is_first_load(&self) -> bool {
        let later = ["png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "md", "txt", "map"];
        !later.contains(&extension(&self.name))
            && !self.name.starts_with("docs/")
            && !self.is_of_checks()
            && !self.is_part()
            && !ON_DEMAND.contains(&self.name.as_str())
    }

    /// What a program downloads after its start: `page-0123456789abcdef_later.wasm`.
    fn is_part(&self) -> bool {
        !split::splits_of(&self.name).is_empty()
    }

    /// A part that this split point needs.
    fn is_part_of(&self, split: &str) -> bool {
        split::splits_of(&self.name).contains(&split)
    }

    fn is_of_checks(&self) -> bool {
        let is_script_of_parts = self.name.starts_with("checks_worker") && self.name.ends_with("_parts.js");
        OF_CHECKS.contains(&self.name.as_str())
            || is_script_of_parts
            || self.is_part_of("checks") && !self.is_part_of("later")
    }
}

/// Writes a `.br` and a `.gz` beside each file they make smaller, and removes those whose file is gone.
pub fn precompress(dist: &Path) -> Result<()> {
    let (packed, plain): (Vec<_>, Vec<_>) =
        files_under(dist)?.into_iter().partition(|path| is_packed(&path.to_string_lossy()));
    for path in packed {
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    thread::scope(|scope| {
        let work = |path: &Path| -> Result<()> {
            let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            for (suffix, packed) in [("br", brotli(&bytes)?), ("gz", gzip(&bytes)?)] {
                if packed.len() < bytes.len() {
                    let beside = format!("{}.{suffix}", path.display());
                    fs::write(&beside, packed).with_context(|| format!("cannot write {beside}"))?;
                }
            }
            Ok(())
        };
        let jobs: Vec<_> = plain
            .iter()
            .filter(|path| is_compressible(&path.to_string_lossy()))
            .map(|path| scope.spawn(move || work(path)))
            .collect();
        jobs.into_iter().try_for_each(|job| job.join().expect("compressing does not panic"))
    })
}

/// The files of the page, the heaviest to send first.
pub fn weigh(dist: &Path) -> Result<Vec<Weight>> {
    let size = |path: &Path| fs::metadata(path).map(|data| data.len());
    let mut weights = Vec::new();
    for path in files_under(dist)? {
        let name = path.strip_prefix(dist).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if is_packed(&name) {
            continue;
        }
        let raw = size(&path)?;
        let sent = size(Path::new(&format!("{}.br", path.display()))).unwrap_or(raw);
        weights.push(Weight { name, raw, sent });
    }
    weights.sort_by(|a, b| b.sent.cmp(&a.sent).then_with(|| a.name.cmp(&b.name)));
    Ok(weights)
}

/// Bytes a first visit transfers.
pub fn first_load(weights: &[Weight]) -> u64 {
    weights.iter().filter(|weight| weight.is_first_load()).map(|weight| weight.sent).sum()
}

/// Bytes that come by themselves after the start.
pub fn later_load(weights: &[Weight]) -> u64 {
    weights.iter().filter(|weight| weight.is_part_of("later")).map(|weight| weight.sent).sum()
}

/// Bytes that come by themselves after the checks were opened.
pub fn runs_load(weights: &[Weight]) -> u64 {
    weights.iter().filter(|weight| weight.is_part_of("runs")).map(|weight| weight.sent).sum()
}

/// Bytes that opening the checks transfers.
pub fn checks_load(weights: &[Weight]) -> u64 {
    weights.iter().filter(|weight| weight.is_of_checks()).map(|weight| weight.sent).sum()
}

/// Whether both are within their budgets, and everything that is loaded later is there.
pub fn is_within(weights: &[Weight]) -> bool {
    let is_whole = OF_CHECKS.iter().all(|name| weights.iter().any(|weight| weight.name == *name));
    is_whole && first_load(weights) <= BUDGET && checks_load(weights) <= CHECKS_BUDGET
}

/// Says which tools were not there to make the page smaller.
pub fn tell_what_is_missing(toolbox: &Toolbox) {
    for (name, is_there) in [("wasm-opt", toolbox.has_wasm_opt), ("esbuild", toolbox.has_esbuild)] {
        if !is_there {
            screen::note(&format!("built without {name}, so larger than it need be"));
        }
    }
}

/// A table for people; files that are not part of a first visit stand in brackets.
pub fn table(weights: &[Weight]) -> String {
    let names = weights.iter().map(|weight| weight.name.len() + 2).max().unwrap_or_default().max(10);
    let mut text = format!("{:names$} {:>10} {:>10}\n", "file", "raw", "brotli");
    for weight in weights {
        let name = if weight.is_first_load() { weight.name.clone() } else { format!("({})", weight.name) };
        let _ = writeln!(text, "{name:names$} {:>10} {:>10}", kilobytes(weight.raw), kilobytes(weight.sent));
    }
    for (what, total, budget) in [
        ("first load", first_load(weights), BUDGET),
        ("the checks, when opened", checks_load(weights), CHECKS_BUDGET),
    ] {
        let verdict = if total <= budget { "within" } else { "over" };
        let (total, budget) = (kilobytes(total), kilobytes(budget));
        let _ = writeln!(text, "{what}: {total} brotli, {verdict} the budget of {budget}");
    }
    let _ = writeln!(text, "after the start: {} brotli", kilobytes(later_load(weights)));
    let _ = writeln!(text, "after the checks were opened: {} brotli", kilobytes(runs_load(weights)));
    text.truncate(text.trim_end().len());
    text
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn is_packed(name: &str) -> bool {
    matches!(extension(name), "br" | "gz")
}

fn is_compressible(name: &str) -> bool {
    let text = ["html", "css", "js", "mjs", "json", "svg", "txt", "md", "xml", "webmanifest", "map", "ico"];
    extension(name) == "wasm" || text.contains(&extension(name))
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::cache::tests::Scratch;

    fn weight(name: &str, raw: u64, sent: u64) -> Weight {
        Weight { name: name.into(), raw, sent }
    }

    #[test]
    fn what_comes_after_the_start_is_counted_apart() {
        let weights = [weight("a_bg.wasm", 9, 5), weight("a_later.wasm", 9, 3), weight("a_parts.js", 9, 1)];
        assert_eq!((first_load(&weights), later_load(&weights)), (6, 3));
        assert!(table(&weights).contains("(a_later.wasm)"));
    }

    #[test]
    fn pictures_and_documents_are_not_part_of_a_first_load() {
        let weights = [weight("a_bg.wasm", 9, 5), weight("icon.svg", 9, 3), weight("docs/x.html", 9, 3)];
        assert_eq!(first_load(&weights), 5);
    }

    #[test]
    fn the_checks_are_a_load_of_their_own_and_none_of_their_files_may_be_missing() {
        let mut weights: Vec<_> = OF_CHECKS.iter().map(|name| weight(name, 9, 2)).collect();
        weights.push(weight("checks-cf07fa9913e04a3.css", 9, 5));
        assert_eq!((first_load(&weights), checks_load(&weights)), (5, 2 * OF_CHECKS.len() as u64));
        assert!(is_within(&weights));
        weights.push(weight("page-1_checks.wasm", 9, 3));
        weights.push(weight("page-1_checks-later.wasm", 9, 7));
        weights.push(weight("checks_worker-1_runs.wasm", 9, 11));
        weights.push(weight("checks_worker-1_parts.js", 9, 1));
        assert_eq!(checks_load(&weights), 2 * OF_CHECKS.len() as u64 + 4);
        assert_eq!((later_load(&weights), runs_load(&weights)), (7, 11));
        weights.remove(0);
        assert!(!is_within(&weights));
    }

    #[test]
    fn the_table_lines_up_and_ends_with_the_total() {
        let weights = [weight("web_bg.wasm", 412_345, 150_049), weight("icon.svg", 999, 1)];
        assert_eq!(
            table(&weights),
            format!(
                "file                 raw     brotli\n\
                 web_bg.wasm     412.3 kB   150.0 kB\n\
                 (icon.svg)        0.9 kB     0.0 kB\n\
                 first load: 150.0 kB brotli, within the budget of {}\n\
                 the checks, when opened: 0.0 kB brotli, within the budget of {}\n\
                 after the start: 0.0 kB brotli\n\
                 after the checks were opened: 0.0 kB brotli",
                kilobytes(BUDGET),
                kilobytes(CHECKS_BUDGET)
            )
        );
        assert!(table(&[weight("a.js", 0, BUDGET + 1)]).contains("over the budget"));
    }

    #[test]
    fn files_are_compressed_and_stale_ones_go() {
        let scratch = Scratch::new("sizes");
        let text = "the same words again and again ".repeat(50);
        fs::write(scratch.0.join("a.js"), &text).unwrap();
        fs::write(scratch.0.join("b.png"), &text).unwrap();
        fs::write(scratch.0.join("gone.js.br"), "old").unwrap();
        precompress(&scratch.0).unwrap();

        let names: Vec<_> = files_under(&scratch.0).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.js", "a.js.br", "a.js.gz", "b.png"]);

        let mut brotli = Vec::new();
        let packed = fs::read(scratch.0.join("a.js.br")).unwrap();
        brotli::Decompressor::new(&packed[..], 4096).read_to_end(&mut brotli).unwrap();
        assert_eq!(brotli, text.as_bytes());
        let mut gzip = String::new();
        let packed = fs::File::open(scratch.0.join("a.js.gz")).unwrap();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut gzip).unwrap();
        assert_eq!(gzip, text);

        let weights = weigh(&scratch.0).unwrap();
        assert_eq!(weights[0].name, "b.png");
        assert!(weights[1].sent < weights[1].raw / 10);
    }
}
