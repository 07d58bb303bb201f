//! `/ws/fragments?doc=[&user=]`: several editors of one document. Each change is acknowledged to its sender and
//! broadcast to the other editors; the document outlives its connections.

mod doc;
mod edit;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::census::Visit;
use super::error_reply::{ErrorReply, with_id};
use crate::config::Limits;
use crate::ws::outbox::{Lane, Outbox};
use crate::ws::session::Session;
use crate::ws::socket::{Kind, Message};

use doc::Doc;
use edit::{Edit, Request};

/// All documents of a server.
#[derive(Debug)]
pub struct Fragments {
    limits: Limits,
    docs: Mutex<HashMap<String, OpenDocument>>,
}

/// A document and those who edit it.
#[derive(Debug)]
struct OpenDocument {
    doc: Doc,
    editors: BTreeMap<u64, Editor>,
}

#[derive(Debug)]
struct Editor {
    outbox: Arc<Outbox>,
    has_opened: bool,
}

/// Every document is being edited, and there is no room for another one.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("there are {0} documents already, all of them being edited")]
pub struct TooManyDocs(usize);

impl Fragments {
    /// No documents yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, docs: Mutex::default() }
    }

    fn docs(&self) -> MutexGuard<'_, HashMap<String, OpenDocument>> {
        self.docs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of one document, or of all.
    pub fn state(&self, only: Option<&str>) -> Option<Value> {
        let docs = self.docs();
        let state = |name: &str, desk: &OpenDocument| {
            let mut state = desk.doc.state();
            state["doc"] = json!(name);
            state["editors"] = json!(desk.editors.len());
            state
        };
        match only {
            Some(name) => docs.get(name).map(|desk| state(name, desk)),
            None => {
                let mut names: Vec<&String> = docs.keys().collect();
                names.sort();
                let all: Vec<Value> = names.into_iter().map(|name| state(name, &docs[name])).collect();
                Some(json!({ "docs": all }))
            }
        }
    }

    /// Takes every document back to what it was at first. Editors stay.
    pub fn reset(&self) {
        let mut docs = self.docs();
        docs.retain(|_, desk| !desk.editors.is_empty());
        for desk in docs.values_mut() {
            desk.doc = Doc::default();
        }
    }

    /// Makes a connection an editor of a document, which is created when it does not exist.
    pub fn enter(
        self: &Arc<Self>,
        visit: &Visit,
        doc: String,
        user: String,
    ) -> Result<EditorHandle, TooManyDocs> {
        let mut docs = self.docs();
        if !docs.contains_key(&doc) && docs.len() >= self.limits.docs {
            let idle = docs.iter().find(|(_, desk)| desk.editors.is_empty()).map(|(name, _)| name.clone());
            docs.remove(&idle.ok_or(TooManyDocs(self.limits.docs))?);
        }
        let desk = docs
            .entry(doc.clone())
            .or_insert_with(|| OpenDocument { doc: Doc::default(), editors: BTreeMap::new() });
        desk.editors.insert(visit.id(), Editor { outbox: Arc::clone(visit.outbox()), has_opened: false });
        Ok(EditorHandle { fragments: Arc::clone(self), id: visit.id(), doc, user })
    }
}

/// One editor's place. Dropping it leaves the document.
#[derive(Debug)]
pub struct EditorHandle {
    fragments: Arc<Fragments>,
    id: u64,
    doc: String,
    user: String,
}

impl EditorHandle {
    /// Serves the connection until it is over.
    pub async fn run(self, session: &mut Session) {
        while let Some(message) = session.receive().await {
            self.take(&message);
        }
    }

    fn take(&self, message: &Message) {
        let mut docs = self.fragments.docs();
        let Some(desk) = docs.get_mut(&self.doc) else { return };
        let mut id = None;
        let done = if message.kind == Kind::Text {
            serde_json::from_slice::<Request<'_>>(&message.payload)
                .map_err(|error| ErrorReply::bad_message(&error))
                .and_then(|request| {
                    id = request.id;
                    self.act(desk, request)
                })
        } else {
            Err(ErrorReply::not_text())
        };
        let answer = match done {
            Ok(answer) => with_id(answer, id),
            Err(error_reply) => error_reply.to_text(id),
        };
        self.answer(desk, answer);
    }

    fn act(&self, desk: &mut OpenDocument, request: Request<'_>) -> Result<Value, ErrorReply> {
        let operation = request.kind.clone();
        let mut answer = json!({ "type": "ack", "operation": operation, "doc": self.doc });
        let event = match Edit::read(request)? {
            Edit::Open => {
                self.open(desk);
                answer["editors"] = json!(desk.editors.len());
                answer["fragments"] = desk.doc.state()["fragments"].take();
                None
            }
            Edit::Fail => return Err(ErrorReply::new("internal", "the server failed, as it was asked to")),
            Edit::Change { fragment, base_version, change } => {
                let event = desk.doc.change(&fragment, base_version, change, self.fragments.limits.doc)?;
                answer["fragment"] = json!(fragment);
                if let Some(children) = event.get("children") {
                    answer["children"] = children.clone();
                }
                Some(event)
            }
        };
        answer["version"] = json!(desk.doc.version());
        if let Some(event) = event {
            self.tell_others(desk, event);
        }
        Ok(answer)
    }

    fn open(&self, desk: &mut OpenDocument) {
        let count = desk.editors.len();
        let Some(editor) = desk.editors.get_mut(&self.id) else { return };
        if !std::mem::replace(&mut editor.has_opened, true) {
            self.tell_others(desk, json!({ "type": "editor_joined", "editors": count }));
        }
    }

    fn answer(&self, desk: &OpenDocument, text: String) {
        if let Some(editor) = desk.editors.get(&self.id) {
            editor.outbox.post(Lane::Normal, &Bytes::from(text));
        }
    }

    fn tell_others(&self, desk: &OpenDocument, mut event: Value) {
        event["doc"] = json!(self.doc);
        event["by"] = json!(self.user);
        let event = Bytes::from(event.to_string());
        for (_, editor) in desk.editors.iter().filter(|(id, _)| **id != self.id) {
            editor.outbox.post(Lane::Normal, &event);
        }
    }
}

impl Drop for EditorHandle {
    fn drop(&mut self) {
        let fragments = Arc::clone(&self.fragments);
        let mut docs = fragments.docs();
        let Some(desk) = docs.get_mut(&self.doc) else { return };
        let editor = desk.editors.remove(&self.id);
        if editor.is_some_and(|editor| editor.has_opened) {
            self.tell_others(desk, json!({ "type": "editor_left", "editors": desk.editors.len() }));
        }
    }
}

/// The `id` of a request, kept as it was written.
type RequestId<'a> = Option<&'a RawValue>;
