//! Functions of placeholders: `{{add n 1}}`, `{{hmac-sha256 key text}}`, `{{slice id 0 8}}`.
//!
//! Owns their names, what each takes and what it makes of it. Each is applied once to values and to nothing that is itself
//! calculated, so a template stays a text and is not a language.

use base64::Engine as _;
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

use super::expand::{Budget, ExpandErrorKind, Scope, into_text};
use super::parse::{Name, Say, TemplateErrorKind};
use crate::base::arithmetic::{difference, product, sum};
use crate::base::number;
use crate::base::words::cut;

/// The names of the functions that take values. Without anything behind it such a word is the name of a variable.
pub const FUNCTIONS: [&str; 14] = [
    "add",
    "base64",
    "hex",
    "hmac-sha256",
    "json",
    "length",
    "lower",
    "mul",
    "sha256",
    "slice",
    "sub",
    "text",
    "upper",
    "url",
];

/// What a function does with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Add,
    Sub,
    Mul,
    Text,
    Json,
    Hex,
    Base64,
    Url,
    Length,
    Sha256,
    HmacSha256,
    Upper,
    Lower,
    Slice,
}

/// How many values each takes, and how it is written.
const TABLE: [(&str, Function, usize, usize, &str); 14] = [
    ("add", Function::Add, 2, 8, "{{add n 1}}"),
    ("sub", Function::Sub, 2, 2, "{{sub n 1}}"),
    ("mul", Function::Mul, 2, 8, "{{mul n 10}}"),
    ("text", Function::Text, 1, 1, "{{text name}}"),
    ("json", Function::Json, 1, 1, "{{json name}}"),
    ("hex", Function::Hex, 1, 1, "{{hex name}}"),
    ("base64", Function::Base64, 1, 1, "{{base64 name}}"),
    ("url", Function::Url, 1, 1, "{{url name}}"),
    ("length", Function::Length, 1, 1, "{{length name}}"),
    ("sha256", Function::Sha256, 1, 1, "{{sha256 name}} or {{sha256 name base64}}"),
    (
        "hmac-sha256",
        Function::HmacSha256,
        2,
        2,
        "{{hmac-sha256 key name}} or {{hmac-sha256 key name base64}}",
    ),
    ("upper", Function::Upper, 1, 1, "{{upper name}}"),
    ("lower", Function::Lower, 1, 1, "{{lower name}}"),
    ("slice", Function::Slice, 2, 3, "{{slice name 0 8}}"),
];

/// A value that a function is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    Name(Name),
    /// A number or a quoted text.
    Given(Value),
    /// `now`, `iso` or `uuid`.
    Made(Box<Say>),
}

/// A function with what it is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Vec<Argument>,
    /// Whether a digest is written in base64 and not in hexadecimal digits.
    is_base64: bool,
}

impl Function {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|(known, ..)| *known == name).map(|(_, function, ..)| *function)
    }

    fn row(self) -> (&'static str, usize, usize, &'static str) {
        let row = TABLE.iter().find(|(_, known, ..)| *known == self).unwrap_or(&TABLE[0]);
        (row.0, row.2, row.3, row.4)
    }

    fn name(self) -> &'static str {
        self.row().0
    }

    /// What is wrong with how it is written.
    pub(super) fn misused(self) -> TemplateErrorKind {
        let (word, .., usage) = self.row();
        TemplateErrorKind::Usage { word, usage }
    }

    /// Whether what it makes of a secret has to be kept secret by itself. The masker finds other encodings, and a signature
    /// tells nothing.
    fn makes_secrets(self) -> bool {
        use Function::{Add, Json, Lower, Mul, Sha256, Slice, Sub, Text, Upper};
        matches!(self, Add | Sub | Mul | Text | Json | Sha256 | Upper | Lower | Slice)
    }
}

impl Call {
    /// Reads a call from its words; `encoding` is the last word of a digest when it names one.
    pub(super) fn read(
        function: Function,
        mut arguments: Vec<Argument>,
        encoding: Option<&str>,
    ) -> Result<Self, TemplateErrorKind> {
        let (_, least, most, _) = function.row();
        let has_encoding = matches!(function, Function::Sha256 | Function::HmacSha256)
            && arguments.len() == most + 1
            && matches!(encoding, Some("hex" | "base64"));
        if has_encoding {
            arguments.pop();
        }
        if !(least..=most).contains(&arguments.len()) {
            return Err(function.misused());
        }
        Ok(Self { function, arguments, is_base64: has_encoding && encoding == Some("base64") })
    }

