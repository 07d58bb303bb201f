//! Charts: uPlot with our glue, loaded when the first one is looked at.
//!
//! Owns the calls to it. What a chart shows is given as columns of numbers; nothing here knows where they come from.

use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlElement;

use super::words::words;

#[wasm_bindgen]
extern "C" {
    /// The start script knows where the module is.
    #[wasm_bindgen(js_name = sockscopeChart, catch)]
    fn load() -> Result<Promise, JsValue>;

    type Module;

    #[wasm_bindgen(method, js_name = createChart, catch)]
    fn create(this: &Module, host: &HtmlElement, options: &Object) -> Result<Handle, JsValue>;

    type Handle;

    #[wasm_bindgen(method, js_name = setData)]
    fn set_data(this: &Handle, numbers: &[f64], more: &Object);
    #[wasm_bindgen(method)]
    fn destroy(this: &Handle);
}

/// What a chart is: it stays so.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Above it, and in its words for people who do not see it.
    pub title: String,
    /// `ms` for latencies, else a text behind each number such as `/s`.
    pub unit: &'static str,
    /// `time` for seconds, else what is counted along the axis, such as `connections`.
    pub axis: &'static str,
    /// The lines: a name, and a tone of `style/chart.css` such as `p50` or `sent`.
    pub lines: Vec<(&'static str, &'static str)>,
    /// Whether a logarithmic scale is offered.
    pub can_log: bool,
}

/// A limit, drawn as a dashed line.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitLine {
    /// In the unit of the chart.
    pub value: f64,
    /// Such as `limit 40 ms`.
    pub label: String,
    /// Which line must stay below it: spans above are shaded. None when it is of no line.
    pub line: Option<usize>,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Something begins or comes back: a line.
    Begin,
    /// A lost connection: a red span.
    Wrong,
    /// A fault that was on: a hatched span.
    Fault,
    /// Samples that prove nothing: an amber span.
    Doubt,
}

impl MarkKind {
    fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Wrong => "wrong",
            Self::Fault => "fault",
            Self::Doubt => "doubt",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where it begins on the axis.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What it is.
    pub kind: MarkKind,
    /// Beside it; may be empty.
    pub label: String,
}

/// What a chart shows now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The places on the axis, ascending; then the values of each line, not a number where there is none.
    pub columns: Vec<Vec<f64>>,
    /// Dashed lines.
    pub limits: Vec<LimitLine>,
    /// Spans and moments.
    pub marks: Vec<Mark>,
    /// The part of the axis that is shown; all that there is when none is given.
    pub range: Option<(f64, f64)>,
    /// A person chose that part, and may want to go back to all.
    pub is_chosen: bool,
    /// What stands in place of lines where none can be drawn.
    pub empty: String,
}

/// A chart; dropping it takes it down.
pub struct Chart {
    handle: Handle,
    _selected: Closure<dyn FnMut(Option<f64>, Option<f64>)>,
}

impl Chart {
    /// Loads the module, and makes a chart in `host`; `selected` gets the span that a person drags over, or none for all of it.
    /// An error is in the browser's words.
    pub async fn open(
        host: &HtmlElement,
        look: &Look,
        selected: impl Fn(Option<(f64, f64)>) + 'static,
    ) -> Result<Self, String> {
        let promise = load().map_err(|thrown| words(&thrown))?;
        let module: Module = JsFuture::from(promise).await.map_err(|thrown| words(&thrown))?.unchecked_into();
        let selected =
            Closure::<dyn FnMut(Option<f64>, Option<f64>)>::new(move |from: Option<f64>, to: Option<f64>| {
                selected(from.zip(to));
            });
        let options = Object::new();
        let lines = look.lines.iter().map(|(name, tone)| {
            let line = Object::new();
            set(&line, "name", *name);
            set(&line, "tone", *tone);
            line
        });
        set(&options, "title", look.title.as_str());
        set(&options, "unit", look.unit);
        set(&options, "x", look.axis);
        set(&options, "series", lines.collect::<Array>());
        set(&options, "canLog", look.can_log);
        set(&options, "select", selected.as_ref().clone());
        let handle = module.create(host, &options).map_err(|thrown| words(&thrown))?;
        Ok(Self { handle, _selected: selected })
    }

    /// Shows this from the next frame on.
    pub fn show(&self, content: &Content) {
        let limits = content.limits.iter().map(|limit| {
            let it = Object::new();
            set(&it, "value", limit.value);
            set(&it, "label", limit.label.as_str());
            set(&it, "series", limit.line.map_or(-1.0, |line| line as f64));
            it
        });
        let marks = content.marks.iter().map(|mark| {
            let it = Object::new();
            set(&it, "from", mark.from);
            set(&it, "to", mark.to);
            set(&it, "kind", mark.kind.name());
            set(&it, "label", mark.label.as_str());
            it
        });
        let range = match content.range {
            Some((from, to)) => Array::of2(&from.into(), &to.into()).into(),
            None => JsValue::NULL,
        };
        let more = Object::new();
        set(&more, "limits", limits.collect::<Array>());
        set(&more, "marks", marks.collect::<Array>());
        set(&more, "range", range);
        set(&more, "isChosen", content.is_chosen);
        set(&more, "empty", content.empty.as_str());
        self.handle.set_data(&content.columns.concat(), &more);
    }
}

impl Drop for Chart {
    fn drop(&mut self) {
        self.handle.destroy();
    }
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // Setting a member of a fresh object cannot fail.
    let _ = Reflect::set(object, &name.into(), &value.into());
}
