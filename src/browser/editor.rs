//! The editor of suites: CodeMirror in a shadow root, loaded when it is first looked at.
//!
//! Owns the calls to it. Places in text are bytes on our side and UTF-16 units on the other.

use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlElement;

use super::words::words;
use crate::engine::suite::assist::{Explained, Suggestion};

#[wasm_bindgen]
extern "C" {
    /// The start script knows where the module is.
    #[wasm_bindgen(js_name = sockscopeEditor, catch)]
    fn load() -> Result<Promise, JsValue>;

    type Module;

    #[wasm_bindgen(method, js_name = createEditor, catch)]
    fn create(this: &Module, host: &HtmlElement, options: &Object) -> Result<Handle, JsValue>;

    type Handle;

    #[wasm_bindgen(method)]
    fn text(this: &Handle) -> String;
    #[wasm_bindgen(method, js_name = setText)]
    fn set_text(this: &Handle, text: &str);
    #[wasm_bindgen(method, js_name = setProblems)]
    fn set_problems(this: &Handle, problems: &Array);
    #[wasm_bindgen(method, js_name = goTo)]
    fn go_to(this: &Handle, line: u32, column: u32);
    #[wasm_bindgen(method)]
    fn replace(this: &Handle, text: &str);
    #[wasm_bindgen(method)]
    fn cursor(this: &Handle) -> u32;
    #[wasm_bindgen(method)]
    fn insert(this: &Handle, text: &str, at: u32);
    #[wasm_bindgen(method, js_name = setReadOnly)]
    fn set_read_only(this: &Handle, is_read_only: bool);
    #[wasm_bindgen(method)]
    fn focus(this: &Handle);
    #[wasm_bindgen(method)]
    fn destroy(this: &Handle);
}

/// A mistake to be underlined: from and until, each a line and a column counted from 1.
pub struct Underlined {
    /// Where it begins.
    pub from: (u32, u32),
    /// Where it ends.
    pub to: (u32, u32),
    /// What is wrong.
    pub message: String,
}

/// Calls back with an answer.
pub type Answer<T> = Box<dyn FnOnce(T)>;

/// Asks something about a byte of a text.
pub type Question<T> = Rc<dyn Fn(String, usize, Answer<T>)>;

/// What the editor asks and reports.
pub struct Listeners {
    /// The text is this now.
    pub changed: Rc<dyn Fn(String)>,
    /// What can be written at this byte of this text?
    pub complete: Question<Vec<Suggestion>>,
    /// What stands at this byte of this text?
    pub explain: Question<Option<Explained>>,
}

/// An editor; dropping it takes it down.
pub struct Editor {
    handle: Handle,
    _changed: Closure<dyn FnMut(String)>,
    _complete: Closure<dyn FnMut(f64, String) -> Promise>,
    _explain: Closure<dyn FnMut(f64, String) -> Promise>,
}

