//! A person in front of the page: finds by what is written on it, types, clicks, presses keys, and waits with a bound.

use std::fmt::Debug;

use gloo_timers::future::sleep;
use sockscope::ui::checks::{self, MountedChecks};
use sockscope::ui::faults::{self, MountedFaults};
use sockscope::ui::{Mounted, mount_in};
use std::time::Duration;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
    KeyboardEventInit,
};

use crate::web::practice::page_server;

/// Where the worker of the release page lies, which is built before these tests.
const WORKER: &str = "/dist/boot/bench_worker.js";
/// And that of the checks.
const CHECKS_WORKER: &str = "/dist/boot/checks_worker.js";

#[wasm_bindgen(module = "/tests/web/page.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn prepare(server: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = forgetVisits, catch)]
    async fn forget_visits() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = hostInWindow, catch)]
    async fn host_in_window() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = hostInFrame, catch)]
    async fn host_in_frame(width: u32, height: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = removeHost)]
    fn remove_host(host: &HtmlElement);
    #[wasm_bindgen(js_name = setTheme)]
    fn set_theme(host: &HtmlElement, name: &str);
    #[wasm_bindgen(js_name = troubleSaid)]
    fn trouble_said() -> String;
    #[wasm_bindgen(js_name = alive)]
    fn alive_now() -> String;
    #[wasm_bindgen(catch)]
    async fn axe(host: &HtmlElement) -> Result<JsValue, JsValue>;
}

/// Workers and listeners on the window and the document that are alive, one word each.
#[allow(dead_code, reason = "each test file uses its own part")]
pub fn alive() -> String {
    alive_now()
}

/// What axe-core has against something on the page.
#[derive(Debug, serde::Deserialize)]
pub struct Violation {
    pub rule: String,
    pub impact: String,
    pub help: String,
    pub targets: Vec<String>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.rule, self.impact, self.help)?;
        self.targets.iter().try_for_each(|target| write!(f, "\n    {target}"))
    }
}

/// A person with a page of their own, which goes away with them.
pub struct User {
    host: HtmlElement,
    _page: Option<Drawn>,
}

/// Which program draws.
#[allow(dead_code, reason = "each test file uses its own part")]
enum Drawn {
    Bench(Mounted),
    Checks(MountedChecks),
    Faults(MountedFaults),
}

impl Drop for User {
    fn drop(&mut self) {
        self._page = None;
        remove_host(&self.host);
    }
}

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("a test page has a document")
}

#[allow(dead_code, reason = "each test file uses its own part")]
impl User {
    /// Opens the page as on a first visit.
    pub async fn open() -> Self {
        ready(prepare(&page_server()).await);
        ready(forget_visits().await);
        Self::open_again().await
    }

    /// Opens the page as on a later visit.
    pub async fn open_again() -> Self {
        ready(prepare(&page_server()).await);
        Self::mount(ready(host_in_window().await)).await
    }

    /// Opens the page as on a first visit, on a screen of this size: in a frame, whose keys the page does not hear.
    pub async fn open_on(width: u32, height: u32) -> Self {
        ready(prepare(&page_server()).await);
        ready(forget_visits().await);
        Self::mount(ready(host_in_frame(width, height).await)).await
    }

    async fn mount(host: JsValue) -> Self {
        let host: HtmlElement = host.unchecked_into();
        let page = mount_in(host.clone(), WORKER);
        let user = Self { host, _page: Some(Drawn::Bench(page)) };
        user.until("the bench", || user.find("url").filter(is_seen)).await;
        user
    }

    /// Opens the view of checks as on a first visit.
    pub async fn open_checks() -> Self {
        ready(prepare(&page_server()).await);
        ready(forget_visits().await);
        Self::open_checks_again().await
    }

    /// Opens the view of checks as on a later visit.
    pub async fn open_checks_again() -> Self {
        ready(prepare(&page_server()).await);
        Self::mount_checks(ready(host_in_window().await)).await
    }

    /// Opens the view of checks as on a first visit, on a screen of this size.
    pub async fn open_checks_on(width: u32, height: u32) -> Self {
        ready(prepare(&page_server()).await);
        ready(forget_visits().await);
        Self::mount_checks(ready(host_in_frame(width, height).await)).await
    }

