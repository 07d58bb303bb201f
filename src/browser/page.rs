//! What a page asks its window: where it is, what it kept, whether it is visible. Only for the page, not for the worker.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{PageTransitionEvent, Storage, VisibilityState, Window};

fn window() -> Window {
    web_sys::window().expect("the page has a window")
}

/// The part of the address after `#`, without it.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// The address of the page without what comes after `#`.
pub fn address_without_fragment() -> String {
    let address = window().location().href().unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

/// The host that the page came from, without its port; empty when it is a file.
pub fn host() -> String {
    window().location().hostname().unwrap_or_default()
}

/// Whether the page came over https.
pub fn is_secure() -> bool {
    window().location().protocol().is_ok_and(|protocol| protocol == "https:")
}

/// Whether the browser says that it has no network.
pub fn is_offline() -> bool {
    !window().navigator().on_line()
}

/// Asks whether this page may reach the local network, in the browser's words: granted, denied, prompt. A browser without such
/// a permission says nothing.
pub fn local_network_permission(told: impl FnOnce(String) + 'static) {
    let asked = js_sys::Object::new();
    // Setting a member of a fresh object cannot fail.
    let _ = js_sys::Reflect::set(&asked, &"name".into(), &"local-network-access".into());
    let Ok(answer) = window().navigator().permissions().and_then(|permissions| permissions.query(&asked))
    else {
        return;
    };
    wasm_bindgen_futures::spawn_local(async move {
        let Ok(status) = wasm_bindgen_futures::JsFuture::from(answer).await else { return };
        let state = js_sys::Reflect::get(&status, &"state".into()).ok().and_then(|state| state.as_string());
        told(state.unwrap_or_default());
    });
}

/// Whether a key goes into a field, where letters are letters, in whichever document the field is.
pub fn is_writing(event: &web_sys::Event) -> bool {
    is_within(event, "input, textarea, select, [contenteditable]:not([contenteditable=false])")
}

/// Whether a key goes to something that does something of its own with it.
pub fn is_on_control(event: &web_sys::Event) -> bool {
    is_within(event, "button, a, summary, input, textarea, select")
}

/// By the whole path: an event that leaves a shadow root has the host of that root for a target.
fn is_within(event: &web_sys::Event, selector: &str) -> bool {
    event.composed_path().iter().any(|part| {
        part.dyn_ref::<web_sys::Element>().is_some_and(|element| element.matches(selector).unwrap_or(false))
    })
}

/// Whether a dialog stands in front of the page.
pub fn has_dialog() -> bool {
    let found = window().document().and_then(|document| document.query_selector("dialog[open]").ok());
    found.flatten().is_some()
}

/// Whether the keyboard is that of a Mac, which commands with ⌘.
pub fn is_mac() -> bool {
    window().navigator().platform().is_ok_and(|platform| platform.starts_with("Mac"))
}

/// What the page that holds us was given under a name, as `data-` attributes of its root; our own gives nothing.
pub fn given(name: &str) -> Option<String> {
    window().document()?.document_element()?.get_attribute(name)
}

/// The WebSocket address of the host that serves the page, with this path. A page that is served apart from the practice
/// server names that in `data-server`.
pub fn own_socket_address(path: &str) -> String {
    if let Some(server) = given("data-server") {
        return server + path;
    }
    let location = window().location();
    let scheme = if location.protocol().as_deref() == Ok("https:") { "wss" } else { "ws" };
    match location.host() {
        Ok(host) if !host.is_empty() => format!("{scheme}://{host}{path}"),
        _ => format!("ws://localhost:9000{path}"),
    }
}

/// A word that no other call gives, in this browser or another.
pub fn unique() -> String {
    let random = (js_sys::Math::random() * 4_294_967_296.0) as u64;
    format!("{:x}{random:08x}", js_sys::Date::now() as u64)
}

/// The text at an address, or why there is none.
pub async fn fetch_text(address: &str) -> Result<String, String> {
    let response = gloo_net::http::Request::get(address).send().await.map_err(|error| error.to_string())?;
    if !response.ok() {
        return Err(format!("the server answers {} {}", response.status(), response.status_text()));
    }
    response.text().await.map_err(|error| error.to_string())
}

/// Whether a server answers at this address with a status of success.
pub fn answers(address: &str, told: impl FnOnce(bool) + 'static) {
    let asked = window().fetch_with_str(address);
    wasm_bindgen_futures::spawn_local(async move {
        let answer = wasm_bindgen_futures::JsFuture::from(asked).await;
        let is_ok = answer.and_then(|it| js_sys::Reflect::get(&it, &"ok".into()));
        told(is_ok.is_ok_and(|it| it.is_truthy()));
    });
}

/// The names and values after `?` in the address, decoded.
pub fn query_pairs() -> Vec<(String, String)> {
    let search = window().location().search().unwrap_or_default();
    let Ok(pairs) = web_sys::UrlSearchParams::new_with_str(&search) else { return Vec::new() };
    let text = |value: wasm_bindgen::JsValue| value.as_string().unwrap_or_default();
    let entries = pairs.entries();
    let mut found = Vec::new();
    while let Ok(next) = entries.next() {
        if next.done() {
            break;
        }
        let pair: js_sys::Array = next.value().unchecked_into();
        found.push((text(pair.get(0)), text(pair.get(1))));
    }
    found
}

/// The element with this id.
pub fn element(id: &str) -> Option<web_sys::HtmlElement> {
    window().document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Whether a program drives this browser.
pub fn is_driven() -> bool {
    js_sys::Reflect::get(&window().navigator(), &"webdriver".into()).is_ok_and(|it| it.is_truthy())
}

/// A moment in ISO 8601 by the clock of this place, such as `2026-11-28 20:05:17`.
pub fn local_time(iso: &str) -> String {
    by_local_clock(&iso.into())
}

/// The same of a moment in milliseconds since 1970.
pub fn local_time_of(millis: f64) -> String {
    by_local_clock(&millis.into())
}

fn by_local_clock(moment: &wasm_bindgen::JsValue) -> String {
    let date = js_sys::Date::new(moment);
    let (year, month, day) = (date.get_full_year(), date.get_month() + 1, date.get_date());
    let (hours, minutes, seconds) = (date.get_hours(), date.get_minutes(), date.get_seconds());
    format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}")
}

/// Gives the other program of this page a value under a name, as an attribute of the root.
pub fn give(name: &str, value: &str) {
    if let Some(root) = window().document().and_then(|document| document.document_element()) {
        // Setting an attribute throws only for a name that is none.
        let _ = root.set_attribute(name, value);
    }
}

/// How many sockets the checks have, in digits.
pub const CHECK_SOCKETS: &str = "sockscope-check-sockets";
/// Under which name the bench gives how many sockets it has.
pub const BENCH_SOCKETS: &str = "data-sockets";
/// Under which name the bench gives its selected connection: the address, and on a line of their own the subprotocols.
pub const BENCH_CONNECTION: &str = "data-connection";
/// What is on in the fault proxy: the key that it is for, and on a line each the toxics, by name and title with a tab between.
pub const TOXICS: &str = "sockscope-toxics";
/// What goes wrong in the fault proxy on purpose, in words; empty for nothing.
pub const FAULTS: &str = "sockscope-faults";
/// A connection that the bench is to open: the address, and on a line of their own the subprotocols.
pub const CONNECT: &str = "sockscope-connect";
/// Under which name the bench gives the address that it connected to last, or that a person wants to check.
pub const BENCH_URL: &str = "data-url";
/// Frames for the timeline, as bytes of a request for the bench's worker.
pub const FRAMES: &str = "sockscope-frames";
/// A recording of the bench, as JSON Lines in UTF-8, to become a suite.
pub const RECORDING: &str = "sockscope-recording";
/// That recording has become a suite.
pub const DRAFTED: &str = "sockscope-drafted";

/// Tells the other program of this page something.
pub fn announce_bytes(name: &str, bytes: &[u8]) {
    let bytes = js_sys::Uint8Array::from(bytes);
    let init = web_sys::CustomEventInit::new();
    init.set_detail(&bytes);
    init.set_cancelable(true);
    let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict(name, &init) else { return };
    // The receiver cancels it. A program that is not loaded yet finds it when it begins to listen.
    if window().dispatch_event(&event) != Ok(false) {
        let _ = js_sys::Reflect::set(&window(), &name.into(), &bytes);
    }
}

/// Calls `heard` when the other program of this page tells something of this name, until dropped.
pub struct BytesListener {
    name: &'static str,
    listener: Closure<dyn FnMut(web_sys::CustomEvent)>,
}

impl BytesListener {
    /// Starts listening.
    pub fn new(name: &'static str, mut heard: impl FnMut(Vec<u8>) + 'static) -> Self {
        if let Some(told) = js_sys::Reflect::get(&window(), &name.into()).ok().filter(|it| !it.is_undefined())
        {
            let _ = js_sys::Reflect::delete_property(&window(), &name.into());
            if let Some(bytes) = told.dyn_ref::<js_sys::Uint8Array>() {
                heard(bytes.to_vec());
            }
        }
        let listener = Closure::<dyn FnMut(_)>::new(move |event: web_sys::CustomEvent| {
            if let Some(bytes) = event.detail().dyn_ref::<js_sys::Uint8Array>() {
                event.prevent_default();
                heard(bytes.to_vec());
            }
        });
        let _ = window().add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        Self { name, listener }
    }
}

impl Drop for BytesListener {
    fn drop(&mut self) {
        let _ =
            window().remove_event_listener_with_callback(self.name, self.listener.as_ref().unchecked_ref());
    }
}

/// Lets this much time pass.
pub async fn pause(time: std::time::Duration) {
    gloo_timers::future::sleep(time).await;
}

/// Whether the page is hidden: the tab is in the background.
pub fn is_hidden() -> bool {
    window().document().is_some_and(|d| d.visibility_state() == VisibilityState::Hidden)
}

/// Calls `changed` at every change of the fragment, until dropped.
pub struct FragmentListener {
    listener: Closure<dyn FnMut()>,
}

impl FragmentListener {
    /// Starts listening.
    pub fn new(mut changed: impl FnMut(String) + 'static) -> Self {
        let listener = Closure::<dyn FnMut()>::new(move || changed(fragment()));
        // Adding a listener throws only for a callback that is none.
        let _ = window().add_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref());
        Self { listener }
    }
}

