//! What the page adds to itself after its start: a style sheet, and the wish that its storage stays.

use wasm_bindgen::JsCast;

fn window() -> web_sys::Window {
    web_sys::window().expect("a page has a window")
}

/// Adds a style sheet to the page, unless it is there.
pub fn add_style(address: &str) {
    let Some(document) = window().document() else { return };
    let selector = format!("link[href=\"{address}\"]");
    if document.query_selector(&selector).is_ok_and(|found| found.is_some()) {
        return;
    }
    let Ok(sheet) = document.create_element("link") else { return };
    // Neither is refused: the names are those of the element.
    let _ = sheet.set_attribute("rel", "stylesheet").and_then(|()| sheet.set_attribute("href", address));
    if let Some(head) = document.query_selector("head").ok().flatten() {
        let _ = head.append_child(&sheet);
    }
}

/// Asks the browser to keep what this page has stored also when the disk is nearly full.
pub fn keep_storage() {
    let Ok(storage) = js_sys::Reflect::get(&window().navigator(), &"storage".into()) else { return };
    if let Some(storage) = storage.dyn_ref::<web_sys::StorageManager>() {
        // Whether it is granted changes nothing here.
        if let Ok(asked) = storage.persist() {
            wasm_bindgen_futures::spawn_local(async move {
                let _ = wasm_bindgen_futures::JsFuture::from(asked).await;
            });
        }
    }
}
