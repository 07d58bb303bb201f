//! The folder on the disk that the page works on.
//!
//! Owns when its files are looked at, read and written. [`common`] decides what happens with each, [`files`] has their form. It
//! refuses to know where the folder is. One rule: the page itself takes what came from the disk, and only while it has what it had;
//! until it has, nothing counts as being the same.

mod common;
mod files;
mod round;
mod server;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use self::common::Common;
use self::files::{CONNECTIONS, MESSAGES, VARIABLES};
use self::server::ServerFolder;
use super::worker::BenchWorker;
use crate::engine::World;
use crate::engine::base::shared_folder::{FolderList, SharedFolder};
use crate::wire::bench::{FolderPlace, FolderSeen, OutsideUpdate, Taken};
use crate::wire::checks::OwnSuite;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// The same while the page is out of sight, in rounds.
const HIDDEN: u32 = 10;

/// The folder, or none.
#[derive(Default)]
pub(super) struct Folder {
    open: RefCell<Option<Rc<Open>>>,
    /// The own suites of the library by their ids; none before it was looked at.
    suites: RefCell<Option<BTreeMap<String, OwnSuite>>>,
    changes: Cell<u64>,
}

/// A folder that is worked on.
struct Open {
    disk: Rc<dyn SharedFolder>,
    list: RefCell<FolderList>,
    /// What was read, by file.
    read: RefCell<BTreeMap<String, Read>>,
    /// None before a round has found out which folder it is.
    common: RefCell<Option<Common>>,
    choices: RefCell<BTreeMap<String, Choice>>,
    /// What the page had in the round before: what a person is still typing is not written.
    mine: RefCell<BTreeMap<String, String>>,
    /// What the page had at any time since the folder was opened.
    had: RefCell<BTreeSet<String>>,
    /// Files that could not be written, and why.
    unwritten: RefCell<BTreeMap<String, String>>,
    told: RefCell<Option<FolderSeen>>,
    /// What the page has taken since the last round, as its file says it.
    took: RefCell<Vec<(String, Option<String>)>>,
    /// The suites that the page was given last, by id: the file and its text.
    given: RefCell<BTreeMap<String, (String, String)>>,
    is_busy: Cell<bool>,
    /// Of the set-up and the suites, at the last round that left nothing to do.
    settled: Cell<Option<(u64, u64)>>,
}

/// A file as it was read.
#[derive(Clone)]
struct Read {
    hash: String,
    /// The text as the page would write it, or why it has no meaning.
    text: Result<Option<String>, String>,
    /// As it stands there.
    raw: String,
}

/// What a person has decided of a file, by what was shown of the disk.
struct Choice {
    takes_disk: bool,
    shown: Option<String>,
}

