//! A server that is broken in exactly one way: a proxy in front of the real practice server, which applies one fault to what
//! passes through it. Everything else passes as it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{accept_hdr_async_with_config, client_async_with_config};

/// What is wrong. `on` is a part of the address of the connections concerned, `with` parts of the messages concerned, all of
/// which must be in them; messages are those of the server unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Drop {
        on: &'static str,
        with: &'static [&'static str],
    },
    DropEvery {
        with: &'static [&'static str],
        each: u32,
    },
    DropEmpty,
    Duplicate {
        on: &'static str,
        with: &'static [&'static str],
    },
    Replace {
        on: &'static str,
        with: &'static [&'static str],
        from: &'static str,
        to: &'static str,
    },
    Delay {
        with: &'static [&'static str],
        millis: u64,
    },
    SwapWithNext {
        on: &'static str,
        with: &'static [&'static str],
    },
    Truncate {
        most: usize,
    },
    BinaryAsText,
    FlipBinary,
    /// A message for one user also goes to others.
    Leak {
        with: &'static [&'static str],
        to: &'static str,
    },
    CloseAfter {
        on: &'static str,
        with: &'static [&'static str],
        code: u16,
    },
    CloseCode {
        from: u16,
        to: u16,
    },
    NoAnswerToClose {
        code: u16,
    },
    /// The connection behind stays when the one in front has gone.
    KeepUpstream,
    Refuse {
        on: &'static str,
        status: u16,
    },
    Reroute {
        on: &'static str,
        from: &'static str,
        to: &'static str,
    },
    Choose {
        on: &'static str,
        protocol: &'static str,
    },
    /// An HTTP call is answered with this, whatever was asked.
    Answer {
        path: &'static str,
        with: &'static str,
        status: u16,
        body: &'static str,
    },
    /// A member of an HTTP answer has another value.
    Member {
        path: &'static str,
        name: &'static str,
        value: &'static str,
    },
}

/// A running one; it ends with its runtime.
pub struct Broken {
    pub ws_url: String,
    pub api_url: String,
}

struct Shared {
    fault: Option<Fault>,
    /// The practice server, as `host:port`.
    behind: String,
    seen: Mutex<u32>,
    /// Ways to clients, by a number, with their addresses.
    ways: Mutex<HashMap<u32, (String, UnboundedSender<Message>)>>,
    next: Mutex<u32>,
}

impl Broken {
    /// In front of the practice server at this address.
    pub async fn start(practice: &str, fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let behind =
            practice.trim_start_matches("http://").trim_end_matches('/').replace("localhost", "127.0.0.1");
        let shared = Arc::new(Shared {
            fault,
            behind,
            seen: Mutex::default(),
            ways: Mutex::default(),
            next: Mutex::default(),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(shared.clone().serve(stream));
            }
        });
        Self { ws_url: format!("ws://127.0.0.1:{port}/ws"), api_url: format!("http://127.0.0.1:{port}/api") }
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(None).max_frame_size(None)
}

impl Shared {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        stream.set_nodelay(true).expect("a TCP socket");
        // Looked at and not taken: the handshake reads it again.
        let mut head = vec![0; 16 << 10];
        let head = loop {
            let Ok(length @ 1..) = stream.peek(&mut head).await else { return };
            if let Some(end) = head[..length].windows(4).position(|it| it == b"\r\n\r\n") {
                break String::from_utf8_lossy(&head[..end + 4]).into_owned();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        if head.to_ascii_lowercase().contains("upgrade: websocket") {
            self.web_socket(stream, &head).await;
        } else {
            self.http(stream, &head).await;
        }
    }

    async fn web_socket(self: Arc<Self>, mut stream: TcpStream, head: &str) {
        let address = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut behind = address.clone();
        match self.fault {
            Some(Fault::Refuse { on, status }) if address.contains(on) => {
                return refuse(&mut stream, status).await;
            }
            Some(Fault::Reroute { on, from, to }) if address.contains(on) => {
                behind = behind.replace(from, to)
            }
            _ => {}
        }
        let mut request = format!("ws://{}{behind}", self.behind).into_client_request().expect("an address");
        let lied = match self.fault {
            Some(Fault::Choose { on, protocol }) if address.contains(on) => Some(protocol.to_owned()),
            _ => None,
        };
        let offered =
            head.lines().find_map(|line| line.strip_prefix_ignoring_case("sec-websocket-protocol:"));
        if let Some(offered) = offered.filter(|_| lied.is_none()) {
            let value = offered.trim().parse().expect("a client sends valid headers");
            request.headers_mut().insert("sec-websocket-protocol", value);
        }
        let upstream = TcpStream::connect(&self.behind).await.expect("the practice server is there");
        upstream.set_nodelay(true).expect("a TCP socket");
        let (upstream, answer) = match client_async_with_config(request, upstream, Some(config())).await {
            Ok(open) => open,
            Err(Error::Http(answer)) => return refuse(&mut stream, answer.status().as_u16()).await,
            Err(_) => return,
        };
        let chosen = lied.or_else(|| {
            answer.headers().get("sec-websocket-protocol").and_then(|it| it.to_str().ok()).map(str::to_owned)
        });
        #[allow(clippy::result_large_err, reason = "the type is given by the crate")]
        let choose = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            if let Some(chosen) = chosen {
                response.headers_mut().insert("sec-websocket-protocol", chosen.parse().expect("a token"));
            }
            Ok(response)
        };
        let Ok(front) = accept_hdr_async_with_config(stream, choose, Some(config())).await else { return };
        self.relay(address, front, upstream).await;
    }

