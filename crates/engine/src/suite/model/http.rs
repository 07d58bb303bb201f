//! An HTTP call of a suite, and what must come back.

use std::rc::Rc;
use std::time::Duration;

use super::Capture;
use crate::matcher::Matcher;
use crate::suite::field::{Field, StatusSet};
use crate::template::Document;

/// An HTTP call.
#[derive(Clone, Debug)]
pub struct HttpSpec {
    /// `GET` without a body and `POST` with one, unless given.
    pub method: Option<Field<String>>,
    /// Where to.
    pub url: Field<String>,
    /// Names and values.
    pub headers: Vec<(String, Field<String>)>,
    /// What to send.
    pub body: Option<HttpBody>,
    /// Whether cookies go along to other origins; overrides the default.
    pub cookies: Option<Field<bool>>,
    /// What becomes of an answer that leads elsewhere: `follow`, `error` or `manual`.
    pub redirect: Option<Field<String>>,
    /// What must come back. Without it, any status below 400 will do.
    pub expect: HttpExpectation,
}

/// The body of an HTTP call.
#[derive(Clone, Debug)]
pub enum HttpBody {
    /// As JSON, with the content type set.
    Json(Document),
    /// As it is.
    Text(Field<String>),
    /// What stands in a file beside the suite.
    File(FileBody),
    /// The parts of a form.
    Multipart(Vec<FormPart>),
}

/// A file as it is sent.
#[derive(Clone)]
pub struct FileBody {
    /// What stands in it. A definition that is used a thousand times has it once.
    pub content: Rc<[u8]>,
    /// Its content type; `application/octet-stream` unless given.
    pub content_type: Option<Field<String>>,
}

/// A debug print is short: a megabyte in it does not help.
impl std::fmt::Debug for FileBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "file of {} B {:?}", self.content.len(), self.content_type)
    }
}

/// A part of a form.
#[derive(Clone, Debug)]
pub struct FormPart {
    /// The name of the field.
    pub name: Field<String>,
    /// Its value.
    pub value: PartValue,
    /// The name of a file, as the server sees it; none for a part that is not one.
    pub file_name: Option<Field<String>>,
    /// Its content type. Without it, that of a file or of JSON; none for a text.
    pub content_type: Option<Field<String>>,
}

/// The value of a part of a form.
#[derive(Clone, Debug)]
pub enum PartValue {
    /// As it is.
    Text(Field<String>),
    /// As JSON.
    Json(Document),
    /// What stands in a file beside the suite.
    File(FileBody),
}

/// What an HTTP call must bring back.
#[derive(Clone, Debug, Default)]
pub struct HttpExpectation {
    /// One of these; any below 400 unless given.
    pub status: Option<Field<StatusSet>>,
    /// Matched against the address that it came from in the end.
    pub url: Option<Field<Rc<Matcher>>>,
    /// Whether an answer led elsewhere.
    pub redirected: Option<Field<bool>>,
    /// Asserted on the body.
    pub matcher: Option<Field<Rc<Matcher>>>,
    /// The call is made again until the body is like this.
    pub until: Option<Field<Rc<Matcher>>>,
    /// From the start of a call to the start of the next one, with `until`.
    pub every: Option<Field<Duration>>,
    /// What to remember of the body.
    pub capture: Vec<Capture>,
    /// How long it may take.
    pub within: Option<Field<Duration>>,
    /// Where its duration goes; `http` unless given.
    pub metric: Option<String>,
}
