//! A HAR in a zip archive, as Playwright writes one, with the files that it names beside it.
//!
//! Owns how a file of the archive is unpacked. Its one rule: nothing is unpacked that was not asked for, and no more of
//! it than a bound.

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator,
};

use super::chosen::{Chosen, stem};
use super::{Beside, OpenError, Opened};

/// More of a file is not unpacked.
const LARGEST: u64 = 4 << 30;
/// More files of an archive are not listed.
const MOST_FILES: usize = 100_000;
/// A longer name is not that of a file which a HAR names.
const LONGEST_NAME: usize = 300;

struct Places<'a>(&'a dyn Chosen);

impl ReaderAt for Places<'_> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(into, offset)
    }
}

#[derive(Clone, Copy)]
struct Packed {
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    is_encrypted: bool,
}

struct Archive<'a> {
    zip: ZipArchive<Places<'a>>,
    files: BTreeMap<String, Packed>,
}

impl<'a> Archive<'a> {
    fn of(file: &'a dyn Chosen) -> Result<Self, OpenError> {
        let wrong =
            |error: rawzip::Error| OpenError::Form(format!("a zip archive that cannot be read: {error}"));
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let located = ZipLocator::new().locate_in_reader(Places(file), &mut buffer, file.size());
        let zip = located.map_err(|(_, error)| wrong(error))?;
        let mut files = BTreeMap::new();
        let mut entries = zip.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(wrong)? {
            if files.len() >= MOST_FILES {
                return Err(OpenError::Form(format!("a zip archive with more than {MOST_FILES} files")));
            }
            let path = entry.file_path();
            let Ok(name) = std::str::from_utf8(path.as_bytes()) else { continue };
            if entry.is_dir() || name.len() > LONGEST_NAME {
                continue;
            }
            let is_encrypted = entry.flags().is_encrypted() || entry.flags().has_strong_encryption();
            let packed =
                Packed { place: entry.wayfinder(), method: entry.compression_method(), is_encrypted };
            files.insert(name.to_owned(), packed);
        }
        Ok(Self { zip, files })
    }

    fn unpack(&self, packed: &Packed) -> io::Result<Box<dyn Read + '_>> {
        if packed.is_encrypted {
            return Err(io::Error::other("it is encrypted"));
        }
        let entry = self.zip.get_entry(packed.place).map_err(io::Error::other)?;
        let source = entry.reader();
        let unpacked: Box<dyn Read + '_> = match packed.method {
            CompressionMethod::STORE => Box::new(entry.verifying_reader(source)),
            CompressionMethod::DEFLATE => Box::new(entry.verifying_reader(DeflateDecoder::new(source))),
            other => {
                return Err(io::Error::other(format!("it is packed by {other}, which is not supported")));
            }
        };
        Ok(Box::new(Bounded { source: unpacked, left: LARGEST }))
    }
}

impl Beside for Archive<'_> {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        match self.files.get(name) {
            Some(packed) => self.unpack(packed),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "it is not in the archive")),
        }
    }
}

/// Fails where more than a bound comes.
struct Bounded<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::other(format!(
                    "it has more than {} GiB when it is unpacked",
                    LARGEST >> 30
                )));
            }
        }
        Ok(read)
    }
}

/// Reads the HAR files of an archive.
pub(super) fn open(name: &str, file: &dyn Chosen, budget: usize) -> Result<Opened, OpenError> {
    let archive = Archive::of(file)?;
    let hars: Vec<_> = archive.files.iter().filter(|(name, _)| name.ends_with(".har")).take(100).collect();
    if hars.is_empty() {
        return Err(OpenError::Form("a zip archive without a file that ends with .har".to_owned()));
    }
    let mut all = Opened { sessions: Vec::new(), lost: Vec::new() };
    for (path, packed) in &hars {
        let source = archive.unpack(packed).map_err(|error| {
            OpenError::Io(io::Error::new(error.kind(), format!("{path} in the archive: {error}")))
        })?;
        // Playwright calls it har.har, which says nothing.
        let name = if hars.len() == 1 { name.to_owned() } else { format!("{name}: {}", stem(path)) };
        let opened = super::open(&name, source, &archive, budget)?;
        all.sessions.extend(opened.sessions);
        all.lost.extend(opened.lost);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use rawzip::ZipArchiveWriter;

    use super::super::chosen::tests::{Held, MESSAGE, har};
    use super::super::chosen::{Chosen, open_chosen};
    use super::*;

    /// An archive of these files, packed as Playwright packs them.
    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut bytes);
        for (name, content) in files {
            let file = archive.new_file(name).compression_method(CompressionMethod::DEFLATE);
            let (mut entry, config) = file.start().expect("an entry");
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).expect("memory takes all");
            let (encoder, descriptor) = writer.finish().expect("written");
            encoder.finish().expect("written");
            entry.finish(descriptor).expect("written");
        }
        archive.finish().expect("written");
        bytes
    }

    fn chosen(bytes: Vec<u8>) -> Result<Opened, String> {
        let held = Held("trace.zip", bytes);
        open_chosen(&[&held as &dyn Chosen], 1 << 20).map_err(|error| error.to_string())
    }

    #[test]
    fn a_har_in_an_archive_has_the_messages_that_stand_beside_it() {
        let opened = chosen(zip(&[("har.har", &har("5f.jsonl")), ("5f.jsonl", MESSAGE), ("x.png", b"\x89")]));
        let opened = opened.expect("a session");
        assert_eq!(opened.sessions[0].messages(), (1, 0));
        assert_eq!(opened.sessions[0].name, "trace");
        let opened = chosen(zip(&[("har.har", &har("gone.jsonl"))])).expect("a session");
        assert!(opened.lost.join(" ").contains("it is not in the archive"), "{:?}", opened.lost);
    }

    #[test]
    fn err_an_archive_that_cannot_be_read_says_why() {
        let whole = zip(&[("har.har", &har("5f.jsonl")), ("5f.jsonl", MESSAGE)]);
        assert!(
            chosen(zip(&[("a.txt", b"x")]))
                .err()
                .expect("no HAR")
                .contains("without a file that ends with .har")
        );
        // Cut anywhere, changed anywhere: an error or what is left, never a panic.
        for end in 4..whole.len() {
            let _ = chosen(whole[..end].to_vec());
        }
        for at in 4..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            let _ = chosen(changed);
        }
        let mut packed = whole;
        let place = packed.windows(4).position(|it| it == b"PK\x03\x04").expect("a header");
        packed[place + 40] ^= 0xff;
        assert!(chosen(packed).is_err(), "its checksum is wrong");
    }

    #[test]
    fn a_file_is_not_unpacked_beyond_its_bound() {
        let mut bounded = Bounded { source: io::repeat(0), left: 100 };
        let error = bounded.read_to_end(&mut Vec::new()).expect_err("it has no end");
        assert!(error.to_string().contains("more than 4 GiB"), "{error}");
    }
}
