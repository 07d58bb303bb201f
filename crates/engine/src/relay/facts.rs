//! The one socket on which the relay tells facts, for all connections of a page.
//!
//! Owns what waits until it is open. It refuses to connect, and to know what a fact says.

use std::rc::Rc;

/// The socket, and what is to be said on it.
pub struct FactsSocket<S> {
    socket: Option<Rc<S>>,
    is_ready: bool,
    unsaid: Vec<String>,
}

impl<S> Default for FactsSocket<S> {
    fn default() -> Self {
        Self { socket: None, is_ready: false, unsaid: Vec::new() }
    }
}

impl<S> FactsSocket<S> {
    /// Whether the browser holds a socket for it.
    pub fn is_there(&self) -> bool {
        self.socket.is_some()
    }

    /// Keeps a socket that begins to connect. Without one a connection works as well, and no fact comes.
    pub fn begin(&mut self, socket: Option<S>) {
        (self.socket, self.is_ready) = (socket.map(Rc::new), false);
    }

    /// The socket to say a text on; before it is open, the text waits.
    pub fn to_say(&mut self, text: &str) -> Option<Rc<S>> {
        let ready = self.socket.clone().filter(|_| self.is_ready);
        if ready.is_none() {
            self.unsaid.push(text.to_owned());
        }
        ready
    }

    /// It is open: what has waited is to be said now.
    pub fn opened(&mut self) -> Vec<String> {
        self.is_ready = true;
        std::mem::take(&mut self.unsaid)
    }

    /// It is over, or no longer needed. A socket is not dropped by what it calls, so the caller drops it later.
    pub fn end(&mut self) -> Option<Rc<S>> {
        std::mem::take(self).socket
    }
}
