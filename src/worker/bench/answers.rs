//! Questions of the page that have one answer.

use super::list::Sought;
use super::sharing::{self, Sharing};
use super::update::Content;
use super::worker::{BenchWorker, SLICE};
use crate::engine::bench::as_step;
use crate::engine::bench::draft::{Draft, Form};
use crate::engine::bench::view;
use crate::engine::secrets::Known;
use crate::engine::{Frame, World};
use crate::wire::bench::{Answer, ContentForm, OpenQuestion, PlotOf, Question, Update, Which};

/// Messages without an answer that are listed.
const MOST_OPEN: usize = 100;

impl<W: World> BenchWorker<W> {
    /// Answers at once: the page waits for it.
    pub(super) fn reply_to(&self, id: u32, question: Question) {
        let answer = match question {
            Question::Seek { from, forward } => match self.sought(from, forward) {
                Some(answer) => answer,
                None => return self.seek_on(id, from, forward),
            },
            // The worker itself sends, so that a message does not wait for a download.
            Question::Send { .. } => return,
            Question::SendAgain { to, frame } => sent(self.send_again(&to, frame)),
            Question::Node { line } => {
                let known = self.state(|s| s.workspace.known_secrets(Known::SHORT));
                self.state(|s| s.inspector.node(line, &known)).unwrap_or(Answer::Nothing)
            }
            Question::Value { frame, path } => {
                self.state(|s| s.value(frame, path)).unwrap_or(Answer::Nothing)
            }
            Question::Within { text, nth } => {
                self.state(|s| s.inspector.within(&text, nth)).unwrap_or(Answer::Nothing)
            }
            Question::Unanswered(of) => Answer::Unanswered(self.unanswered(of)),
            Question::Beside { frame, forward } => {
                let beside = self.state(|s| s.list.beside(frame, forward, &s.record.log));
                beside.map_or(Answer::Nothing, |(frame, position)| Answer::Found {
                    frame,
                    position,
                    nth: None,
                })
            }
            Question::Find { frame } => self.state(|s| match s.record.log.get(frame) {
                Some(_) => s.list.place_of(frame).map_or(Answer::Hidden, |position| Answer::Found {
                    frame,
                    position,
                    nth: None,
                }),
                None => Answer::Nothing,
            }),
            Question::Content { frame, form } => self.content_as(frame, form),
            Question::Format(text) => match view::format_json(&text) {
                Some(text) => Answer::Text(text),
                None => Answer::Failed("not JSON, so it cannot be formatted".to_owned()),
            },
            Question::Share(workspace) => Answer::Parts(Sharing::of(&workspace).list()),
            Question::Link { workspace, parts } => {
                let (fragment, left_out) = Sharing::of(&workspace).link(&parts);
                Answer::Link { fragment, left_out }
            }
            Question::OpenShared(fragment) => match sharing::open(&fragment) {
                Ok(offered) => Answer::Offer(Box::new(offered)),
                Err(error) => Answer::Failed(error.to_string()),
            },
            Question::Lines { connections } => self.lines(id, &connections),
            Question::Record { filtered, from } => self.record(id, filtered, from),
            Question::Suspects { filtered } => {
                let which = if filtered { Which::Filtered } else { Which::All };
                Answer::Suspects(self.suspects(which).places())
            }
            Question::ReportSuspects(which) => Answer::Suspects(self.suspects(which).places()),
            Question::Report(report) => self.report(id, &report),
            Question::Export { format, filtered, masks_suspects } => {
                self.export(id, format, filtered, masks_suspects)
            }
        };
        self.post(&Update::Answer { id, answer });
    }

    /// The last messages without an answer whose frames are still held, in order.
    fn unanswered(&self, of: PlotOf) -> Vec<OpenQuestion> {
        self.state(|s| {
            let is_meant = |id| matches!(of, PlotOf::All) || of == PlotOf::One(id);
            let connections = s.connections.iter().filter(|(id, _)| is_meant(**id));
            let mut all: Vec<_> =
                connections.flat_map(|(_, connection)| connection.unanswered(MOST_OPEN)).collect();
            all.sort_unstable_by_key(|it| it.frame);
            all.drain(..all.len().saturating_sub(MOST_OPEN));
            let listed = all.into_iter();
            listed
                .filter_map(|it| Some(OpenQuestion { row: s.row(it.frame)?, is_pending: it.is_pending }))
                .collect()
        })
    }

