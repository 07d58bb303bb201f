//! Messages in a stream that is cut anywhere: by a length in front, or by a delimiter.
//!
//! Owns the cut between what a socket brings and what steps see. It refuses to know who reads. What it keeps is bounded by the
//! longest frame, and a stream that breaks its rule stays broken, since nothing says where the next frame begins.

use std::rc::Rc;

use memchr::memmem;
use serde_json::{Map, Value};

use crate::Payload;
use crate::base::integer::{INTEGERS, Integer};
use crate::base::nearest::nearest;
use crate::base::unit::size_of;
use crate::base::words::{counted, cut};
use crate::payload_spec::hex;
use crate::template::LIMIT;

/// How long a frame may be that names no bound.
const USUAL: usize = 1 << 20;
/// How many frames one message may hold: frames of no bytes cost time too.
const MOST_FRAMES: usize = 1_000_000;
/// The keys of each kind.
const OF_LENGTH: [&str; 6] = ["length", "at", "add", "strip", "max", "as"];
const OF_DELIMITER: [&str; 3] = ["delimiter", "max", "as"];

/// How a stream is cut into frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framing {
    rule: Rule,
    /// The most bytes of a frame, its header included.
    most: usize,
    /// Whether frames are text; none when they are of the type of the messages that brought them.
    is_text: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Length {
        name: &'static str,
        integer: Integer,
        /// Where the length stands.
        at: usize,
        /// What is added to it to get the number of bytes behind it.
        add: i64,
        /// Whether a frame begins behind its length.
        strips: bool,
    },
    Delimiter(Vec<u8>),
}

/// What is wrong with a framing, and with which of its keys; none when it is the whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FramingError {
    /// Such as `max`.
    pub key: Option<String>,
    message: String,
}

fn at(key: &str, message: impl Into<String>) -> FramingError {
    FramingError { key: Some(key.to_owned()), message: message.into() }
}

impl Framing {
    /// Reads `{"length": "u16"}` or `{"delimiter": "\n"}`.
    ///
    /// ```
    /// # use std::rc::Rc;
    /// # use serde_json::json;
    /// # use sockscope_engine::{Payload, framing::{Framer, Framing}};
    /// let framing = Framing::read(&json!({"delimiter": "\n"})).unwrap();
    /// let mut framer = Framer::new(Rc::new(framing));
    /// let (frames, broken) = framer.take("one\ntw".into());
    /// assert_eq!((frames, broken), (vec![Payload::from("one")], None));
    /// assert_eq!(framer.take("o\n".into()).0, [Payload::from("two")]);
    /// ```
    pub fn read(spec: &Value) -> Result<Self, FramingError> {
        let wrong = || FramingError {
            key: None,
            message: format!(
                "expected how frames are cut, found {}; write {{\"length\": \"u16\"}} or {{\"delimiter\": \"\\n\"}}",
                crate::matcher::excerpt(spec)
            ),
        };
        let members = spec.as_object().ok_or_else(wrong)?;
        let (rule, known): (_, &[&str]) = match (members.get("length"), members.get("delimiter")) {
            (Some(length), None) => (by_length(length, members)?, &OF_LENGTH),
            (None, Some(delimiter)) => (Rule::Delimiter(bytes_of(delimiter)?), &OF_DELIMITER),
            (Some(_), Some(_)) => {
                let message = "frames are cut by \"length\" or by \"delimiter\"; leave one of them out";
                return Err(at("delimiter", message));
            }
            (None, None) => return Err(wrong()),
        };
        if let Some(other) = members.keys().find(|key| !known.contains(&key.as_str())) {
            let message = format!("{:?} means nothing beside {:?}; leave it out", cut(other, 40), known[0]);
            return Err(at(other, message));
        }
        Ok(Self { rule, most: most_of(members.get("max"))?, is_text: type_of(members.get("as"))? })
    }
}

fn most_of(most: Option<&Value>) -> Result<usize, FramingError> {
    let Some(most) = most else { return Ok(USUAL) };
    let most = size_of(most).map_err(|error| at("max", error.to_string()))?;
    let fits = usize::try_from(most).ok().filter(|most| (1..=LIMIT).contains(most));
    fits.ok_or_else(|| at("max", format!("\"max\" is 1 to {LIMIT} bytes, not {most}; write \"1MiB\"")))
}

