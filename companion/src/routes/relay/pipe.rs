//! One direction of a relayed connection: bytes in on one side, the same bytes out on the other.
//!
//! Owns the pings of the relay itself, which it puts between two frames, and takes their pongs out again. Everything else passes
//! as it came. It keeps one chunk at most: a side that does not read holds up the other one as it would without a relay.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use serde_json::{Value, json};
use sockscope_engine::metrics::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use super::facts::{Facts, millis};
use super::scanner::{Part, Scanner};
use crate::routes::census::Census;
use crate::ws::close::Close;
use crate::ws::conn::Conn;
use crate::ws::frame::{close_frame, unmask};
use crate::ws::traffic::Tally;

/// What is read at once at most. It is below what always has room, so it needs no share of the budget.
const CHUNK: usize = 32 * 1024;
/// Pings that wait for their pong; beyond, the oldest is given up.
const MOST_PINGS: usize = 16;

const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the page to the target.
    Out,
    /// From the target to the page.
    In,
}

impl Way {
    /// Who sends in this direction.
    fn sender(self) -> &'static str {
        match self {
            Self::Out => "page",
            Self::In => "server",
        }
    }
}

/// How a direction has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Its sender has ended the stream.
    Ended,
    /// One of the two sides has reset it, or is gone.
    Broken,
    /// The server of the relay stops.
    Stopped,
}

/// What both directions of a connection know.
pub struct Shared<'a> {
    /// Where facts go.
    pub facts: &'a Facts,
    /// What all connections add their traffic to.
    pub census: &'a Census,
    /// The pings that were sent and not answered, of the relay and of the two sides.
    pub pings: Pings,
    /// How long bytes were inside the relay: out, in.
    pub delays: [Mutex<Histogram>; 2],
}

impl<'a> Shared<'a> {
    /// Of a connection that begins.
    pub fn new(facts: &'a Facts, census: &'a Census) -> Self {
        Self { facts, census, pings: Pings::default(), delays: [Mutex::default(), Mutex::default()] }
    }

    fn delayed(&self, way: Way, took: Duration) {
        self.delays[way as usize].lock().unwrap_or_else(PoisonError::into_inner).record(took);
    }

    /// The same over the whole life of the connection, with all that was measured.
    pub fn whole_delay(&self) -> Value {
        let (_, mut told) = self.delay();
        for (way, name) in [(Way::Out, "out"), (Way::In, "in")] {
            let delays = self.delays[way as usize].lock().unwrap_or_else(PoisonError::into_inner);
            if !delays.is_empty() {
                told[name]["histogram"] = delays.to_base64().into();
            }
        }
        told
    }

    /// How many times bytes have passed, and how long they were inside.
    pub fn delay(&self) -> (u64, Value) {
        let of = |way: Way| {
            let delays = self.delays[way as usize].lock().unwrap_or_else(PoisonError::into_inner);
            let figures = delays.summary().map(|it| {
                json!({ "count": it.count, "p50_ms": millis(it.p50), "p99_ms": millis(it.p99), "max_ms": millis(it.max) })
            });
            (delays.count(), figures)
        };
        let ((out, out_figures), (inn, in_figures)) = (of(Way::Out), of(Way::In));
        (out + inn, json!({ "out": out_figures, "in": in_figures }))
    }
}

/// Pings without a pong yet.
#[derive(Debug, Default)]
pub struct Pings(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    count: u32,
    own: VecDeque<(Vec<u8>, Instant)>,
    passed: [VecDeque<(Vec<u8>, Instant)>; 2],
}

impl Pings {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The payload of the next ping of the relay's own.
    fn next(&self) -> Vec<u8> {
        let mut waiting = self.waiting();
        waiting.count += 1;
        let payload = format!("sockscope-relay-{}", waiting.count).into_bytes();
        put(&mut waiting.own, payload.clone());
        payload
    }

