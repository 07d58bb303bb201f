//! A folder on the disk that a person has picked in this browser.
//!
//! Owns the handle: it is picked in the page, kept in a database of its own, and opened by the worker from there. It refuses to know
//! what the files mean. One rule: a browser asks a person before a page reads or writes such a folder, and after a reload it may ask
//! again, which it does after a click only.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, Function, JsString, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetFileOptions, FileSystemHandle,
    FileSystemHandleKind,
};

use super::page;
use super::private_files::{Trouble, answer, call, directory, entries};
use super::storage::Storage;
use crate::engine::base::shared_folder::{
    FolderList, LARGEST, OF_BENCH, SharedFolder, WriteError, digest, is_suite,
};
use crate::engine::base::storage::StoreError;
use crate::engine::base::world::LocalFuture;

/// The database with the handle.
const DATABASE: &str = "sockscope-folder";
const HANDLE: &str = "handle";
/// The folders that were opened so far, each with the id that this browser has given it.
const KNOWN: &str = "known";
/// Older ones are forgotten.
const MOST_KNOWN: usize = 64;
/// Files that are listed, and folders in folders.
const MOST_FILES: usize = 2000;
const DEEPEST: usize = 8;

/// A change of a suite on the disk, for the program of this page that has the suites; as bytes of the wire.
pub const SUITE: &str = "sockscope-suite";

/// Whether this browser can pick a folder.
pub fn can_pick() -> bool {
    Reflect::get(&js_sys::global(), &"showDirectoryPicker".into()).is_ok_and(|it| it.is_function())
}

/// Whether the server of this page has a folder for it. It says so in the answer with the page, so that asking costs no request.
pub fn server_has_folder() -> bool {
    const FIELD: &str = "sockscope-folder";
    let part = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let found = part(&js_sys::global(), "performance").and_then(|performance| {
        let asks: Function = part(&performance, "getEntriesByType")?.dyn_into().ok()?;
        let entries = asks.call1(&performance, &"navigation".into()).ok()?;
        part(&Reflect::get_u32(&entries, 0).ok()?, "serverTiming")
    });
    let told = found.and_then(|it| it.dyn_into::<js_sys::Array>().ok()).unwrap_or_default();
    told.iter().any(|it| part(&it, "name").is_some_and(|name| name == FIELD))
}

/// Lets a person pick a folder, and keeps it for the worker and the next visit. Its name; none when no folder was picked.
pub async fn pick() -> Result<Option<String>, String> {
    let wanted = Object::new();
    let _ = Reflect::set(&wanted, &"mode".into(), &"readwrite".into());
    let _ = Reflect::set(&wanted, &"id".into(), &"sockscope".into());
    let global = js_sys::global();
    let picker: Function = Reflect::get(&global, &"showDirectoryPicker".into())
        .ok()
        .and_then(|it| it.dyn_into().ok())
        .ok_or("this browser opens no folders; start `sockscope serve --dir FOLDER` and open the page that it prints")?;
    let asked = picker.call1(&global, &wanted).map_err(|thrown| words(thrown.into()))?;
    let handle: FileSystemDirectoryHandle = match answer(asked.unchecked_into()).await {
        Ok(handle) => handle,
        Err(Trouble::Other(said)) if said.starts_with("AbortError") => return Ok(None),
        Err(trouble) => return Err(words(trouble)),
    };
    let storage = Storage::open(DATABASE).await.map_err(|error| error.to_string())?;
    storage.set_value(HANDLE, &handle).await.map_err(|error| error.to_string())?;
    page::keep(DATABASE, &handle.name());
    Ok(Some(handle.name()))
}

/// Forgets the folder.
pub async fn forget() {
    page::forget(DATABASE);
    if let Ok(storage) = Storage::open(DATABASE).await {
        let _ = storage.remove(HANDLE).await;
    }
}

