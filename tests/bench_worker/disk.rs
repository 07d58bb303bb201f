//! A disk in memory, as the browser's private files are: it may be full, and it outlives the tabs that write to it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sockscope_engine::base::folders::{Folders, OpenError, OpenFile};
use sockscope_engine::base::storage::StoreError;
use sockscope_engine::base::world::LocalFuture;

type Files = BTreeMap<(String, String), Vec<u8>>;

/// The disk of a browser. A clone is the same one, for the same browser.
#[derive(Clone, Default)]
pub struct Disk(Rc<Inner>, u32);

#[derive(Default)]
struct Inner {
    files: RefCell<Files>,
    open: RefCell<BTreeSet<(String, String)>>,
    /// Tabs of an earlier browser write no more.
    browser: Cell<u32>,
    /// Bytes that it has room for; 0 for no bound.
    room: Cell<usize>,
    is_missing: Cell<bool>,
    appends: Cell<u32>,
}

impl Disk {
    /// The browser is killed: what its tabs had open is closed, and they write nothing more.
    pub fn kill(&self) {
        self.0.browser.set(self.0.browser.get() + 1);
        self.0.open.borrow_mut().clear();
    }

    /// The same disk for the browser that runs now: one that was killed reaches nothing any more.
    pub fn of_this_browser(&self) -> Self {
        Self(self.0.clone(), self.0.browser.get())
    }

    /// It has room for this many bytes and no more.
    pub fn fill(&self, room: usize) {
        self.0.room.set(room);
    }

    /// This browser keeps nothing.
    pub fn take_away(&self) {
        self.0.is_missing.set(true);
    }

    /// All that is written, in one piece.
    pub fn all(&self) -> Vec<u8> {
        self.0.files.borrow().values().flatten().copied().collect()
    }

    /// How many times something was written.
    pub fn appends(&self) -> u32 {
        self.0.appends.get()
    }

    /// Bytes that are written.
    pub fn len(&self) -> usize {
        self.0.files.borrow().values().map(Vec::len).sum()
    }

    /// The folders with how many files each has.
    pub fn folders(&self) -> BTreeMap<String, usize> {
        let mut folders = BTreeMap::new();
        for (folder, _) in self.0.files.borrow().keys() {
            *folders.entry(folder.clone()).or_default() += 1;
        }
        folders
    }

    /// Cuts bytes off the last file of each folder, as a kill in the middle of a write does.
    pub fn cut(&self, bytes: usize) {
        let mut files = self.0.files.borrow_mut();
        let mut last = BTreeMap::new();
        for (folder, file) in files.keys().filter(|(_, file)| file.ends_with(".frames")) {
            last.insert(folder.clone(), file.clone());
        }
        for name in last {
            let content = files.get_mut(&name).expect("it is there");
            content.truncate(content.len().saturating_sub(bytes));
        }
    }

    fn asked(&self) -> Result<(), StoreError> {
        match self.0.is_missing.get() || self.1 != self.0.browser.get() {
            true => Err(StoreError { message: "this browser keeps no files here".into() }),
            false => Ok(()),
        }
    }
}

fn now<T: 'static>(value: T) -> LocalFuture<T> {
    Box::pin(async { value })
}

impl Folders for Disk {
    fn folders(&self) -> LocalFuture<Result<Vec<String>, StoreError>> {
        now(self.asked().map(|()| Self::folders(self).into_keys().collect()))
    }

    fn files(&self, folder: &str) -> LocalFuture<Result<Vec<(String, u64)>, StoreError>> {
        let files = self.0.files.borrow();
        let of_folder = files.iter().filter(|((of, _), _)| of == folder);
        now(Ok(of_folder.map(|((_, file), bytes)| (file.clone(), bytes.len() as u64)).collect()))
    }

    fn open(&self, folder: &str, file: &str) -> LocalFuture<Result<Box<dyn OpenFile>, OpenError>> {
        let name = (folder.to_owned(), file.to_owned());
        if let Err(error) = self.asked() {
            return now(Err(OpenError::Failed(error)));
        }
        if !self.0.open.borrow_mut().insert(name.clone()) {
            return now(Err(OpenError::InUse));
        }
        self.0.files.borrow_mut().entry(name.clone()).or_default();
        now(Ok(Box::new(Open { disk: self.clone(), browser: self.1, name }) as Box<dyn OpenFile>))
    }

    fn read(&self, folder: &str, file: &str) -> LocalFuture<Result<Vec<u8>, StoreError>> {
        let found = self.0.files.borrow().get(&(folder.to_owned(), file.to_owned())).cloned();
        now(found.ok_or(StoreError { message: "the file is gone".into() }))
    }

    fn remove_file(&self, folder: &str, file: &str) -> LocalFuture<Result<(), StoreError>> {
        if let Err(error) = self.asked() {
            return now(Err(error));
        }
        let name = (folder.to_owned(), file.to_owned());
        assert!(!self.0.open.borrow().contains(&name), "{name:?} is removed while it is open");
        self.0.files.borrow_mut().remove(&name);
        now(Ok(()))
    }

    fn remove_folder(&self, folder: &str) -> LocalFuture<Result<(), StoreError>> {
        if let Err(error) = self.asked() {
            return now(Err(error));
        }
        let is_open = self.0.open.borrow().iter().any(|(of, _)| of == folder);
        assert!(!is_open, "{folder} is removed while a file of it is open");
        self.0.files.borrow_mut().retain(|(of, _), _| of != folder);
        now(Ok(()))
    }
}

struct Open {
    disk: Disk,
    browser: u32,
    name: (String, String),
}

impl Open {
    fn is_of_this_browser(&self) -> bool {
        self.browser == self.disk.0.browser.get()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.is_of_this_browser() {
            self.disk.0.open.borrow_mut().remove(&self.name);
        }
    }
}

impl OpenFile for Open {
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if !self.is_of_this_browser() {
            return Ok(());
        }
        self.disk.0.appends.set(self.disk.0.appends.get() + 1);
        let room = self.disk.0.room.get();
        let free = room.saturating_sub(self.disk.len());
        let mut files = self.disk.0.files.borrow_mut();
        let file = files.get_mut(&self.name).expect("an open file is not removed");
        if room > 0 && bytes.len() > free {
            // What has room is written, as a browser does.
            file.extend_from_slice(&bytes[..free]);
            return Err(StoreError { message: "there is no more room".into() });
        }
        file.extend_from_slice(bytes);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        if self.is_of_this_browser()
            && let Some(file) = self.disk.0.files.borrow_mut().get_mut(&self.name)
        {
            file.clear();
        }
        Ok(())
    }
}