    /// A ping has passed.
    fn passed(&self, way: Way, payload: &[u8]) {
        put(&mut self.waiting().passed[way as usize], payload.to_vec());
    }

    /// A pong has come this way: whether it answers the relay's own ping, and after how long it answers any.
    fn answered(&self, way: Way, payload: &[u8]) -> (bool, Option<Duration>) {
        let mut waiting = self.waiting();
        if way == Way::In
            && let Some(took) = take(&mut waiting.own, payload)
        {
            return (true, Some(took));
        }
        let asked = match way {
            Way::In => Way::Out,
            Way::Out => Way::In,
        };
        (false, take(&mut waiting.passed[asked as usize], payload))
    }
}

fn put(waiting: &mut VecDeque<(Vec<u8>, Instant)>, payload: Vec<u8>) {
    if waiting.len() >= MOST_PINGS {
        waiting.pop_front();
    }
    waiting.push_back((payload, Instant::now()));
}

/// A pong answers the ping with its payload, and with it those before (RFC 6455, section 5.5.3).
fn take(waiting: &mut VecDeque<(Vec<u8>, Instant)>, payload: &[u8]) -> Option<Duration> {
    let at = waiting.iter().position(|(asked, _)| asked == payload)?;
    let asked = waiting.drain(..=at).next_back()?.1;
    Some(asked.elapsed())
}

/// One direction.
pub struct Pipe<'a> {
    way: Way,
    scanner: Scanner,
    read: BytesMut,
    shared: &'a Shared<'a>,
    told: u64,
}

impl<'a> Pipe<'a> {
    /// A direction with bytes that have been read for it already.
    pub fn new(way: Way, early: &[u8], shared: &'a Shared<'a>) -> Self {
        Self { way, scanner: Scanner::default(), read: BytesMut::from(early), shared, told: 0 }
    }

    /// Passes on until it is over. `stopped` resolves when the server of the relay stops.
    pub async fn run(
        &mut self,
        from: &mut ReadHalf<Conn>,
        to: &mut WriteHalf<Conn>,
        stopped: impl Future<Output = Close>,
    ) -> Over {
        tokio::pin!(stopped);
        let pings = self.way == Way::Out;
        loop {
            tokio::select! {
                biased;
                passed = self.pass(to) => if passed.is_err() {
                    return Over::Broken;
                },
                // The other side does not read; what has begun cannot be completed.
                _ = &mut stopped => return Over::Stopped,
            }
            let between = self.scanner.is_between_frames();
            tokio::select! {
                biased;
                close = &mut stopped => {
                    if between {
                        let _ = to.write_all(&close_frame(&close, None)).await;
                    }
                    return Over::Stopped;
                }
                // Between two frames only: within one it would be part of a message.
                () = self.shared.facts.ping.notified(), if pings && between => {
                    if self.ping(to).await.is_err() {
                        return Over::Broken;
                    }
                }
                read = read(from, &mut self.read) => match read {
                    Ok(0) => {
                        // A head that never came whole belongs to the stream, too.
                        let rest = self.read.split();
                        let ended = async {
                            to.write_all(&rest).await?;
                            to.shutdown().await
                        };
                        return if ended.await.is_ok() { Over::Ended } else { Over::Broken };
                    }
                    Ok(_) => {}
                    Err(_) => return Over::Broken,
                },
            }
        }
    }

    /// Passes on what was read, but for heads that are not whole.
    async fn pass(&mut self, to: &mut WriteHalf<Conn>) -> io::Result<()> {
        if self.read.is_empty() {
            return Ok(());
        }
        let (came, mut passed) = (Instant::now(), 0);
        while let Some(part) = self.scanner.next(&mut self.read) {
            match part {
                Part::Data(bytes) => {
                    passed += bytes.len() as u64;
                    to.write_all(&bytes).await?;
                }
                Part::Control { wire, opcode, payload } => {
                    if self.control(opcode, &payload) {
                        to.write_all(&wire).await?;
                    }
                }
            }
        }
        to.flush().await?;
        if passed > 0 {
            self.shared.delayed(self.way, came.elapsed());
            self.count(passed);
        }
        for it in self.scanner.fragmented() {
            let from = self.way.sender();
            self.shared.facts.tell_often(
                "fragments",
                || json!({ "from": from, "message": it.message, "frames": it.frames, "bytes": it.bytes }),
            );
        }
        Ok(())
    }

