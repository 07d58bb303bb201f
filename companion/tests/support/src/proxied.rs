//! A target without a library, and how a page gets to it.

use sockscope_companion::Running;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Client, port, soon};
use crate::raw::{Raw, ended};

/// Listens where a proxy can be sent to.
pub struct Target {
    listener: TcpListener,
    pub port: u16,
}

/// A target's side of a connection.
pub struct Side {
    pub stream: TcpStream,
    /// The request, as it came.
    pub request: String,
}

impl Target {
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    /// The path of the proxy to here.
    pub fn path(&self, query: &str) -> String {
        format!("/ws/proxy?to=ws://127.0.0.1:{}/%3Fa%3D1&{query}", self.port)
    }

    /// Accepts a connection and reads its request.
    pub async fn accept(&self) -> Side {
        let (mut stream, _) = soon("a connection to the target", self.listener.accept()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon("the request", stream.read_u8()).await.unwrap());
        }
        Side { stream, request: String::from_utf8(head).unwrap() }
    }

    /// A page and a target that are connected with each other.
    pub async fn connect(&self, server: &Running, query: &str) -> (Raw, Side) {
        let path = self.path(query);
        let accepted = async {
            let mut side = self.accept().await;
            side.answer("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: websocket\r\n").await;
            side
        };
        tokio::join!(Raw::connect(server, &path), accepted)
    }
}

impl Side {
    /// Answers the request.
    pub async fn answer(&mut self, status: &str, headers: &str) {
        let head = format!("HTTP/1.1 {status}\r\n{headers}\r\n");
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    /// Exactly the bytes that are expected next.
    pub async fn expect(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        soon("bytes at the target", self.stream.read_exact(&mut got)).await.unwrap();
        assert_eq!(got, bytes);
    }

    /// How the TCP connection ends.
    pub async fn ended(&mut self) -> std::io::Result<usize> {
        ended(&mut self.stream).await
    }
}

/// An unmasked frame.
pub fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(len as u8),
        len @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            bytes.push(127);
            bytes.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// The path of the proxy to a path of the same server.
pub fn to_own(server: &Running, path: &str, query: &str) -> String {
    let path: String = path.replace('%', "%25").replace('?', "%3F").replace('&', "%26");
    format!("/ws/proxy?to=ws://127.0.0.1:{}{path}&{query}", port(server))
}

/// A client of the same server's echo, through the proxy.
pub async fn echo(server: &Running, query: &str) -> Client {
    Client::connect(server, &to_own(server, "/ws/echo", query)).await
}
