//! Texts with placeholders: `r-{{uuid}}`, `{{bob.sid}}`, `{{env.WS_URL ?? ws://localhost:9000/ws}}`.
//!
//! Owns how a placeholder is written, what it refers to and what it becomes. It refuses to know where values come from:
//! values, the clock and randomness come through [`Scope`]. An expanded value is never read for placeholders again, so
//! a server's message cannot smuggle one in.

mod document;
mod expand;
mod function;
mod generate;
mod outline;
mod parse;
mod variables;

pub use document::{Document, expand_json};
#[cfg(test)]
pub(crate) use expand::fixture;
pub(crate) use expand::into_text;
pub use expand::{ExpandError, ExpandErrorKind, LIMIT, Scope};
pub use function::FUNCTIONS;
pub(crate) use generate::iso;
pub use outline::Origin;
pub use parse::{Name, Reference, Template, TemplateError, TemplateErrorKind, WORDS, is_name};
pub use variables::{VariableError, VariableErrorKind, resolve_variables};
