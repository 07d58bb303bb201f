//! Streams that were cut anywhere: what came becomes the frames that it carried.
//!
//! Owns how a stream is recognised. It refuses to guess where messages are whole already: only a rule that all of a stream
//! keeps, and that messages alone do not show, is written as `framing`.

use std::rc::Rc;

use serde_json::{Value, json};

use super::lines::{Content, Recording, What};
use crate::Payload;
use crate::framing::{Framer, Framing};

/// Fewer frames may fit a rule by chance.
const LEAST: usize = 4;
/// A stream is recognised by this many of its bytes.
const LOOKED_AT: usize = 1 << 20;
/// Lengths that protocols use. Of two that cut in the same way the longer one is written: the shorter one is a part of it.
const LENGTHS: [&str; 6] = ["u32", "u32le", "u16", "u16le", "u8", "varint"];
/// How far from the beginning of a frame its length may stand.
const FURTHEST: usize = 8;

/// Puts the frames in the place of what brought them, and says which rule was found for whom.
pub(super) fn find(recording: &mut Recording, remarks: &mut Vec<String>) {
    let names: Vec<String> = recording.clients.keys().cloned().collect();
    for name in names {
        let lives = lives(recording, &name);
        let Some((spec, frames)) = lives.first().and_then(|_| rule(recording, &lives)) else { continue };
        let mut frames = frames.into_iter();
        let mut events = Vec::with_capacity(recording.events.len());
        for event in recording.events.drain(..) {
            if event.client != name || event.received().is_none() {
                events.push(event);
                continue;
            }
            for frame in frames.next().unwrap_or_default() {
                events.push(super::lines::Event { what: What::Received(frame), ..event.clone() });
            }
        }
        recording.events = events;
        remarks
            .push(format!("What {name} received is a stream: `framing` puts its frames together by {spec}."));
        if let Some(client) = recording.clients.get_mut(&name) {
            client.framing = Some(spec);
        }
    }
}

/// What a client received, one list for each time that it was open.
fn lives(recording: &Recording, name: &str) -> Vec<Vec<usize>> {
    let mut lives: Vec<Vec<usize>> = vec![Vec::new()];
    for (at, event) in recording.events.iter().enumerate().filter(|(_, event)| event.client == name) {
        match &event.what {
            What::Connecting | What::Opened => lives.push(Vec::new()),
            What::Received(_) => lives.last_mut().into_iter().for_each(|life| life.push(at)),
            _ => {}
        }
    }
    lives.retain(|life| !life.is_empty());
    lives
}

/// The rule that all of it keeps, and the frames that each message completes.
fn rule(recording: &Recording, lives: &[Vec<usize>]) -> Option<(Value, Vec<Vec<Content>>)> {
    let contents = || lives.iter().flatten().filter_map(|at| recording.events[*at].received());
    let are_text = contents().all(|content| content.text().is_some());
    let are_bytes = contents().all(|content| content.text().is_none());
    // Whole JSON needs no other cut.
    let is_json = |content: &Content| {
        content.text().is_some_and(|text| !text.contains('\n')) && content.json().is_some()
    };
    if contents().count() < LEAST || contents().all(is_json) {
        return None;
    }
    let candidates: Vec<Value> = match (are_text, are_bytes) {
        (true, _) => vec![json!({"delimiter": "\n"}), json!({"delimiter": "\r\n"})],
        (_, true) => by_length(),
        _ => return None,
    };
    candidates.into_iter().find_map(|spec| {
        let frames =
            cut(recording, lives, &spec, LOOKED_AT).filter(|frames| is_telling(recording, lives, frames))?;
        let is_all = frames.len() == lives.iter().map(Vec::len).sum::<usize>();
        let frames = if is_all { frames } else { cut(recording, lives, &spec, usize::MAX)? };
        Some((spec, frames))
    })
}

fn by_length() -> Vec<Value> {
    let mut all = Vec::new();
    for length in LENGTHS {
        for at in 0..=FURTHEST {
            let size = match length {
                "u8" => 1,
                "u16" | "u16le" => 2,
                _ => 4,
            };
            let mut spec = json!({"length": length});
            if at > 0 {
                spec["at"] = at.into();
            }
            all.push(spec.clone());
            // A length that counts what stands before its end, too.
            if length != "varint" {
                spec["add"] = (-(at as i64 + size)).into();
                all.push(spec);
            }
        }
    }
    all
}

/// The frames that each message completes, up to this many bytes; none where the stream breaks the rule or ends within a frame.
fn cut(recording: &Recording, lives: &[Vec<usize>], spec: &Value, most: usize) -> Option<Vec<Vec<Content>>> {
    let framing = Rc::new(Framing::read(spec).ok()?);
    let (mut cut, mut bytes) = (Vec::new(), 0);
    for life in lives {
        let mut framer = Framer::new(framing.clone());
        for at in life {
            if bytes > most {
                return Some(cut);
            }
            let payload = match recording.events[*at].received()? {
                Content::Text { text, .. } => Payload::Text(text.clone()),
                binary => Payload::Binary(binary.bytes()),
            };
            bytes += payload.as_bytes().len();
            let (frames, broken) = framer.take(payload);
            if broken.is_some() {
                return None;
            }
            cut.push(frames.into_iter().map(content).collect());
        }
        // A recording may end anywhere; a stream that is over does not, and little fits a rule by chance.
        let is_last = lives.last().is_some_and(|last| std::ptr::eq(last, life));
        let frames = || cut.iter().map(Vec::len).sum::<usize>();
        if framer.wants().is_some() && (!is_last || frames() < 2 * LEAST) {
            return None;
        }
    }
    Some(cut)
}

/// Whether the frames are something else than the messages, and more than chance: JSON, or of several lengths.
fn is_telling(recording: &Recording, lives: &[Vec<usize>], frames: &[Vec<Content>]) -> bool {
    let all: Vec<&Content> = frames.iter().flatten().collect();
    let is_whole = |(at, frames): (&usize, &Vec<Content>)| {
        let size = recording.events[*at].received().map(|content| content.bytes().len());
        matches!(frames.as_slice(), [one] if size.is_some_and(|size| size <= one.bytes().len() + 2))
    };
    let is_cut = !lives.iter().flatten().zip(frames).all(is_whole);
    let are_json = all.iter().all(|frame| frame.json().is_some());
    let lengths: std::collections::BTreeSet<usize> = all.iter().map(|frame| frame.bytes().len()).collect();
    let is_binary = all.iter().all(|frame| frame.text().is_none());
    all.len() >= LEAST && is_cut && (are_json || is_binary && lengths.len() > 1)
}

fn content(frame: Payload) -> Content {
    use base64::Engine as _;
    match frame {
        Payload::Text(text) => Content::of_text(text),
        Payload::Binary(bytes) => Content::Binary(base64::engine::general_purpose::STANDARD.encode(bytes)),
    }
}
