//! The small parts of an entry: addresses, header fields, timings, and what we write beside them.
//!
//! Owns their types and how many items of a list are held.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

/// As many items of a list are held.
const MOST: usize = 4 << 20;
/// As many fields of a header are held.
const MOST_FIELDS: usize = 100;
/// So much of a body is held.
const MOST_OF_BODY: usize = 64 << 10;

/// A list that is not longer than [`MOST`] nor larger than its type allows; null is an empty one.
pub(super) struct Few<T>(pub Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = Few<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_unit<E>(self) -> Result<Few<T>, E> {
                Ok(Few::default())
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Few<T>, S::Error> {
                let most = if size_of::<T>() > 16 { MOST / 4096 } else { MOST };
                let mut items = Vec::new();
                while items.len() < most {
                    match seq.next_element()? {
                        Some(item) => items.push(item),
                        None => return Ok(Few(items)),
                    }
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Few(items))
            }
        }
        reader.deserialize_any(Items(PhantomData))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    pub method: String,
    pub url: String,
    pub headers: Fields,
    #[serde(rename = "postData")]
    pub posted: Option<Posted>,
}

/// What a call sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Posted {
    #[serde(rename = "mimeType")]
    pub kind: String,
    pub text: Option<Beginning>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Response {
    pub status: f64,
    pub headers: Fields,
    pub content: Content,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    /// Where Playwright has put the messages.
    #[serde(rename = "_file")]
    pub file: Option<String>,
    pub text: Option<Beginning>,
    pub encoding: Option<String>,
}

/// The beginning of a text, and how long all of it is.
#[derive(Default)]
pub(super) struct Beginning {
    pub text: String,
    pub bytes: u64,
}

impl<'de> Deserialize<'de> for Beginning {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Beginning;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Beginning, E> {
                let mut end = text.len().min(MOST_OF_BODY);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                Ok(Beginning { text: text[..end].to_owned(), bytes: text.len() as u64 })
            }
        }
        reader.deserialize_str(Text)
    }
}

/// The header fields, and those of them that say what a handshake offered and chose.
#[derive(Default)]
pub(super) struct Fields {
    pub protocol: String,
    pub extensions: String,
    /// Names and values, at most [`MOST_FIELDS`].
    pub all: Vec<(String, String)>,
}

impl Fields {
    pub fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    pub fn offered(&self) -> Vec<String> {
        let names = self.protocol.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Field {
            #[serde(default)]
            name: String,
            #[serde(default)]
            value: String,
        }
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of header fields")
            }

            fn visit_unit<E>(self) -> Result<Fields, E> {
                Ok(Fields::default())
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Fields, S::Error> {
                let mut fields = Fields::default();
                while let Some(Field { name, value }) = seq.next_element()? {
                    let into = match name.to_ascii_lowercase().as_str() {
                        "sec-websocket-protocol" => &mut fields.protocol,
                        "sec-websocket-extensions" => &mut fields.extensions,
                        _ => {
                            if fields.all.len() < MOST_FIELDS && name.len() + value.len() < 8 << 10 {
                                fields.all.push((name, value));
                            }
                            continue;
                        }
                    };
                    if into.len() + value.len() > 64 << 10 {
                        continue;
                    }
                    if !into.is_empty() {
                        into.push_str(", ");
                    }
                    into.push_str(&value);
                }
                Ok(fields)
            }
        }
        reader.deserialize_any(All)
    }
}

/// How long the parts of a call took, in milliseconds, and -1 where that is not known.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Timings {
    blocked: Option<f64>,
    dns: Option<f64>,
    connect: Option<f64>,
    send: Option<f64>,
    wait: Option<f64>,
}

impl Timings {
    /// Until the answer, as far as it is known.
    pub fn nanos(&self) -> u64 {
        let parts = [self.blocked, self.dns, self.connect, self.send, self.wait];
        let millis: f64 = parts.into_iter().flatten().filter(|part| *part > 0.0).sum();
        (millis.min(1e9) * 1e6).round() as u64
    }
}

/// What we write beside the messages.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Extras {
    pub connection: Option<u32>,
    pub name: Option<String>,
    pub protocols: Few<String>,
    pub asked_ms: Option<f64>,
    pub opened_ms: Option<f64>,
    pub protocol: Option<String>,
    pub extensions: Option<String>,
    pub closed_ms: Option<f64>,
    pub code: Option<u16>,
    pub reason: Option<String>,
    pub clean: Option<bool>,
    pub closings: Few<Closing>,
    pub failures: Few<String>,
    pub pins: Few<Pin>,
    pub number: Few<u64>,
    pub bytes: Few<u64>,
    pub round_trip_ms: Few<Option<f64>>,
}

#[derive(Deserialize)]
pub(super) struct Closing {
    pub at_ms: f64,
    pub code: u16,
    #[serde(default)]
    pub reason: String,
}

#[derive(Deserialize)]
pub(super) struct Pin {
    pub number: u64,
    #[serde(default)]
    pub remark: String,
}
