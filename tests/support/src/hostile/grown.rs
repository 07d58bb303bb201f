//! What holds for suites with files beside them, and for streams that are cut into frames.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sockscope_engine::Payload;
use sockscope_engine::framing::{Framer, Framing};
use sockscope_engine::suite::assist::{complete_with, definition, explain_with, format, outline_with};
use sockscope_engine::suite::{FileKind, Files, Suite};

/// Reading anything takes milliseconds; what takes this long does not end, on however busy a machine.
const SOON: Duration = Duration::from_secs(60);

/// Reads the first text as a suite, with the other texts as its files: `0.json`, `1.json` and so on, and `rows.csv` for the last
/// one. Each mistake has its place. The assistant answers anywhere, and the usual layout stays as it is.
pub fn suite_files(texts: &[&str]) {
    let began = Instant::now();
    let (text, beside) = texts.split_first().unwrap_or((&"", &[]));
    let mut read = |name: &str, _: FileKind| -> Result<Payload, String> {
        let found = match name {
            "rows.csv" => beside.last(),
            name => name.strip_suffix(".json").and_then(|nth| beside.get(nth.parse::<usize>().ok()?)),
        };
        found.map(|text| Payload::from(*text)).ok_or_else(|| "there is none".to_owned())
    };
    let files = Files::gather(text, &mut read);
    match Suite::parse_with(text, &files) {
        Ok(suite) => {
            assert!(outline_with(text, &files).is_ok(), "it reads, and has no outline: {text}");
            assert!(suite.checks.len() <= 1_000_000);
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word: {text}");
            for problem in &problems {
                assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
                assert!(
                    (problem.line, problem.column) <= (problem.end.line, problem.end.column),
                    "{problem}"
                );
                let file = problem.file.as_ref().map(|file| file.name.as_str());
                assert!(file.is_none_or(|name| files.names().any(|known| known == name)), "{problem}");
            }
        }
    }
    let mut import = |name: &str| match read(name, FileKind::Import) {
        Ok(Payload::Text(text)) => Some(text),
        Ok(Payload::Binary(_)) | Err(_) => None,
    };
    for part in 0..=8 {
        let at = text.len() * part / 8;
        for found in complete_with(text, at, &mut import, &|| vec![text.chars().take(20).collect()]) {
            assert!(text.get(found.from..found.to).is_some(), "{found:?} of {text}");
        }
        if let Some(told) = explain_with(text, at, &mut import) {
            assert!(text.get(told.from..told.to).is_some(), "{told:?} of {text}");
        }
        drop(definition(text, at, &mut import));
    }
    if let Ok(once) = format(text) {
        assert_eq!(format(&once).as_ref(), Ok(&once), "the usual layout changes when it is laid out again");
        let read = |text: &str| Suite::parse_with(text, &files).is_ok();
        assert_eq!(read(text), read(&once), "another layout means something else: {text}");
    }
    assert!(began.elapsed() < SOON, "{:?} for {} bytes", began.elapsed(), text.len());
}

/// Reads a framing, and a stream at once and cut anywhere: the frames are the same, and so is whether the stream breaks its rule.
pub fn framing(spec: &[u8], stream: &[u8]) {
    let began = Instant::now();
    let Ok(spec) = serde_json::from_slice::<Value>(spec) else { return };
    let Ok(framing) = Framing::read(&spec) else { return };
    let framing = Rc::new(framing);
    let taken = |size: usize| {
        let mut framer = Framer::new(framing.clone());
        let (mut frames, mut broken) = (Vec::new(), None);
        for piece in stream.chunks(size.max(1)) {
            let (more, why) = framer.take(Payload::Binary(piece.to_vec()));
            assert!(broken.is_none() || more.is_empty() && why.is_none(), "{spec}: frames after its end");
            frames.extend(more);
            broken = broken.or(why);
        }
        (frames, broken.is_some(), framer.wants().is_some())
    };
    let whole = taken(stream.len());
    for size in [1, 2, 7, stream.len() / 2] {
        assert_eq!(taken(size), whole, "{spec}, in pieces of {size} bytes: {stream:?}");
    }
    let bytes: usize = whole.0.iter().map(|frame| frame.as_bytes().len()).sum();
    assert!(bytes <= stream.len(), "{spec}: {bytes} bytes of frames out of {}", stream.len());
    assert!(began.elapsed() < SOON, "{:?} for {spec}", began.elapsed());
}
