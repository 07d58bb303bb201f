//! Questions of the page that have one answer.

use std::fmt::{self, Write};

use super::desk::Desk;
use super::keeper;
use super::news::Content;
use crate::engine::as_step;
use crate::engine::draft::{Draft, Form};
use crate::engine::mask::Masker;
use crate::engine::report::{EventFormat, Origin, Transcript};
use crate::engine::share;
use crate::engine::view;
use crate::engine::{Frame, World};
use crate::wire::{Answer, ContentForm, Question, Update, Workspace};

/// A piece of a file that goes to the page at once.
const PIECE: usize = 1 << 20;

impl<W: World> Desk<W> {
    /// Answers, at once: whoever asked waits for it.
    pub(super) fn reply_to(&self, id: u32, question: Question) {
        let answer = match question {
            Question::Seek { from, forward } => self.state(|s| {
                let found = s.list.seek(from, forward, &s.record.log);
                found.map_or(Answer::Nothing, |(frame, nth)| Answer::Found {
                    frame,
                    position: s.list.place_of(frame).unwrap_or(frame),
                    nth: Some(nth),
                })
            }),
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
                None => Answer::Failed("this is no JSON, so it cannot be laid out".to_owned()),
            },
            Question::Share(workspace) => share_link(&workspace),
            Question::OpenShared(fragment) => match share::unpack::<Workspace>(&fragment) {
                Ok(workspace) => Answer::Offer(Box::new(workspace)),
                Err(error) => Answer::Failed(error.to_string()),
            },
            Question::Export { format, filtered } => self.export(id, format, filtered),
        };
        self.post(&Update::Answer { id, answer });
    }

    fn content_as(&self, frame: u64, form: ContentForm) -> Answer {
        let Some(content) = self.state(|s| s.content(frame)) else {
            return Answer::Failed("the frame is no longer held".to_owned());
        };
        match form {
            ContentForm::Raw if !content.kind.is_text() => Answer::Bytes(content.bytes.to_vec()),
            ContentForm::Raw => Answer::Text(text(&content)),
            ContentForm::Readable => Answer::Text(readable(&content)),
            ContentForm::Draft => Answer::Draft(as_draft(&content)),
            ContentForm::Step => {
                let step = self.state(|s| {
                    let frame = s.record.log.get(frame)?;
                    let name = s.lines.get(&crate::wire::ConnectionId(frame.connection));
                    as_step::as_step(&frame, name.map_or("client", |line| line.state.name.as_str()))
                });
                match step.and_then(|step| serde_json::to_string_pretty(&step).ok()) {
                    Some(step) => Answer::Text(step),
                    None => Answer::Failed("a suite has no step for this frame".to_owned()),
                }
            }
        }
    }

    /// The frames as a file, in pieces, so that it need not fit into memory twice.
    fn export(&self, id: u32, format: EventFormat, filtered: bool) -> Answer {
        let mut pieces = Pieces {
            waiting: Vec::new(),
            post: |piece| self.post(&Update::Answer { id, answer: Answer::Piece(piece) }),
        };
        let frames = self.state(|s| {
            let secrets = s.workspace.variables.iter().filter(|it| it.is_secret && !it.value.is_empty());
            let masker = Masker::new(secrets.map(|it| it.value.as_str()));
            let filter = s.list.only().filter(|_| filtered);
            let takes = |frame: &Frame<'_>| filter.is_none_or(|filter| filter.takes(frame));
            let log = &s.record.log;
            let remarks = s.pins.pins.iter().map(|(number, pin)| (*number, pin.note.clone())).collect();
            let session = Transcript {
                log,
                pins: Some(&remarks),
                only: Some(&takes),
                connections: s.record.handshakes.as_slice(),
                origin: Origin::from_millis(self.0.ready.clock_began),
            };
            format.write(&session, &masker, &mut pieces).map(|()| log.from(0).filter(takes).count() as u64)
        });
        match frames {
            Ok(frames) => Answer::File {
                bytes: pieces.waiting,
                name: format!("sockscope.{}", format.extension()),
                media_type: format.media_type().to_owned(),
                frames,
            },
            Err(fmt::Error) => Answer::Failed("the frames could not be written".to_owned()),
        }
    }
}

struct Pieces<P: FnMut(Vec<u8>)> {
    waiting: Vec<u8>,
    post: P,
}

impl<P: FnMut(Vec<u8>)> Write for Pieces<P> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.waiting.extend_from_slice(text.as_bytes());
        if self.waiting.len() >= PIECE {
            (self.post)(std::mem::take(&mut self.waiting));
        }
        Ok(())
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

fn as_draft(content: &Content) -> Draft {
    match content.kind.is_text() {
        true => Draft::plain(text(content)),
        false => Draft { form: Form::Hex, text: hex(&content.bytes), is_plain: true },
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

/// The set-up without what a stranger must not see, and a word on each thing that was left out.
fn share_link(workspace: &Workspace) -> Answer {
    let mut shared = keeper::without_history(workspace);
    let mut left_out = Vec::new();
    for variable in shared.variables.iter_mut().filter(|it| it.is_secret && !it.value.is_empty()) {
        variable.value.clear();
        left_out.push(format!("the value of {}", variable.name));
    }
    for setup in &mut shared.connections {
        let (url, names) = share::without_secrets(&setup.url);
        setup.url = url;
        left_out.extend(names.into_iter().map(|name| format!("{name} in the address of {}", setup.name)));
    }
    Answer::Link { fragment: share::pack(&shared), left_out }
}
