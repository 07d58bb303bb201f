//! Mounts the page.

use sockscope::ui::{App, report_panics};

fn main() {
    report_panics();
    leptos::mount::mount_to_body(|| leptos::view! { <App/> });
}
