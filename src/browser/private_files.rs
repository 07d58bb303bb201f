//! Folders in the private file system of this origin, which no other program sees. In a worker only: a page has no file that it
//! may write to at once.
//!
//! Owns opening, writing and removing. It refuses to know what is written. One rule: a file is open once in the whole browser,
//! and closed with its worker, however that ends; so the files of a live tab differ from those of a dead one.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{AsyncIterator, Function, IteratorNext, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemHandle, FileSystemHandleKind, FileSystemReadWriteOptions,
    FileSystemRemoveOptions, FileSystemSyncAccessHandle,
};

use super::words::words;
use crate::engine::base::folders::{Folders, OpenError, OpenFile};
use crate::engine::base::storage::StoreError;
use crate::engine::base::world::LocalFuture;

/// The folder of all folders.
const ROOT: &str = "sessions";

/// The file system. A clone is the same.
#[derive(Clone, Default)]
pub struct PrivateFiles(Rc<RefCell<Option<FileSystemDirectoryHandle>>>);

/// What a browser threw, or what it does not have.
pub(super) enum Trouble {
    /// Nothing is there.
    Missing,
    InUse,
    Other(String),
}

impl From<JsValue> for Trouble {
    fn from(thrown: JsValue) -> Self {
        let exception = thrown.dyn_ref::<DomException>();
        match exception.map(DomException::name).as_deref() {
            Some("NotFoundError") => Self::Missing,
            Some("NoModificationAllowedError") => Self::InUse,
            Some("QuotaExceededError") => Self::Other("this browser gives it no more room".to_owned()),
            Some("SecurityError") => {
                Self::Other("this browser keeps no files here, as in a private window".to_owned())
            }
            Some(name) => {
                let said = exception.map(DomException::message).unwrap_or_default();
                Self::Other(format!("{name}: {said}"))
            }
            None => Self::Other(words(&thrown)),
        }
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        let message = match trouble {
            Trouble::Missing => "the file is gone".to_owned(),
            Trouble::InUse => "the file is open elsewhere".to_owned(),
            Trouble::Other(message) => message,
        };
        Self { message }
    }
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::InUse => Self::InUse,
            other => Self::Failed(other.into()),
        }
    }
}

pub(super) async fn answer<T: JsCast>(promise: Promise) -> Result<T, Trouble> {
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

/// Calls a method that not every browser has.
pub(super) async fn call<T: JsCast>(of: &JsValue, method: &str, missing: &str) -> Result<T, Trouble> {
    let found = Reflect::get(of, &method.into()).ok().and_then(|found| found.dyn_into::<Function>().ok());
    let Some(found) = found else { return Err(Trouble::Other(missing.to_owned())) };
    answer(found.call0(of)?.unchecked_into()).await
}

impl PrivateFiles {
    async fn root(&self) -> Result<FileSystemDirectoryHandle, Trouble> {
        if let Some(root) = self.0.borrow().clone() {
            return Ok(root);
        }
        const MISSING: &str =
            "this browser has no private files for pages, or not over plain HTTP from another machine";
        let found = Reflect::get(&js_sys::global(), &"navigator".into())
            .and_then(|navigator| Reflect::get(&navigator, &"storage".into()))?;
        if found.is_undefined() {
            return Err(Trouble::Other(MISSING.to_owned()));
        }
        let top: FileSystemDirectoryHandle = call(&found, "getDirectory", MISSING).await?;
        let root = directory(&top, ROOT, true).await?;
        *self.0.borrow_mut() = Some(root.clone());
        Ok(root)
    }

    async fn folder(&self, name: &str, makes: bool) -> Result<FileSystemDirectoryHandle, Trouble> {
        directory(&self.root().await?, name, makes).await
    }

    async fn file(&self, folder: &str, file: &str) -> Result<File, Trouble> {
        let folder = self.folder(folder, false).await?;
        let handle: FileSystemFileHandle = answer(folder.get_file_handle(file)).await?;
        answer(handle.get_file()).await
    }
}

/// What is in a folder, in any order.
pub(super) async fn entries(folder: &FileSystemDirectoryHandle) -> Result<Vec<FileSystemHandle>, Trouble> {
    let entries: AsyncIterator = folder.values();
    let mut all = Vec::new();
    loop {
        let next: IteratorNext = answer(entries.next()?).await?;
        if next.done() {
            return Ok(all);
        }
        all.push(next.value().unchecked_into());
    }
}

pub(super) async fn directory(
    of: &FileSystemDirectoryHandle,
    name: &str,
    makes: bool,
) -> Result<FileSystemDirectoryHandle, Trouble> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(makes);
    answer(of.get_directory_handle_with_options(name, &options)).await
}

