//! Files that a person chose, dropped or pasted.

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ClipboardEvent, DragEvent, File, FileList, HtmlInputElement};

use super::words::words;
use crate::engine::base::words;

/// A file is read into memory as a whole, which a page has 4 GiB of, and several copies are made on its way.
const LARGEST: f64 = (256 << 20) as f64;

/// A file with its content.
pub struct Content {
    /// The name of the file.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// Reads the first file that was dropped; how many were dropped.
pub fn of_drop(event: &DragEvent, read: impl FnOnce(Result<Content, String>) + 'static) -> u32 {
    first(dropped(event), read)
}

/// Reads every file that was dropped, one after the other; how many they are.
pub fn all_of_drop(event: &DragEvent, mut read: impl FnMut(Result<Content, String>) + 'static) -> u32 {
    let Some(files) = dropped(event) else { return 0 };
    let count = files.length();
    spawn_local(async move {
        for file in (0..count).filter_map(|at| files.get(at)) {
            read(content(&file).await);
        }
    });
    count
}

fn dropped(event: &DragEvent) -> Option<FileList> {
    event.data_transfer()?.files()
}

/// Reads the first file that was pasted; how many were pasted.
pub fn of_paste(event: &ClipboardEvent, read: impl FnOnce(Result<Content, String>) + 'static) -> u32 {
    first(event.clipboard_data().and_then(|pasted| pasted.files()), read)
}

/// The text that was dropped.
pub fn dropped_text(event: &DragEvent) -> Option<String> {
    event.data_transfer()?.get_data("text/plain").ok()
}

/// The text that was pasted.
pub fn pasted_text(event: &ClipboardEvent) -> Option<String> {
    event.clipboard_data()?.get_data("text/plain").ok()
}

/// Reads the file that was chosen in a field, and empties the field, so that the same can be chosen again.
pub fn of_input(event: &web_sys::Event, read: impl FnOnce(Result<Content, String>) + 'static) -> u32 {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return 0;
    };
    let found = first(input.files(), read);
    input.set_value("");
    found
}

fn first(files: Option<FileList>, read: impl FnOnce(Result<Content, String>) + 'static) -> u32 {
    let Some(files) = files else { return 0 };
    let Some(file) = files.get(0) else { return 0 };
    spawn_local(async move { read(content(&file).await) });
    files.length()
}

async fn content(file: &File) -> Result<Content, String> {
    if file.size() > LARGEST {
        let (size, most) = (words::size(file.size() as u64), words::size(LARGEST as u64));
        return Err(format!("{} has {size}; the limit is {most}", file.name()));
    }
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(|thrown| words(&thrown))?;
    Ok(Content { name: file.name(), bytes: Uint8Array::new(&buffer).to_vec() })
}
