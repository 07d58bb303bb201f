//! Mounts the page.

use sockscope::ui::{App, report_panics};

fn main() {
    report_panics();
    #[cfg(split)]
    sockscope::ui::later::comes_from(|| Box::pin(async { later().await.ok() }));
    leptos::mount::mount_to_body(|| leptos::view! { <App/> });
}

/// What comes with a second file: all that only this function reaches.
#[cfg(split)]
#[wasm_split_helpers::wasm_split(later, fallible)]
fn later() -> Result<&'static sockscope::ui::later::Later, wasm_split_helpers::SplitLoaderError> {
    Ok(sockscope::ui::later::later())
}
