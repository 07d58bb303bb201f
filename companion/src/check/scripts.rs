//! The scripts that run in the page.
//!
//! Owns all JavaScript of the command. The scripts say `window`, since Firefox's driver runs each in a global object of its
//! own.

/// Whether the checks are drawn, or what kept the page from it.
pub const READY: &str = "
    const trouble = document.getElementById('trouble');
    const late = document.querySelector('#checks > p.start > button') && document.querySelector('#checks > p.start');
    return {
        ready: document.querySelector('[data-testid=suites]')?.hidden === false,
        trouble: trouble && !trouble.hidden ? trouble.textContent : late ? late.textContent : null,
    };";

pub const BEGIN: &str = "
    const run = window.sockscopeRun = { report: null, error: null };
    sockscope.run(arguments[0], arguments[1]).then(
        report => { run.report = JSON.stringify(report); },
        error => { run.error = String(error?.message ?? error); });";

pub const STATUS: &str = "
    const run = window.sockscopeRun;
    return { ...sockscope.status(), is_over: run.report !== null, error: run.error };";

pub const FETCH: &str = "
    const box = window.sockscopeBox = { text: null, error: null };
    (promise => promise.then(text => { box.text = text; }, error => { box.error = String(error?.message ?? error); }))";

/// Never splits what one sign is made of.
pub const PIECE: &str = "
    const { text, error } = window.sockscopeBox;
    if (error !== null || text === null) return { error };
    let end = Math.min(arguments[0] + 4_000_000, text.length);
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end += 1;
    return { part: text.slice(arguments[0], end), is_last: end === text.length };";
