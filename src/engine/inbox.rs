//! What came on one connection and has not been looked at.
//!
//! Owns the waiting: nothing is lost because nobody was listening yet. It refuses to select; whoever reads decides.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Poll, Waker};

use futures_util::future::{Either, select};

use super::{Event, EventSink, Instant, World};

/// The events of one connection that nobody has looked at yet.
#[derive(Clone, Default)]
pub(super) struct Inbox(Rc<RefCell<Arrivals>>);

#[derive(Default)]
struct Arrivals {
    events: VecDeque<(Instant, Event)>,
    waiting: Option<Waker>,
}

impl Inbox {
    /// What puts the events of a connection here.
    pub fn sink(&self) -> EventSink {
        let inbox = self.clone();
        Box::new(move |at, event| {
            let mut arrivals = inbox.0.borrow_mut();
            arrivals.events.push_back((at, event));
            if let Some(waker) = arrivals.waiting.take() {
                waker.wake();
            }
        })
    }

    /// The next event that was stamped by `deadline`; none when there is none. The stamp decides, not the moment of looking:
    /// an event that was in time stays in time however late we come to it.
    pub async fn next_by<W: World>(&self, world: &W, deadline: Instant) -> Option<(Instant, Event)> {
        let arrival = std::future::poll_fn(|cx| {
            let mut arrivals = self.0.borrow_mut();
            match arrivals.events.pop_front() {
                Some(event) => Poll::Ready(event),
                None => {
                    arrivals.waiting = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        });
        let (at, event) = match select(arrival, world.sleep(deadline.since(world.now()))).await {
            Either::Left((event, _)) => event,
            Either::Right(_) => self.0.borrow_mut().events.pop_front()?,
        };
        (at <= deadline).then_some((at, event))
    }

    /// The close that nobody has looked at yet: its code and reason.
    pub fn unread_close(&self) -> Option<(u16, String)> {
        self.0.borrow().events.iter().find_map(|(_, event)| match event {
            Event::Closed { code, reason, .. } => Some((*code, reason.clone())),
            _ => None,
        })
    }
}
