//! The engine's world over real sockets, without a browser.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sockscope_engine::base::world::LocalFuture;
use sockscope_engine::{
    Closing, ConnectError, Endpoint, Event, EventSink, HttpError, HttpRequest, HttpResponse, Instant,
    Payload, SendError, Socket, World,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};

/// A world for one run; its clock begins with it.
#[derive(Clone)]
pub struct NativeWorld {
    began: std::time::Instant,
}

impl Default for NativeWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl NativeWorld {
    pub fn new() -> Self {
        Self { began: std::time::Instant::now() }
    }

    fn moment(began: std::time::Instant) -> Instant {
        Instant::ORIGIN + began.elapsed()
    }
}

enum Order {
    Send(Message),
    Close(CloseFrame),
}

pub struct NativeSocket {
    orders: UnboundedSender<Order>,
    state: Rc<std::cell::Cell<State>>,
    began: std::time::Instant,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Connecting,
    Open,
    Closing,
}

impl Socket for NativeSocket {
    fn send(&self, payload: &Payload) -> Result<Instant, SendError> {
        match self.state.get() {
            State::Connecting => return Err(SendError::NotOpenYet),
            State::Closing => return Err(SendError::Closed),
            State::Open => {}
        }
        let at = NativeWorld::moment(self.began);
        let message = match payload {
            Payload::Text(text) => Message::text(text.clone()),
            Payload::Binary(bytes) => Message::binary(bytes.clone()),
        };
        self.orders.send(Order::Send(message)).map_err(|_| SendError::Closed)?;
        Ok(at)
    }

    fn close(&self, closing: &Closing) -> Result<Instant, SendError> {
        let at = NativeWorld::moment(self.began);
        self.state.set(State::Closing);
        let frame = CloseFrame { code: closing.code.get().into(), reason: closing.reason.as_str().into() };
        self.orders.send(Order::Close(frame)).map_err(|_| SendError::Closed)?;
        Ok(at)
    }

    fn buffered(&self) -> u64 {
        0
    }
}

impl Drop for NativeSocket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World for NativeWorld {
    type Socket = NativeSocket;

    fn now(&self) -> Instant {
        Self::moment(self.began)
    }

    fn sleep(&self, wait: Duration) -> LocalFuture<()> {
        Box::pin(tokio::time::sleep(wait))
    }

    fn random(&self) -> u64 {
        4
    }

    fn connect(
        &self,
        _name: &str,
        endpoint: &Endpoint,
        sink: EventSink,
    ) -> Result<NativeSocket, ConnectError> {
        let (orders, taken) = unbounded_channel();
        let state = Rc::new(std::cell::Cell::new(State::Connecting));
        let talk = talk(self.began, endpoint.clone(), state.clone(), taken, sink);
        Ok(NativeSocket { orders, state, began: self.began, task: tokio::task::spawn_local(talk) })
    }

    fn http(&self, request: HttpRequest) -> LocalFuture<Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            let error = |error: &dyn std::fmt::Display| HttpError { message: error.to_string() };
            let mut asked = http::Request::builder().method(request.method.as_str()).uri(&request.url);
            for (name, value) in &request.headers {
                asked = asked.header(name, value);
            }
            let body = Full::new(Bytes::from(request.body.map(Payload::into_bytes).unwrap_or_default()));
            let asked = asked.body(body).map_err(|it| error(&it))?;
            let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
            let answer = client.request(asked).await.map_err(|it| error(&it))?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.map_err(|it| error(&it))?.to_bytes();
            Ok(HttpResponse {
                status,
                headers: Vec::new(),
                body: String::from_utf8_lossy(&body).into_owned(),
                ..HttpResponse::default()
            })
        })
    }
}

async fn talk(
    began: std::time::Instant,
    endpoint: Endpoint,
    state: Rc<std::cell::Cell<State>>,
    mut orders: UnboundedReceiver<Order>,
    mut sink: EventSink,
) {
    let mut tell = |event| sink(NativeWorld::moment(began), event);
    let lost = || Event::Closed { code: 1006, reason: String::new(), clean: false };
    let mut request = endpoint.url().into_client_request().expect("an endpoint is an address");
    if !endpoint.protocols().is_empty() {
        let offered = endpoint.protocols().join(", ").parse().expect("protocols are tokens");
        request.headers_mut().insert("sec-websocket-protocol", offered);
    }
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let Ok((mut stream, answer)) = connect_async_with_config(request, Some(config), true).await else {
        state.set(State::Closing);
        tell(Event::Failed);
        return tell(lost());
    };
    let chosen =
        answer.headers().get("sec-websocket-protocol").and_then(|it| it.to_str().ok()).unwrap_or_default();
    state.set(State::Open);
    tell(Event::Opened { protocol: chosen.to_owned(), extensions: String::new() });
    let mut ended = None;
    loop {
        tokio::select! {
            // What was received before an order is reported before it.
            biased;
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => tell(Event::Received(Payload::Text(text.to_string()))),
                Some(Ok(Message::Binary(bytes))) => tell(Event::Received(Payload::Binary(bytes.to_vec()))),
                Some(Ok(Message::Close(frame))) => {
                    state.set(State::Closing);
                    let (code, reason) = frame.map_or((1005, String::new()), |it| (it.code.into(), it.reason.to_string()));
                    ended = Some(Event::Closed { code, reason, clean: true });
                }
                Some(Ok(_)) => {}
                // A browser takes such a connection for broken.
                Some(Err(Error::Protocol(ProtocolError::ReceivedAfterClosing))) => {
                    state.set(State::Closing);
                    return tell(lost());
                }
                Some(Err(_)) | None => {
                    state.set(State::Closing);
                    return tell(ended.unwrap_or_else(lost));
                }
            },
            order = orders.recv() => {
                let message = match order {
                    Some(Order::Send(message)) => message,
                    Some(Order::Close(frame)) => Message::Close(Some(frame)),
                    None => return,
                };
                // An error shows in what comes next, a close frame for example.
                let _ = stream.send(message).await;
            }
        }
    }
}
