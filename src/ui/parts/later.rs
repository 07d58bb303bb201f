//! Views that are downloaded when they are first looked at.
use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;

/// Draws what the future brings, once it is there.
pub(crate) fn later(view: impl Future<Output = AnyView> + 'static) -> AnyView {
    let slot = RwSignal::new_local(None::<AnyView>);
    let owner = Owner::current();
    spawn_local(async move {
        let view = view.await;
        let _ = &owner;
        slot.set(Some(view));
    });
    (move || { slot.track(); slot.write_untracked().take() }).into_any()
}
