//! A WebSocket client that does not wait for ever, and a server to go with it.

use std::future::Future;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use sockscope_companion::config::Limits;
use sockscope_companion::{Config, Running, Server};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// What no test should ever need.
pub const LONG: Duration = Duration::from_secs(20);

/// Awaits, and panics with what it was when that takes too long.
#[track_caller]
pub fn soon<F: Future>(what: &str, future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match timeout(LONG, future).await {
            Ok(output) => output,
            Err(_) => panic!("{what} took more than {LONG:?}, at {caller}"),
        }
    }
}

/// A server on a free port.
pub async fn server() -> Running {
    Server::start(Config::default()).await.unwrap()
}

/// A server with other limits.
pub async fn server_with(change: impl FnOnce(&mut Limits)) -> Running {
    let mut config = Config::default();
    change(&mut config.limits);
    Server::start(config).await.unwrap()
}

/// The TCP port of a server.
pub fn port(server: &Running) -> u16 {
    server.urls().http.rsplit(':').next().unwrap().parse().unwrap()
}

/// The URL of a WebSocket path.
pub fn url(server: &Running, path: &str) -> String {
    format!("ws://127.0.0.1:{}{path}", port(server))
}

/// One connection.
pub struct Client {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The server's answer to the handshake.
    pub response: Response,
}

/// How a connection ended, as a client sees it.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// A close frame.
    Close(u16, String),
    /// A close frame without a code.
    EmptyClose,
    /// No close frame.
    Dropped,
}

impl Client {
    /// Connects, or reports how it was refused.
    pub async fn try_connect(url: &str, protocols: Option<&str>) -> Result<Self, tungstenite::Error> {
        let mut request = url.into_client_request()?;
        if let Some(protocols) = protocols {
            request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
        }
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let connected = soon("connecting", connect_async_with_config(request, Some(config), true)).await;
        connected.map(|(stream, response)| Self { stream, response })
    }

    /// Connects to a path of a server.
    pub async fn connect(server: &Running, path: &str) -> Self {
        Self::try_connect(&url(server, path), None).await.unwrap()
    }

    /// The status that a handshake is refused with, and the words.
    pub async fn refusal(server: &Running, path: &str) -> (u16, String) {
        match Self::try_connect(&url(server, path), None).await {
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                (response.status().as_u16(), String::from_utf8(body).unwrap())
            }
            Err(error) => panic!("no HTTP answer: {error}"),
            Ok(_) => panic!("connected"),
        }
    }

    /// Sends a text.
    pub async fn send(&mut self, text: &str) {
        soon("sending", self.stream.send(Message::text(text))).await.unwrap();
    }

    /// Sends a message of any kind.
    pub async fn send_message(&mut self, message: Message) {
        soon("sending", self.stream.send(message)).await.unwrap();
    }

    /// Queues a message, without a flush.
    pub async fn feed(&mut self, message: Message) {
        soon("queueing", self.stream.feed(message)).await.unwrap();
    }

    /// Sends what is queued.
    pub async fn flush(&mut self) {
        soon("flushing", self.stream.flush()).await.unwrap();
    }

    /// The next data message.
    #[track_caller]
    pub fn message(&mut self) -> impl Future<Output = Message> {
        let next = soon("a message", self.stream.next());
        async move {
            match next.await {
                Some(Ok(message)) => message,
                other => panic!("{other:?} in place of a message"),
            }
        }
    }

    /// The next message, which has to be a text.
    #[track_caller]
    pub fn text(&mut self) -> impl Future<Output = String> {
        let message = self.message();
        async move { message.await.into_text().unwrap().to_string() }
    }

    /// The next message, which has to be JSON.
    #[track_caller]
    pub fn json(&mut self) -> impl Future<Output = Value> {
        let text = self.text();
        async move { serde_json::from_str(&text.await).unwrap() }
    }

    /// The next JSON message that is not a heartbeat.
    pub async fn event(&mut self) -> Value {
        loop {
            let message = self.json().await;
            if message["type"] != "heartbeat" {
                return message;
            }
        }
    }

    /// Makes sure that nothing of the server's is on its way: everything it sent before it saw this message has come.
    /// The texts that come until the server closes.
    pub async fn texts_until_closed(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            match self.message().await {
                Message::Close(_) => return texts,
                message => texts.push(message.into_text().unwrap().to_string()),
            }
        }
    }

    /// Works on routes that answer a message of no known type.
    pub async fn nothing_more(&mut self) {
        self.send(r#"{"type":"no such type","id":"marker"}"#).await;
        let answer = self.event().await;
        assert_eq!(answer["id"], "marker", "{answer} came before the marker");
    }

    /// Reads until the connection is over.
    pub async fn end(&mut self) -> Seen {
        loop {
            match soon("the end", self.stream.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    let seen = Seen::Close(frame.code.into(), frame.reason.to_string());
                    // Lets tungstenite finish its part of the handshake.
                    while let Some(Ok(_)) = soon("the end", self.stream.next()).await {}
                    return seen;
                }
                Some(Ok(Message::Close(None))) => {
                    while let Some(Ok(_)) = soon("the end", self.stream.next()).await {}
                    return Seen::EmptyClose;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Seen::Dropped,
            }
        }
    }

    /// Closes with a code, and reads what the server answers.
    pub async fn close(mut self, code: u16, reason: &str) -> Seen {
        use tungstenite::protocol::CloseFrame;
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        soon("closing", self.stream.close(Some(frame))).await.unwrap();
        self.end().await
    }
}

/// Asks again and again until the answer is there.
#[track_caller]
pub fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> impl Future<Output = T> {
    soon(what, async move {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}
