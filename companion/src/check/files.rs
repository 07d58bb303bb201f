//! The reports and recordings as files. Owns where each form goes and how several runs become one file. A file that cannot be
//! written is found before the first run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use sockscope_engine::conformance::{Certificate, CertificateFormat};
use sockscope_engine::report::{EventFormat, Report, ReportFormat};

use super::assignment::Done;

/// What is written where; `-` is standard output.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Reports.
    pub reports: Vec<(ReportFormat, PathBuf)>,
    /// Recordings.
    pub recordings: Vec<(EventFormat, PathBuf)>,
    /// Certificates of the runs of the suite `conformance`.
    pub certificates: Vec<(CertificateFormat, PathBuf)>,
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

impl Files {
    /// Makes the folders, and tries whether the files can be written.
    pub fn prepare(&self) -> Result<(), WriteError> {
        for path in self.paths().filter(|path| !is_standard_output(path)) {
            let error = |source| WriteError { path: path.clone(), source };
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                fs::create_dir_all(folder).map_err(error)?;
            }
            if is_special(path) {
                // Opening a pipe may wait for its reader; what a link leads to is tried, and nothing is made through it.
                if fs::metadata(path).map_or(true, |it| it.is_file() || it.is_dir()) {
                    File::options().write(true).open(path).map_err(error)?;
                }
                continue;
            }
            File::options().create(true).append(true).open(path).map_err(error)?;
            // One of an earlier run would be taken for today's if this run comes to none.
            fs::remove_file(path).map_err(error)?;
        }
        Ok(())
    }

    /// A place that two forms would be written to.
    pub fn meant_twice(&self) -> Option<&Path> {
        let mut seen = Vec::new();
        self.paths().map(PathBuf::as_path).find(|path| {
            let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
            let is_known = seen.contains(&plain);
            seen.push(plain);
            is_known
        })
    }

    /// Whether anything goes to standard output.
    pub fn use_standard_output(&self) -> bool {
        self.paths().any(|path| is_standard_output(path))
    }

    /// Which recordings are wanted.
    pub fn recordings(&self) -> Vec<EventFormat> {
        self.recordings.iter().map(|(format, _)| *format).collect()
    }

    fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let reports = self.reports.iter().map(|(_, path)| path);
        let recordings = self.recordings.iter().map(|(_, path)| path);
        reports.chain(recordings).chain(self.certificates.iter().map(|(_, path)| path))
    }

    /// Writes everything, and says which files there are now. One that cannot be written does not keep the others.
    pub fn write(&self, runs: &[Done]) -> (Vec<PathBuf>, Vec<WriteError>) {
        let reports: Vec<&Report> = runs.iter().map(|run| &run.report).collect();
        let (mut written, mut errors) = (Vec::new(), Vec::new());
        let mut put = |path: &PathBuf, text: &str| match put(path, text) {
            Ok(()) if is_standard_output(path) => {}
            Ok(()) => written.push(path.clone()),
            Err(source) => errors.push(WriteError { path: path.clone(), source }),
        };
        for (format, path) in &self.reports {
            let mut text = String::new();
            format.write_all(&reports, &mut text).expect("writing into memory does not fail");
            put(path, &text);
        }
        for (format, path) in &self.recordings {
            put(path, &recording(*format, runs));
        }
        // A run that was lost before its first check says nothing of a server.
        let certificates: Vec<_> = reports.iter().filter_map(|report| Certificate::of(report)).collect();
        for (format, path) in self.certificates.iter().filter(|_| !certificates.is_empty()) {
            let mut text = String::new();
            format.write(&certificates, &mut text).expect("writing into memory does not fail");
            put(path, &text);
        }
        (written, errors)
    }
}

fn is_standard_output(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    if is_standard_output(path) {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        return out.flush();
    }
    if is_special(path) {
        return File::options().write(true).truncate(true).open(path)?.write_all(text.as_bytes());
    }
    // Never half a report: readers look at the file while it is written.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less what the user's mask takes away, as for any new file.
        file.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = file.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// A device, a pipe or a link: it is written through and stays what it is. Opening it may wait for a reader.
fn is_special(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir())
}

/// The recordings of all runs as one.
fn recording(format: EventFormat, runs: &[Done]) -> String {
    let texts = runs.iter().filter_map(|run| {
        let (_, text) = run.recordings.iter().find(|(it, _)| *it == format)?;
        Some((run.report.suite.clone(), text.as_str()))
    });
    joined(format, texts.collect())
}

/// Several recordings, each with what it is called, as one.
pub(super) fn joined(format: EventFormat, all: Vec<(String, &str)>) -> String {
    if let [(_, only)] = &all[..] {
        return (*only).to_owned();
    }
    match format {
        EventFormat::Har => joined_har(&all),
        EventFormat::JsonLines => {
            let run = |(name, text): &(String, &str)| {
                format!("{}\n{text}", serde_json::json!({ "event": "run", "suite": name }))
            };
            all.iter().map(run).collect()
        }
        EventFormat::Csv => {
            let rest = |text: &str| text.split_once("\r\n").map(|(_, rest)| rest.to_owned());
            let first = all.first().map(|(_, text)| (*text).to_owned()).unwrap_or_default();
            all.iter().skip(1).fold(first, |all, (_, text)| all + &rest(text).unwrap_or_default())
        }
    }
}

