//! The command palette, whose script the start script loads when it is first opened.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = sockscopePalette)]
    fn open_palette(own: &str, run: &js_sys::Function) -> Result<(), wasm_bindgen::JsValue>;
}

/// Opens the palette, for as long as this lives.
pub struct Palette {
    run: Closure<dyn FnMut(usize)>,
}

impl Palette {
    /// `run` does the command at this place of those that the palette was opened with.
    pub fn new(run: impl FnMut(usize) + 'static) -> Self {
        Self { run: Closure::new(run) }
    }

    /// Opens it with these commands beside the buttons of the page: a line each, of group, title, hint and key with tabs between.
    /// A page without the start script, such as a test's, has no palette.
    pub fn open(&self, own: &str) {
        let _ = open_palette(own, self.run.as_ref().unchecked_ref());
    }
}
