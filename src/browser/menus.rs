//! Menus that close: after a choice, at a click elsewhere, and by Escape. Open, they stay on the screen, wherever their name is.
//!
//! Owns the `<details class="menu">` of the page, whichever program has drawn them.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent};

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Closes menus until dropped.
pub struct MenuCloser {
    clicked: Closure<dyn FnMut(Event)>,
    pressed: Closure<dyn FnMut(KeyboardEvent)>,
    opened: Closure<dyn FnMut(Event)>,
}

impl Default for MenuCloser {
    fn default() -> Self {
        Self::new()
    }
}

impl MenuCloser {
    /// Starts listening.
    pub fn new() -> Self {
        let clicked = Closure::<dyn FnMut(_)>::new(|event: Event| {
            let Some(target) = event.target().and_then(|it| it.dyn_into::<Element>().ok()) else { return };
            let inside = |selector: &str| target.closest(selector).ok().flatten();
            // A button that is on or off is part of what is being set, and no choice.
            let chose = inside(".menu .sheet button:not([aria-pressed])").is_some();
            let own = if chose { None } else { inside("details.menu") };
            close(|menu| own.as_ref() != Some(menu));
        });
        let pressed = Closure::<dyn FnMut(_)>::new(|event: KeyboardEvent| {
            if event.key() == "Escape" {
                let focused = document().and_then(|document| document.active_element());
                let menu = focused.and_then(|it| it.closest("details.menu[open]").ok().flatten());
                close(|_| true);
                // The focus must not be lost with what had it.
                let summary = menu.and_then(|menu| menu.query_selector("summary").ok().flatten());
                if let Some(summary) = summary.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                    let _ = summary.focus();
                }
            }
        });
        let opened = Closure::<dyn FnMut(_)>::new(|event: Event| {
            let menu = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            if let Some(menu) = menu.filter(|menu| menu.matches("details.menu[open]").unwrap_or(false)) {
                keep_on_screen(&menu);
            }
        });
        if let Some(document) = document() {
            // This one does not bubble, so it is caught on its way down.
            let _ = document.add_event_listener_with_callback_and_bool(
                "toggle",
                opened.as_ref().unchecked_ref(),
                true,
            );
            // Adding a listener throws only for a callback that is none.
            let _ = document.add_event_listener_with_callback("click", clicked.as_ref().unchecked_ref());
            let _ = document.add_event_listener_with_callback("keydown", pressed.as_ref().unchecked_ref());
        }
        Self { clicked, pressed, opened }
    }
}

impl Drop for MenuCloser {
    fn drop(&mut self) {
        if let Some(document) = document() {
            let _ = document.remove_event_listener_with_callback_and_bool(
                "toggle",
                self.opened.as_ref().unchecked_ref(),
                true,
            );
            let _ =
                document.remove_event_listener_with_callback("click", self.clicked.as_ref().unchecked_ref());
            let _ = document
                .remove_event_listener_with_callback("keydown", self.pressed.as_ref().unchecked_ref());
        }
    }
}

/// A sheet is moved sideways as far as it would reach beyond the window.
fn keep_on_screen(menu: &Element) {
    const EDGE: f64 = 6.0;
    let sheet = menu.query_selector(".sheet").ok().flatten().and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let (Some(sheet), Some(window)) = (sheet, web_sys::window()) else { return };
    let _ = sheet.style().remove_property("translate");
    let width = window.inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(f64::MAX);
    let place = sheet.get_bounding_client_rect();
    let aside = (EDGE - place.left()).max(0.0) - (place.right() + EDGE - width).max(0.0);
    if aside != 0.0 {
        let _ = sheet.style().set_property("translate", &format!("{aside:.0}px"));
    }
}

