//! A part of a worker that is downloaded after its start: whether it is here, or where it comes from.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::engine::base::world::LocalFuture;

/// What a person reads who needs a part that could not be downloaded.
pub(super) const MISSING: &str = "a part of this page could not be loaded; check the server and try again";

/// Downloads a part; none when that failed.
pub type Download<T> = Rc<dyn Fn() -> LocalFuture<Option<&'static T>>>;

/// A part, or where it comes from.
pub(super) struct Part<T: 'static> {
    here: Cell<Option<&'static T>>,
    download: RefCell<Option<Download<T>>>,
}

impl<T: 'static> Part<T> {
    pub fn new(here: Option<&'static T>) -> Self {
        Self { here: Cell::new(here), download: RefCell::default() }
    }

    /// What is here already.
    pub fn here(&self) -> Option<&'static T> {
        self.here.get()
    }

    pub fn comes_from(&self, download: Download<T>) {
        self.here.set(None);
        *self.download.borrow_mut() = Some(download);
    }

    /// The part, downloaded if it is not here.
    pub async fn fetch(&self) -> Option<&'static T> {
        if let Some(all) = self.here() {
            return Some(all);
        }
        let download = self.download.borrow().clone()?;
        let got = download().await;
        if got.is_some() {
            self.here.set(got);
        }
        got
    }
}
