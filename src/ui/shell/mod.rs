//! The frame around the views: routes, theme, keys, dialogs, toasts.

#[cfg(feature = "page")]
pub(crate) mod app;
#[cfg(feature = "page")]
pub(crate) mod dialogs;
#[cfg(feature = "page")]
pub(crate) mod keys;
#[cfg(feature = "page")]
pub(crate) mod mount;
#[cfg(feature = "page")]
pub(crate) mod theme;
#[cfg(feature = "page")]
pub(crate) mod toast;
#[cfg(feature = "page")]
pub(crate) mod trouble;
