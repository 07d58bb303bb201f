//! The one clock: `performance.now()` of the page or worker that we run in.

use std::time::Duration;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::engine::Instant;

#[wasm_bindgen]
extern "C" {
    /// A page's window and a worker's scope both have it, so nothing here needs to know where it runs.
    type Performance;

    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: Performance;

    #[wasm_bindgen(method)]
    fn now(this: &Performance) -> f64;

    #[wasm_bindgen(method, getter, js_name = timeOrigin)]
    fn time_origin(this: &Performance) -> f64;

    #[wasm_bindgen(thread_local_v2, js_name = crossOriginIsolated)]
    static ISOLATED: Option<bool>;
}

/// Now.
pub fn now() -> Instant {
    Instant::from_millis_f64(PERFORMANCE.with(Performance::now))
}

/// When this clock began, in milliseconds since 1970.
pub fn began() -> f64 {
    PERFORMANCE.with(Performance::time_origin)
}

/// Whether the page is cross-origin isolated, which is what makes the clock fine.
pub fn is_isolated() -> bool {
    ISOLATED.with(|isolated| isolated.unwrap_or(false))
}

/// The smallest step that the clock takes, measured: browsers coarsen it and do not say by how much.
pub fn step() -> Duration {
    /// Enough to meet the smallest step, and two seconds at the coarsest known clock would be too long.
    const STEPS: u32 = 50;
    const AT_MOST: Duration = Duration::from_millis(20);
    let began = now();
    let (mut last, mut smallest, mut seen) = (began, Duration::MAX, 0);
    while seen < STEPS && (last - began < AT_MOST || seen == 0) {
        let next = now();
        if next > last {
            smallest = smallest.min(next - last);
            last = next;
            seen += 1;
        }
    }
    smallest
}

/// The moment on the calendar, in milliseconds since 1970.
pub fn wall() -> f64 {
    js_sys::Date::now()
}

/// How far the wall is ahead of UTC here and now, in milliseconds.
pub fn offset() -> f64 {
    js_sys::Date::new_0().get_timezone_offset() * -60_000.0
}
