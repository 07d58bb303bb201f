//! What a person has set up on the bench, and what survives a reload.
//!
//! Owns the plain data that both sides hold: the page edits it, the worker acts by it and keeps it as JSON. It refuses to
//! know what has happened. One rule: a field may be added and never renamed, since old ones are read back; whatever is
//! missing takes its default.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ConnectionId, JournalSetup};
use crate::engine::bench::backoff::Backoff;
use crate::engine::bench::draft::Draft;
use crate::engine::bench::filter::FilterSpec;
use crate::engine::bench::pairing::PairBy;
use crate::engine::bench::placeholders::Names;
use crate::engine::secrets::Known;

/// Everything that was set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workspace {
    /// The connections, in the order of the list.
    pub connections: Vec<Setup>,
    /// Which of them is selected.
    pub selected: ConnectionId,
    /// Messages that were saved.
    pub messages: Vec<SavedMessage>,
    /// Values for `{{…}}`.
    pub variables: Vec<Variable>,
    /// Secret variables of this visit that are gone: their values stay masked. Each side keeps its own.
    #[serde(skip)]
    pub former: Vec<Variable>,
    /// Automatic replies.
    pub rules: Vec<Rule>,
    /// Addresses that were connected to, newest first.
    pub addresses: Vec<Address>,
    /// Messages that were sent, newest first.
    pub sent: Vec<Draft>,
    /// What stands in the composer.
    pub draft: Draft,
    /// How the composer repeats.
    pub repeat: Repeat,
    /// Bytes of frames that are held.
    pub budget: u64,
    /// How the bench is laid out.
    pub layout: Layout,
    /// The JSONPath of the member that a person takes for the type of a message; empty to find it in the traffic, and
    /// [`Workspace::NO_TYPE`] for none.
    pub type_member: String,
    /// The members of messages that have a column of their own, in order.
    pub columns: Vec<Column>,
    /// Filters that were saved.
    pub filters: Vec<SavedFilter>,
    /// Rows that stand out: the first rule that takes one decides.
    pub highlights: Vec<Highlight>,
    /// Whether frames are kept.
    pub journal: JournalSetup,
}

impl Workspace {
    /// Bytes of frames that are held by default.
    pub const BUDGET: u64 = 128 << 20;
    /// No member is the type of a message. No path reads like this.
    pub const NO_TYPE: &str = "none";

    /// Its secret variables that have a value, then those that are gone.
    pub fn secrets(&self) -> impl Iterator<Item = &Variable> {
        let all = self.variables.iter().filter(|it| it.is_secret).chain(&self.former);
        all.filter(|it| !it.value.is_empty())
    }

    /// The values of these, with at least this many characters.
    pub fn known_secrets(&self, least: usize) -> Known {
        Known::of(self.secrets().map(|it| (it.name.as_str(), it.value.as_str())), least)
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            connections: Vec::new(),
            selected: ConnectionId::default(),
            messages: Vec::new(),
            variables: Vec::new(),
            former: Vec::new(),
            rules: Vec::new(),
            addresses: Vec::new(),
            sent: Vec::new(),
            draft: Draft::default(),
            repeat: Repeat::default(),
            budget: Self::BUDGET,
            layout: Layout::default(),
            type_member: String::new(),
            columns: Vec::new(),
            filters: Vec::new(),
            highlights: Vec::new(),
            journal: JournalSetup::default(),
        }
    }
}

/// A member of messages that has a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// Its JSONPath.
    pub path: String,
    /// How wide, in pixels; 0 for the usual.
    pub width: u16,
}

/// A filter that was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedFilter {
    /// What people call it.
    pub name: String,
    /// The filter.
    pub spec: FilterSpec,
    /// Frames that do not pass are only left unmarked, and not hidden.
    pub marks: bool,
}

/// Highlights that there can be; the worker looks at no more.
pub const MOST_HIGHLIGHTS: usize = 32;

/// Rows that stand out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Highlight {
    /// Which rows.
    pub spec: FilterSpec,
    /// How.
    pub tone: HighlightTone,
}

/// What a highlight says of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HighlightTone {
    /// It is to be watched.
    #[default]
    Watch,
    /// It is as it should be.
    Good,
    /// It is wrong.
    Wrong,
    /// It is worth a note.
    Note,
}

impl HighlightTone {
    /// In the order in which new highlights take them.
    pub const ALL: [Self; 4] = [Self::Watch, Self::Note, Self::Good, Self::Wrong];
}

/// A connection as it was set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// Which.
    pub id: ConnectionId,
    /// What people call it.
    pub name: String,
    /// Which of the colours it has.
    pub color: u8,
    /// The address as typed; may have placeholders.
    pub url: String,
    /// The subprotocols as typed, with commas or blanks between them.
    pub protocols: String,
    /// What is sent as soon as it is open.
    pub on_open: Vec<Draft>,
    /// How it is opened.
    pub opening: Opening,
    /// How it comes back when it was lost; none when it does not.
    pub reconnect: Option<Backoff>,
    /// What is sent again and again while it is open.
    pub heartbeat: Option<Heartbeat>,
    /// Which message answers which.
    pub pairing: PairBy,
    /// What the companion opens it with, as [`Profile`](crate::engine::relay::Profile) keeps it. As text, since
    /// only what is downloaded later reads it.
    pub profile: String,
}

/// How a connection is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opening {
    /// A handshake that has not ended by then is given up; zero waits as long as the browser does.
    pub within: Duration,
    /// Whether the companion is asked why a handshake failed.
    pub asks_why: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self { within: Duration::from_secs(20), asks_why: true }
    }
}

