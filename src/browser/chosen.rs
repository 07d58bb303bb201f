//! Files that a person chose in the page and that a worker reads, piece by piece.
//!
//! Owns both ends: what the page gives, and what its worker has been given. One rule: a file is never held as a whole, neither here
//! nor there.

use std::cell::RefCell;
use std::io;

use gloo_net::http::RequestBuilder;
use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, ClipboardEvent, DragEvent, File, FileList, FileReaderSync, HtmlInputElement, Response};

use super::words::words;
use crate::engine::session::read::Chosen;

/// Files in the page.
#[derive(Clone, Default)]
pub struct ChosenFiles(Vec<File>);

impl ChosenFiles {
    fn of(files: Option<FileList>) -> Self {
        let Some(files) = files else { return Self::default() };
        Self((0..files.length()).filter_map(|at| files.get(at)).collect())
    }

    /// Those that were dropped.
    pub fn of_drop(event: &DragEvent) -> Self {
        Self::of(event.data_transfer().and_then(|it| it.files()))
    }

    /// Those that were pasted.
    pub fn of_paste(event: &ClipboardEvent) -> Self {
        Self::of(event.clipboard_data().and_then(|it| it.files()))
    }

    /// Those that were chosen in a field, which is emptied, so that the same can be chosen again.
    pub fn of_input(event: &web_sys::Event) -> Self {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return Self::default() };
        let files = Self::of(input.files());
        input.set_value("");
        files
    }

    /// A text as a file of this name.
    pub fn of_text(name: &str, text: &str) -> Self {
        let parts = Array::of1(&text.into());
        Self(File::new_with_str_sequence(&parts, name).into_iter().collect())
    }

    /// Files with these names at these addresses. The browser keeps them, and not our memory.
    pub async fn of_addresses(files: Vec<(String, String)>) -> Result<Self, String> {
        let mut all = Vec::new();
        for (name, address) in files {
            let request = RequestBuilder::new(&address).build().map_err(|error| error.to_string())?;
            let response = request.send().await.map_err(|error| error.to_string())?;
            if !response.ok() {
                return Err(format!("the server answered with status {}", response.status()));
            }
            let blob = Response::from(response).blob().map_err(|thrown| words(&thrown))?;
            let blob = wasm_bindgen_futures::JsFuture::from(blob).await.map_err(|thrown| words(&thrown))?;
            let file = File::new_with_blob_sequence(&Array::of1(&blob), &name);
            all.push(file.map_err(|thrown| words(&thrown))?);
        }
        Ok(Self(all))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the first one.
    pub fn name(&self) -> String {
        self.0.first().map(File::name).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// As a message to a worker.
    pub(super) fn to_message(&self) -> Array {
        self.0.iter().collect()
    }
}

thread_local! {
    /// What the page has given to this worker.
    static GIVEN: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the files of a message.
pub(super) fn keep(message: &Array) {
    GIVEN.set(message.iter().filter_map(|it| it.dyn_into().ok()).collect());
}

/// What the page has given to this worker last.
pub fn given() -> Vec<Box<dyn Chosen>> {
    // A worker has it; a page does not, and has been given nothing.
    let Ok(reader) = FileReaderSync::new() else { return Vec::new() };
    let given = GIVEN.take().into_iter();
    given.map(|file| Box::new(Given::of(file, reader.clone())) as Box<dyn Chosen>).collect()
}

/// A browser takes two milliseconds for a piece of a file, however small it is. One that is read from its beginning to its end
/// comes in pieces of this size.
const PIECE: u64 = 8 << 20;

/// A file in a worker.
struct Given {
    file: File,
    name: String,
    size: u64,
    reader: FileReaderSync,
    /// What was fetched last, and where it begins.
    held: RefCell<(u64, Uint8Array)>,
}

impl Given {
    fn of(file: File, reader: FileReaderSync) -> Self {
        // The folders above it, when a folder was chosen.
        let path = Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        let name = path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name());
        let size = file.size() as u64;
        Self { file, name, size, reader, held: RefCell::new((0, Uint8Array::new_with_length(0))) }
    }

    /// Fetches a piece that begins there. After the one before it comes a larger one: it is read to its end.
    fn fetch(&self, offset: u64, least: u64) -> io::Result<()> {
        let failed = |thrown| io::Error::other(words(&thrown));
        let mut held = self.held.borrow_mut();
        let before = u64::from(held.1.length());
        let goes_on = before > 0 && held.0 + before == offset;
        let length = if goes_on { (before * 4).clamp(least, PIECE.max(least)) } else { least };
        let end = offset.saturating_add(length).min(self.size);
        let blob: &Blob = &self.file;
        let piece = blob.slice_with_f64_and_f64(offset as f64, end as f64).map_err(failed)?;
        let piece: ArrayBuffer = self.reader.read_as_array_buffer(&piece).map_err(failed)?;
        *held = (offset, Uint8Array::new(&piece));
        Ok(())
    }
}

impl Chosen for Given {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.size || into.is_empty() {
            return Ok(0);
        }
        let is_held = {
            let held = self.held.borrow();
            (held.0..held.0 + u64::from(held.1.length())).contains(&offset)
        };
        if !is_held {
            self.fetch(offset, into.len() as u64)?;
        }
        let held = self.held.borrow();
        let from = (offset - held.0) as u32;
        let read = into.len().min((held.1.length().saturating_sub(from)) as usize);
        held.1.subarray(from, from + read as u32).copy_to(&mut into[..read]);
        Ok(read)
    }
}
