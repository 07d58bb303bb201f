//! The way back from a suite or a form to the list of suites, on a narrow screen.
//!
//! Owns the link alone: the style sheet says where there is one.

use leptos::prelude::*;

use crate::ui::parts::fields::text;

/// The way back to the list, where what was chosen lies over it.
pub(super) fn link() -> AnyView {
    let name = text(|| "Back to the suites".to_owned());
    view! { <a class="button quiet checks-back" href="#/checks/all" data-testid="checks-back" aria-label=name title=name>"‹"</a> }
        .into_any()
}