    /// What it refers to.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Name(name) => Some(name),
            _ => None,
        })
    }

    /// Whether it is the same each time, as far as it refers to nothing.
    pub(super) fn is_steady(&self) -> bool {
        !self.arguments.iter().any(|argument| matches!(argument, Argument::Made(_)))
    }

    /// As it is written.
    pub(super) fn written(&self, name: &dyn Fn(&Name) -> String, say: &dyn Fn(&Say) -> String) -> String {
        let mut words = vec![self.function.name().to_owned()];
        words.extend(self.arguments.iter().map(|argument| match argument {
            Argument::Name(it) => name(it),
            Argument::Given(value) => value.to_string(),
            Argument::Made(it) => say(it),
        }));
        if self.is_base64 {
            words.push("base64".to_owned());
        }
        words.join(" ")
    }

    /// What it makes of the values.
    pub(super) fn value(&self, budget: &mut Budget, scope: &mut dyn Scope) -> Result<Value, ExpandErrorKind> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                Argument::Name(name) => name.value(&mut budget.clone(), scope)?,
                Argument::Given(value) => value.clone(),
                Argument::Made(say) => say.value(&mut budget.clone(), scope)?,
            });
        }
        let made = self.apply(values, budget)?;
        if self.function.makes_secrets() {
            for name in self.names() {
                if let Name::Variable(name) | Name::Capture { name, .. } = name {
                    scope.derive(name, &made).map_err(ExpandErrorKind::Derived)?;
                }
            }
        }
        Ok(made)
    }

    fn apply(&self, values: Vec<Value>, budget: &Budget) -> Result<Value, ExpandErrorKind> {
        let mut values = values.into_iter();
        let first = values.next().unwrap_or_default();
        let fits = |bytes: usize| budget.clone().spend(bytes);
        Ok(match self.function {
            Function::Add => self.fold(first, values, sum)?,
            Function::Sub => self.fold(first, values, difference)?,
            Function::Mul => self.fold(first, values, product)?,
            Function::Text => Value::String(into_text(first)),
            Function::Json => Value::String(first.to_string()),
            Function::Upper => Value::String(into_text(first).to_uppercase()),
            Function::Lower => Value::String(into_text(first).to_lowercase()),
            Function::Hex => {
                let plain = into_text(first);
                fits(plain.len().saturating_mul(2))?;
                Value::String(hex(plain.as_bytes()))
            }
            Function::Base64 => {
                Value::String(base64::engine::general_purpose::STANDARD.encode(into_text(first)))
            }
            Function::Url => {
                let plain = into_text(first);
                fits(plain.bytes().map(|byte| if is_plain(byte) { 1 } else { 3 }).sum())?;
                Value::String(percent_encoded(&plain))
            }
            Function::Length => {
                let length = match &first {
                    Value::Array(items) => items.len(),
                    Value::Object(members) => members.len(),
                    _ => into_text(first).len(),
                };
                Value::from(length)
            }
            Function::Sha256 => self.digest(&Sha256::digest(into_text(first))),
            Function::HmacSha256 => {
                let message = into_text(values.next().unwrap_or_default());
                self.digest(&hmac(into_text(first).as_bytes(), message.as_bytes()))
            }
            Function::Slice => {
                let mut bound = || values.next().map(|value| self.whole(&value)).transpose();
                let (from, to) = (bound()?.unwrap_or(0), bound()?);
                slice(first, from, to)
            }
        })
    }

    fn digest(&self, bytes: &[u8]) -> Value {
        Value::String(match self.is_base64 {
            true => base64::engine::general_purpose::STANDARD.encode(bytes),
            false => hex(bytes),
        })
    }

    fn fold(
        &self,
        first: Value,
        rest: impl Iterator<Item = Value>,
        apply: fn(&Number, &Number) -> Option<Number>,
    ) -> Result<Value, ExpandErrorKind> {
        let mut made = self.number(&first)?;
        for value in rest {
            let next = self.number(&value)?;
            made = apply(&made, &next).ok_or(ExpandErrorKind::TooManyDigits(self.function.name()))?;
        }
        Ok(Value::Number(made))
    }

    /// A number, or a text that reads as one: what comes from the environment is text.
    fn number(&self, value: &Value) -> Result<Number, ExpandErrorKind> {
        let read = match value {
            Value::Number(number) => Some(number.clone()),
            Value::String(text) => match serde_json::from_str(text.trim()) {
                Ok(Value::Number(number)) => Some(number),
                _ => None,
            },
            _ => None,
        };
        read.ok_or_else(|| ExpandErrorKind::NotANumber {
            function: self.function.name(),
            wanted: "numbers",
            found: cut(&value.to_string(), 60),
        })
    }

    fn whole(&self, value: &Value) -> Result<i64, ExpandErrorKind> {
        let number = self.number(value)?;
        let is_whole = number::is_integer(&number);
        let wide = number.as_f64().filter(|_| is_whole);
        wide.map(|wide| wide as i64).ok_or_else(|| ExpandErrorKind::NotANumber {
            function: self.function.name(),
            wanted: "whole numbers",
            found: cut(&value.to_string(), 60),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(*byte)]);
    }
    text
}

/// What stays as it is in `encodeURIComponent`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    encoded
}

/// HMAC of RFC 2104. By hand: two digests and two masks, against a crate in the worker's download.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut padded = [0; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(padded.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// From one place to before another, counted from 0; below zero from the end. What lies outside is not there.
fn slice(value: Value, from: i64, to: Option<i64>) -> Value {
    let bounds = |length: usize| {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let place = |at: i64| if at < 0 { length.saturating_add(at) } else { at }.clamp(0, length);
        let (from, to) = (place(from), place(to.unwrap_or(length)));
        (from as usize, to.max(from) as usize)
    };
    match value {
        Value::Array(mut items) => {
            let (from, to) = bounds(items.len());
            items.truncate(to);
            items.drain(..from);
            Value::Array(items)
        }
        other => {
            let text = into_text(other);
            let (from, to) = bounds(text.chars().count());
            Value::String(text.chars().skip(from).take(to - from).collect())
        }
    }
}

#[cfg(test)]
mod tests;
