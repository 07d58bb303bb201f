//! HTTP: which requests pass, the headers of every answer, the page, the API, and the door to the WebSocket routes.
//!
//! **Invariant:** no answer leaves without [`headers`], and no request reaches a handler without [`gate`].

pub mod access;
pub mod answer;
pub mod api;
pub mod assets;
pub mod body;
pub mod headers;
pub mod page;
pub mod probe;
pub mod relay;
pub mod site;
pub mod toxics;
pub mod upgrade;

pub use site::Site;
