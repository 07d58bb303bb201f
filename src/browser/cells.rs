//! What is written again and again: a text, an attribute or a style is set only when it differs from what stands there.
//!
//! Owns what stands there, so that the document is never asked. It refuses to know what it means.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};

/// Where something is written.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The text of an element that has nothing else in it.
    Text,
    /// An attribute.
    Attribute(&'static str),
    /// A property of its style.
    Style(&'static str),
}

enum Target {
    Text(Node),
    Attribute(Element, &'static str),
    Style(HtmlElement, &'static str),
}

struct Cell {
    target: Target,
    /// What stands there; none for an attribute that is not there.
    said: Option<String>,
}

/// Places within an element, which are written in their order.
pub struct Cells {
    cells: Vec<Cell>,
    next: usize,
}

impl Cells {
    /// The places that a selector finds; an empty one stands for the element itself. What is not found is not written.
    pub fn within(element: &HtmlElement, places: &[(&str, Place)]) -> Self {
        let find = |selector: &str| match selector {
            "" => Some(element.clone().into()),
            selector => element.query_selector(selector).ok().flatten(),
        };
        let cell = |(selector, place): &(&str, Place)| {
            let found: Element = find(selector)?;
            let target = match place {
                Place::Text => {
                    // A text of no length would leave no node.
                    found.set_text_content(Some(" "));
                    let node = found.first_child()?;
                    node.set_node_value(Some(""));
                    Target::Text(node)
                }
                Place::Attribute(name) => Target::Attribute(found, name),
                Place::Style(name) => Target::Style(found.dyn_into().ok()?, name),
            };
            let said = match &target {
                Target::Attribute(element, name) => element.get_attribute(name),
                Target::Text(_) | Target::Style(..) => Some(String::new()),
            };
            Some(Cell { target, said })
        };
        let cells: Vec<_> = places.iter().filter_map(cell).collect();
        debug_assert_eq!(cells.len(), places.len(), "every place is there");
        Self { cells, next: 0 }
    }

    /// What is written next stands in the first place.
    pub fn begin(&mut self) {
        self.next = 0;
    }

    /// Writes into the next place.
    pub fn text(&mut self, value: &str) {
        self.write(Some(value));
    }

    /// Writes into the next place; none takes an attribute away.
    pub fn write(&mut self, value: Option<&str>) {
        let Some(cell) = self.cells.get_mut(self.next) else { return };
        self.next += 1;
        if cell.said.as_deref() == value {
            return;
        }
        cell.said = value.map(str::to_owned);
        // A name of ours is always a valid one.
        match &cell.target {
            Target::Text(node) => node.set_node_value(Some(value.unwrap_or_default())),
            Target::Attribute(element, name) => {
                let _ = match value {
                    Some(value) => element.set_attribute(name, value),
                    None => element.remove_attribute(name),
                };
            }
            Target::Style(element, name) => {
                let _ = element.style().set_property(name, value.unwrap_or_default());
            }
        }
    }
}
