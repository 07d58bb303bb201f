//! A server on bare TCP that does all that the suite asks for, and exactly one thing wrong.
//!
//! Owns frames and handshakes of its own, because every library refuses to misbehave. It writes what the test says and checks
//! nothing; only the client judges.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::bytes::*;
use super::fault::Fault;
use super::given::{EVENTS, SPOKEN};

/// A running one; it ends with its runtime.
pub struct Server {
    pub host: String,
    fault: Option<Fault>,
    /// Whether the fault is on; where it belongs to one check it is so while that runs.
    pub is_on: AtomicBool,
    /// Handshakes since that changed.
    pub handshakes: AtomicU32,
    connections: Mutex<HashMap<u32, Connection>>,
    next: AtomicU32,
    /// Held while no other client is answered.
    turn: tokio::sync::Mutex<()>,
}

struct Connection {
    path: String,
    out: UnboundedSender<Out>,
}

/// What goes out on a connection, in order.
enum Out {
    Frame(u8, Vec<u8>),
    /// Nothing more goes out.
    Hang,
    /// The connection is reset.
    Reset,
    /// What waits has gone, and the connection ends.
    End,
}

impl Server {
    /// With this fault, which is on from the start or is turned on later.
    pub async fn start(fault: Option<Fault>, is_on: bool) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("it is bound").to_string();
        let server = Arc::new(Self {
            host,
            fault,
            is_on: AtomicBool::new(is_on),
            handshakes: AtomicU32::default(),
            connections: Mutex::default(),
            next: AtomicU32::default(),
            turn: tokio::sync::Mutex::default(),
        });
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move {
                    // A client that leaves while it gets an answer has gone.
                    let _ = server.serve(stream).await;
                });
            }
        });
        server
    }

    fn fault(&self) -> Option<Fault> {
        self.fault.filter(|_| self.is_on.load(Ordering::SeqCst))
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::with_capacity(64 << 10, read);
        let head = head(&mut read).await?;
        let mut words = head.split(' ');
        let (method, address) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = address.split('?').next().unwrap_or_default().to_owned();
        if method == "POST" && path == "/shutdown" {
            self.shut_down();
            return write
                .write_all(
                    b"HTTP/1.1 204 Done\r\naccess-control-allow-origin: *\r\nconnection: close\r\n\r\n",
                )
                .await;
        }
        let nth = self.handshakes.fetch_add(1, Ordering::SeqCst);
        let opens = self.fault() == Some(Fault::Open(path_name(&path)));
        let status = match (self.fault(), path.as_str()) {
            (Some(Fault::Refuse(status)), _) => Some(status),
            (Some(Fault::RefuseLater(status)), _) if nth > 0 => Some(status),
            (_, "/unknown") if !opens => Some(404),
            (_, "/token") if !opens => Some(401),
            (_, "/foreign") if !opens => Some(403),
            _ => None,
        };
        if let Some(Fault::SlowLater(millis)) = self.fault().filter(|_| nth == 5) {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let offered: Vec<String> = header(&head, "sec-websocket-protocol")
            .map(|offered| offered.split(',').map(|one| one.trim().to_owned()).collect())
            .unwrap_or_default();
        let known = offered.iter().find(|one| SPOKEN.contains(&one.as_str())).cloned();
        let chosen = match self.fault() {
            Some(Fault::ChooseAnything) => offered.first().cloned(),
            Some(Fault::Choose(lied)) => Some(lied.to_owned()).filter(|lied| !lied.is_empty()),
            _ => known.clone(),
        };
        let is_stranger = !offered.is_empty() && known.is_none() && chosen.is_none();
        let status = status.or(is_stranger.then_some(400));
        if let Some(status) = status {
            let words =
                format!("HTTP/1.1 {status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            return write.write_all(words.as_bytes()).await;
        }
        let key = header(&head, "sec-websocket-key").unwrap_or_default();
        let accept = derive_accept_key(key.as_bytes());
        let mut answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {accept}\r\n"
        );
        if let Some(chosen) = chosen {
            answer += &format!("sec-websocket-protocol: {chosen}\r\n");
        }
        if let Some(Fault::Extend(extension)) = self.fault() {
            answer += &format!("sec-websocket-extensions: {extension}\r\n");
        }
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        self.talk(path, read, write).await
    }

    async fn talk(
        self: Arc<Self>,
        path: String,
        read: BufReader<OwnedReadHalf>,
        write: OwnedWriteHalf,
    ) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let (out, mut outs) = unbounded_channel();
        let connection = Connection { path: path.clone(), out: out.clone() };
        self.lock().insert(number, connection);
        let talks_on = matches!(self.fault, Some(Fault::MessageAfter(_)));
        let writing = async move {
            let mut write = write;
            let mut has_closed = false;
            while let Some(next) = outs.recv().await {
                match next {
                    // Nothing follows a close frame, and there is one.
                    Out::Frame(kind, _) if has_closed && (kind == CLOSE || !talks_on) => {}
                    Out::Frame(kind, body) => {
                        has_closed |= kind == CLOSE;
                        write_frame(&mut write, kind, &body).await?;
                    }
                    Out::Hang => std::future::pending().await,
                    Out::Reset => return reset(&write),
                    Out::End => return write.shutdown().await,
                }
            }
            Ok(())
        };
        let mut session = Session { server: self.clone(), number, path, out, held: None, last: Vec::new() };
        let reading = async move {
            session.begin();
            let mut read = read;
            loop {
                let (kind, body) = read_message(&mut read).await?;
                session.hear(kind, body).await;
            }
        };
        // Whichever ends first ends both.
        let end: io::Result<()> = tokio::select! { end = writing => end, end = reading => end };
        self.lock().remove(&number);
        end
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Connection>> {
        self.connections.lock().expect("no thread has panicked")
    }

    /// To all connections on this path but one, in the order in which they came.
    fn send_to(&self, path: &str, but: Option<u32>, frame: &dyn Fn(usize, usize) -> Vec<Out>) {
        let connections = self.lock();
        let mut meant: Vec<_> =
            connections.iter().filter(|(number, one)| one.path == path && Some(**number) != but).collect();
        meant.sort_by_key(|(number, _)| **number);
        let count = meant.len();
        for (place, (_, one)) in meant.into_iter().enumerate() {
            for out in frame(place, count) {
                let _ = one.out.send(out);
            }
        }
    }

    fn shut_down(&self) {
        let is_rude = self.fault() == Some(Fault::BreakOnShutdown);
        let say = |_, _| match is_rude {
            true => vec![Out::Reset],
            false => vec![Out::Frame(CLOSE, close_body(1001, b"going away"))],
        };
        self.send_to("/", None, &say);
    }
}

