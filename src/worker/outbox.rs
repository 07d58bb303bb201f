//! The way of updates to the page: the same for both workers.
//!
//! Owns the page's turns. One rule: a worker takes a turn for everything but answers, and the page gives the next turn
//! when it has drawn. A slow page never grows a queue of posts.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use crate::wire::Protocol;

/// Posts updates of a worker.
pub(super) struct Outbox<P> {
    post: RefCell<Box<dyn FnMut(Vec<u8>)>>,
    page_is_ready: Cell<bool>,
    messages: PhantomData<P>,
}

impl<P: Protocol> Outbox<P> {
    /// One whose page is not ready yet.
    pub fn new(post: impl FnMut(Vec<u8>) + 'static) -> Self {
        Self { post: RefCell::new(Box::new(post)), page_is_ready: Cell::new(false), messages: PhantomData }
    }

    /// Posts an update, whether the page has drawn the last one or not.
    pub fn post(&self, update: &P::Update) {
        (self.post.borrow_mut())(P::write_update(update));
    }

    /// The page has drawn what it got.
    pub fn page_has_drawn(&self) {
        self.page_is_ready.set(true);
    }

    /// Whether the page would draw another update.
    pub fn has_turn(&self) -> bool {
        self.page_is_ready.get()
    }

    /// The update that comes next is the last one until the page has drawn.
    pub fn take_turn(&self) {
        self.page_is_ready.set(false);
    }
}
