//! Texts under keys that survive a reload: one IndexedDB database with one store. In a worker as in a page.
//!
//! Owns opening, reading and writing. It refuses to know what the texts mean. The rule a reader would break: storage may be
//! missing or full at any time (private windows, blocked cookies), so every answer may be an error that is shown and lived with.

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, Transaction, TransactionMode};
use wasm_bindgen::JsValue;

/// The one store of the database.
const STORE: &str = "kept";
/// Of the database's layout, not of what is kept in it.
const LAYOUT: u32 = 1;

/// The browser keeps nothing, or not this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the browser's storage failed: {message}")]
pub struct StorageError {
    /// What was said.
    pub message: String,
}

impl From<idb::Error> for StorageError {
    fn from(error: idb::Error) -> Self {
        Self { message: error.to_string() }
    }
}

/// An open database.
pub struct Storage {
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
        let mut database = opening.await?;
        // Else a page of a later version would wait for this one for ever.
        database.on_version_change(|event| {
            let _ = event.database().map(|database| database.close());
        });
        Ok(Self { database })
    }

    /// What is kept under a key.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StorageError> {
        let transaction = self.begin(TransactionMode::ReadOnly)?;
        let found = transaction.object_store(STORE)?.get(JsValue::from_str(key))?.await?;
        Ok(found.and_then(|value| value.as_string()))
    }

    /// Keeps a text under a key, in place of what was there. It is on the disk when this returns without an error.
    pub async fn set(&self, key: &str, text: &str) -> Result<(), StorageError> {
        let transaction = self.begin(TransactionMode::ReadWrite)?;
        transaction
            .object_store(STORE)?
            .put(&JsValue::from_str(text), Some(&JsValue::from_str(key)))?
            .await?;
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
        Ok(self.database.transaction(&[STORE], mode)?)
    }
}

/// A write that was accepted may still fail when the disk is full, which only the end of the transaction tells.
async fn finish(transaction: Transaction) -> Result<(), StorageError> {
    transaction.commit()?.await?;
    Ok(())
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.database.close();
    }
}