/// One connection as the server sees it.
struct Session {
    server: Arc<Server>,
    number: u32,
    path: String,
    out: UnboundedSender<Out>,
    held: Option<(u8, Vec<u8>)>,
    /// The last message.
    last: Vec<u8>,
}

impl Session {
    fn say(&self, out: Out) {
        // The connection may have ended meanwhile.
        let _ = self.out.send(out);
    }

    fn close(&self, code: u16, reason: &[u8]) {
        self.say(Out::Frame(CLOSE, close_body(code, reason)));
    }

    fn begin(&self) {
        let fault = self.server.fault();
        if let Some(Fault::EndsAfter(millis)) = fault {
            let out = self.out.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                let _ = out.send(Out::Frame(CLOSE, close_body(1000, b"idle")));
            });
        }
        match self.path.as_str() {
            "/closing" if fault == Some(Fault::OwnReset) => self.say(Out::Reset),
            "/closing" => {
                let code = if let Some(Fault::OwnCode(code)) = fault { code } else { 4000 };
                let reason: &[u8] = if fault == Some(Fault::BrokenReason) { b"bad \xff" } else { b"enough" };
                self.close(code, reason);
            }
            "/drop" if fault == Some(Fault::PoliteDrop) => self.close(1000, b""),
            "/drop" => self.say(Out::Reset),
            "/identity" => {
                let code = if fault == Some(Fault::OldGetsThousand) { 1000 } else { 4001 };
                let say = |_, _| vec![Out::Frame(CLOSE, close_body(code, b"elsewhere"))];
                self.server.send_to("/identity", Some(self.number), &say);
            }
            "/stalled" if fault != Some(Fault::NeverNoticed) => {
                let out = self.out.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    let _ = out.send(Out::Reset);
                });
            }
            _ => {}
        }
    }

    async fn hear(&mut self, kind: u8, body: Vec<u8>) {
        match kind {
            CLOSE => self.hear_close(&body).await,
            PING => self.say(Out::Frame(PONG, body)),
            TEXT | BINARY => {
                match self.path.as_str() {
                    "/rooms" => self.broadcast(&body),
                    "/resume" => self.resume(&body),
                    _ => self.echo(kind, body.clone()).await,
                }
                self.last = body;
            }
            _ => {}
        }
    }

    async fn hear_close(&self, body: &[u8]) {
        let code = body.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]));
        match self.server.fault() {
            Some(Fault::NeverCloses) => return self.say(Out::Hang),
            Some(Fault::ClosesAfter(millis)) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Some(Fault::CloseCode(from, to)) if code == Some(from) => {
                self.close(to, b"");
                return self.say(Out::End);
            }
            Some(Fault::BreakOnReason) if !body.is_ascii() && body[2..].iter().any(|byte| *byte > 127) => {
                return self.say(Out::Reset);
            }
            Some(Fault::BreakAfter(words)) if self.last == words.as_bytes() => return self.say(Out::Reset),
            _ => {}
        }
        self.say(Out::Frame(CLOSE, body.to_vec()));
        if matches!(self.server.fault(), Some(Fault::MessageAfter(after)) if code == Some(after)) {
            self.say(Out::Frame(TEXT, b"one more thing".to_vec()));
        }
        self.say(Out::End);
    }

    fn broadcast(&self, body: &[u8]) {
        let fault = self.server.fault();
        let say = |place: usize, count: usize| {
            let one = || Out::Frame(TEXT, body.to_vec());
            match fault {
                Some(Fault::BroadcastTwice) if place == 0 => vec![one(), one()],
                Some(Fault::BroadcastToFew) if place + 1 == count => vec![],
                _ => vec![one()],
            }
        };
        self.server.send_to("/rooms", None, &say);
    }

    /// `start` begins a run of which the first event comes at once; `after N` sends all others.
    fn resume(&self, body: &[u8]) {
        let event = |seq: u32| self.say(Out::Frame(TEXT, format!("{{\"seq\":{seq}}}").into_bytes()));
        let text = String::from_utf8_lossy(body);
        let Some(last) = text.strip_prefix("after ").and_then(|last| last.parse::<u32>().ok()) else {
            return event(1);
        };
        for seq in last + 1..=EVENTS {
            match self.server.fault() {
                Some(Fault::Gap) if seq == last + 2 => {}
                Some(Fault::Repeated) if seq == last + 1 => [seq, seq].into_iter().for_each(event),
                _ => event(seq),
            }
        }
    }

    /// The same message back, unless a fault has it otherwise.
    async fn echo(&mut self, kind: u8, body: Vec<u8>) {
        let fault = self.server.fault();
        let text = (kind == TEXT).then(|| String::from_utf8_lossy(&body).into_owned());
        let text = text.as_deref();
        let is = |words: &str| text == Some(words);
        let size = body.len();
        if matches!(fault, Some(Fault::Late(words)) if is(words)) {
            self.held = Some((kind, body));
            return;
        }
        match fault {
            Some(Fault::Limit(most, code)) if size > most => {
                return self.say(match code {
                    1006 => Out::Reset,
                    code => Out::Frame(CLOSE, close_body(code, b"too large")),
                });
            }
            Some(Fault::BreakOnGarbage)
                if text.is_some_and(|text| {
                    text.starts_with('{') && serde_json::from_str::<serde_json::Value>(text).is_err()
                }) =>
            {
                return self.say(Out::Reset);
            }
            Some(Fault::Lose(words)) if is(words) => return,
            Some(Fault::LoseAll(begin)) if text.is_some_and(|text| text.starts_with(begin)) => return,
            Some(Fault::BreakAfterTwo(of)) if kind == BINARY && size == of && self.last.len() == of => {
                return self.say(Out::Reset);
            }
            Some(Fault::HoldUp(of)) if kind == BINARY && size == of => {
                let _turn = self.server.turn.lock().await;
                tokio::time::sleep(Duration::from_secs(3)).await;
                return self.echo_as(kind, body);
            }
            Some(Fault::HoldUp(_)) => drop(self.server.turn.lock().await),
            Some(Fault::SmallFirst(byte)) if size > 512 << 10 && body.first() == Some(&byte) => {
                let out = self.out.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    let _ = out.send(Out::Frame(kind, body));
                });
                return;
            }
            Some(Fault::CrossTalk(words)) if text.is_some_and(|text| text.contains(words)) => {
                let say = |_, _| vec![Out::Frame(kind, body.clone())];
                self.server.send_to(&self.path, Some(self.number), &say);
            }
            Some(Fault::Twice(words)) if is(words) => self.echo_as(kind, body.clone()),
            _ => {}
        }
        let (kind, body) = match fault {
            Some(Fault::BinaryAsText) if kind == BINARY => {
                (TEXT, String::from_utf8_lossy(&body).into_owned().into_bytes())
            }
            _ => (kind, spoil(fault, kind, &body)),
        };
        self.echo_as(kind, body);
        if let Some((kind, body)) = self.held.take() {
            self.echo_as(kind, body);
        }
    }

    fn echo_as(&self, kind: u8, body: Vec<u8>) {
        self.say(Out::Frame(kind, body));
    }
}