/// Asks whether the folder of an earlier visit may be used: after a click it asks the person, else only the browser. Its name, and
/// whether it may; none when there is no such folder.
pub async fn again(is_clicked: bool) -> Result<Option<(String, bool)>, String> {
    // A page that never had one makes no database for it.
    if page::kept(DATABASE).is_none() {
        return Ok(None);
    }
    let Some(handle) = kept().await? else { return Ok(None) };
    let method = if is_clicked { "requestPermission" } else { "queryPermission" };
    let wanted = Object::new();
    let _ = Reflect::set(&wanted, &"mode".into(), &"readwrite".into());
    let found = Reflect::get(&handle, &method.into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let Some(asks) = found else { return Ok(Some((handle.name(), true))) };
    let asked = asks.call1(&handle, &wanted).map_err(|thrown| words(thrown.into()))?;
    let told: JsString = answer(asked.unchecked_into::<Promise>()).await.map_err(words)?;
    Ok(Some((handle.name(), told == "granted")))
}

/// Which folder it is: a name is that of many, and a browser tells no path. It does tell whether two handles are of one folder.
async fn id_of(handle: &FileSystemDirectoryHandle) -> Result<String, String> {
    let storage = Storage::open(DATABASE).await.map_err(|error| error.to_string())?;
    let known = storage.value(KNOWN).await.map_err(|error| error.to_string())?;
    let known: Vec<Array> =
        known.map(|it| Array::from(&it).iter().map(JsCast::unchecked_into).collect()).unwrap_or_default();
    let id_at = |entry: &Array| entry.get(0).as_string().unwrap_or_default();
    for entry in &known {
        if is_same(handle, &entry.get(1)).await {
            return Ok(id_at(entry));
        }
    }
    // The first of a name has the id that an earlier version of this page gave it.
    let plain = format!("picked-{}", digest(handle.name().as_bytes()));
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    let is_free = |id: &String| !known.iter().any(|entry| id_at(entry) == *id);
    let id = std::iter::once(plain.clone()).chain(numbered).find(is_free).unwrap_or(plain);
    let all: Array = known.iter().skip((known.len() + 1).saturating_sub(MOST_KNOWN)).collect();
    all.push(&Array::of2(&JsValue::from_str(&id), handle));
    storage.set_value(KNOWN, &all).await.map_err(|error| error.to_string())?;
    Ok(id)
}

async fn is_same(handle: &FileSystemDirectoryHandle, other: &JsValue) -> bool {
    let found =
        Reflect::get(handle, &"isSameEntry".into()).ok().and_then(|it| it.dyn_into::<Function>().ok());
    let asked = found.and_then(|asks| asks.call1(handle, other).ok());
    let Some(asked) = asked else { return false };
    answer::<JsValue>(asked.unchecked_into()).await.is_ok_and(|told| told.is_truthy())
}

async fn kept() -> Result<Option<FileSystemDirectoryHandle>, String> {
    let storage = Storage::open(DATABASE).await.map_err(|error| error.to_string())?;
    let value = storage.value(HANDLE).await.map_err(|error| error.to_string())?;
    Ok(value.map(JsCast::unchecked_into))
}

/// Opens the folder that was picked, in the worker.
pub fn open() -> LocalFuture<Result<Rc<dyn SharedFolder>, StoreError>> {
    Box::pin(async {
        let failed = |message: String| StoreError { message };
        let handle =
            kept().await.map_err(failed)?.ok_or_else(|| failed("no folder has been picked".to_owned()))?;
        let id = id_of(&handle).await.map_err(failed)?;
        let state = State { handle, id, seen: RefCell::default(), generation: Cell::new(0) };
        Ok(Rc::new(PickedFolder(Rc::new(state))) as Rc<dyn SharedFolder>)
    })
}

fn words(trouble: Trouble) -> String {
    StoreError::from(trouble).message
}

fn failed(message: impl Into<String>) -> StoreError {
    StoreError { message: message.into() }
}

/// The folder. A clone is the same.
#[derive(Clone)]
struct PickedFolder(Rc<State>);

struct State {
    handle: FileSystemDirectoryHandle,
    id: String,
    seen: RefCell<BTreeMap<String, Seen>>,
    generation: Cell<u64>,
}

/// A file that was looked at: when it was changed, how long it is, and what it is; none for one that is not the page's.
#[derive(Clone, PartialEq)]
struct Seen {
    changed: f64,
    size: f64,
    state: Option<Result<String, String>>,
}

impl PickedFolder {
    /// The files that may be the page's, with their handles.
    async fn walk(&self) -> Result<(Vec<(String, FileSystemFileHandle)>, bool), Trouble> {
        let mut folders = vec![(String::new(), self.0.handle.clone(), 0)];
        let mut files = Vec::new();
        while let Some((below, folder, depth)) = folders.pop() {
            for entry in entries(&folder).await? {
                let name = format!("{below}{}", entry.name());
                if entry.name().starts_with('.') || entry.name() == "node_modules" {
                    continue;
                }
                if entry.kind() == FileSystemHandleKind::Directory {
                    if depth < DEEPEST {
                        folders.push((format!("{name}/"), entry.unchecked_into(), depth + 1));
                    }
                } else if name.ends_with(".json") || name.ends_with(".jsonc") {
                    if files.len() >= MOST_FILES {
                        return Ok((files, true));
                    }
                    files.push((name, entry.unchecked_into::<FileSystemHandle>().unchecked_into()));
                }
            }
        }
        Ok((files, false))
    }

    /// What a file is; what was looked at before and has not changed is not read again.
    async fn look(&self, name: &str, handle: &FileSystemFileHandle) -> Result<Seen, Trouble> {
        let file: File = answer(handle.get_file()).await?;
        let (changed, size) = (file.last_modified(), file.size());
        let known = self.0.seen.borrow().get(name).cloned();
        if let Some(known) = known.clone().filter(|it| it.changed == changed && it.size == size) {
            return Ok(known);
        }
        let was_ours = known.is_some_and(|it| it.state.is_some()) || OF_BENCH.contains(&name);
        if size > LARGEST as f64 {
            let state = was_ours.then(|| Err("has more than 4 MiB, so it is not read".to_owned()));
            return Ok(Seen { changed, size, state });
        }
        let bytes = bytes(&file).await?;
        let state = if !OF_BENCH.contains(&name) && !is_suite(&bytes) {
            let words = "has no key \"sockscope\" any more, so it does not read as a suite";
            was_ours.then(|| Err(words.to_owned()))
        } else {
            Some(match std::str::from_utf8(&bytes) {
                Ok(_) => Ok(digest(&bytes)),
                Err(error) => {
                    Err(format!("is not text in UTF-8: found another byte at {}", error.valid_up_to()))
                }
            })
        };
        Ok(Seen { changed, size, state })
    }

    async fn text(&self, name: &str) -> Result<(String, String), Trouble> {
        let (folder, file) = self.place(name, false).await?;
        let handle: FileSystemFileHandle = answer(folder.get_file_handle(&file)).await?;
        let file: File = answer(handle.get_file()).await?;
        let bytes = bytes(&file).await?;
        let hash = digest(&bytes);
        let text = String::from_utf8(bytes).map_err(|_| Trouble::Other("is not text in UTF-8".to_owned()))?;
        Ok((text, hash))
    }

    /// The folder of a file, and its name there.
    async fn place(&self, name: &str, makes: bool) -> Result<(FileSystemDirectoryHandle, String), Trouble> {
        let mut folder = self.0.handle.clone();
        let (above, file) = name.rsplit_once('/').unwrap_or(("", name));
        for part in above.split('/').filter(|part| !part.is_empty()) {
            folder = directory(&folder, part, makes).await?;
        }
        Ok((folder, file.to_owned()))
    }

    /// Whether a file still is what its writer has seen.
    async fn is_still(&self, name: &str, before: Option<&str>) -> Result<(), WriteError> {
        let there = match self.text(name).await {
            Ok((_, hash)) => Some(hash),
            Err(Trouble::Missing) => None,
            Err(trouble) => return Err(StoreError::from(trouble).into()),
        };
        if there.as_deref() == before { Ok(()) } else { Err(WriteError::Changed) }
    }

    async fn put(&self, name: &str, text: &str) -> Result<(), Trouble> {
        let (folder, file) = self.place(name, true).await?;
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let handle: JsValue = answer(folder.get_file_handle_with_options(&file, &options)).await?;
        // The browser writes another file, and puts it in the place of this one when it is closed.
        let stream: JsValue = call(&handle, "createWritable", "this browser writes no files").await?;
        let write = Reflect::get(&stream, &"write".into())?.unchecked_into::<Function>();
        let written: Result<JsValue, Trouble> =
            answer(write.call1(&stream, &JsValue::from_str(text))?.unchecked_into()).await;
        let end = if written.is_ok() { "close" } else { "abort" };
        let ended: Result<JsValue, Trouble> = call(&stream, end, "this browser writes no files").await;
        written.and(ended).map(drop)
    }
}

async fn bytes(file: &File) -> Result<Vec<u8>, Trouble> {
    let buffer: JsValue = answer(file.array_buffer()).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

impl SharedFolder for PickedFolder {
    fn list(&self, after: Option<u64>) -> LocalFuture<Result<Option<FolderList>, StoreError>> {
        let folder = self.clone();
        Box::pin(async move {
            let (files, is_cut) = folder.walk().await?;
            let mut seen = BTreeMap::new();
            for (name, handle) in files {
                match folder.look(&name, &handle).await {
                    Ok(now) => drop(seen.insert(name, now)),
                    // It went in this moment.
                    Err(Trouble::Missing) => {}
                    Err(trouble) => {
                        let state = Some(Err(words(trouble)));
                        seen.insert(name, Seen { changed: 0.0, size: 0.0, state });
                    }
                }
            }
            let state = &folder.0;
            if *state.seen.borrow() != seen || state.generation.get() == 0 {
                state.generation.set(state.generation.get() + 1);
                *state.seen.borrow_mut() = seen;
            }
            if after == Some(state.generation.get()) {
                return Ok(None);
            }
            let name = state.handle.name();
            let seen = state.seen.borrow();
            let files = seen.iter().filter_map(|(name, seen)| Some((name.clone(), seen.state.clone()?)));
            Ok(Some(FolderList {
                id: state.id.clone(),
                name,
                is_seed: false,
                generation: state.generation.get(),
                files: files.collect(),
                cut: is_cut
                    .then(|| format!("the folder has more than {MOST_FILES} files; the rest is not shown")),
            }))
        })
    }

    fn read(&self, name: &str) -> LocalFuture<Result<(String, String), StoreError>> {
        let (folder, name) = (self.clone(), name.to_owned());
        Box::pin(async move { Ok(folder.text(&name).await?) })
    }

    fn write(&self, name: &str, text: String, before: Option<String>) -> LocalFuture<Result<(), WriteError>> {
        let (folder, name) = (self.clone(), name.to_owned());
        Box::pin(async move {
            folder.is_still(&name, before.as_deref()).await?;
            folder.put(&name, &text).await.map_err(|trouble| StoreError::from(trouble).into())
        })
    }

    fn remove(&self, name: &str, before: String) -> LocalFuture<Result<(), WriteError>> {
        let (folder, name) = (self.clone(), name.to_owned());
        Box::pin(async move {
            folder.is_still(&name, Some(&before)).await?;
            let removed = async {
                let (folder, file) = folder.place(&name, false).await?;
                let _: JsValue = answer(folder.remove_entry(&file)).await?;
                Ok(())
            };
            removed.await.map_err(|trouble: Trouble| failed(words(trouble)).into())
        })
    }
}
