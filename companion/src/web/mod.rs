//! HTTP: which requests pass, the headers of every answer, the page, the API, and the handshakes of the WebSocket routes.
//!
//! [`app`] has the table of routes, on `axum`. `tower-http` is not used: the page is inside the binary, where `ServeDir` does not
//! look; its limit for bodies and its CORS answer in other words and with other statuses than those that we publish.
//!
//! **Invariant:** no answer leaves without [`headers`], and no request reaches a handler without [`access`].

pub mod access;
pub mod answer;
pub mod api;
pub mod app;
pub mod assets;
pub mod body;
pub mod door;
pub mod folder;
pub mod headers;
mod opened;
pub mod page;
pub mod preview;
pub mod probe;
pub mod proxied;
pub mod recordings;
pub mod relay;
pub mod site;
pub mod toxics;
pub mod upgrade;

pub use app::App;
pub use door::Door;
pub use site::Site;
