//! Files that a person has chosen together: sessions, and the files that a HAR among them names.
//!
//! Owns which of them is a session and which belongs to one. Its one rule: what a HAR names is looked for among the
//! chosen files, and nowhere else.

use std::io::{self, BufRead, BufReader, Read};

use super::{Alone, Beside, Form, Onlooker, OpenError, Opened, archive, done, open_and_show};
use crate::base::words::{counted, cut};

/// A file that can be read at any place.
pub trait Chosen {
    /// As it was chosen, possibly with the folders above it.
    fn name(&self) -> &str;
    /// In bytes.
    fn size(&self) -> u64;
    /// Reads from this place on; 0 at the end.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// Why none of the chosen files is a session.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {source}")]
pub struct ChosenError {
    /// Which of them.
    pub file: String,
    /// What is wrong with it.
    pub source: OpenError,
}

/// A chosen file from its beginning.
pub(super) struct Whole<'a> {
    file: &'a dyn Chosen,
    at: u64,
}

impl<'a> Whole<'a> {
    pub fn of(file: &'a dyn Chosen) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for Whole<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// What a chosen file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Session,
    Archive,
    /// Messages that a HAR has put into a file of their own.
    Attached,
}

impl Role {
    fn of(file: &dyn Chosen) -> Result<Self, OpenError> {
        let mut source = BufReader::with_capacity(4096, Whole::of(file));
        let beginning = source.fill_buf().map_err(OpenError::Io)?;
        if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
            return Ok(Self::Archive);
        }
        let form = Form::of(beginning)?;
        let is_message = |text: &[u8]| text.trim_ascii_start().starts_with(b"\"type\"");
        let after_brace = beginning.iter().position(|byte| *byte == b'{').map(|at| &beginning[at + 1..]);
        Ok(match (form, after_brace) {
            (Form::JsonLines, Some(rest)) if is_message(rest) => Self::Attached,
            _ => Self::Session,
        })
    }
}

/// The chosen files beside one of them.
struct Others<'a>(&'a [&'a dyn Chosen]);

impl Beside for Others<'_> {
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        // Some browsers say the folders above a file and some do not.
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut named = self.0.iter().filter(|file| last(file.name()) == last(name));
        let found = match (self.0.iter().find(|file| file.name() == name), named.next(), named.next()) {
            (Some(exactly), ..) => exactly,
            (None, Some(only), None) => only,
            (None, Some(_), Some(_)) => {
                return Err(io::Error::other("several of the chosen files have this name"));
            }
            (None, None, _) => {
                return Err(io::Error::new(
                    io::ErrorKind::NotFound,
                    "it is not among the chosen files; choose it together with the HAR",
                ));
            }
        };
        Ok(Box::new(Whole::of(*found)))
    }
}

/// The name of a session of this file.
pub(super) fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    cut(if stem.is_empty() { file } else { stem }, 120)
}

/// Reads all sessions of the chosen files. What is held of all is at most about `budget` bytes.
pub fn open_chosen(files: &[&dyn Chosen], budget: usize) -> Result<Opened, ChosenError> {
    done(open_chosen_and_show(files, budget, None))
}

