//! A line of a view.

use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLine {
    /// How deep it is nested.
    pub indent: u16,
    /// It continues a line that was too long.
    pub is_continued: bool,
    /// Its content.
    pub spans: Vec<Span>,
}

/// A piece of a line in one tone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it is.
    pub tone: Tone,
    /// The text.
    pub text: String,
}

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// The name of a member.
    Key,
    /// A quoted text.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Word,
    /// Brackets, commas.
    Mark,
    /// What is not of the content: offsets, signs for what cannot be seen.
    Faint,
    /// What should not be there.
    Wrong,
}

impl TextLine {
    /// Adds a piece; of the same tone as the last one it becomes part of that.
    pub fn push(&mut self, tone: Tone, text: &str) {
        match self.spans.last_mut() {
            Some(last) if last.tone == tone => last.text.push_str(text),
            _ => self.spans.push(Span { tone, text: text.to_owned() }),
        }
    }

    /// The text without its tones.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}