    async fn mount_checks(host: JsValue) -> Self {
        let host: HtmlElement = host.unchecked_into();
        let page = checks::mount_in(host.clone(), CHECKS_WORKER);
        let user = Self { host, _page: Some(Drawn::Checks(page)) };
        user.until("the library", || user.find("suite").filter(is_seen)).await;
        user
    }

    /// Opens the view of faults as on a first visit, of the page that this server serves.
    pub async fn open_faults_of(server: &str) -> Self {
        ready(prepare(server).await);
        ready(forget_visits().await);
        Self::mount_faults(ready(host_in_window().await)).await
    }

    /// Opens the view of faults as on a first visit.
    pub async fn open_faults() -> Self {
        Self::open_faults_of(&page_server()).await
    }

    /// Opens the view of faults as on a first visit, on a screen of this size.
    pub async fn open_faults_on(width: u32, height: u32) -> Self {
        ready(prepare(&page_server()).await);
        ready(forget_visits().await);
        Self::mount_faults(ready(host_in_frame(width, height).await)).await
    }

    async fn mount_faults(host: JsValue) -> Self {
        let host: HtmlElement = host.unchecked_into();
        // It asks nothing while another view is shown.
        web_sys::window().expect("a window").location().set_hash("#/faults").expect("an address of our own");
        let page = faults::mount_in(host.clone());
        let user = Self { host, _page: Some(Drawn::Faults(page)) };
        user.until("the toxics", || user.find("latency-on").filter(is_seen)).await;
        user
    }

    /// Drags a slider over these places.
    pub async fn drag(&self, testid: &str, places: impl Iterator<Item = usize>) {
        let slider: HtmlInputElement = self.must(testid).unchecked_into();
        for place in places {
            slider.set_value(&place.to_string());
            fire(&slider, "input");
        }
        fire(&slider, "change");
        frame().await;
    }

    /// Chooses a suite of the library by its name.
    pub async fn choose_suite(&self, name: &str) {
        let is_it = |it: &Element| it.text_content().is_some_and(|text| text.starts_with(name));
        let link = self.until(name, || self.all("[data-testid=suite]").into_iter().find(is_it)).await;
        // Not by a click: in a frame that would be the frame's own address.
        let address = link.get_attribute("href").expect("a link leads somewhere");
        web_sys::window().expect("a window").location().set_hash(&address).expect("an address of our own");
        frame().await;
        let title = || self.find("suite-title").map(|it| it.text_content().unwrap_or_default() + &field(&it));
        self.until(name, || title().filter(|it| it.contains(name))).await;
        let is_loaded =
            || self.find("run").filter(|it| it.get_attribute("aria-disabled").as_deref() != Some("true"));
        self.until("the suite to be loaded", is_loaded).await;
    }

    /// Clicks something that has no name of its own.
    pub async fn click_on(&self, element: Element) {
        element.unchecked_into::<HtmlElement>().click();
        frame().await;
    }

    /// Opens a menu by its test name.
    pub async fn open_menu(&self, testid: &str) {
        self.must(testid).set_attribute("open", "").expect("an attribute");
        frame().await;
    }

    /// How wide the page is.
    pub fn width(&self) -> i32 {
        self.host.client_width()
    }

    /// Draws the page in `light` or `dark`.
    pub fn dress(&self, theme: &str) {
        set_theme(&self.host, theme);
    }

    /// What axe-core has against what is shown now.
    pub async fn violations(&self) -> Vec<Violation> {
        let found = ready(axe(&self.host).await);
        serde_json::from_str(&found.as_string().expect("text of JSON")).expect("the form that page.js makes")
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
            let trouble = trouble_said();
            assert!(
                trouble.is_empty(),
                "the page said trouble (is dist built from the same sources?):\n{trouble}"
            );
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

/// What stands in a field; nothing when it is none.
fn field(element: &Element) -> String {
    element.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value).unwrap_or_default()
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

/// What script has made ready, or a panic with its words.
fn ready(made: Result<JsValue, JsValue>) -> JsValue {
    made.unwrap_or_else(|thrown| match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => panic!("{}", error.message()),
        None => panic!("{thrown:?}"),
    })
}