/// The same. Of a single file of JSON Lines or CSV the first session can be looked at meanwhile. Of several files none can: one that
/// turns out wrong is left out, and would have been seen.
pub async fn open_chosen_and_show(
    files: &[&dyn Chosen],
    budget: usize,
    onlooker: Option<&dyn Onlooker>,
) -> Result<Opened, ChosenError> {
    let mut all = Opened { sessions: Vec::new(), lost: Vec::new() };
    let (mut wrong, mut unused, mut attached) = (Vec::new(), 0_u64, 0_u64);
    let mut room = budget;
    let roles: Vec<_> = files.iter().map(|file| Role::of(*file)).collect();
    let sessions = roles.iter().filter(|role| matches!(role, Ok(Role::Session | Role::Archive))).count();
    for (file, role) in files.iter().zip(roles) {
        let name = stem(file.name());
        let opened = match role {
            Ok(Role::Attached) => {
                attached += 1;
                continue;
            }
            Ok(Role::Session) => {
                let beside: &dyn Beside = if files.len() == 1 { &Alone } else { &Others(files) };
                let onlooker = onlooker.filter(|_| sessions == 1);
                open_and_show(&name, Whole::of(*file), beside, room, onlooker).await
            }
            Ok(Role::Archive) => archive::open(&name, *file, room),
            // What stands beside a session in a folder, such as the pictures of a HAR.
            Err(OpenError::Form(_) | OpenError::Empty) if sessions > 0 => {
                unused += 1;
                continue;
            }
            Err(error) => Err(error),
        };
        let file = file.name().to_owned();
        match opened {
            Ok(opened) => {
                let held: usize = opened.sessions.iter().map(|it| it.log.held_bytes()).sum();
                room = room.saturating_sub(held);
                let prefix = if sessions > 1 { format!("{}: ", cut(&file, 80)) } else { String::new() };
                all.lost.extend(opened.lost.into_iter().map(|words| format!("{prefix}{words}")));
                all.sessions.extend(opened.sessions);
            }
            Err(source) => wrong.push(ChosenError { file, source }),
        }
    }
    if unused > 0 {
        let is = if unused == 1 { "is not a session" } else { "are not sessions" };
        all.lost.push(format!("{} {is} and was not used.", counted(unused, "other file")));
    }
    if all.sessions.is_empty() {
        let nothing = || {
            let file = files.first().map(|file| file.name().to_owned()).unwrap_or_default();
            let source = match attached {
                0 => OpenError::Empty,
                _ => {
                    OpenError::Form("messages that a HAR names; choose them together with the HAR".to_owned())
                }
            };
            ChosenError { file, source }
        };
        return Err(wrong.into_iter().next().unwrap_or_else(nothing));
    }
    all.lost.extend(wrong.iter().take(20).map(|error| format!("{error}.")));
    Ok(all)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file in memory.
    pub struct Held(pub &'static str, pub Vec<u8>);

    impl Chosen for Held {
        fn name(&self) -> &str {
            self.0
        }

        fn size(&self) -> u64 {
            self.1.len() as u64
        }

        fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
            let rest = self.1.get(offset as usize..).unwrap_or_default();
            let read = rest.len().min(into.len());
            into[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        }
    }

    pub fn har(named: &str) -> Vec<u8> {
        let har = r#"{"log":{"entries":[{"startedDateTime":"2026-11-21T03:01:06.123Z","_resourceType":"websocket",
            "request":{"url":"ws://h/ws"},"response":{"status":101,"content":{"_file":"NAME"}}}]}}"#;
        har.replace("NAME", named).into_bytes()
    }

    pub const MESSAGE: &[u8] = br#"{"type":"send","time":1795230066126,"opcode":1,"data":"hi"}"#;
    const LINE: &[u8] = br#"{"event":"sent","at_ms":0,"connection":1,"text":"x"}"#;

    fn chosen(files: &[Held]) -> Result<Opened, ChosenError> {
        let files: Vec<&dyn Chosen> = files.iter().map(|file| file as &dyn Chosen).collect();
        open_chosen(&files, 1 << 20)
    }

    #[test]
    fn a_har_finds_its_messages_among_the_chosen_files_by_path_or_by_name() {
        for (named, chosen_as) in
            [("x.jsonl", "x.jsonl"), ("below/x.jsonl", "x.jsonl"), ("x.jsonl", "dir/x.jsonl")]
        {
            let opened =
                chosen(&[Held(chosen_as, MESSAGE.to_vec()), Held("a.har", har(named))]).expect("a session");
            assert_eq!(opened.sessions[0].messages(), (1, 0), "{named} as {chosen_as}");
            assert_eq!(opened.sessions[0].name, "a");
        }
    }

    #[test]
    fn nothing_that_was_not_chosen_is_read_and_each_loss_says_why() {
        let lost = |files: &[Held]| chosen(files).expect("a session").lost.join(" ");
        assert!(lost(&[Held("a.har", har("x.jsonl"))]).contains("could not be opened"));
        let words = lost(&[Held("a.har", har("x.jsonl")), Held("y.png", b"\x89PNG".to_vec())]);
        assert!(
            words.contains("choose it together with the HAR") && words.contains("1 other file"),
            "{words}"
        );
        for trick in ["../x.jsonl", "/x.jsonl", "C:\\\\x.jsonl", "a/../x.jsonl"] {
            let words = lost(&[Held("a.har", har(trick)), Held("x.jsonl", MESSAGE.to_vec())]);
            assert!(words.contains("is not the plain name of a file"), "{trick}: {words}");
        }
        let two = [
            Held("a.har", har("x.jsonl")),
            Held("1/x.jsonl", MESSAGE.to_vec()),
            Held("2/x.jsonl", MESSAGE.to_vec()),
        ];
        assert!(lost(&two).contains("several of the chosen files"));
    }

    #[test]
    fn several_sessions_are_all_read_and_one_that_is_wrong_is_named() {
        let opened = chosen(&[
            Held("a.jsonl", LINE.to_vec()),
            Held("b.jsonl", LINE.to_vec()),
            Held("c.har", b"{\"log\":3}".to_vec()),
        ]);
        let opened = opened.expect("two sessions");
        let names: Vec<_> = opened.sessions.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(opened.lost[0].starts_with("c.har: "), "{:?}", opened.lost);
    }

    #[test]
    fn err_files_that_are_no_session_say_what_they_are() {
        let said = |files: &[Held]| chosen(files).err().expect("none").to_string();
        assert_eq!(
            said(&[Held("x.jsonl", MESSAGE.to_vec())]),
            "x.jsonl: expected a session as JSON Lines, HAR or CSV, found messages that a HAR names; choose them together with the HAR"
        );
        assert!(said(&[Held("a.png", b"\x89PNG".to_vec())]).starts_with("a.png: expected a session"));
        assert!(said(&[Held("a.har", Vec::new())]).starts_with("a.har: the file has neither"));
    }
}
