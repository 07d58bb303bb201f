//! Signs of buttons, drawn and not typed: a machine whose fonts lack a sign shows an empty box.
//!
//! The shapes are those of Lucide, each as one path on a field of 24 by 24; its licence stands in `LICENSES.txt` beside this
//! file.

use leptos::prelude::*;

const STAR: &str = "M12 2l3.09 6.26L22 9.27l-5 4.87 1.18 6.88L12 17.77l-6.18 3.25L7 14.14 2 9.27l6.91-1.01z";

/// The characters that stand for signs in the source, and their paths.
const PATHS: [(&str, &str); 7] = [
    ("×", "M18 6 6 18M6 6l12 12"),
    (
        "⧉",
        "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2zM4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2",
    ),
    ("◐", "M12 2a10 10 0 1 0 0 20 10 10 0 1 0 0-20zM12 18a6 6 0 0 0 0-12z"),
    ("☆", STAR),
    ("★", STAR),
    ("↑", "m18 15-6-6-6 6"),
    ("↓", "m6 9 6 6 6-6"),
];

/// The sign that a character stands for; others, such as `?`, are in every font and are drawn as they are.
pub(crate) fn sign(character: &'static str) -> AnyView {
    match PATHS.iter().find(|(known, _)| *known == character) {
        Some((_, path)) => view! {
            <svg class="sign-of" viewBox="0 0 24 24" aria-hidden="true" data-sign=character><path d=*path/></svg>
        }
        .into_any(),
        None => view! { <span aria-hidden="true">{character}</span> }.into_any(),
    }
}