impl<W: World> BenchWorker<W> {
    /// Works on a folder from now on.
    pub(super) fn open_folder(&self, place: FolderPlace) {
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            let picked = worker.0.later.here().and_then(|later| later.picked);
            let disk: Rc<dyn SharedFolder> = match (place, picked) {
                (FolderPlace::Server, _) => Rc::new(ServerFolder(worker.clone())),
                (FolderPlace::Picked, Some(open)) => match open().await {
                    Ok(disk) => disk,
                    Err(error) => return worker.tell_trouble(error.message),
                },
                (FolderPlace::Picked, None) => return,
            };
            worker.work_on(disk).await;
        }));
    }

    fn tell_trouble(&self, words: String) {
        let seen = FolderSeen { trouble: Some(words), ..FolderSeen::default() };
        self.tell_outside(&OutsideUpdate::Folder(Some(Box::new(seen))));
    }

    async fn work_on(&self, disk: Rc<dyn SharedFolder>) {
        let outside = self.state(|s| s.outside.clone());
        let open = Rc::new(Open {
            disk,
            list: RefCell::default(),
            read: RefCell::default(),
            common: RefCell::default(),
            choices: RefCell::default(),
            mine: RefCell::default(),
            had: RefCell::default(),
            unwritten: RefCell::default(),
            told: RefCell::default(),
            took: RefCell::default(),
            given: RefCell::default(),
            is_busy: Cell::default(),
            settled: Cell::default(),
        });
        *outside.folder.open.borrow_mut() = Some(open.clone());
        let mut rounds = 0_u32;
        loop {
            let is_current = outside.folder.open.borrow().as_ref().is_some_and(|now| Rc::ptr_eq(now, &open));
            if !is_current || self.state(|s| s.is_reader) {
                return;
            }
            let is_hidden = self.state(|s| s.record.taint.is_hidden);
            if !is_hidden || rounds.is_multiple_of(HIDDEN) {
                self.round(&open).await;
            }
            rounds = rounds.wrapping_add(1);
            self.world().sleep(EVERY).await;
        }
    }

    /// Works on no folder any more.
    pub(super) fn leave_folder(&self) {
        let outside = self.state(|s| s.outside.clone());
        *outside.folder.open.borrow_mut() = None;
        self.tell_outside(&OutsideUpdate::Folder(None));
    }

    pub(super) fn know_suites(&self, all: Vec<OwnSuite>) {
        self.change_suites(|suites| *suites = Some(all.into_iter().map(|it| (it.id.clone(), it)).collect()));
    }

    pub(super) fn know_suite(&self, suite: OwnSuite) {
        if let Some(open) = self.state(|s| s.outside.clone()).folder.open.borrow().clone() {
            let given = open.given.borrow_mut().remove(&suite.id);
            let given = given.filter(|(_, text)| *text == suite.text);
            open.took.borrow_mut().extend(given.map(|(name, text)| (name, Some(text))));
        }
        self.change_suites(|suites| {
            let Some(suites) = suites else { return };
            let kept = |new: String, before: Option<&String>| match new.is_empty() {
                true => before.cloned().unwrap_or_default(),
                false => new,
            };
            let before = suites.get(&suite.id);
            let title = kept(suite.title, before.map(|it| &it.title));
            let file = kept(suite.file, before.map(|it| &it.file));
            suites.insert(suite.id.clone(), OwnSuite { id: suite.id, title, text: suite.text, file });
        });
    }

    pub(super) fn forget_suite(&self, id: &str) {
        self.change_suites(|suites| {
            if let Some(suites) = suites {
                suites.remove(id);
            }
        });
    }

    fn change_suites(&self, change: impl FnOnce(&mut Option<BTreeMap<String, OwnSuite>>)) {
        let outside = self.state(|s| s.outside.clone());
        change(&mut outside.folder.suites.borrow_mut());
        outside.folder.changes.set(outside.folder.changes.get() + 1);
    }

    /// From then on both sides have it, whatever a person types next.
    pub(super) fn took(&self, taken: Taken) {
        let outside = self.state(|s| s.outside.clone());
        let Some(open) = outside.folder.open.borrow().clone() else { return };
        let mut workspace = self.state(|s| s.workspace.clone());
        let name = match taken {
            Taken::Connections { to, .. } => {
                workspace.connections = to;
                CONNECTIONS
            }
            Taken::Messages { to, .. } => {
                workspace.messages = to;
                MESSAGES
            }
            Taken::Variables { to, .. } => {
                workspace.variables = to;
                VARIABLES
            }
            // The checks tell of each suite that they keep.
            Taken::Suite { .. } => return,
        };
        let text = files::of(&workspace).into_iter().find(|(of, _)| *of == name).and_then(|(_, text)| text);
        open.took.borrow_mut().push((name.to_owned(), text));
        open.settled.set(None);
    }

    /// A person has decided of a file.
    pub(super) fn choose(&self, name: String, takes_disk: bool, shown: Option<String>) {
        let outside = self.state(|s| s.outside.clone());
        let Some(open) = outside.folder.open.borrow().clone() else { return };
        open.choices.borrow_mut().insert(name, Choice { takes_disk, shown });
        open.settled.set(None);
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move { worker.round(&open).await }));
    }
}
