//! What the handlers of one server share.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::access::AccessPolicy;
use super::assets::Assets;
use crate::folder::Folder;
use crate::routes::Practice;
use crate::tasks::Tasks;

/// Everything that answering needs.
pub struct Site {
    /// Which requests pass.
    pub policy: AccessPolicy,
    /// The page.
    pub assets: Box<dyn Assets>,
    /// What the routes share.
    pub practice: Arc<Practice>,
    /// Where a connection's task runs once it is a WebSocket.
    pub tasks: Tasks,
    /// How many more probes may run now; `None` when probes are switched off.
    pub probes: Option<Semaphore>,
    /// Whether the relay takes any certificate of a server.
    pub takes_any_certificate: bool,
    /// The folder that the page works on.
    pub folder: Option<Arc<Folder>>,
}
