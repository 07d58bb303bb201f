//! What each request of the page does.
//!
//! Owns the table of requests. It refuses to do the work: each line names who does.

use std::rc::Rc;

use super::answers::sent;
use super::later::{Later, MISSING, depends_on_set_up};
use super::recording::Second;
use super::worker::{BenchWorker, State};
use crate::engine::bench::draft::{Attachment, Draft};
use crate::engine::{Instant, World};
use crate::wire::bench::{Answer, ConnectionId, PlotOf, Question, Request, Update};

impl<W: World> BenchWorker<W> {
    pub(super) fn answer(&self, request: Request) {
        match request {
            Request::Arrange(workspace) => self.arrange(workspace),
            // What depends on a set-up comes after it.
            request if self.state(|s| s.is_arranging) && depends_on_set_up(&request) => {
                self.later(move |worker, _| worker.answer(request));
            }
            request if self.waits_its_turn(&request) => self.in_turn(request),
            request => self.perform(request),
        }
    }

    pub(super) fn perform(&self, request: Request) {
        match request {
            Request::Arrange(workspace) => self.arrange_now(*workspace, self.0.later.here()),
            Request::Draft(draft) => {
                self.redraft(|s| s.draft = draft);
                self.keep_soon();
            }
            Request::Attach(payload) => {
                self.redraft(|s| s.attached = Some(Attachment { payload: Rc::new(payload) }));
            }
            Request::Surroundings(surroundings) => {
                self.state(|s| s.surroundings = surroundings);
                self.look_at_addresses();
            }
            Request::Hidden(is_hidden) => {
                self.state(|s| s.record.taint.is_hidden = is_hidden);
                // A page that is out of sight may be gone with the next moment.
                if is_hidden {
                    self.keep_now();
                }
            }
            Request::RecordAgain(from) => self.change_list(|s| s.second = from.map(Second::new)),
            Request::Connect { connection } => self.connect(connection),
            Request::Repeat { to, draft } => {
                self.with_later(move |worker, later| (later.repeat)(worker, to, draft));
            }
            Request::StopRepeat => self.stop_repeat("stopped"),
            Request::Ping { connection } => {
                self.with_later(move |worker, later| (later.ping)(worker, connection));
            }
            Request::Close { connection, closing } => self.disconnect(connection, &closing),
            Request::Forget { connection } => self.forget(connection),
            Request::Look(look) => self.change_list(|s| s.list.look(look)),
            Request::Filter { spec, hides } if spec.takes_all() && self.0.later.is_quiet() => {
                let _ = hides;
                self.change_list(|s| s.list.take_all());
            }
            Request::Filter { spec, hides } => self.later(move |worker, later| {
                worker.change_list(|s| match later {
                    Some(later) => (later.filter)(&mut s.list, &spec, hides),
                    None => s.list.cannot_filter(MISSING),
                });
                worker.search();
            }),
            Request::Pause(is_paused) => self.change_list(|s| s.list.pause(is_paused, &s.record.log)),
            Request::Clear => self.change_list(|s| {
                s.record.log.clear();
                s.second.iter_mut().for_each(Second::forget);
                s.list.redraw();
            }),
            Request::Inspect(inspect) => {
                let opening = self.state(|s| {
                    s.openings += 1;
                    s.openings
                });
                if inspect.is_none() && self.0.later.is_quiet() {
                    return self.close_detail();
                }
                self.later(move |worker, later| match later {
                    Some(later) => (later.inspect)(worker, inspect),
                    None => worker.inspect_soon(inspect, opening),
                });
            }
            Request::Pin { frame, note } => self.change_pins(move |later, s| {
                (later.pin)(&mut s.pins, frame, note, &s.record.log);
            }),
            Request::Unpin { frame } => self.change_pins(move |later, s| (later.unpin)(&mut s.pins, frame)),
            Request::ResetFigures(of) => self.reset_figures(of),
            Request::Plot(of) => self.change_list(|s| {
                s.plot = of;
                s.plotted = Instant::ORIGIN;
            }),
            Request::Question { id, question: Question::Send { to, draft } } => {
                self.send_as_asked(id, &to, &draft);
            }
            Request::Question { id, question } => self.later(move |worker, later| match later {
                Some(later) => (later.reply)(worker, id, question),
                None => worker.post(&Update::Answer { id, answer: Answer::Failed(MISSING.to_owned()) }),
            }),
            Request::Seen => self.0.outbox.page_has_drawn(),
            Request::Show(shown) => self.show(*shown),
            Request::Sessions(request) => {
                self.with_journal(move |worker, journal| journal.perform(worker, &request));
            }
            Request::Outside(request) => {
                self.with_later(move |worker, later| (later.outside)(worker, &request));
            }
            Request::Read(what) => {
                // From now on: what is asked meanwhile must keep nothing.
                self.state(|s| s.is_reader = true);
                self.with_journal(move |worker, journal| journal.show(worker, what));
            }
            Request::Replay(request) => {
                self.with_later(move |worker, later| (later.replay)(worker, &request));
            }
            Request::Difference(request) => {
                self.state(|s| s.is_reader = true);
                self.with_later(move |worker, later| (later.difference)(worker, &request));
            }
        }
    }

    fn change_pins(&self, change: impl FnOnce(&'static Later<W>, &mut State<W>) + 'static) {
        self.later(move |worker, later| {
            worker.change_list(|s| {
                if let Some(later) = later {
                    change(later, s);
                }
                s.list.redraw();
            });
            // Those of an earlier session are kept at once: its worker may end with the next request.
            if let Some(journal) = worker.state(|s| s.journal.clone().filter(|_| s.is_reader)) {
                journal.write_now(worker);
            }
        });
    }

    fn send_as_asked(&self, id: u32, to: &[ConnectionId], draft: &Draft) {
        let answer = sent(self.send_to_all(to, draft));
        self.post(&Update::Answer { id, answer });
    }

    /// Resets the figures of round trips.
    fn reset_figures(&self, of: PlotOf) {
        self.change_list(|s| {
            let is_meant = |id| of == PlotOf::All || of == PlotOf::One(id);
            for (_, connection) in s.connections.iter_mut().filter(|(id, _)| is_meant(**id)) {
                connection.reset_figures(&mut s.record);
            }
            if of == PlotOf::All {
                s.record.reset_figures();
            }
            s.plotted = Instant::ORIGIN;
        });
    }
}