fn type_of(form: Option<&Value>) -> Result<Option<bool>, FramingError> {
    match form.map(|form| form.as_str().unwrap_or_default()) {
        None => Ok(None),
        Some("text") => Ok(Some(true)),
        Some("binary") => Ok(Some(false)),
        Some(other) => {
            let other = cut(other, 40);
            Err(at("as", format!("frames are \"text\" or \"binary\", not {other:?}; write \"text\"")))
        }
    }
}

fn by_length(length: &Value, members: &Map<String, Value>) -> Result<Rule, FramingError> {
    let name = length.as_str().unwrap_or_default();
    let known = INTEGERS.into_iter().find(|known| *known == name);
    let Some((name, integer)) = known.and_then(|name| Some((name, Integer::named(name)?))) else {
        let hint = nearest(name, INTEGERS)
            .map_or_else(|| "write \"u16\"".to_owned(), |near| format!("did you mean {near:?}?"));
        let found = crate::matcher::excerpt(length);
        return Err(at(
            "length",
            format!("\"length\" is one of {}, not {found}; {hint}", INTEGERS.join(", ")),
        ));
    };
    let offset = match members.get("at") {
        None => 0,
        Some(offset) => offset
            .as_u64()
            .and_then(|offset| usize::try_from(offset).ok())
            .filter(|offset| *offset <= USUAL)
            .ok_or_else(|| at("at", format!("\"at\" is a number of bytes from 0 to {USUAL}; write 1")))?,
    };
    let add = match members.get("add") {
        None => 0,
        Some(add) => add
            .as_i64()
            .ok_or_else(|| at("add", "\"add\" is a whole number, which may be below zero; write -2"))?,
    };
    let strips = match members.get("strip") {
        None => false,
        Some(strip) => {
            strip.as_bool().ok_or_else(|| at("strip", "\"strip\" is true or false; write true"))?
        }
    };
    Ok(Rule::Length { name, integer, at: offset, add, strips })
}

/// The bytes of a delimiter, as text or as `{"$hex": "0d0a"}`.
fn bytes_of(spec: &Value) -> Result<Vec<u8>, FramingError> {
    let wrong = |message: String| at("delimiter", message);
    let bytes = match (spec, spec.get("$hex")) {
        (Value::String(text), _) => text.clone().into_bytes(),
        (Value::Object(members), Some(Value::String(digits))) if members.len() == 1 => {
            hex(digits).map_err(|error| wrong(error.to_string()))?
        }
        _ => {
            let message = "a delimiter is a text, or bytes as {\"$hex\": \"0d0a\"}; write \"\\n\"";
            return Err(wrong(message.to_owned()));
        }
    };
    if bytes.is_empty() {
        return Err(wrong("a delimiter has at least one byte; write \"\\n\"".to_owned()));
    }
    Ok(bytes)
}

/// What a stream has brought and what of it is still to become a frame.
#[derive(Debug)]
pub struct Framer {
    framing: Rc<Framing>,
    kept: Vec<u8>,
    /// Up to where the delimiter was looked for.
    searched: usize,
    /// Whether all that is kept came as text.
    is_text: bool,
    is_broken: bool,
}

/// The next frame in some bytes.
enum Next {
    /// Its content lies between the first two places; what follows begins at the third.
    Frame(usize, usize, usize),
    /// More has to come.
    Wanting,
    Broken(String),
}

impl Framer {
    /// At the beginning of a stream.
    pub fn new(framing: Rc<Framing>) -> Self {
        Self { framing, kept: Vec::new(), searched: 0, is_text: true, is_broken: false }
    }

    /// The one frame that a message of its own holds; none when it holds another number of them.
    pub fn only_frame(&self, payload: &Payload) -> Option<Payload> {
        let (frames, broken) = Self::new(self.framing.clone()).take(payload.clone());
        let [frame] = <[Payload; 1]>::try_from(frames).ok()?;
        broken.is_none().then_some(frame)
    }