/// What is not there need not be removed.
fn or_missing(removed: Result<JsValue, Trouble>) -> Result<(), StoreError> {
    match removed {
        Ok(_) | Err(Trouble::Missing) => Ok(()),
        Err(trouble) => Err(trouble.into()),
    }
}

impl Folders for PrivateFiles {
    fn folders(&self) -> LocalFuture<Result<Vec<String>, StoreError>> {
        let files = self.clone();
        Box::pin(async move {
            let entries = entries(&files.root().await?).await?;
            let folders = entries.iter().filter(|entry| entry.kind() == FileSystemHandleKind::Directory);
            Ok(folders.map(FileSystemHandle::name).collect())
        })
    }

    fn files(&self, folder: &str) -> LocalFuture<Result<Vec<(String, u64)>, StoreError>> {
        let (files, folder) = (self.clone(), folder.to_owned());
        Box::pin(async move {
            let mut all = Vec::new();
            for entry in entries(&files.folder(&folder, false).await?).await? {
                if entry.kind() == FileSystemHandleKind::File {
                    let handle: &FileSystemFileHandle = entry.unchecked_ref();
                    let file: File = answer(handle.get_file()).await?;
                    all.push((entry.name(), file.size() as u64));
                }
            }
            Ok(all)
        })
    }

    fn open(&self, folder: &str, file: &str) -> LocalFuture<Result<Box<dyn OpenFile>, OpenError>> {
        let (files, folder, file) = (self.clone(), folder.to_owned(), file.to_owned());
        Box::pin(async move {
            let open = async {
                let folder = files.folder(&folder, true).await?;
                let options = FileSystemGetFileOptions::new();
                options.set_create(true);
                let handle: JsValue = answer(folder.get_file_handle_with_options(&file, &options)).await?;
                const MISSING: &str = "this browser writes no private files from a worker";
                let handle: FileSystemSyncAccessHandle =
                    call(&handle, "createSyncAccessHandle", MISSING).await?;
                // Closed with the value, also when its size is not told.
                let mut open = Open { end: 0.0, handle };
                open.end = open.handle.get_size()?;
                Ok::<_, Trouble>(open)
            };
            Ok(Box::new(open.await?) as Box<dyn OpenFile>)
        })
    }

    fn read(&self, folder: &str, file: &str) -> LocalFuture<Result<Vec<u8>, StoreError>> {
        let (files, folder, file) = (self.clone(), folder.to_owned(), file.to_owned());
        Box::pin(async move {
            let file = files.file(&folder, &file).await?;
            let buffer: JsValue = answer(file.array_buffer()).await?;
            Ok(Uint8Array::new(&buffer).to_vec())
        })
    }

    fn remove_file(&self, folder: &str, file: &str) -> LocalFuture<Result<(), StoreError>> {
        let (files, folder, file) = (self.clone(), folder.to_owned(), file.to_owned());
        Box::pin(async move {
            let folder = match files.folder(&folder, false).await {
                Ok(folder) => folder,
                Err(trouble) => return or_missing(Err(trouble)),
            };
            or_missing(answer(folder.remove_entry(&file)).await)
        })
    }

    fn remove_folder(&self, folder: &str) -> LocalFuture<Result<(), StoreError>> {
        let (files, folder) = (self.clone(), folder.to_owned());
        Box::pin(async move {
            let options = FileSystemRemoveOptions::new();
            options.set_recursive(true);
            let root = files.root().await?;
            or_missing(answer(root.remove_entry_with_options(&folder, &options)).await)
        })
    }
}

/// A file that is open for writing.
struct Open {
    handle: FileSystemSyncAccessHandle,
    end: f64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.handle.close();
    }
}

impl OpenFile for Open {
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let options = FileSystemReadWriteOptions::new();
            options.set_at(self.end);
            let written = self
                .handle
                .write_with_u8_array_and_options(rest, &options)
                .map_err(|thrown| StoreError::from(Trouble::from(thrown)))?;
            if written < 1.0 {
                return Err(StoreError { message: "this browser gives it no more room".to_owned() });
            }
            self.end += written;
            rest = &rest[(written as usize).min(rest.len())..];
        }
        // Not flushed to the disk itself: what was written survives the browser, and waiting for a disk would delay messages.
        Ok(())
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.handle.truncate_with_u32(0).map_err(|thrown| StoreError::from(Trouble::from(thrown)))?;
        self.end = 0.0;
        Ok(())
    }
}
