//! The frame around the views: routes, theme, keys, commands, dialogs, toasts.

pub(crate) mod app;
pub(crate) mod dialogs;
pub(crate) mod keys;
pub(crate) mod mount;
pub(crate) mod palette;
pub(crate) mod theme;
pub(crate) mod toast;
pub(crate) mod trouble;
