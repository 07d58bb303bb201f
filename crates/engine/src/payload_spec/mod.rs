//! What a `send` says: a payload in the suite's notation, checked once and built for every message.
//!
//! It refuses to know who sends. Parts without placeholders are checked when they are read, so that a bad `$hex` is
//! found before the run and not in its tenth minute.

mod concat;
mod content;
mod error;
mod frame;
mod spec;

pub(crate) use content::hex;
pub use error::{PayloadError, PayloadErrorKind};
pub use spec::PayloadSpec;