    /// The next hit; none while the search has not come to it.
    fn sought(&self, from: Option<u64>, forward: bool) -> Option<Answer> {
        let until = self.now() + SLICE;
        self.change_list(|_| {});
        self.state(|s| match s.list.seek(from, forward, &s.record.log, || self.world().now() < until) {
            Sought::Found { frame, nth } => {
                let position = s.list.place_of(frame).unwrap_or(frame);
                Some(Answer::Found { frame, position, nth: Some(nth) })
            }
            Sought::Nothing => Some(Answer::Nothing),
            Sought::NotYet => None,
        })
    }

    /// A person who presses Enter in the filter waits for the search, and need not press again.
    fn seek_on(&self, id: u32, from: Option<u64>, forward: bool) {
        let worker = self.clone();
        (self.0.spawn)(Box::pin(async move {
            loop {
                worker.world().breathe().await;
                if let Some(answer) = worker.sought(from, forward) {
                    worker.post(&Update::Answer { id, answer });
                    return worker.flush();
                }
            }
        }));
    }

    fn content_as(&self, frame: u64, form: ContentForm) -> Answer {
        let Some(content) = self.state(|s| s.content(frame)) else {
            return Answer::Failed("the frame is no longer held".to_owned());
        };
        let known = self.state(|s| s.workspace.known_secrets(Known::SHORT));
        match form {
            ContentForm::Raw if !content.kind.is_text() => Answer::Bytes(content.bytes.to_vec()),
            ContentForm::Raw => Answer::Text(text(&without(&known, &content))),
            ContentForm::Readable => Answer::Text(readable(&without(&known, &content))),
            ContentForm::Draft if !content.kind.is_message() => {
                Answer::Failed("this frame is not a message, so it cannot be edited".to_owned())
            }
            ContentForm::Draft => Answer::Draft(as_draft(&known, &content)),
            ContentForm::Step => {
                let step = self.state(|s| {
                    let frame = s.record.log.get(frame)?;
                    let name = s.connections.get(&crate::wire::bench::ConnectionId(frame.connection));
                    let name = name.map_or("client", |connection| connection.state.name.as_str());
                    // Text keeps its values until it is a step: braces that were in it are escaped there.
                    let masked = known.bytes(frame.bytes, false);
                    let bytes = if frame.kind.is_text() { frame.bytes } else { &*masked };
                    let mut step = as_step::as_step(&Frame { bytes, ..frame }, name)?;
                    if !known.is_empty() {
                        known.json(&mut step);
                    }
                    Some(step)
                });
                match step.and_then(|step| serde_json::to_string_pretty(&step).ok()) {
                    Some(step) => Answer::Text(step),
                    None => Answer::Failed("a suite has no step for this frame".to_owned()),
                }
            }
        }
    }
}

fn text(content: &Content) -> String {
    String::from_utf8_lossy(&content.bytes).into_owned()
}

fn readable(content: &Content) -> String {
    if !content.kind.is_text() {
        return hex(&content.bytes);
    }
    let text = text(content);
    view::format_json(&text).unwrap_or(text)
}

/// The content with placeholders in place of the values of secret variables.
fn without(known: &Known, content: &Content) -> Content {
    Content { kind: content.kind, bytes: known.bytes(&content.bytes, content.kind.is_text()).into() }
}

/// The content goes out again byte for byte: placeholders are off only where it has braces that look like one.
fn as_draft(known: &Known, content: &Content) -> Draft {
    if !content.kind.is_text() {
        let masked = without(known, content);
        return Draft { form: Form::Hex, text: hex(&masked.bytes), is_plain: false };
    }
    let text = text(content);
    let is_json = text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
    let form = if is_json { Form::Json } else { Form::Text };
    known.draft_of(form, text)
}

pub(super) fn sent(sent: Result<(), String>) -> Answer {
    match sent {
        Ok(()) => Answer::Sent,
        Err(words) => Answer::Failed(words),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 3);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 {
            text.push(if place % 16 == 0 { '\n' } else { ' ' });
        }
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}
