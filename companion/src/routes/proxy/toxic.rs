//! A toxic: one thing that goes wrong between page and target, in which direction, for whom and how likely.

use serde_json::{Value, json};

use super::kind::Kind;

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the page to the target.
    Upstream,
    /// From the target to the page.
    Downstream,
}

/// Which directions a toxic acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stream {
    /// From the page to the target.
    Upstream,
    /// From the target to the page.
    #[default]
    Downstream,
    /// Each of the two.
    Both,
}

impl Stream {
    /// Reads a stream.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Upstream, Self::Downstream, Self::Both].into_iter().find(|stream| stream.name() == text)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
            Self::Both => "both",
        }
    }

    /// Whether it has this direction.
    pub fn has(self, direction: Direction) -> bool {
        match self {
            Self::Upstream => direction == Direction::Upstream,
            Self::Downstream => direction == Direction::Downstream,
            Self::Both => true,
        }
    }
}

/// Something that goes wrong, where, and for whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Toxic {
    /// What it is called by those who switch it.
    pub name: String,
    /// What goes wrong.
    pub kind: Kind,
    /// In which directions.
    pub stream: Stream,
    /// The chance that a connection has it.
    pub toxicity: f64,
    /// It begins after this many messages of its direction.
    pub after: u64,
    /// Only connections with this key have it; all do when absent.
    pub key: Option<String>,
}

impl Toxic {
    /// The name of a toxic that was given none: as Toxiproxy makes it.
    pub fn usual_name(kind: &Kind, stream: Stream) -> String {
        format!("{}_{}", kind.name(), stream.name())
    }

    /// Whether it is meant for connections with this key.
    pub fn is_for(&self, key: &str) -> bool {
        self.key.as_deref().is_none_or(|wanted| wanted == key)
    }

    /// As the API shows it.
    pub fn to_json(&self) -> Value {
        let mut attributes = self.kind.attributes();
        if self.after > 0 {
            attributes["after"] = json!(self.after);
        }
        json!({
            "name": self.name,
            "type": self.kind.name(),
            "stream": self.stream.name(),
            "toxicity": self.toxicity,
            "attributes": attributes,
            "key": self.key,
        })
    }
}
