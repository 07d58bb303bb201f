//! The channel between the page and its worker: buffers that change hands without being copied.
//!
//! Owns `postMessage` at both ends. It refuses to know what is in a buffer.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

use super::chosen::{self, ChosenFiles};
use super::words::words;

/// The page's end. Dropping it ends the worker and with it every socket.
pub struct WorkerChannel {
    worker: Worker,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(web_sys::Event)>,
}

/// The worker could not be started or has failed, in the browser's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WorkerFailed {
    /// What the browser said; empty when it says nothing, as for a script that is missing.
    pub message: String,
}

impl WorkerChannel {
    /// Starts the worker at this address.
    pub fn start(
        address: &str,
        mut received: impl FnMut(Vec<u8>) + 'static,
        failed: impl Fn(WorkerFailed) + Clone + 'static,
    ) -> Result<Self, WorkerFailed> {
        let failed_to_start = failed.clone();
        let worker = Worker::new(address).map_err(|thrown| WorkerFailed { message: words(&thrown) })?;
        let message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            match (bytes_of(&event), event.data().as_string()) {
                (Some(bytes), _) => received(bytes),
                // The start script of the worker says in text what kept it from starting.
                (None, Some(message)) => failed_to_start(WorkerFailed { message }),
                (None, None) => {}
            }
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        let error = Closure::<dyn FnMut(_)>::new(move |event: web_sys::Event| {
            let message =
                event.dyn_ref::<web_sys::ErrorEvent>().map(web_sys::ErrorEvent::message).unwrap_or_default();
            failed(WorkerFailed { message });
        });
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        Ok(Self { worker, _message: message, _error: error })
    }

    /// Sends a buffer to the worker.
    pub fn post(&self, bytes: &[u8]) {
        let (buffer, transfer) = parcel(bytes);
        self.worker
            .post_message_with_transfer(&buffer, &transfer)
            .expect("a buffer that was just made can be transferred");
    }

    /// Lets the worker read these files.
    pub fn give(&self, files: &ChosenFiles) {
        // Files are copied as references, which never fails.
        let _ = self.worker.post_message(&files.to_message());
    }
}

impl Drop for WorkerChannel {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// The worker's end.
pub struct PageChannel {
    scope: DedicatedWorkerGlobalScope,
    _message: Closure<dyn FnMut(MessageEvent)>,
}

impl PageChannel {
    /// Listens to the page. What the page posts before this is lost, so the worker must say when it listens.
    pub fn listen(mut received: impl FnMut(Vec<u8>) + 'static) -> Self {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            if let Some(bytes) = bytes_of(&event) {
                received(bytes);
            } else if let Some(files) = event.data().dyn_ref::<Array>() {
                chosen::keep(files);
            }
        });
        scope.set_onmessage(Some(message.as_ref().unchecked_ref()));
        Self { scope, _message: message }
    }
}

impl Drop for PageChannel {
    fn drop(&mut self) {
        self.scope.set_onmessage(None);
    }
}

/// Sends a buffer to the page; only for a worker.
pub fn post_to_page(bytes: &[u8]) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let (buffer, transfer) = parcel(bytes);
    scope
        .post_message_with_transfer(&buffer, &transfer)
        .expect("a buffer that was just made can be transferred");
}

fn parcel(bytes: &[u8]) -> (ArrayBuffer, JsValue) {
    let buffer = Uint8Array::from(bytes).buffer();
    let transfer = Array::of1(&buffer).into();
    (buffer, transfer)
}

fn bytes_of(event: &MessageEvent) -> Option<Vec<u8>> {
    let data = event.data();
    data.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec())
}
