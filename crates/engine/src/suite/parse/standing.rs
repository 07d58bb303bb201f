//! What runs beside the steps: answers and heartbeats.

use std::rc::Rc;
use std::time::Duration;

use super::reader::{Reader, excerpt};
use crate::suite::field::Field;
use crate::suite::keys::{ANSWER, HEARTBEAT};
use crate::suite::model::{AnswerRule, Heartbeat};
use crate::suite::notes::{StandingUses, Use};
use crate::suite::source::Node;
use crate::suite::title::{lasting, message, title};
use crate::template::Name;

/// Every message is held against all of them.
const MOST_ANSWERS: usize = 100;
/// Load is made by `repeat`.
const SHORTEST_BEAT: Duration = Duration::from_millis(10);

const ANSWERS: &str = "[{\"to\": {\"text\": \"ping\"}, \"send\": \"pong\"}]";
const BEAT: &str = "{\"every\": \"10s\", \"send\": {\"type\": \"ping\"}}";

impl Reader<'_> {
    /// A list of answers, whose path is that of the list; `who` answers, every client when empty. The list may go on that of
    /// another file, and then begins with the number `first`.
    pub(super) fn answers(
        &mut self,
        node: Option<&Node>,
        path: &str,
        first: usize,
        who: &str,
    ) -> (Vec<Rc<AnswerRule>>, StandingUses) {
        let mut uses = StandingUses::default();
        let Some(node) = node else { return (Vec::new(), uses) };
        let nodes = self.items(node, "answers", ANSWERS);
        if let Some(node) = nodes.get(MOST_ANSWERS) {
            self.wrong(node.head(), format!("a list has at most {MOST_ANSWERS} answers"));
        }
        let nodes = (first..).zip(nodes.iter().take(MOST_ANSWERS));
        let answers = nodes.filter_map(|(i, node)| self.answer(node, format!("{path}[{i}]"), who, &mut uses));
        (answers.map(Rc::new).collect(), uses)
    }

    fn answer(
        &mut self,
        node: &Node,
        path: String,
        who: &str,
        uses: &mut StandingUses,
    ) -> Option<AnswerRule> {
        let fields = self.fields(node, &ANSWER, "{\"to\": {\"text\": \"ping\"}, \"send\": \"pong\"}")?;
        let before = self.uses.len();
        let to = fields.get("to").and_then(|node| self.matcher(node, false));
        let after = fields.get("after").and_then(|node| self.field(node, "\"200ms\""));
        let times = fields.get("times").and_then(|node| {
            self.field_where(node, "3", |times: &u64| {
                (*times == 0)
                    .then(|| "0 messages are none; write 1 or more, or leave the answer out".to_owned())
            })
        });
        uses.opening.extend(self.uses_since(before));
        let send = fields.get("send").and_then(|node| self.payload(node));
        uses.sending.extend(self.uses_since(before).into_iter().filter(|used| !is_of_message(used)));
        let (to, words) = to?;
        let what = fields.get("send").map(|node| message(node, &self.shared)).unwrap_or_default();
        let late =
            fields.get("after").map(|node| format!(" after {}", lasting(&written(node)))).unwrap_or_default();
        let act = if who.is_empty() { "answer".to_owned() } else { format!("{who} answers") };
        let title = title(&format!("{act} {words} with {what}{late}"));
        let position = self.source.position(node.span);
        let origin = self.source.origin(node.span).map(Rc::new);
        Some(AnswerRule { path, position, origin, title, to, send: send?, after, times })
    }

    /// What a client sends again and again.
    pub(super) fn heartbeat(
        &mut self,
        node: &Node,
        path: String,
        who: &str,
    ) -> Option<(Rc<Heartbeat>, StandingUses)> {
        let fields = self.fields(node, &HEARTBEAT, BEAT)?;
        let before = self.uses.len();
        let every: Option<Field<Duration>> =
            fields.get("every").and_then(|node| self.field_where(node, "\"10s\"", too_often));
        let expect = fields.get("expect").and_then(|node| self.matcher(node, false));
        let within = fields.get("within").and_then(|node| self.field(node, "\"2s\""));
        if let Some(within) = fields.member("within")
            && fields.member("expect").is_none()
        {
            self.wrong(
                within.key_span,
                "\"within\" bounds the reply of \"expect\", and nothing is expected here",
            );
        }
        let opening = self.uses_since(before);
        let send = fields.get("send").and_then(|node| self.payload(node));
        let sending = self.uses_since(before);
        let what = fields.get("send").map(|node| message(node, &self.shared)).unwrap_or_default();
        let often = fields.get("every").map(|node| lasting(&written(node))).unwrap_or_default();
        let reply = expect.as_ref().map(|(_, words)| format!(" and expects {words}")).unwrap_or_default();
        let title = title(&format!("{who} sends {what} every {often}{reply}"));
        let position = self.source.position(node.span);
        let origin = self.source.origin(node.span).map(Rc::new);
        let expect = expect.map(|(expect, _)| expect);
        let heartbeat =
            Heartbeat { path, position, origin, title, every: every?, send: send?, expect, within };
        Some((Rc::new(heartbeat), StandingUses { opening, sending }))
    }
}

/// Why a heartbeat cannot go out that often.
pub(crate) fn too_often(every: &Duration) -> Option<String> {
    (*every < SHORTEST_BEAT).then(|| "a heartbeat goes out every 10ms at most; write \"10s\"".to_owned())
}

fn written(node: &Node) -> String {
    node.text().map_or_else(|| excerpt(node), str::to_owned)
}

/// Whether a placeholder means the message that came.
fn is_of_message(used: &Use) -> bool {
    match &used.name {
        Name::Variable(name) => name == "message",
        Name::Capture { client, .. } => client == "message" || client.starts_with("message["),
        _ => false,
    }
}
