//! The options of a run besides the suite.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::shards::shard::Shard;
use crate::base::notify::Notify;
use crate::report::Environment;

/// How to run a suite.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// New values of variables, from a form, a command line or an address; the last one of a name wins.
    pub overrides: Vec<(String, String)>,
    /// What `{{env.NAME}}` finds.
    pub env: BTreeMap<String, String>,
    /// Who gave a value, in words such as `from ws_url in Values`: by the name of a variable, and by `env.NAME`. What is not here
    /// is called by its name alone.
    pub told_by: BTreeMap<String, String>,
    /// Values that are masked although the suite calls no variable of them a secret.
    pub secrets: Vec<String>,
    /// What all random values come from.
    pub seed: u64,
    /// Only checks with one of these tags; all when empty.
    pub tags: Vec<String>,
    /// Only checks of these names, as the suite writes them; all when empty.
    pub names: Vec<String>,
    /// Milliseconds since 1970 at the moment that the world calls its origin.
    pub origin_millis: u64,
    /// Where this is. Lag is measured by the run itself. `hidden` says that the page is out of sight for all of the run, unless
    /// the flag below is set at the start too.
    pub environment: Environment,
    /// Whether the page is out of sight now; kept up to date by the caller. A check is in doubt only if it was while
    /// the check ran.
    pub hidden: Rc<Cell<bool>>,
    /// Whether the command that serves the page opens connections for it. Only a page asks.
    pub has_relay: bool,
    /// Which part of the groups is here. The thresholds of a part are shown and not judged: [`merge`](super::super::shards::merge) does that.
    pub shard: Shard,
}

/// Stops a run. A clone stops the same run.
#[derive(Clone, Default)]
pub struct Stop {
    asked: Rc<Cell<bool>>,
    notify: Notify,
}

impl Stop {
    /// Asks the run to end: what runs is broken off, sockets are closed, and the report says so.
    pub fn stop(&self) {
        self.asked.set(true);
        self.notify.ring();
    }

    /// Whether a stop was asked for.
    pub fn is_asked(&self) -> bool {
        self.asked.get()
    }

    /// Waits until a stop is asked for.
    pub async fn asked(&self) {
        self.notify.when(|| self.asked.get().then_some(())).await;
    }
}
