//! A tunnel through an HTTP proxy: `CONNECT`, and what the proxy answers.
//!
//! Owns the request and the bound of the answer's head. It refuses to know what goes through the tunnel.

use bytes::BytesMut;
use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::dial::{DialError, parse_head};

/// Bytes of the answer's head.
const LARGEST_HEAD: usize = 16 * 1024;

/// An HTTP proxy, as what asks it needs it.
#[derive(Debug, Clone)]
pub struct HttpProxy {
    /// Host and port, as others may see it.
    pub name: String,
    /// What it is asked to connect to: host and port.
    pub to: String,
    /// The credentials that it wants.
    pub authorization: Option<HeaderValue>,
}

impl HttpProxy {
    /// As it is named in a sentence.
    pub fn in_words(&self) -> String {
        format!("the HTTP proxy {}", self.name)
    }

    /// Asks for the tunnel on a connection to the proxy; the connection is the target's from then on.
    pub async fn tunnel(&self, mut tcp: TcpStream) -> Result<TcpStream, DialError> {
        let broken = |source| DialError::Unreachable { target: self.in_words(), source };
        let mut request = BytesMut::new();
        for text in ["CONNECT ", &self.to, " HTTP/1.1\r\nHost: ", &self.to, "\r\n"] {
            request.extend_from_slice(text.as_bytes());
        }
        if let Some(authorization) = &self.authorization {
            for part in [b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"] {
                request.extend_from_slice(part);
            }
        }
        request.extend_from_slice(b"\r\n");
        tcp.write_all(&request).await.map_err(broken)?;
        let mut read = BytesMut::new();
        loop {
            // One byte at a time would be slow; but no server speaks first, so nothing comes after this head.
            let no_http = || DialError::NoHttp(self.in_words());
            if let Some((status, _, size)) = parse_head(&read).ok_or_else(no_http)? {
                if !status.is_success() {
                    return Err(DialError::ProxyRefused { proxy: self.in_words(), status });
                }
                return if size == read.len() { Ok(tcp) } else { Err(no_http()) };
            }
            if read.len() > LARGEST_HEAD {
                return Err(no_http());
            }
            if tcp.read_buf(&mut read).await.map_err(broken)? == 0 {
                return Err(DialError::Ended(self.in_words()));
            }
        }
    }
}