/// A message that shows that the other side is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heartbeat {
    /// How often.
    pub every: Duration,
    /// What.
    pub message: Draft,
    /// Which reply shows that it arrived; none when no reply is awaited.
    pub reply: Option<Match>,
    /// A reply that is not there by then is missed.
    pub within: Duration,
    /// This many missed in a row close the connection; none when they are only counted.
    pub closes_after: Option<u32>,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(15),
            message: Draft { text: r#"{"type":"ping"}"#.to_owned(), ..Draft::default() },
            reply: Some(Match { by: MatchBy::Subset, text: r#"{"type":"pong"}"#.to_owned() }),
            within: Duration::from_secs(5),
            closes_after: None,
        }
    }
}

/// What a message must be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Match {
    /// How it is looked at.
    pub by: MatchBy,
    /// What is looked for.
    pub text: String,
}

/// How a message is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MatchBy {
    /// It has this text in it.
    #[default]
    Contains,
    /// It is this text.
    Equals,
    /// A regular expression finds something in it.
    Regex,
    /// It is JSON that has these members, and maybe others.
    Subset,
}

/// A message that was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedMessage {
    /// What people call it.
    pub name: String,
    /// The folder it is in; empty for none.
    pub folder: String,
    /// The digit that sends it together with Alt; 0 for none.
    pub hotkey: u8,
    /// The message.
    pub draft: Draft,
}

/// An own name for `{{…}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub value: String,
    /// Neither kept nor shared nor exported.
    pub is_secret: bool,
}

impl Variable {
    /// What the placeholders of these variables stand for.
    pub fn names(variables: &[Self]) -> Names {
        Names::of(variables.iter().map(|it| (it.name.as_str(), it.value.as_str(), it.is_secret)))
    }

    /// What one name stands for; none when there is no such variable, or it is empty. If two share a name, the later counts.
    pub fn value_of(variables: &[Self], name: &str) -> Option<String> {
        let found = variables.iter().rfind(|it| it.name == name)?;
        Some(found.value.clone()).filter(|value| !value.is_empty())
    }

    /// Remembers the secret values that a change takes away. Who unticks "secret" shows the value on purpose; who removes the
    /// variable or types another value does not.
    pub fn retire(former: &mut Vec<Self>, before: &[Self], now: &[Self]) {
        for was in before.iter().filter(|it| it.is_secret && !it.value.is_empty()) {
            let is_same = |it: &&Self| it.value == was.value;
            if now.iter().filter(is_same).any(|it| !it.is_secret && it.name == was.name) {
                former.retain(|it| it.value != was.value);
            } else if !now.iter().filter(is_same).any(|it| it.is_secret)
                && !former.iter().any(|it| is_same(&it))
            {
                former.push(was.clone());
            }
        }
        // Each key makes a value, and the first one of a secret stands in every text: a beginning of another value is none.
        let all: Vec<String> =
            now.iter().filter(|it| it.is_secret).chain(&*former).map(|it| it.value.clone()).collect();
        former.retain(|it| !all.iter().any(|all| all.len() > it.value.len() && all.starts_with(&it.value)));
    }
}

/// An automatic reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// What people call it.
    pub name: String,
    /// Whether it replies.
    pub is_on: bool,
    /// On which connections; on all when empty.
    pub connections: Vec<ConnectionId>,
    /// To what.
    pub when: Match,
    /// With what. `{{message}}` is what came in, and its JSON members are names too.
    pub reply: Draft,
    /// How much later.
    pub after: Duration,
}

/// An address that was connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// As it was typed.
    pub url: String,
    /// The subprotocols as they were typed.
    pub protocols: String,
    /// Stays when newer ones push the others out.
    pub is_favourite: bool,
}

/// How the composer repeats a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Repeat {
    /// How often.
    pub every: Duration,
    /// How many at once, each time.
    pub burst: u32,
    /// It ends after this many messages for each connection; none when they are not counted.
    pub count: Option<u64>,
    /// It ends after this time; none when it is not limited.
    pub lasts: Option<Duration>,
    /// It stops when more bytes than this wait in the browser.
    pub buffered_limit: u64,
}

impl Default for Repeat {
    fn default() -> Self {
        Self {
            every: Duration::from_millis(100),
            burst: 1,
            count: Some(100),
            lasts: None,
            buffered_limit: 4 << 20,
        }
    }
}

/// How the bench is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// How times are shown.
    pub times: Times,
    /// Whether the plots of the latencies are open.
    pub shows_plots: bool,
    /// Which of the panels beside the composer is open.
    pub panel: Panel,
    /// How wide the detail is, in pixels; 0 for the usual.
    pub detail_width: u16,
    /// How wide the rail at the left is, in pixels; 0 for the usual.
    pub rail_width: u16,
    /// How high the field of the composer is at least, in pixels; 0 for two lines.
    pub composer_height: u16,
    /// The lists of the rail that are folded, one bit each, in their order.
    pub folded: u8,
    /// What a row says of a message.
    pub rows: RowContent,
    /// Whether the timeline has a lane for each connection.
    pub lanes: bool,
    /// The lanes are on for the frames of a check only, and go with them.
    pub lanes_of_check: bool,
}

/// What a row of the timeline says of a JSON message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowContent {
    /// Its members: those that vary first.
    #[default]
    Members,
    /// Its text as it came.
    Text,
}

/// How the timeline shows times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Times {
    /// Since the first frame.
    #[default]
    Relative,
    /// On the clock on the wall.
    Absolute,
    /// Since the row above.
    Delta,
}

/// The panels beside the composer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Panel {
    /// None is open.
    #[default]
    None,
    /// Repeating.
    Repeat,
    /// Saved messages.
    Saved,
    /// Variables.
    Variables,
    /// Automatic replies.
    Rules,
}
