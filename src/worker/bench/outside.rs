//! What lies outside of the page: a folder on the disk, and what the server's proxy records.
//!
//! Owns who does what the page asks. It is part of the second file of the worker; only its state is named in the first.

use std::cell::RefCell;
use std::rc::Rc;

use super::folder::Folder;
use super::followed::Following;
use super::worker::BenchWorker;
use crate::engine::World;
use crate::wire;
use crate::wire::bench::{OutsideRequest, OutsideUpdate, Update};

/// All of it.
pub(super) struct Outside<S> {
    pub folder: Folder,
    pub followed: RefCell<Vec<Rc<RefCell<Following<S>>>>>,
}

impl<S> Default for Outside<S> {
    fn default() -> Self {
        Self { folder: Folder::default(), followed: RefCell::default() }
    }
}

impl<S> Outside<S> {
    /// Recordings that are followed now: the browser holds a socket for each.
    pub fn live(&self) -> usize {
        // One that is just being told is borrowed, and has a socket.
        let is_live = |it: &Rc<RefCell<Following<S>>>| it.try_borrow().map_or(true, |it| it.is_live());
        self.followed.borrow().iter().filter(|it| is_live(it)).count()
    }
}

impl<W: World> BenchWorker<W> {
    /// Does what an encoded [`OutsideRequest`] says.
    pub(super) fn outside(&self, request: &[u8]) {
        // Both sides were built from one source.
        let Ok(request) = wire::decode(request) else { return };
        match request {
            OutsideRequest::Open(place) => self.open_folder(place),
            OutsideRequest::Leave => self.leave_folder(),
            OutsideRequest::Suites(all) => self.know_suites(all),
            OutsideRequest::Suite(suite) => self.know_suite(suite),
            OutsideRequest::SuiteGone(id) => self.forget_suite(&id),
            OutsideRequest::Took(taken) => self.took(*taken),
            OutsideRequest::Choose { name, takes_disk, shown } => self.choose(name, takes_disk, shown),
            OutsideRequest::Follow { name, server } => self.follow_recording(name, &server),
            OutsideRequest::Unfollow(name) => self.unfollow(&name),
        }
    }

    pub(super) fn tell_outside(&self, update: &OutsideUpdate) {
        self.post(&Update::Outside(wire::encode(update)));
    }
}
