//! The borders between the panes of the bench: dragged with the mouse, moved with the arrow keys, set back by a double click.
//!
//! Owns the sizes while a border is moved. The layout gets a size when the border is let go: each change of the layout goes to
//! the worker, which keeps it.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Div;
use leptos::prelude::*;

use super::super::parts::fields::text;
use super::store::Store;
use crate::browser::{layout, page};
use crate::wire::bench::Layout;

/// A pane with a size of its own.
pub(crate) struct Pane {
    /// Of its border, for those who hear it.
    name: &'static str,
    testid: &'static str,
    /// The custom property of the style sheet.
    property: &'static str,
    /// In pixels.
    usual: u16,
    least: u16,
    most: u16,
    /// It grows when its border moves this way.
    grows: Way,
    of: fn(&mut Layout) -> &mut u16,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Right,
    Left,
    Up,
}

/// The connections and what is kept beside them.
pub(crate) const RAIL: Pane = Pane {
    name: "Width of the list at the left",
    testid: "resize-rail",
    property: "--bench-rail",
    usual: 216,
    least: 140,
    most: 460,
    grows: Way::Right,
    of: |layout| &mut layout.rail_width,
};
/// The opened frame.
pub(crate) const DETAIL: Pane = Pane {
    name: "Width of the detail",
    testid: "resize-detail",
    property: "--bench-detail",
    usual: 384,
    least: 280,
    most: 1200,
    grows: Way::Left,
    of: |layout| &mut layout.detail_width,
};
/// The field of the composer.
pub(crate) const COMPOSER: Pane = Pane {
    name: "Height of the composer",
    testid: "resize-composer",
    property: "--bench-composer",
    usual: 44,
    least: 44,
    most: 480,
    grows: Way::Up,
    of: |layout| &mut layout.composer_height,
};

/// How far an arrow key moves a border, and with Shift.
const STEP: (i32, i32) = (16, 64);

impl Pane {
    fn size(&self, layout: &Layout) -> u16 {
        match *(self.of)(&mut layout.clone()) {
            0 => self.usual,
            size => size.clamp(self.least, self.most),
        }
    }

    fn within(&self, size: f64) -> u16 {
        size.round().clamp(self.least.into(), self.most.into()) as u16
    }
}

/// The border of a pane. Its size stands on the element around all panes, as a custom property.
pub(crate) fn border(store: Store, around: NodeRef<Div>, pane: &'static Pane) -> AnyView {
    // Where the pointer took hold of the border, with the size of that moment.
    let held = StoredValue::new(None::<(f64, u16)>);
    let moved = RwSignal::new(None::<u16>);
    let size =
        Memo::new(move |_| moved.get().unwrap_or_else(|| store.layout.with(|layout| pane.size(layout))));
    Effect::new(move || {
        if let Some(around) = around.get() {
            layout::set_length(&around, pane.property, size.get().into());
        }
    });
    let set = move |size: Option<u16>| store.layout.update(|layout| *(pane.of)(layout) = size.unwrap_or(0));
    let along = move |event: &PointerEvent| match pane.grows {
        Way::Right => f64::from(event.client_x()),
        Way::Left => -f64::from(event.client_x()),
        Way::Up => -f64::from(event.client_y()),
    };
    let take = move |event: PointerEvent| {
        if event.button() == 0 {
            page::hold_pointer(&event);
            held.set_value(Some((along(&event), size.get_untracked())));
        }
    };
    let drag = move |event: PointerEvent| {
        if let Some((from, size)) = held.get_value() {
            moved.set(Some(pane.within(f64::from(size) + along(&event) - from)));
        }
    };
    let let_go = move |_| {
        held.set_value(None);
        if let Some(size) = moved.get_untracked() {
            set(Some(size));
            moved.set(None);
        }
    };
    let key = move |event: KeyboardEvent| {
        let step = if event.shift_key() { STEP.1 } else { STEP.0 };
        let by = match (event.key().as_str(), pane.grows) {
            ("ArrowRight", Way::Right) | ("ArrowLeft", Way::Left) | ("ArrowUp", Way::Up) => step,
            ("ArrowLeft", Way::Right) | ("ArrowRight", Way::Left) | ("ArrowDown", Way::Up) => -step,
            ("Home", _) => -i32::from(u16::MAX),
            ("End", _) => i32::from(u16::MAX),
            _ => return,
        };
        event.prevent_default();
        set(Some(pane.within(f64::from(i32::from(size.get_untracked()) + by))));
    };
    let lies = if pane.grows == Way::Up { "horizontal" } else { "vertical" };
    view! {
        <div class="bench-border" role="separator" tabindex="0" aria-label=pane.name title="Drag, or use the arrow keys; a double click sets it back"
            data-testid=pane.testid aria-orientation=lies aria-valuemin=pane.least.to_string() aria-valuemax=pane.most.to_string()
            aria-valuenow=text(move || size.get().to_string())
            on:pointerdown=take on:pointermove=drag on:pointerup=let_go on:pointercancel=let_go on:keydown=key on:dblclick=move |_| set(None)></div>
    }
    .into_any()
}