impl Editor {
    /// Loads the module, and makes an editor in `host`. An error is in the browser's words.
    pub async fn open(
        host: &HtmlElement,
        label: &str,
        text: &str,
        is_read_only: bool,
        listeners: Listeners,
    ) -> Result<Self, String> {
        let promise = load().map_err(|thrown| words(&thrown))?;
        let module: Module = JsFuture::from(promise).await.map_err(|thrown| words(&thrown))?.unchecked_into();
        let Listeners { changed, complete, explain } = listeners;
        let changed = Closure::<dyn FnMut(String)>::new(move |text| changed(text));
        let complete = Closure::<dyn FnMut(f64, String) -> Promise>::new(move |at: f64, text: String| {
            let complete = complete.clone();
            Promise::new(&mut |resolve, _| {
                let asked = text.clone();
                let answer = move |all: Vec<Suggestion>| {
                    let all: Array = all.iter().map(|it| offered(it, &asked)).collect();
                    resolved(&resolve, &all);
                };
                complete(text.clone(), byte_of(&text, at as usize), Box::new(answer));
            })
        });
        let explain = Closure::<dyn FnMut(f64, String) -> Promise>::new(move |at: f64, text: String| {
            let explain = explain.clone();
            Promise::new(&mut |resolve, _| {
                let asked = text.clone();
                let answer = move |said: Option<Explained>| match said {
                    None => resolved(&resolve, &JsValue::NULL),
                    Some(Explained { from, to, about }) => {
                        let it = Object::new();
                        set(&it, "from", unit_of(&asked, from));
                        set(&it, "to", unit_of(&asked, to));
                        set(&it, "text", about);
                        resolved(&resolve, &it);
                    }
                };
                explain(text.clone(), byte_of(&text, at as usize), Box::new(answer));
            })
        });
        let options = Object::new();
        set(&options, "text", text);
        set(&options, "label", label);
        set(&options, "readOnly", is_read_only);
        set(&options, "onChange", changed.as_ref().clone());
        set(&options, "complete", complete.as_ref().clone());
        set(&options, "hover", explain.as_ref().clone());
        let handle = module.create(host, &options).map_err(|thrown| words(&thrown))?;
        Ok(Self { handle, _changed: changed, _complete: complete, _explain: explain })
    }

    /// Shows another document.
    pub fn set_text(&self, text: &str) {
        if self.handle.text() != text {
            self.handle.set_text(text);
        }
    }

    /// Underlines these mistakes, and no others.
    pub fn set_mistakes(&self, mistakes: &[Underlined]) {
        let one = |it: &Underlined| {
            let object = Object::new();
            set(&object, "line", it.from.0);
            set(&object, "column", it.from.1);
            set(&object, "endLine", it.to.0);
            set(&object, "endColumn", it.to.1);
            set(&object, "message", it.message.as_str());
            object
        };
        self.handle.set_problems(&mistakes.iter().map(one).collect());
    }

    /// Puts the cursor somewhere, and brings that into view.
    pub fn go_to(&self, line: u32, column: u32) {
        self.handle.go_to(line, column);
        self.handle.focus();
    }

    /// Shows the same document in other words: the cursor stays, and it can be undone.
    pub fn replace(&self, text: &str) {
        if self.handle.text() != text {
            self.handle.replace(text);
        }
    }

    /// The text and the byte at which the cursor is.
    pub fn cursor(&self) -> (String, usize) {
        let text = self.handle.text();
        let at = byte_of(&text, self.handle.cursor() as usize);
        (text, at)
    }

    /// Writes at a byte.
    pub fn insert(&self, text: &str, at: usize) {
        self.handle.insert(text, unit_of(&self.handle.text(), at));
        self.handle.focus();
    }

    /// Whether it can be written into.
    pub fn set_read_only(&self, is_read_only: bool) {
        self.handle.set_read_only(is_read_only);
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.handle.destroy();
    }
}

fn offered(it: &Suggestion, text: &str) -> JsValue {
    let object = Object::new();
    set(&object, "label", it.label.as_str());
    set(&object, "detail", it.detail.as_str());
    set(&object, "info", it.about.as_str());
    set(&object, "apply", it.insert.as_str());
    set(&object, "from", unit_of(text, it.from));
    set(&object, "to", unit_of(text, it.to));
    object.into()
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // Setting a member of a fresh object cannot fail.
    let _ = Reflect::set(object, &name.into(), &value.into());
}

fn resolved(resolve: &js_sys::Function, value: &JsValue) {
    // A promise's own function does not throw.
    let _ = resolve.call1(&JsValue::UNDEFINED, value);
}

/// The byte at which a UTF-16 unit begins; the end when the text is shorter.
fn byte_of(text: &str, unit: usize) -> usize {
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units >= unit {
            return byte;
        }
        units += c.len_utf16();
    }
    text.len()
}

/// The UTF-16 unit at which a byte is.
fn unit_of(text: &str, byte: usize) -> u32 {
    let before = text.char_indices().take_while(|(at, _)| *at < byte);
    before.map(|(_, c)| c.len_utf16() as u32).sum()
}
