//! Trouble that keeps the page from working, said on the page. The words are drawn by the start script, which works also
//! when the rest does not.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = sockscopeTrouble)]
    fn say_on_page(title: &str, advice: &str, details: &str);
}

/// Says what happened, what to do, and the browser's or program's own words.
pub(crate) fn say(title: &str, advice: &str, details: &str) {
    say_on_page(title, advice, details);
}

/// Makes a panic visible: a page that has stopped must not look as if it worked.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        say(
            "Sockscope has stopped",
            "This is a fault of Sockscope, not of your server. Load the page again; its connections are lost.",
            &panic.to_string(),
        );
    }));
}