/// One archive with the entries of all. The checks of each recording stay its pages, under names that say which recording it is;
/// what belongs to none gets a page of the recording.
fn joined_har(all: &[(String, &str)]) -> String {
    let mut whole: Option<Value> = None;
    for (nth, (name, text)) in all.iter().enumerate() {
        let Ok(mut archive) = serde_json::from_str::<Value>(text) else { continue };
        let id = format!("run_{nth}");
        let mut pages = archive["log"]["pages"].as_array().cloned().unwrap_or_default();
        for page in &mut pages {
            page["id"] = format!("{id}_{}", page["id"].as_str().unwrap_or_default()).into();
            page["title"] = format!("{name}: {}", page["title"].as_str().unwrap_or_default()).into();
        }
        let mut entries = archive["log"]["entries"].as_array().cloned().unwrap_or_default();
        let mut without_check = None;
        for entry in &mut entries {
            entry["pageref"] = match entry["pageref"].as_str() {
                Some(check) => format!("{id}_{check}").into(),
                None => {
                    // A page must have a beginning, so one without a connection has none.
                    without_check.get_or_insert_with(|| entry["startedDateTime"].clone());
                    id.as_str().into()
                }
            };
        }
        pages.extend(without_check.map(|started| {
            serde_json::json!({ "id": id, "title": name, "startedDateTime": started, "pageTimings": {} })
        }));
        let log = match &mut whole {
            Some(whole) => &mut whole["log"],
            None => {
                archive["log"]["entries"] = Value::Array(Vec::new());
                archive["log"]["pages"] = Value::Array(Vec::new());
                &mut whole.insert(archive)["log"]
            }
        };
        for (part, more) in [("pages", pages), ("entries", entries)] {
            if let Some(list) = log[part].as_array_mut() {
                list.extend::<Vec<Value>>(more);
            }
        }
    }
    whole.map(|whole| whole.to_string() + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_of_joined_archives_keep_their_entries() {
        let archive = |check: &str| {
            serde_json::json!({ "log": { "version": "1.2",
                "pages": [ { "id": "check_0", "title": check, "startedDateTime": "2026", "pageTimings": {} } ],
                "entries": [ { "pageref": "check_0", "startedDateTime": "2026", "name": check } ] } })
            .to_string()
        };
        let (one, two) = (archive("a"), archive("b"));
        let all = [("x".to_owned(), one.as_str()), ("y".to_owned(), two.as_str())];
        let joined: Value = serde_json::from_str(&joined_har(&all)).expect("JSON");
        let of = |part: &str, member: &str| {
            let list = joined["log"][part].as_array().expect("a list");
            list.iter().map(|it| it[member].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("pages", "title"), ["x: a", "y: b"]);
        assert_eq!(of("pages", "id"), of("entries", "pageref"));
        assert_eq!(of("pages", "id"), ["run_0_check_0", "run_1_check_0"]);
    }

    #[test]
    fn archives_are_joined_by_their_entries() {
        let archive = |names: &[&str]| {
            let entry = |name: &&str| serde_json::json!({ "startedDateTime": "2026", "name": name });
            let entries: Vec<_> = names.iter().map(entry).collect();
            serde_json::json!({ "log": { "version": "1.2", "pages": [], "entries": entries } }).to_string()
        };
        let (one, none, two) = (archive(&["a"]), archive(&[]), archive(&["b", "c"]));
        let all =
            [("x".to_owned(), one.as_str()), ("y".to_owned(), none.as_str()), ("z".to_owned(), two.as_str())];
        let joined: Value = serde_json::from_str(&joined_har(&all)).expect("JSON");
        let of = |part: &str, member: &str| {
            let list = joined["log"][part].as_array().expect("a list");
            list.iter().map(|it| it[member].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("entries", "name"), ["a", "b", "c"]);
        assert_eq!(of("entries", "pageref"), ["run_0", "run_2", "run_2"]);
        assert_eq!(
            (of("pages", "id"), of("pages", "title")),
            (vec!["run_0".into(), "run_2".into()], vec!["x".into(), "z".into()])
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_yesterdays_report_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "of yesterday, and longer").expect("a file");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let files =
            |path: &Path| Files { reports: vec![(ReportFormat::Json, path.to_owned())], ..Files::default() };
        files(&link).prepare().expect("it can be written");
        put(&link, "new").expect("it is written");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("a file"), "new");
        files(&file).prepare().expect("it can be written");
        assert!(!file.exists());
    }

    #[cfg(unix)]
    #[test]
    fn err_a_link_that_leads_nowhere_is_known_before_and_nothing_is_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let (nowhere, link) = (folder.path().join("nowhere"), folder.path().join("link"));
        std::os::unix::fs::symlink(&nowhere, &link).expect("a link");
        let files = Files { reports: vec![(ReportFormat::Json, link)], ..Files::default() };
        files.prepare().expect_err("there is no such file");
        assert!(!nowhere.exists());
    }

    #[test]
    fn one_place_is_for_one_form() {
        let twice = Files {
            reports: vec![(ReportFormat::Json, "out/a".into()), (ReportFormat::Html, "out/./a".into())],
            ..Files::default()
        };
        assert!(twice.meant_twice().is_some_and(|path| path.ends_with("a")));
        assert_eq!(
            Files { reports: vec![(ReportFormat::Json, "-".into())], ..Files::default() }.meant_twice(),
            None
        );
    }

    #[test]
    fn err_a_file_that_cannot_be_written_is_known_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let fine = folder.path().join("new/folder/report.json");
        let files =
            |path: &Path| Files { reports: vec![(ReportFormat::Json, path.to_owned())], ..Files::default() };
        files(&fine).prepare().expect("folders are made");
        assert!(!fine.exists(), "nothing is written before there is something to write");
        let error = files(folder.path()).prepare().expect_err("a folder is not a file").to_string();
        assert!(error.starts_with("cannot write "), "{error}");
    }
}
