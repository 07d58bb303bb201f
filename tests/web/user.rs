//! A person in front of the page: finds by what is written on it, types, clicks, presses keys, and waits with a bound.

use std::fmt::Debug;

use gloo_timers::future::sleep;
use sockscope::ui::{Mounted, mount_in};
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
    KeyboardEventInit,
};

/// Where Trunk has put the worker of the release page, which is built before these tests.
const WORKER: &str = "/dist/worker_boot.js";
const STYLES: [&str; 6] = ["tokens", "page", "controls", "bench", "timeline", "checks"];

/// A person with a page of their own, which goes away with them.
pub struct User {
    host: HtmlElement,
    _page: Option<Mounted>,
}

impl Drop for User {
    fn drop(&mut self) {
        self._page = None;
        self.host.remove();
    }
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a test page has a document")
}

impl User {
    /// Opens the page as on a first visit.
    pub async fn open() -> Self {
        forget_visits().await;
        Self::open_again().await
    }

    /// Opens the page as on a later visit.
    pub async fn open_again() -> Self {
        assert!(
            exists(WORKER).await,
            "{WORKER} is missing; `cargo xtask test` builds the page before it runs this"
        );
        styles().await;
        web_sys::window().expect("a window").location().set_hash("").expect("a fragment can be set");
        let host: HtmlElement = document().create_element("div").expect("an element").unchecked_into();
        host.set_attribute(
            "style",
            "position:fixed;inset:0;display:flex;flex-direction:column;background:var(--ground)",
        )
        .expect("a style");
        document().body().expect("a body").append_child(&host).expect("appended");
        let page = mount_in(host.clone(), WORKER);
        let user = Self { host, _page: Some(page) };
        user.until("the bench", || user.find("url").filter(|url| is_seen(url))).await;
        user
    }

    /// What carries a test's name, the first that is seen.
    pub fn find(&self, testid: &str) -> Option<Element> {
        let all = self.all(&format!("[data-testid=\"{testid}\"]"));
        all.iter().find(|element| is_seen(element)).or(all.first()).cloned()
    }