    async fn relay(
        self: Arc<Self>,
        address: String,
        mut front: tokio_tungstenite::WebSocketStream<TcpStream>,
        mut back: tokio_tungstenite::WebSocketStream<TcpStream>,
    ) {
        let (way, mut leaked) = unbounded_channel();
        let number = {
            let mut next = self.next.lock().expect("no panic");
            *next += 1;
            self.ways.lock().expect("no panic").insert(*next, (address.clone(), way));
            *next
        };
        let mut held = None;
        let mut is_closing = false;
        loop {
            tokio::select! {
                message = back.next() => match message {
                    Some(Ok(Message::Close(frame))) => {
                        is_closing = true;
                        let frame = frame.map(|frame| match self.fault {
                            Some(Fault::CloseCode { from, to }) if u16::from(frame.code) == from => {
                                CloseFrame { code: to.into(), reason: frame.reason }
                            }
                            _ => frame,
                        });
                        let _ = front.close(frame).await;
                    }
                    Some(Ok(message)) if !is_closing => {
                        for message in self.spoil(&address, message, &mut held).await {
                            let is_close = message.is_close();
                            let _ = front.send(message).await;
                            if is_close {
                                is_closing = true;
                                let _ = back.close(None).await;
                            }
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None if is_closing => break,
                    // The end without a close frame goes on as such.
                    Some(Err(_)) | None => return self.forget(number),
                },
                message = front.next() => match message {
                    Some(Ok(Message::Close(frame))) => {
                        let code = frame.as_ref().map_or(1005, |frame| frame.code.into());
                        match self.fault {
                            Some(Fault::NoAnswerToClose { code: silent }) if code == silent => {
                                self.forget(number);
                                tokio::time::sleep(Duration::from_secs(60)).await;
                                return;
                            }
                            Some(Fault::KeepUpstream) => {
                                let _ = front.flush().await;
                                self.forget(number);
                                std::mem::forget(back);
                                return;
                            }
                            _ if is_closing => {}
                            _ => {
                                is_closing = true;
                                let _ = back.close(frame).await;
                            }
                        }
                    }
                    Some(Ok(message)) => {
                        let _ = back.send(message).await;
                    }
                    Some(Err(_)) | None => break,
                },
                Some(message) = leaked.recv() => {
                    let _ = front.send(message).await;
                }
            }
        }
        self.forget(number);
        // Whatever is still to be said at the end is said.
        let _ = tokio::time::timeout(Duration::from_secs(2), async {
            let _ = front.close(None).await;
            while let Some(Ok(_)) = front.next().await {}
        })
        .await;
    }

    fn forget(&self, number: u32) {
        self.ways.lock().expect("no panic").remove(&number);
    }

    /// What becomes of a message of the server.
    async fn spoil(&self, address: &str, message: Message, held: &mut Option<Message>) -> Vec<Message> {
        let Some(fault) = self.fault else { return vec![message] };
        let text = message.to_text().ok().filter(|_| message.is_text()).map(str::to_owned);
        let is_meant = |on: &str, with: &[&str]| {
            address.contains(on)
                && text.as_ref().is_some_and(|text| with.iter().all(|part| text.contains(part)))
        };
        if let Some(before) = held.take() {
            return vec![message, before];
        }
        match fault {
            Fault::Drop { on, with } if is_meant(on, with) => vec![],
            Fault::DropEvery { with, each } if is_meant("", with) => {
                let mut seen = self.seen.lock().expect("no panic");
                *seen += 1;
                if seen.is_multiple_of(each) { vec![] } else { vec![message] }
            }
            Fault::DropEmpty if message.is_empty() => vec![],
            Fault::Duplicate { on, with } if is_meant(on, with) => vec![message.clone(), message],
            Fault::Replace { on, with, from, to } if is_meant(on, with) => {
                vec![Message::text(text.unwrap_or_default().replace(from, to))]
            }
            Fault::Delay { with, millis } if is_meant("", with) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                vec![message]
            }
            Fault::SwapWithNext { on, with } if is_meant(on, with) => {
                *held = Some(message);
                vec![]
            }
            Fault::Truncate { most } if message.is_text() && message.len() > most => {
                let text = text.unwrap_or_default();
                let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
                vec![Message::text(text[..end].to_owned())]
            }
            Fault::BinaryAsText if message.is_binary() => {
                vec![Message::text(String::from_utf8_lossy(&message.into_data()).into_owned())]
            }
            Fault::FlipBinary if message.is_binary() => {
                let mut bytes = message.into_data().to_vec();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
                vec![Message::binary(bytes)]
            }
            Fault::Leak { with, to } if is_meant("", with) && !address.contains(to) => {
                for (_, way) in self.ways.lock().expect("no panic").values().filter(|(it, _)| it.contains(to))
                {
                    let _ = way.send(message.clone());
                }
                vec![message]
            }
            Fault::CloseAfter { on, with, code } if is_meant(on, with) => {
                vec![message, Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))]
            }
            _ => vec![message],
        }
    }

    async fn http(&self, mut stream: TcpStream, head: &str) {
        let length = head.lines().find_map(|line| line.strip_prefix_ignoring_case("content-length:"));
        let length: usize = length.and_then(|it| it.trim().parse().ok()).unwrap_or_default();
        let mut request = vec![0; head.len() + length];
        if stream.read_exact(&mut request).await.is_err() {
            return;
        }
        let body = String::from_utf8_lossy(&request[head.len()..]).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default();
        // One request a connection, and the server behind under its own name.
        let kept = head.lines().filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("host:") && !line.starts_with("connection:")
        });
        let mut passed: String =
            kept.filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
        passed += &format!("host: {}\r\nconnection: close\r\n\r\n", self.behind);
        let mut upstream = TcpStream::connect(&self.behind).await.expect("the practice server is there");
        let mut answer = Vec::new();
        if upstream.write_all(passed.as_bytes()).await.is_err()
            || upstream.write_all(body.as_bytes()).await.is_err()
            || upstream.read_to_end(&mut answer).await.is_err()
        {
            return;
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let asked = self.fault.filter(|_| !passed.starts_with("OPTIONS"));
        let (status, content) = match asked {
            Some(Fault::Answer { path: of, with, status, body: told })
                if path.starts_with(of) && body.contains(with) =>
            {
                (Some(status), told.to_owned())
            }
            Some(Fault::Member { path: of, name, value }) if path.starts_with(of) => {
                let mut object: serde_json::Value = serde_json::from_str(content).expect("JSON");
                object[name] = value.parse().map(serde_json::Number::into).expect("a number");
                (None, object.to_string())
            }
            _ => (None, content.to_owned()),
        };
        let first = head.lines().next().unwrap_or_default();
        let first = status.map_or_else(|| first.to_owned(), |status| format!("HTTP/1.1 {status} Spoilt"));
        let headers = head.lines().skip(1).filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-length:")
                && !line.starts_with("connection:")
                && !line.starts_with("transfer-encoding:")
        });
        let headers: String = headers.map(|line| format!("{line}\r\n")).collect();
        let told = format!(
            "{first}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{content}",
            content.len()
        );
        let _ = stream.write_all(told.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

async fn refuse(stream: &mut TcpStream, status: u16) {
    let mut head = vec![0; 16 << 10];
    // What is not read would reset the connection before the answer is there.
    let _ = stream.read(&mut head).await;
    let words = format!("HTTP/1.1 {status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(words.as_bytes()).await;
    let _ = stream.shutdown().await;
}

trait StripPrefix {
    fn strip_prefix_ignoring_case(&self, prefix: &str) -> Option<&str>;
}

impl StripPrefix for str {
    fn strip_prefix_ignoring_case(&self, prefix: &str) -> Option<&str> {
        let (begin, rest) = self.split_at_checked(prefix.len())?;
        begin.eq_ignore_ascii_case(prefix).then_some(rest)
    }
}