impl Drop for FragmentListener {
    fn drop(&mut self) {
        let _ = window()
            .remove_event_listener_with_callback("hashchange", self.listener.as_ref().unchecked_ref());
    }
}

/// Calls `left` when the page is left, and starts again when a browser brings a left page back.
///
/// Browsers keep a left page alive for the way back, with its worker and every socket in it: to the server the user would
/// still be there.
pub struct LeaveListener {
    hidden: Closure<dyn FnMut()>,
    shown: Closure<dyn FnMut(PageTransitionEvent)>,
}

impl LeaveListener {
    /// Starts listening.
    pub fn new(left: impl FnMut() + 'static) -> Self {
        let hidden = Closure::<dyn FnMut()>::new(left);
        let shown = Closure::<dyn FnMut(_)>::new(|event: PageTransitionEvent| {
            if event.persisted() {
                // A reload that is refused leaves a page without a worker, which says so.
                let _ = window().location().reload();
            }
        });
        let _ = window().add_event_listener_with_callback("pagehide", hidden.as_ref().unchecked_ref());
        let _ = window().add_event_listener_with_callback("pageshow", shown.as_ref().unchecked_ref());
        Self { hidden, shown }
    }
}

impl Drop for LeaveListener {
    fn drop(&mut self) {
        let _ =
            window().remove_event_listener_with_callback("pagehide", self.hidden.as_ref().unchecked_ref());
        let _ = window().remove_event_listener_with_callback("pageshow", self.shown.as_ref().unchecked_ref());
    }
}

