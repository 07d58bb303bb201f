//! A file for the person: made of pieces, saved by the browser.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// A file that is being put together. The pieces lie in the browser, not in our memory.
#[derive(Default)]
pub struct Download {
    pieces: Array,
}

impl Download {
    /// Adds a piece.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pieces.push(&Uint8Array::from(bytes));
    }

    /// Hands the file to the person.
    pub fn save(&self, name: &str, media_type: &str) {
        let Some(address) = self.address(media_type) else { return };
        let anchor = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.create_element("a").ok())
            .and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok());
        if let Some(anchor) = anchor {
            anchor.set_href(&address);
            anchor.set_download(name);
            anchor.click();
        }
        // The browser has taken what it needs by the time that timers run.
        wasm_bindgen_futures::spawn_local(async move {
            gloo_timers::future::TimeoutFuture::new(10_000).await;
            release(&address);
        });
    }

    /// An address of this page under which the content can be shown, such as an image; to be released.
    pub fn address(&self, media_type: &str) -> Option<String> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = Blob::new_with_u8_array_sequence_and_options(&self.pieces, &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok()
    }
}

/// Lets go of an address.
pub fn release(address: &str) {
    // Refused only for what is not an address.
    let _ = Url::revoke_object_url(address);
}
