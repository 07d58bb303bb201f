//! Text of the browser, as ours.
//!
//! Owns the way for long ones. The usual way goes through a text character by character, which of 16 KiB takes longer than the
//! browser takes to deliver it; its own encoder goes through it at once.

use js_sys::{JsString, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    type TextEncoder;

    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;

    #[wasm_bindgen(method)]
    fn encode(this: &TextEncoder, text: &JsString) -> Uint8Array;
}

thread_local! {
    static ENCODER: TextEncoder = TextEncoder::new();
}

/// Shorter ones are read the usual way, which makes nothing in between.
const LONG: u32 = 1024;

/// The text.
pub(super) fn text(value: &JsString) -> String {
    if value.length() < LONG {
        return String::from(value);
    }
    let bytes = ENCODER.with(|encoder| encoder.encode(value)).to_vec();
    // What the encoder writes is UTF-8, whatever it was given.
    String::from_utf8(bytes).unwrap_or_else(|_| String::from(value))
}