/// Opens a menu over everything at a place, moved as far as it would reach beyond the window, with the focus on its first item.
pub fn open_at(menu: &HtmlElement, at: (f64, f64)) {
    const EDGE: f64 = 6.0;
    let Some(window) = web_sys::window() else { return };
    // One that is open already stays open.
    let _ = menu.show_popover();
    let size = |of: Result<wasm_bindgen::JsValue, _>| of.ok().and_then(|it| it.as_f64()).unwrap_or(f64::MAX);
    let (width, height) = (size(window.inner_width()), size(window.inner_height()));
    let box_ = menu.get_bounding_client_rect();
    let left = at.0.min(width - box_.width() - EDGE).max(EDGE);
    let top = at.1.min(height - box_.height() - EDGE).max(EDGE);
    for (property, value) in [("left", left), ("top", top)] {
        // A number of pixels is always a valid length.
        let _ = menu.style().set_property(property, &format!("{value:.0}px"));
    }
    focus_item(menu, "[role=menuitem]:not([aria-disabled=true])", |_, _| 0);
}

/// The lower left corner of the button that was pressed.
pub fn below_button(event: &Event) -> (f64, f64) {
    let pressed = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let button = pressed.and_then(|it| it.closest("button").ok().flatten());
    button.map(|it| it.get_bounding_client_rect()).map_or((0.0, 0.0), |place| (place.left(), place.bottom()))
}

/// Whether a menu that was opened so is still open.
pub fn is_open(menu: &Element) -> bool {
    menu.matches(":popover-open").unwrap_or(false)
}

/// Moves the focus among the items of a menu; says whether the key does that.
pub fn move_focus(event: &KeyboardEvent) -> bool {
    let to: fn(usize, usize) -> usize = match event.key().as_str() {
        "ArrowDown" => |at, count| (at + 1) % count,
        "ArrowUp" => |at, count| (at + count - 1) % count,
        "Home" => |_, _| 0,
        "End" => |_, count| count - 1,
        key => return focus_named(event, key),
    };
    if let Some(menu) = menu_of(event) {
        focus_item(&menu, "[role^=menuitem]", to);
    }
    true
}

fn menu_of(event: &KeyboardEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}

/// Moves the focus to the next item that begins with this letter; says whether there is one.
fn focus_named(event: &KeyboardEvent, key: &str) -> bool {
    let mut letters = key.chars();
    let (Some(letter), None) = (letters.next().filter(|letter| letter.is_alphanumeric()), letters.next())
    else {
        return false;
    };
    let Some(menu) = menu_of(event) else { return false };
    let items = items(&menu, "[role=menuitem]");
    let begins = |item: &HtmlElement| {
        let first = item.text_content().and_then(|text| text.trim_start().chars().next());
        first.is_some_and(|first| first.to_lowercase().eq(letter.to_lowercase()))
    };
    let from = focused_among(&items).map_or(0, |at| at + 1);
    let found = (from..from + items.len()).map(|at| &items[at % items.len()]).find(|item| begins(item));
    // Focusing what is on the screen does not fail.
    found.map(|item| drop(item.focus())).is_some()
}

fn items(menu: &Element, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = menu.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

fn focused_among(items: &[HtmlElement]) -> Option<usize> {
    let focused = document().and_then(|document| document.active_element());
    items.iter().position(|it| focused.as_ref() == Some(it.as_ref()))
}

fn focus_item(menu: &Element, selector: &str, to: impl Fn(usize, usize) -> usize) {
    let items = items(menu, selector);
    let at = focused_among(&items).unwrap_or(0);
    if !items.is_empty() {
        let _ = items[to(at, items.len())].focus();
    }
}

fn close(which: impl Fn(&Element) -> bool) {
    let Some(open) = document().and_then(|it| it.query_selector_all("details.menu[open]").ok()) else {
        return;
    };
    let menus = (0..open.length()).filter_map(|at| open.get(at)?.dyn_into::<Element>().ok());
    for menu in menus.filter(which) {
        // Removing an attribute throws never.
        let _ = menu.remove_attribute("open");
    }
}