/// What becomes of the bytes of a message.
fn spoil(fault: Option<Fault>, kind: u8, body: &[u8]) -> Vec<u8> {
    let changed = match kind {
        TEXT => spoil_text(fault, &String::from_utf8_lossy(body)).map(String::into_bytes),
        _ => match fault {
            Some(Fault::FlipBinary(size)) if body.len() == size => {
                let mut body = body.to_vec();
                body[size - 1] ^= 1;
                Some(body)
            }
            Some(Fault::Ascii(size)) if body.len() == size => {
                Some(body.iter().map(|byte| if *byte > 127 { b'?' } else { *byte }).collect())
            }
            _ => None,
        },
    };
    changed.unwrap_or_else(|| body.to_vec())
}

fn spoil_text(fault: Option<Fault>, text: &str) -> Option<String> {
    let cut = |most: usize| {
        let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        text[..end.unwrap_or_default()].to_owned()
    };
    match fault? {
        Fault::Truncate(most) => Some(cut(most)),
        Fault::CountUnits if text.len() > 60_000 => Some(cut(text.encode_utf16().count())),
        Fault::Replace(from, to) if text.len() < 1024 => Some(text.replace(from, to)),
        Fault::CutAtNul => text.split('\0').next().map(str::to_owned),
        Fault::StripMark => text.strip_prefix('\u{feff}').map(str::to_owned),
        _ => None,
    }
}

fn path_name(path: &str) -> &'static str {
    ["/unknown", "/token", "/foreign"].into_iter().find(|known| *known == path).unwrap_or("/")
}
