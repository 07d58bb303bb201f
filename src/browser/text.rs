//! Text of the browser, as ours.
//!
//! Owns the way for long ones. The usual way goes through a text character by character. For 16 KiB that takes longer than
//! the browser takes to deliver it. Its own encoder does it at once, and writes where we read.

use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    type TextEncoder;

    /// How far the encoder came.
    type Written;

    #[wasm_bindgen(constructor)]
    fn new() -> TextEncoder;

    #[wasm_bindgen(method, js_name = encodeInto)]
    fn encode_into(this: &TextEncoder, text: &JsString, into: &mut [u8]) -> Written;

    #[wasm_bindgen(method, getter)]
    fn read(this: &Written) -> u32;

    #[wasm_bindgen(method, getter)]
    fn written(this: &Written) -> u32;
}

thread_local! {
    static ENCODER: TextEncoder = TextEncoder::new();
}

/// Shorter ones are read the usual way, which makes nothing in between.
const LONG: u32 = 1024;

/// No unit of a JavaScript text becomes more bytes.
const MOST_BYTES: usize = 3;

/// The text.
pub(super) fn text(value: &JsString) -> String {
    let units = value.length();
    if units < LONG {
        return String::from(value);
    }
    // Nearly all long texts are ASCII; where one is not, it is read again with room for anything.
    let read = |most: usize| {
        let mut bytes = vec![0; most];
        let end = ENCODER.with(|encoder| encoder.encode_into(value, &mut bytes));
        bytes.truncate(end.written() as usize);
        (end.read() == units).then_some(bytes)
    };
    let bytes = read(units as usize).or_else(|| read(units as usize * MOST_BYTES));
    // What the encoder writes is UTF-8, whatever it was given.
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| String::from(value))
}
