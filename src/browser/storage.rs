//! Texts under keys that survive a reload: one IndexedDB database with one store. In a worker as in a page.
//!
//! Owns opening, reading and writing. It refuses to know what the texts mean. One rule: storage may be missing or full at any
//! time (private windows, blocked cookies), so every answer may be an error that is shown and lived with.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use gloo_timers::future::sleep;
use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionMode};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::engine::base::storage::{KeyValueStore, StoreError};
use crate::engine::base::world::LocalFuture;

/// The one store of the database.
const STORE: &str = "kept";
/// Of the database's layout, not of what is kept in it.
const LAYOUT: u32 = 1;
/// Another tab may hold the database while its layout changes, and a browser then answers nothing at all.
const LONGEST_OPENING: Duration = Duration::from_secs(5);

/// The browser keeps nothing, or not this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the browser's storage failed: {message}")]
pub struct StorageError {
    /// What was said.
    pub message: String,
}

impl From<idb::Error> for StorageError {
    fn from(error: idb::Error) -> Self {
        let message = match &error {
            idb::Error::DomException(thrown) if thrown.name() == "VersionError" => {
                "a later version of Sockscope made it; load the page without the browser's cache".to_owned()
            }
            _ => error.to_string(),
        };
        Self { message }
    }
}

/// An open database; a clone is the same one, and the last to go closes it.
#[derive(Clone)]
pub struct Storage(Rc<Open>);

struct Open {
    database: Database,
}

impl Storage {
    /// Opens the database of this name, and makes it when there is none.
    pub async fn open(name: &str) -> Result<Self, StorageError> {
        let mut opening = Factory::new()?.open(name, Some(LAYOUT))?;
        opening.on_upgrade_needed(|event| {
            // A layout that could not be made shows when the store is used.
            let _ = event
                .database()
                .map(|database| database.create_object_store(STORE, ObjectStoreParams::new()));
        });
        let opening = std::future::IntoFuture::into_future(opening);
        let mut database = match select(opening, sleep(LONGEST_OPENING)).await {
            Either::Left((opened, _)) => opened?,
            Either::Right(((), opening)) => {
                // Once it opens after all it is closed, or it would block other tabs in its turn.
                spawn_local(async move {
                    if let Ok(database) = opening.await {
                        database.close();
                    }
                });
                let seconds = LONGEST_OPENING.as_secs();
                return Err(StorageError {
                    message: format!(
                        "it did not open within {seconds} s; another tab may hold it, so close the other tabs of \
                         Sockscope and load the page again"
                    ),
                });
            }
        };
        // Else a page of a later version would wait for this one for ever.
        database.on_version_change(|event| {
            let _ = event.database().map(|database| database.close());
        });
        Ok(Self(Rc::new(Open { database })))
    }

    /// What is kept under a key. A value that is not text is an error: something is there that would be lost as "nothing".
    pub async fn get(&self, key: &str) -> Result<Option<String>, StorageError> {
        let Some(value) = self.value(key).await? else { return Ok(None) };
        let kind = value.js_typeof().as_string().unwrap_or_default();
        let wrong_type = || StorageError { message: format!("expected text, found a value of type {kind}") };
        value.as_string().map(Some).ok_or_else(wrong_type)
    }

    /// Copies what is kept under a key, whatever it is, to a free key, and says to which. None when nothing is there.
    pub async fn set_aside(&self, key: &str) -> Result<Option<String>, StorageError> {
        let Some(value) = self.value(key).await? else { return Ok(None) };
        let keys = self.keys().await?;
        let free = (1..).map(|number| format!("unread/{key}/{number}")).find(|name| !keys.contains(name));
        let name = free.expect("numbers do not end");
        let transaction = self.begin(TransactionMode::ReadWrite)?;
        transaction.object_store(STORE)?.put(&value, Some(&JsValue::from_str(&name)))?.await?;
        finish(transaction).await?;
        Ok(Some(name))
    }

    /// What is kept under a key, whatever it is.
    pub(super) async fn value(&self, key: &str) -> Result<Option<JsValue>, StorageError> {
        let transaction = self.begin(TransactionMode::ReadOnly)?;
        Ok(transaction.object_store(STORE)?.get(JsValue::from_str(key))?.await?)
    }

    /// Keeps a text under a key, in place of what was there. It is on the disk when this returns without an error.
    pub async fn set(&self, key: &str, text: &str) -> Result<(), StorageError> {
        self.set_value(key, &JsValue::from_str(text)).await
    }

    /// The same of any value.
    pub(super) async fn set_value(&self, key: &str, value: &JsValue) -> Result<(), StorageError> {
        let transaction = self.begin(TransactionMode::ReadWrite)?;
        transaction.object_store(STORE)?.put(value, Some(&JsValue::from_str(key)))?.await?;
        finish(transaction).await
    }

    /// Forgets what is kept under a key; nothing happens when there is nothing.
    pub async fn remove(&self, key: &str) -> Result<(), StorageError> {
        let transaction = self.begin(TransactionMode::ReadWrite)?;
        transaction.object_store(STORE)?.delete(JsValue::from_str(key))?.await?;
        finish(transaction).await
    }

    /// All keys, in the order of their UTF-16 units.
    pub async fn keys(&self) -> Result<Vec<String>, StorageError> {
        let transaction = self.begin(TransactionMode::ReadOnly)?;
        let keys = transaction.object_store(STORE)?.get_all_keys(None, None)?.await?;
        Ok(keys.iter().filter_map(JsValue::as_string).collect())
    }

    fn begin(&self, mode: TransactionMode) -> Result<Transaction, StorageError> {
        Ok(self.0.database.transaction(&[STORE], mode)?)
    }
}

/// A write that was accepted may still fail when the disk is full, which only the end of the transaction tells.
async fn finish(transaction: Transaction) -> Result<(), StorageError> {
    transaction.commit()?.await?;
    Ok(())
}

impl Drop for Open {
    fn drop(&mut self) {
        self.database.close();
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        Self { message: error.message }
    }
}

impl KeyValueStore for Storage {
    fn get(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        let (storage, name) = (self.clone(), name.to_owned());
        Box::pin(async move { Ok(Self::get(&storage, &name).await?) })
    }

    fn set(&self, name: &str, text: String) -> LocalFuture<Result<(), StoreError>> {
        let (storage, name) = (self.clone(), name.to_owned());
        Box::pin(async move { Ok(Self::set(&storage, &name, &text).await?) })
    }

    fn remove(&self, name: &str) -> LocalFuture<Result<(), StoreError>> {
        let (storage, name) = (self.clone(), name.to_owned());
        Box::pin(async move { Ok(Self::remove(&storage, &name).await?) })
    }

    fn set_aside(&self, name: &str) -> LocalFuture<Result<Option<String>, StoreError>> {
        let (storage, name) = (self.clone(), name.to_owned());
        Box::pin(async move { Ok(Self::set_aside(&storage, &name).await?) })
    }

    fn names(&self) -> LocalFuture<Result<Vec<String>, StoreError>> {
        let storage = self.clone();
        Box::pin(async move { Ok(storage.keys().await?) })
    }
}