    fn count(&mut self, bytes: u64) {
        let messages = self.scanner.messages() - self.told;
        self.told = self.scanner.messages();
        self.shared.census.traffic().publish(&mut match self.way {
            Way::Out => Tally { messages_in: messages, bytes_in: bytes, ..Tally::default() },
            Way::In => Tally { messages_out: messages, bytes_out: bytes, ..Tally::default() },
        });
    }

    /// Tells of a control frame; whether it passes.
    fn control(&self, opcode: u8, payload: &[u8]) -> bool {
        let (from, facts) = (self.way.sender(), self.shared.facts);
        match opcode {
            PING => {
                self.shared.pings.passed(self.way, payload);
                facts.tell_often("ping", || json!({ "from": from, "payload": shown(payload) }));
                true
            }
            PONG => {
                let (is_own, took) = self.shared.pings.answered(self.way, payload);
                let to = if is_own { Some("relay") } else { took.map(|_| other(self.way)) };
                facts.tell_often("pong", || {
                    json!({ "from": from, "to": to, "rtt_ms": took.map(millis), "payload": shown(payload) })
                });
                !is_own
            }
            CLOSE => {
                let (code, reason) = match payload {
                    [a, b, reason @ ..] => (Some(u16::from_be_bytes([*a, *b])), reason),
                    short => (None, short),
                };
                facts.tell(
                    "close",
                    json!({ "from": from, "code": code, "reason": shown(reason), "bytes": payload.len() }),
                );
                true
            }
            other => {
                facts.tell_often(
                    "control",
                    || json!({ "from": from, "opcode": other, "payload": shown(payload) }),
                );
                true
            }
        }
    }

    /// Sends a ping of the relay's own to the target.
    async fn ping(&self, to: &mut WriteHalf<Conn>) -> io::Result<()> {
        let mut payload = self.shared.pings.next();
        let mask = [0x5a, 0xc3, 0x96, 0x0f];
        unmask(&mut payload, mask);
        let head = [0x89, 0x80 | payload.len() as u8];
        to.write_all(&[&head[..], &mask, &payload].concat()).await?;
        to.flush().await
    }
}

fn other(way: Way) -> &'static str {
    match way {
        Way::Out => Way::In.sender(),
        Way::In => Way::Out.sender(),
    }
}

/// Text as it is, and other bytes in hexadecimal after `0x`.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}")),
    }
}

/// Reads a chunk. 0 is the end of the stream, also one without TLS's own end, which browsers leave out.
async fn read(from: &mut ReadHalf<Conn>, buffer: &mut BytesMut) -> io::Result<usize> {
    buffer.reserve(CHUNK);
    match from.read_buf(buffer).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_belongs_to_the_ping_with_its_payload() {
        let pings = Pings::default();
        let own = pings.next();
        pings.passed(Way::In, b"server's");
        pings.passed(Way::Out, b"page's");
        assert_eq!(pings.answered(Way::In, b"nothing asked").1, None);
        assert!(matches!(pings.answered(Way::Out, b"server's"), (false, Some(_))));
        assert!(matches!(pings.answered(Way::In, b"page's"), (false, Some(_))));
        assert!(matches!(pings.answered(Way::In, &own), (true, Some(_))));
        assert!(matches!(pings.answered(Way::In, &own), (false, None)), "once only");
    }

    #[test]
    fn what_is_no_text_is_shown_in_hexadecimal() {
        assert_eq!((shown(b"bye"), shown(&[0xff, 0x00])), ("bye".to_owned(), "0xff00".to_owned()));
    }
}
