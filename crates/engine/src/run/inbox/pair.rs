//! What a reply and its question have in common: the value of a field, or the whole content.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::message::Message;
use crate::Payload;
use crate::base::canonical;
use crate::matcher::{Pick, Subject, excerpt};

/// By what a reply is paired.
#[derive(Clone)]
pub(crate) enum Pair {
    /// By the value there.
    Field(Rc<Pick>),
    /// By the content itself.
    Content,
}

impl Pair {
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) => Rc::ptr_eq(a, b),
            (Self::Content, Self::Content) => true,
            _ => false,
        }
    }

    /// Whether a message has this key.
    pub fn has_key(&self, message: &Message, key: &Key) -> bool {
        self.key_of(message).as_ref() == Some(key)
    }

    /// The value by which the reply to this message is known, with the path to it; none where it is known by its content.
    pub fn asked(&self, sent: &Payload) -> Option<(&str, String)> {
        let Self::Field(pick) = self else { return None };
        Some((pick.words(), excerpt(&*pick.value(&Subject::new(sent))?)))
    }

    /// What a message has there instead.
    pub fn found(&self, message: &Message) -> String {
        let value = match self {
            Self::Field(pick) => pick.value(&message.subject),
            Self::Content => None,
        };
        value.map_or_else(|| "nothing".to_owned(), |value| excerpt(&value))
    }

    pub(super) fn key_of(&self, message: &Message) -> Option<Key> {
        match self {
            Self::Field(pick) => field_key(pick, &message.subject),
            Self::Content => Some(content_key(message.subject.payload())),
        }
    }
}

/// What a reply and its question have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Field(String),
    /// A hash; who finds something by it compares the content.
    Content(u64),
}

/// The value of the field, however its numbers are written.
pub(crate) fn field_key(pick: &Pick, subject: &Subject<'_>) -> Option<Key> {
    pick.value(subject).map(|value| Key::Field(canonical::text(&value)))
}

pub(crate) fn content_key(payload: &Payload) -> Key {
    let mut hasher = DefaultHasher::new();
    (payload.is_text(), payload.as_bytes()).hash(&mut hasher);
    Key::Content(hasher.finish())
}
