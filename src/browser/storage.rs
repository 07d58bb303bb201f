//! Texts under names that survive a reload: a database of the browser, which a worker may use, too.

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Query, TransactionMode};
use wasm_bindgen::JsValue;

const STORE: &str = "kept";
const VERSION: u32 = 1;

/// A browser that keeps nothing (a private window, a full disk, a policy), in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StorageError {
    /// What the browser said.
    pub message: String,
}

impl From<idb::Error> for StorageError {
    fn from(error: idb::Error) -> Self {
        Self { message: error.to_string() }
    }
}

/// The database of this page's host.
pub struct Storage {
    database: Database,
}

impl Storage {
    /// Opens it, and makes it on the first visit.
    pub async fn open(name: &str) -> Result<Self, StorageError> {
        let mut request = Factory::new()?.open(name, Some(VERSION))?;
        request.on_upgrade_needed(|event| {
            // What fails here fails the opening, and is told by it.
            let _ = event
                .database()
                .map(|database| database.create_object_store(STORE, ObjectStoreParams::new()));
        });
        Ok(Self { database: request.await? })
    }

    /// The text under a name.
    pub async fn get(&self, name: &str) -> Result<Option<String>, StorageError> {
        let transaction = self.database.transaction(&[STORE], TransactionMode::ReadOnly)?;
        let found = transaction.object_store(STORE)?.get(Query::Key(JsValue::from_str(name)))?.await?;
        Ok(found.and_then(|value| value.as_string()))
    }

    /// Puts a text under a name, in place of the one before. It is safe once this has ended.
    pub async fn set(&self, name: &str, text: &str) -> Result<(), StorageError> {
        let transaction = self.database.transaction(&[STORE], TransactionMode::ReadWrite)?;
        transaction
            .object_store(STORE)?
            .put(&JsValue::from_str(text), Some(&JsValue::from_str(name)))?
            .await?;
        transaction.commit()?.await?;
        Ok(())
    }

    /// Takes a name and its text away.
    pub async fn remove(&self, name: &str) -> Result<(), StorageError> {
        let transaction = self.database.transaction(&[STORE], TransactionMode::ReadWrite)?;
        transaction.object_store(STORE)?.delete(Query::Key(JsValue::from_str(name)))?.await?;
        transaction.commit()?.await?;
        Ok(())
    }
}
