//! The browser's WebSocket. The only file that names it.
//!
//! Owns the callbacks and their life: every closure is kept as long as the socket and taken off before it is dropped, so a
//! dropped socket reports nothing. It refuses to queue, retry or interpret.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::JsString;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::clock;
use super::text::text;
use super::words::words;
use crate::engine::{Closing, ConnectError, Endpoint, Event, EventSink, Instant, Payload, SendError, Socket};

#[wasm_bindgen]
extern "C" {
    /// A WebSocket that is given a text which the browser has already.
    type Sender;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Sender, text: &JsString) -> Result<(), JsValue>;
}

/// A connection of the browser. Dropping it closes it and silences its sink.
pub struct BrowserSocket {
    socket: WebSocket,
    _listeners: Listeners,
}

struct Listeners {
    _open: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut()>,
    _close: Closure<dyn FnMut(CloseEvent)>,
}

impl BrowserSocket {
    /// Starts a handshake. No event comes before this returns, and none after [`Event::Closed`].
    pub fn open(endpoint: &Endpoint, sink: EventSink) -> Result<Self, ConnectError> {
        let protocols: js_sys::Array = endpoint.protocols().iter().map(|p| JsValue::from_str(p)).collect();
        let socket = WebSocket::new_with_str_sequence(endpoint.url(), &protocols)
            .map_err(|thrown| ConnectError { message: words(&thrown) })?;
        // The default is a Blob, which can only be read later, after other messages.
        socket.set_binary_type(BinaryType::Arraybuffer);
        let _listeners = Listeners::on(&socket, sink);
        Ok(Self { socket, _listeners })
    }

    fn ready(&self) -> Result<(), SendError> {
        // A send on a closed socket is silently thrown away by the browser, and counted as buffered for ever.
        match self.socket.ready_state() {
            WebSocket::OPEN => Ok(()),
            WebSocket::CONNECTING => Err(SendError::NotOpenYet),
            _ => Err(SendError::Closed),
        }
    }
}

impl Listeners {
    fn on(socket: &WebSocket, sink: EventSink) -> Self {
        let sink = Rc::new(RefCell::new(sink));

        let (tell, opened) = (sink.clone(), socket.clone());
        let open = Closure::<dyn FnMut()>::new(move || {
            let at = clock::now();
            let event = Event::Opened { protocol: opened.protocol(), extensions: opened.extensions() };
            (tell.borrow_mut())(at, event);
        });
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));

        let tell = sink.clone();
        let message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            let at = clock::now();
            if let Some(payload) = payload_of(&event.data()) {
                (tell.borrow_mut())(at, Event::Received(payload));
            }
        });
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));

        let tell = sink.clone();
        let error = Closure::<dyn FnMut()>::new(move || {
            let at = clock::now();
            (tell.borrow_mut())(at, Event::Failed);
        });
        socket.set_onerror(Some(error.as_ref().unchecked_ref()));

        let (tell, ended) = (sink, socket.clone());
        let close = Closure::<dyn FnMut(_)>::new(move |event: CloseEvent| {
            let at = clock::now();
            silence(&ended);
            let event =
                Event::Closed { code: event.code(), reason: event.reason(), clean: event.was_clean() };
            (tell.borrow_mut())(at, event);
        });
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));

        Self { _open: open, _message: message, _error: error, _close: close }
    }
}

/// A message is text or, since we asked for it, an ArrayBuffer; a browser delivers nothing else.
fn payload_of(data: &JsValue) -> Option<Payload> {
    if let Some(given) = data.dyn_ref::<JsString>() {
        return Some(Payload::Text(text(given)));
    }
    let buffer = data.dyn_ref::<js_sys::ArrayBuffer>()?;
    Some(Payload::Binary(js_sys::Uint8Array::new(buffer).to_vec()))
}

fn silence(socket: &WebSocket) {
    socket.set_onopen(None);
    socket.set_onmessage(None);
    socket.set_onerror(None);
    socket.set_onclose(None);
}

impl Socket for BrowserSocket {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        self.ready()?;
        let sent = match payload {
            Payload::Text(text) => {
                // Made before the clock is read: what the text costs is not the server's.
                let text = JsString::from(text.as_str());
                let at = clock::now();
                self.socket.unchecked_ref::<Sender>().send(&text).map(|()| at)
            }
            Payload::Binary(bytes) => {
                let at = clock::now();
                self.socket.send_with_u8_array(bytes).map(|()| at)
            }
        };
        sent.map_err(|thrown| SendError::Browser(words(&thrown)))
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        if self.socket.ready_state() >= WebSocket::CLOSING {
            return Err(SendError::Closed);
        }
        let at = clock::now();
        self.socket
            .close_with_code_and_reason(closing.code.get(), closing.reason.as_str())
            .map_err(|thrown| SendError::Browser(words(&thrown)))?;
        Ok(at)
    }

    fn buffered(&self) -> u64 {
        // The browser counts in 64 bits; the binding's 32 are 4 GiB, more than a tab can hold.
        u64::from(self.socket.buffered_amount())
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        // Detach first: the browser still fires `close` after us.
        silence(&self.socket);
        // Closing a closed socket does nothing, and a close without a code never throws.
        let _ = self.socket.close();
    }
}