/// Runs `draw` with the next frame; at once when the page is hidden, since it has no frames then.
pub fn with_next_frame(draw: impl FnOnce() + 'static) {
    if is_hidden() {
        wasm_bindgen_futures::spawn_local(async {
            gloo_timers::future::TimeoutFuture::new(0).await;
            draw();
        });
        return;
    }
    let draw = Closure::once_into_js(draw);
    // Without a frame nothing is drawn and nothing is lost: the next update comes after this one.
    let _ = window().request_animation_frame(draw.unchecked_ref());
}

/// What this page kept under a name.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok()?
}

/// Keeps a text under a name. A browser that keeps nothing (private windows, full disk) is not an error: it starts empty.
pub fn keep(name: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&key(name), text);
    }
}

/// Forgets what was kept under a name.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(name));
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

fn key(name: &str) -> String {
    format!("sockscope.{name}")
}

/// Tells the style sheets which theme was chosen: `system`, `light` or `dark`.
pub fn set_theme(name: &str) {
    if let Some(root) = window().document().and_then(|d| d.document_element()) {
        // Setting an attribute throws only for a name that is none.
        let _ = root.set_attribute("data-theme", name);
    }
}

/// Goes to another view; `fragment` begins with `#`.
pub fn go_to(fragment: &str) {
    // Refused only where a frame may not navigate itself; then the view stays.
    let _ = window().location().set_hash(fragment);
}

