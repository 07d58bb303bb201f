//! The language server: the engine's assistant behind the Language Server Protocol.
//!
//! Owns the open documents and what an editor asks of them. It refuses to know the format of suites: each answer is one
//! function of the engine. Messages are answered in their order, so that no answer is about another text than the editor's.
//! Mistakes are looked for once nothing more waits to be read, since a person types faster than a large suite is read.

mod answers;
mod text;

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr as _;

use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument, Notification as _,
    PublishDiagnostics,
};
use lsp_types::request::{Completion, Formatting, GotoDefinition, HoverRequest, Request as _};
use lsp_types::{
    CompletionOptions, HoverProviderCapability, InitializeParams, OneOf, PublishDiagnosticsParams,
    ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use answers::{Answers, Imported};
use text::Document;

/// Why the server has ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum LspError {
    /// What came is not the protocol, or the editor went away.
    #[error("the editor broke the language server protocol")]
    Protocol(#[from] ProtocolError),
    /// It went away without a word.
    #[error("the editor went away without \"shutdown\" and \"exit\"")]
    Gone,
    /// The pipes failed.
    #[error("standard input or output failed")]
    Pipes(#[from] std::io::Error),
}

/// What a key of completion brings up without being asked: the beginnings of keys, values and placeholders.
const TRIGGERS: [&str; 4] = ["\"", "{", "$", "."];

/// Serves an editor on standard input and output until it ends the server.
pub fn serve() -> Result<(), LspError> {
    let (connection, threads) = Connection::stdio();
    let end = talk(&connection);
    // The thread that writes ends with the last sender.
    drop(connection);
    match end {
        Ok(()) => Ok(threads.join()?),
        // The other thread may wait for an editor that says nothing more.
        Err(error) => Err(error),
    }
}

fn talk(connection: &Connection) -> Result<(), LspError> {
    let (id, asked) = connection.initialize_start()?;
    let asked: InitializeParams = serde_json::from_value(asked).unwrap_or_default();
    let about = json!({
        "capabilities": capabilities(),
        "serverInfo": { "name": "sockscope", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, about)?;
    let takes_snippets = asked
        .capabilities
        .text_document
        .and_then(|it| it.completion?.completion_item?.snippet_support)
        .unwrap_or_default();
    let mut open =
        Documents { documents: HashMap::new(), answers: Answers { takes_snippets }, has_saved: false };
    loop {
        let message = match connection.receiver.try_recv() {
            Ok(message) => message,
            Err(_) => {
                open.tell_mistakes(connection);
                connection.receiver.recv().map_err(|_| LspError::Gone)?
            }
        };
        match message {
            Message::Request(request) if connection.handle_shutdown(&request)? => return Ok(()),
            Message::Request(request) => {
                let answer = open.answer(request);
                connection.sender.send(answer.into()).map_err(|_| LspError::Gone)?;
            }
            Message::Notification(notification) => open.note(connection, notification),
            // It asks nothing, so it gets no answers.
            Message::Response(_) => {}
        }
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(TRIGGERS.map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

/// The open documents, by their addresses.
struct Documents {
    documents: HashMap<String, Document>,
    answers: Answers,
    /// Whether a file was saved or closed since mistakes were looked for.
    has_saved: bool,
}

impl Documents {
    fn note(&mut self, connection: &Connection, notification: Notification) {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let opened = read::<DidOpenTextDocument>(notification);
                if let Some(it) = opened.map(|opened| opened.text_document) {
                    self.documents
                        .insert(it.uri.as_str().to_owned(), Document::new(it.text, Some(it.version)));
                }
            }
            DidChangeTextDocument::METHOD => {
                let Some(changed) = read::<DidChangeTextDocument>(notification) else { return };
                let (uri, version) = (changed.text_document.uri, changed.text_document.version);
                // Each change is the whole text, as the capabilities say.
                if let Some(last) = changed.content_changes.into_iter().next_back() {
                    self.documents.insert(uri.as_str().to_owned(), Document::new(last.text, Some(version)));
                }
            }
            DidCloseTextDocument::METHOD => {
                let Some(closed) = read::<DidCloseTextDocument>(notification) else { return };
                let uri = closed.text_document.uri;
                self.documents.remove(uri.as_str());
                self.has_saved = true;
                publish(connection, PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version: None });
            }
            // Rows, for example, which the editor does not open as a suite.
            DidSaveTextDocument::METHOD => self.has_saved = true,
            _ => {}
        }
    }

    /// Tells the mistakes of every document that has changed, and of those that may import it.
    fn tell_mistakes(&mut self, connection: &Connection) {
        let is_new = |document: &mut Document| std::mem::take(&mut document.is_new);
        let changed: Vec<String> =
            self.documents.iter_mut().filter_map(|(name, it)| is_new(it).then(|| name.clone())).collect();
        if changed.is_empty() && !std::mem::take(&mut self.has_saved) {
            return;
        }
        self.has_saved = false;
        let open = |path: &Path| self.text_of(path);
        for (name, document) in &self.documents {
            if !changed.contains(name) && !document.names_files() {
                continue;
            }
            let Ok(uri) = Uri::from_str(name) else { continue };
            let diagnostics = answers::diagnostics(document, &Imported::of(&uri, &open));
            publish(connection, PublishDiagnosticsParams { uri, diagnostics, version: document.version });
        }
    }

    /// The text of a file, where the editor has it open; it may not be saved yet.
    fn text_of(&self, path: &Path) -> Option<String> {
        let is_it = |name: &&String| {
            let other = Uri::from_str(name).ok().and_then(|uri| answers::path_of(&uri)?.canonicalize().ok());
            other.is_some_and(|other| other == path)
        };
        let name = self.documents.keys().find(is_it)?;
        self.documents.get(name).map(|document| document.text.clone())
    }

    fn answer(&self, request: Request) -> Response {
        let id = request.id.clone();
        let of = |uri: &Uri| self.documents.get(uri.as_str()).filter(|document| document.is_suite());
        let answers = &self.answers;
        let open = |path: &Path| self.text_of(path);
        let files = |uri: &Uri| Imported::of(uri, &open);
        let answer = match request.method.as_str() {
            Completion::METHOD => ask::<Completion>(request, |asked| {
                let at = asked.text_document_position;
                let uri = &at.text_document.uri;
                of(uri).map(|document| answers.complete(document, at.position, &files(uri)))
            }),
            HoverRequest::METHOD => ask::<HoverRequest>(request, |asked| {
                let at = asked.text_document_position_params;
                let uri = &at.text_document.uri;
                of(uri).and_then(|document| answers::hover(document, at.position, &files(uri)))
            }),
            GotoDefinition::METHOD => ask::<GotoDefinition>(request, |asked| {
                let at = asked.text_document_position_params;
                let uri = &at.text_document.uri;
                answers::definition(of(uri)?, uri, at.position, &files(uri))
            }),
            Formatting::METHOD => {
                ask::<Formatting>(request, |asked| of(&asked.text_document.uri).and_then(answers::format))
            }
            unknown => Err((ErrorCode::MethodNotFound, format!("no method is called {unknown:?} here"))),
        };
        match answer {
            Ok(result) => Response::new_ok(id, result),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        }
    }
}

/// Reads what is asked, and answers it.
fn ask<R: lsp_types::request::Request>(
    request: Request,
    answer: impl FnOnce(R::Params) -> R::Result,
) -> Result<Value, (ErrorCode, String)> {
    let asked = serde_json::from_value(request.params)
        .map_err(|error| (ErrorCode::InvalidParams, format!("{}: {error}", request.method)))?;
    serde_json::to_value(answer(asked)).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

/// What a notification says; none where it cannot be read, since the editor waits for no answer.
fn read<N: lsp_types::notification::Notification>(notification: Notification) -> Option<N::Params>
where
    N::Params: DeserializeOwned,
{
    serde_json::from_value(notification.params).ok()
}

fn publish(connection: &Connection, told: PublishDiagnosticsParams) {
    let message = Notification::new(PublishDiagnostics::METHOD.to_owned(), told);
    // An editor that is gone is noticed by the next read.
    let _ = connection.sender.send(message.into());
}