    pub fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.host.query_selector_all(selector).expect("a selector");
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    }

    fn must(&self, testid: &str) -> HtmlElement {
        let found = self.find(testid).unwrap_or_else(|| panic!("nothing is called {testid:?}"));
        found.unchecked_into()
    }

    /// What stands in a field.
    pub fn value(&self, testid: &str) -> String {
        let field = self.must(testid);
        match field.dyn_ref::<HtmlTextAreaElement>() {
            Some(area) => area.value(),
            None => field.unchecked_ref::<HtmlInputElement>().value(),
        }
    }

    /// Clicks what can be clicked.
    pub async fn click(&self, testid: &str) {
        let what = format!("{testid} to be clickable");
        let is_clickable = |it: &Element| is_seen(it) && !it.has_attribute("disabled");
        let element = self.until(&what, || self.find(testid).filter(is_clickable)).await;
        element.unchecked_into::<HtmlElement>().click();
        frame().await;
    }

    /// Puts a text in place of what stands in a field, letter by letter as far as that makes a difference.
    pub async fn type_into(&self, testid: &str, text: &str) {
        let field = self.must(testid);
        field.focus().expect("a field takes the focus");
        for part in ["", text] {
            match field.dyn_ref::<HtmlTextAreaElement>() {
                Some(area) => area.set_value(part),
                None => field.unchecked_ref::<HtmlInputElement>().set_value(part),
            }
            fire(&field, "input");
        }
        fire(&field, "change");
        frame().await;
    }

    pub async fn choose(&self, testid: &str, value: &str) {
        let select = self.must(testid);
        js_sys::Reflect::set(&select, &"value".into(), &value.into()).expect("a select has a value");
        fire(&select, "change");
        frame().await;
    }

    /// Presses keys, such as `Ctrl+Enter`, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let (modifiers, key) = keys.rsplit_once('+').unwrap_or(("", keys));
        let init = KeyboardEventInit::new();
        init.set_bubbles(true);
        init.set_cancelable(true);
        init.set_key(key);
        let is_digit = key.len() == 1 && key.as_bytes()[0].is_ascii_digit();
        init.set_code(&if is_digit { format!("Digit{key}") } else { format!("Key{}", key.to_uppercase()) });
        init.set_ctrl_key(modifiers.contains("Ctrl"));
        init.set_alt_key(modifiers.contains("Alt"));
        init.set_shift_key(modifiers.contains("Shift"));
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).expect("an event");
        let target = document().active_element().unwrap_or_else(|| document().body().expect("a body").into());
        target.dispatch_event(&event).expect("dispatched");
        frame().await;
    }

    pub fn focus(&self, testid: &str) {
        self.must(testid).focus().expect("it takes the focus");
    }

    pub fn has_focus(&self, testid: &str) -> bool {
        document().active_element() == self.find(testid)
    }

    /// The rows of the timeline that are seen, from the top.
    pub fn rows(&self) -> Vec<String> {
        let mut rows: Vec<(f64, String)> = self
            .all(".row:not([hidden])")
            .iter()
            .map(|row| (row.get_bounding_client_rect().top(), row.text_content().unwrap_or_default()))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.into_iter().map(|(_, text)| text).collect()
    }

    /// Clicks the first row that has this text in it.
    pub async fn click_row(&self, part: &str) {
        let what = format!("a row with {part:?}");
        let has_it = |row: &Element| row.text_content().is_some_and(|it| it.contains(part));
        let row = self.until(&what, || self.all(".row:not([hidden])").into_iter().find(has_it)).await;
        row.unchecked_into::<HtmlElement>().click();
        frame().await;
    }

    pub async fn until_text(&self, testid: &str, part: &str) {
        let last = std::cell::RefCell::new(String::new());
        let found = self.wait(|| {
            let text = self.find(testid).and_then(|it| it.text_content()).unwrap_or_default();
            let is_there = text.contains(part);
            *last.borrow_mut() = text;
            is_there.then_some(())
        });
        assert!(found.await.is_some(), "{testid} never said {part:?}; it says {:?}", last.borrow());
    }

    pub async fn until<T>(&self, what: &str, probe: impl FnMut() -> Option<T>) -> T {
        self.wait(probe)
            .await
            .unwrap_or_else(|| panic!("waited in vain for {what}; rows: {:#?}", self.rows()))
    }

    /// The bound is generous: it decides when to give up, not whether it was fast.
    async fn wait<T>(&self, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
        for _ in 0..1500 {
            if let Some(answer) = probe() {
                return Some(answer);
            }
            sleep(Duration::from_millis(10)).await;
        }
        None
    }

    /// Goes to an address and opens it.
    pub async fn connect_to(&self, address: &str) {
        self.type_into("url", address).await;
        self.click("connect").await;
        self.until_text("note", "Open; the handshake took").await;
    }

    /// Sends a text with the keyboard.
    pub async fn send(&self, text: &str) {
        self.type_into("message", text).await;
        self.until("the send button", || self.find("send").filter(|it| !it.has_attribute("disabled"))).await;
        self.focus("message");
        self.press("Ctrl+Enter").await;
    }

    #[track_caller]
    pub fn assert_rows<P: Debug>(&self, what: P, holds: impl Fn(&[String]) -> bool) {
        let rows = self.rows();
        assert!(holds(&rows), "{what:?}: {rows:#?}");
    }
}

fn is_seen(element: &Element) -> bool {
    element.get_client_rects().length() > 0
}

fn fire(element: &HtmlElement, name: &str) {
    let init = EventInit::new();
    init.set_bubbles(true);
    element
        .dispatch_event(&Event::new_with_event_init_dict(name, &init).expect("an event"))
        .expect("dispatched");
}

/// Lets the page react and draw.
async fn frame() {
    sleep(Duration::from_millis(20)).await;
}

async fn exists(address: &str) -> bool {
    let window = web_sys::window().expect("a window");
    match JsFuture::from(window.fetch_with_str(address)).await {
        Ok(response) => response.unchecked_into::<web_sys::Response>().ok(),
        Err(_) => false,
    }
}

/// The page's own style sheets, so that what is hidden is hidden and a list has a height.
async fn styles() {
    let document = document();
    if document.query_selector("link[rel=stylesheet]").expect("a selector").is_some() {
        return;
    }
    let head = document.head().expect("a head");
    for name in STYLES {
        let link = document.create_element("link").expect("an element");
        link.set_attribute("rel", "stylesheet").expect("set");
        link.set_attribute("href", &format!("/style/{name}.css")).expect("set");
        head.append_child(&link).expect("appended");
    }
    // The last one gives the rows their layout.
    for _ in 0..500 {
        if document.style_sheets().length() >= STYLES.len() as u32 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the style sheets did not load");
}

/// As if nobody had been here before.
async fn forget_visits() {
    let window = web_sys::window().expect("a window");
    if let Ok(Some(storage)) = window.local_storage() {
        storage.clear().expect("cleared");
    }
    let factory = window.indexed_db().expect("allowed").expect("there is one");
    factory.delete_database("sockscope").expect("asked");
    // It is deleted once the worker of the test before has let go of it; opening afterwards waits for that by itself.
    frame().await;
}