/// Names the tab.
pub fn set_title(title: &str) {
    if let Some(document) = window().document() {
        document.set_title(title);
    }
}

/// Prints the page.
pub fn print() {
    // A browser that cannot print says so itself.
    let _ = window().print();
}

/// Focuses what a selector finds, as soon as it is drawn: a view that is just being shown takes a frame or two.
pub fn focus_soon(selector: &str) {
    const FRAMES: u8 = 10;
    focus_within(selector.to_owned(), FRAMES);
}

/// Does something when the focus has left an item of a list. A window that has lost it may get it back to the same field.
pub fn once_left(list: &'static str, at: usize, done: impl FnOnce() + 'static) {
    with_next_frame(move || {
        let Some(document) = window().document() else { return };
        let within = format!("{list} > li:nth-child({})", at + 1);
        let is_within =
            document.active_element().is_some_and(|it| it.closest(&within).ok().flatten().is_some());
        if document.has_focus().unwrap_or(false) && !is_within {
            done();
        }
    });
}

fn focus_within(selector: String, frames: u8) {
    with_next_frame(move || {
        let Some(document) = window().document() else { return };
        let found = document.query_selector(&selector).ok().flatten();
        if let Some(element) = found.as_ref().and_then(|found| found.dyn_ref::<web_sys::HtmlElement>()) {
            // What is not shown cannot be focused, and says nothing.
            let _ = element.focus();
        }
        if frames > 0 && (found.is_none() || document.active_element() != found) {
            focus_within(selector, frames - 1);
        }
    });
}

/// An attribute of the nearest element that a selector finds, from where an event happened upwards.
pub fn attribute_above(event: &web_sys::Event, selector: &str, name: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.closest(selector).ok()??.get_attribute(name)
}

/// An attribute of the part of a row, such as a list has them, that stands where the pointer is along it, however near to an
/// edge of the row the pointer is.
pub fn attribute_beside(
    event: &web_sys::MouseEvent,
    row: &str,
    selector: &str,
    name: &str,
) -> Option<String> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let place = target.closest(row).ok()??.get_bounding_client_rect();
    let middle = (place.top() + place.height() / 2.0) as f32;
    let under = window().document()?.element_from_point(event.client_x() as f32, middle)?;
    under.closest(selector).ok()??.get_attribute(name)
}

/// What the pointer does from now on belongs to the element under it, wherever it goes, until it is let go.
pub fn hold_pointer(event: &web_sys::PointerEvent) {
    let element = event.current_target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    if let Some(element) = element {
        // A pointer that is gone by now needs no hold.
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}
