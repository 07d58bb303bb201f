//! Bytes: HTTP requests that no client library would send, and WebSocket frames likewise.

use sockscope_companion::Running;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{port, soon};

/// An answer to an HTTP request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Self { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() }
    }

    /// A header; several of one name are joined.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }
}

/// Sends a request as it is written, but for the lines that every request has.
pub async fn http(
    server: &Running,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    http_at(port(server), method, path, headers, body).await
}

async fn http_at(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += &format!("Host: localhost:{port}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut answer = Vec::new();
    soon("an HTTP answer", async {
        // The server may answer and leave before it has all of a large body.
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.read_to_end(&mut answer).await;
    })
    .await;
    Answer::parse(&answer)
}

/// GETs a path of a server that is another process.
pub async fn get_from(port: u16, path: &str) -> Answer {
    http_at(port, "GET", path, &[], "").await
}

/// GETs a path.
pub async fn get(server: &Running, path: &str) -> Answer {
    http(server, "GET", path, &[], "").await
}

/// POSTs a body to a path.
pub async fn post(server: &Running, path: &str, body: &str) -> Answer {
    http(server, "POST", path, &[], body).await
}

/// A WebSocket without a library.
pub struct Raw {
    pub stream: TcpStream,
}

/// A frame of the server's: its first byte, and its payload.
pub type Frame = (u8, Vec<u8>);

impl Raw {
    /// Connects, with further headers, and reports the answer.
    pub async fn handshake(server: &Running, path: &str, headers: &str) -> (Self, Answer) {
        let mut stream = TcpStream::connect(("127.0.0.1", port(server))).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon("the handshake", stream.read_u8()).await.unwrap());
        }
        (Self { stream }, Answer::parse(&head))
    }

    /// Connects.
    pub async fn connect(server: &Running, path: &str) -> Self {
        let (raw, answer) = Self::handshake(server, path, "").await;
        assert_eq!(answer.status, 101);
        raw
    }

    /// Sends a masked frame with this first byte.
    pub async fn send(&mut self, first: u8, payload: &[u8]) {
        self.stream.write_all(&frame(first, payload)).await.unwrap();
    }

    /// The next frame; `None` at the end of the stream, orderly or not.
    pub async fn frame(&mut self) -> Option<Frame> {
        read_frame(&mut self.stream).await
    }

    /// The next frame, which has to be a close frame: its code and reason.
    pub async fn closed(&mut self) -> (u16, String) {
        let (first, body) = self.frame().await.expect("a close frame");
        assert_eq!(first, 0x88, "{body:?}");
        (u16::from_be_bytes([body[0], body[1]]), String::from_utf8(body[2..].to_vec()).unwrap())
    }

    /// How the TCP connection ends.
    pub async fn ended(&mut self) -> std::io::Result<usize> {
        ended(&mut self.stream).await
    }
}

/// How a TCP connection ends, whatever comes before.
pub async fn ended(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<usize> {
    soon("the end of the stream", async {
        let mut rest = [0; 1024];
        loop {
            match stream.read(&mut rest).await {
                Ok(read) if read > 0 => {}
                end => return end,
            }
        }
    })
    .await
}

/// The next frame of a server's stream; `None` at its end, orderly or not.
pub async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    soon("a frame", async {
        let first = stream.read_u8().await.ok()?;
        let len = match stream.read_u8().await.ok()? {
            126 => u64::from(stream.read_u16().await.ok()?),
            127 => stream.read_u64().await.ok()?,
            short => u64::from(short),
        };
        let mut payload = vec![0; len as usize];
        stream.read_exact(&mut payload).await.ok()?;
        Some((first, payload))
    })
    .await
}

/// A masked frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(0x80 | len as u8),
        len @ 126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
    bytes
}
