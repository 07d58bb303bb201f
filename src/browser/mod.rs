//! The edge: sockets, clock, HTTP, the channel between page and worker, what the browser keeps for us.
//!
//! Owns every call to the browser that is not about drawing. Nothing above sees a `JsValue`. It refuses to know what a
//! message means. One rule: an event is stamped before anything else happens in its callback.

pub mod added;
mod alarm;
mod cells;
pub mod channel;
pub mod chart;
pub mod chosen;
pub mod clipboard;
pub mod clock;
pub mod download;
pub mod editor;
pub mod files;
pub mod http;
pub mod layout;
pub mod leaving;
pub mod menus;
pub mod page;
pub mod palette;
pub mod picked;
pub mod private_files;
pub mod scope;
mod socket;
pub mod storage;
mod text;
mod turn;
mod words;
mod world;

pub use cells::{Cells, Place};
pub use socket::BrowserSocket;
pub use world::BrowserWorld;
