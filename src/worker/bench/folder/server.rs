//! The folder of the server that serves this page, by its API.

use serde_json::{Value, json};

use super::super::worker::BenchWorker;
use crate::engine::base::shared_folder::{FolderList, SharedFolder, WriteError};
use crate::engine::base::storage::StoreError;
use crate::engine::base::world::LocalFuture;
use crate::engine::{HttpRequest, Payload, World};

const LIST: &str = "/api/folder";
const FILE: &str = "/api/folder/file";
/// The status with which a write is refused since something else has changed the file.
const CHANGED: u16 = 409;

/// The folder.
pub(super) struct ServerFolder<W: World>(pub BenchWorker<W>);

impl<W: World> Clone for ServerFolder<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: World> ServerFolder<W> {
    /// The status and the JSON of an answer; words when it does not come from that API.
    async fn ask(&self, method: &str, url: String, body: Option<Value>) -> Result<(u16, Value), StoreError> {
        let request = HttpRequest {
            method: method.to_owned(),
            url,
            headers: body
                .iter()
                .map(|_| ("content-type".to_owned(), "application/json".to_owned()))
                .collect(),
            body: body.map(|body| Payload::Text(body.to_string())),
            ..HttpRequest::default()
        };
        let answer = self.0.world().http(request).await;
        let answer = answer
            .map_err(|error| failed(format!("the server of this page does not answer: {}", error.message)))?;
        let told: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        Ok((answer.status, told))
    }
}

fn failed(message: impl Into<String>) -> StoreError {
    StoreError { message: message.into() }
}

/// Why a request was refused, in the words of the API.
fn refused(status: u16, told: &Value) -> StoreError {
    failed(
        told["error"]["message"]
            .as_str()
            .map_or_else(|| format!("the server answers with the status {status}"), str::to_owned),
    )
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn read_list(told: &Value) -> Option<FolderList> {
    let files = told["files"].as_array()?.iter().filter_map(|file| {
        let state = text(&file["hash"]).ok_or_else(|| text(&file["wrong"]).unwrap_or_default());
        Some((text(&file["name"])?, state))
    });
    Some(FolderList {
        name: text(&told["name"])?,
        id: text(&told["id"])?,
        is_seed: told["seed"].as_bool()?,
        generation: told["generation"].as_u64()?,
        files: files.collect(),
        cut: text(&told["cut"]),
    })
}

impl<W: World> SharedFolder for ServerFolder<W> {
    fn list(&self, after: Option<u64>) -> LocalFuture<Result<Option<FolderList>, StoreError>> {
        let folder = self.clone();
        Box::pin(async move {
            let url = after.map_or_else(|| LIST.to_owned(), |after| format!("{LIST}?after={after}"));
            let (status, told) = folder.ask("GET", url, None).await?;
            if status != 200 {
                return Err(refused(status, &told));
            }
            if after.is_some() && told["generation"].as_u64() == after {
                return Ok(None);
            }
            read_list(&told)
                .map(Some)
                .ok_or_else(|| failed("the answer does not come from a server with a folder"))
        })
    }

    fn read(&self, name: &str) -> LocalFuture<Result<(String, String), StoreError>> {
        let (folder, name) = (self.clone(), name.to_owned());
        Box::pin(async move {
            let (status, told) = folder.ask("POST", FILE.to_owned(), Some(json!({ "name": name }))).await?;
            match (text(&told["text"]), text(&told["hash"])) {
                (Some(text), Some(hash)) if status == 200 => Ok((text, hash)),
                _ => Err(refused(status, &told)),
            }
        })
    }

    fn write(&self, name: &str, text: String, before: Option<String>) -> LocalFuture<Result<(), WriteError>> {
        let folder = self.clone();
        let body = json!({ "name": name, "text": text, "before": before });
        Box::pin(async move { written(folder.ask("PUT", FILE.to_owned(), Some(body)).await?) })
    }

    fn remove(&self, name: &str, before: String) -> LocalFuture<Result<(), WriteError>> {
        let folder = self.clone();
        let body = json!({ "name": name, "before": before });
        Box::pin(async move { written(folder.ask("DELETE", FILE.to_owned(), Some(body)).await?) })
    }
}

fn written((status, told): (u16, Value)) -> Result<(), WriteError> {
    match status {
        200 => Ok(()),
        CHANGED => Err(WriteError::Changed),
        status => Err(refused(status, &told).into()),
    }
}
