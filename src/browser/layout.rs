//! Sizes of elements and how far lists are scrolled. Only for the page, not for the worker.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ResizeObserver, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Calls `changed` with the inner height of an element, at once and at every change, until dropped.
pub struct HeightObserver {
    observer: ResizeObserver,
    _changed: Closure<dyn FnMut(js_sys::Array)>,
}

impl HeightObserver {
    /// Starts observing.
    pub fn new(element: &web_sys::Element, mut changed: impl FnMut(f64) + 'static) -> Self {
        let observed = element.clone();
        let callback = Closure::<dyn FnMut(_)>::new(move |_| changed(f64::from(observed.client_height())));
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref())
            .expect("a callback is all that an observer needs");
        observer.observe(element);
        Self { observer, _changed: callback }
    }
}

impl Drop for HeightObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Scrolls as little as it takes to see an element.
pub fn bring_into_view(element: &web_sys::Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    options.set_inline(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Scrolls a list to the side until what the selector finds in it stands in the middle, unless that is seen already; at the left
/// edge, `covered` pixels are never seen.
pub fn bring_sideways(list: &web_sys::HtmlElement, selector: &str, covered: f64) {
    let Ok(Some(found)) = list.query_selector(selector) else { return };
    let (found, seen) = (found.get_bounding_client_rect(), list.get_bounding_client_rect());
    if found.left() < seen.left() + covered || found.right() > seen.right() {
        let by = found.left() - (seen.left() + seen.right()) / 2.0;
        list.set_scroll_left(list.scroll_left() + by as i32);
    }
}

/// Scrolls until an element is the first thing that one sees.
pub fn bring_to_top(element: &web_sys::Element) {
    element.scroll_into_view();
}

/// Sets an element's height in pixels, at once.
pub fn set_height(element: &web_sys::HtmlElement, pixels: f64) {
    // A number of pixels is always a valid height.
    let _ = element.style().set_property("height", &format!("{pixels}px"));
}

/// Sets a length of an element in pixels, such as a custom property.
pub fn set_length(element: &web_sys::HtmlElement, property: &str, pixels: f64) {
    // A number of pixels is always a valid length.
    let _ = element.style().set_property(property, &format!("{pixels}px"));
}
