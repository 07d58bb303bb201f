//! Letting the event loop have its turn, at once.
//!
//! Owns one channel to ourselves. A timer of no time at all takes four milliseconds once a few have followed each other. A
//! message that we post to ourselves waits only for what was there before it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessagePort};

/// A clone uses the same channel, which is made when it is first needed.
#[derive(Clone, Default)]
pub(super) struct Turns(Rc<Inner>);

#[derive(Default)]
struct Inner {
    line: RefCell<Option<Channel>>,
    /// How many turns there were.
    passed: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

struct Channel {
    to: MessagePort,
    from: MessagePort,
    _heard: Closure<dyn FnMut()>,
}

impl Turns {
    /// Ends when the event loop has had its turn.
    pub fn next(&self) -> Turn {
        Turn { turns: self.clone(), since: None }
    }

    fn ask(&self) {
        let mut line = self.0.line.borrow_mut();
        if line.is_none() {
            *line = self.open();
        }
        let is_asked = line.as_ref().is_some_and(|line| line.to.post_message(&JsValue::NULL).is_ok());
        debug_assert!(is_asked, "a port takes a message without content");
    }

    fn open(&self) -> Option<Channel> {
        let channel = MessageChannel::new().ok()?;
        let inner = Rc::downgrade(&self.0);
        let heard = Closure::<dyn FnMut()>::new(move || {
            let Some(inner) = inner.upgrade() else { return };
            inner.passed.set(inner.passed.get() + 1);
            let woken = std::mem::take(&mut *inner.waiting.borrow_mut());
            woken.into_iter().for_each(Waker::wake);
        });
        let (to, from) = (channel.port1(), channel.port2());
        from.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Some(Channel { to, from, _heard: heard })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.from.set_onmessage(None);
        self.from.close();
        self.to.close();
    }
}

/// The wait for a turn.
pub(super) struct Turn {
    turns: Turns,
    /// How many turns there had been when it was asked for.
    since: Option<u64>,
}

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let passed = self.turns.0.passed.get();
        match self.since {
            Some(since) if passed > since => return Poll::Ready(()),
            Some(_) => {}
            None => {
                self.since = Some(passed);
                self.turns.ask();
            }
        }
        self.turns.0.waiting.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }
}