    /// The frames that a message completes; and why there will be no more of them where the stream breaks its rule.
    pub fn take(&mut self, payload: Payload) -> (Vec<Payload>, Option<String>) {
        let mut frames = Vec::new();
        if self.is_broken {
            return (frames, None);
        }
        self.is_text = payload.is_text() && (self.kept.is_empty() || self.is_text);
        let bytes = match payload {
            Payload::Text(text) => text.into_bytes(),
            Payload::Binary(bytes) => bytes,
        };
        // Most messages hold whole frames, and those are not copied twice.
        let all = match self.kept.is_empty() {
            true => bytes,
            false => {
                let mut all = std::mem::take(&mut self.kept);
                all.extend_from_slice(&bytes);
                all
            }
        };
        let mut from = 0;
        let broken = loop {
            let rest = &all[from..];
            if rest.is_empty() {
                break None;
            }
            match self.next(rest) {
                Next::Wanting => break None,
                Next::Broken(why) => break Some(why),
                Next::Frame(..) if frames.len() == MOST_FRAMES => {
                    break Some(format!("one message holds more than {MOST_FRAMES} frames"));
                }
                Next::Frame(start, end, after) => {
                    match self.frame(&rest[start..end]) {
                        Ok(frame) => frames.push(frame),
                        Err(why) => break Some(why),
                    }
                    from += after;
                    self.searched = 0;
                }
            }
        };
        self.is_broken = broken.is_some();
        self.kept = match (from, self.is_broken) {
            (_, true) => Vec::new(),
            (0, false) => all,
            (from, false) => all[from..].to_vec(),
        };
        (frames, broken)
    }

    /// What the stream lacks when it ends now.
    pub fn wants(&self) -> Option<String> {
        if self.kept.is_empty() {
            return None;
        }
        let came = counted(self.kept.len() as u64, "byte");
        Some(match self.whole(&self.kept) {
            Some(Ok(whole)) => format!("in the middle of a frame: {came} of {whole} had come"),
            _ => match &self.framing.rule {
                Rule::Length { name, .. } => {
                    format!("in the middle of a frame: {came} had come, before the whole {name}")
                }
                Rule::Delimiter(_) => {
                    format!("in the middle of a frame: {came} had come without a delimiter")
                }
            },
        })
    }

    fn next(&mut self, rest: &[u8]) -> Next {
        let most = self.framing.most;
        match &self.framing.rule {
            Rule::Length { integer, at, strips, .. } => match self.whole(rest) {
                None if rest.len() >= at + integer.longest() => {
                    Next::Broken("the length of a frame has no end".to_owned())
                }
                None => Next::Wanting,
                Some(Err(why)) => Next::Broken(why),
                Some(Ok(whole)) if whole > most => Next::Broken(too_long(&of(whole), most)),
                Some(Ok(whole)) if whole > rest.len() => Next::Wanting,
                Some(Ok(whole)) => {
                    let header = integer.measure(&rest[*at..]).map_or(0, |(_, size)| at + size);
                    Next::Frame(if *strips { header } else { 0 }, whole, whole)
                }
            },
            Rule::Delimiter(delimiter) => {
                // It may have begun at the end of what was looked through before.
                let from = self.searched.saturating_sub(delimiter.len() - 1).min(rest.len());
                match memmem::find(&rest[from..], delimiter).map(|at| from + at) {
                    Some(at) if at > most => Next::Broken(too_long(&of(at), most)),
                    Some(at) => Next::Frame(0, at, at + delimiter.len()),
                    None if rest.len() >= most + delimiter.len() => {
                        Next::Broken(too_long("without an end", most))
                    }
                    None => {
                        self.searched = rest.len();
                        Next::Wanting
                    }
                }
            }
        }
    }

    /// How many bytes the frame has that begins here; none while its length is still to come.
    fn whole(&self, rest: &[u8]) -> Option<Result<usize, String>> {
        let Rule::Length { integer, at, add, name, .. } = &self.framing.rule else { return None };
        let (length, size) = integer.measure(rest.get(*at..)?)?;
        let behind = length + i128::from(*add);
        if behind < 0 {
            let sum = if *add == 0 { length.to_string() } else { format!("{length} with {add} added") };
            return Some(Err(format!("the length of a frame cannot be below zero: {name} is {sum}")));
        }
        Some(Ok(usize::try_from(behind).unwrap_or(usize::MAX).saturating_add(at + size)))
    }

    fn frame(&self, bytes: &[u8]) -> Result<Payload, String> {
        let is_text = self.framing.is_text.unwrap_or(self.is_text);
        match (is_text, std::str::from_utf8(bytes)) {
            (true, Ok(text)) => Ok(Payload::Text(text.to_owned())),
            (true, Err(error)) if self.framing.is_text.is_some() => Err(format!(
                "a frame of {} is not text: its byte {} is not UTF-8",
                counted(bytes.len() as u64, "byte"),
                error.valid_up_to()
            )),
            _ => Ok(Payload::Binary(bytes.to_vec())),
        }
    }
}

fn of(bytes: usize) -> String {
    format!("of {}", counted(bytes as u64, "byte"))
}

fn too_long(what: &str, most: usize) -> String {
    format!("a frame {what} is too long; \"max\" allows {}", counted(most as u64, "byte"))
}

#[cfg(test)]
mod tests;
