//! The task of one connection: the handshake, what comes, the end.
//!
//! Owns what the listener hears, in the order and with the codes of a browser.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use sockscope_engine::base::close;
use sockscope_engine::{Endpoint, Event, EventSink, Instant, Payload};
use tungstenite::Message;
use tungstenite::error::{Error, ProtocolError};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use super::deflate::DeflateError;
use super::effort::Port;
use super::handshake::Unopened;
use super::link::{Link, Phase};
use super::net::Net;

/// How long the other side has to end the transport after both close frames, or to answer a close that no one waits for.
const CLOSES_WITHIN: Duration = Duration::from_secs(2);
/// What `tungstenite` makes of a close frame whose code no frame may carry.
const BAD_CODE: &str = "Protocol violation";

/// Runs a connection to its end.
pub(super) async fn talk(link: Rc<Link>, net: Rc<Net>, name: String, endpoint: Endpoint, sink: EventSink) {
    let _port = Port::hold();
    let mut listener = Listener { link: &link, sink };
    // Boxed, since a connection needs it only until it is open.
    let shaken = Box::pin(async {
        match select(pin!(net.shake(&endpoint)), pin!(given_up(&link))).await {
            Either::Left((shaken, _)) => shaken,
            Either::Right(((), _)) => Err("closed before the connection was open".to_owned().into()),
        }
    });
    let shaken = match shaken.await {
        Ok(shaken) => shaken,
        Err(Unopened { words, answer }) => {
            link.let_go();
            let at = net.clock.now();
            net.note(&name, endpoint.url(), at, false, words);
            answer.into_iter().for_each(|answer| listener.tell(at, Event::Answered(answer)));
            listener.tell(at, Event::Failed);
            return listener.tell(at, Event::lost());
        }
    };
    link.open(shaken.conn, &shaken.early, shaken.agreed);
    let opened = Event::Opened { protocol: shaken.protocol, extensions: shaken.extensions };
    let at = net.clock.now();
    listener.tell(at, Event::Answered(shaken.answer));
    listener.tell(at, opened);
    let end = hear(&link, &net, &mut listener).await;
    let at = net.clock.now();
    match end {
        End::Agreed(frame) => {
            link.let_go();
            let (code, reason) =
                frame.map_or((1005, String::new()), |it| (it.code.into(), it.reason.to_string()));
            listener.tell(at, Event::Closed { code, reason, clean: true });
        }
        End::Broken(words) => {
            net.note(&name, endpoint.url(), at, true, words);
            listener.tell(at, Event::Failed);
            listener.tell(at, Event::lost());
        }
    }
}

/// How a connection that was open ended.
enum End {
    /// Both sides have sent a close frame; the other side's is kept.
    Agreed(Option<CloseFrame>),
    /// No close frame came, or something else than a frame.
    Broken(String),
}

struct Listener<'a> {
    link: &'a Link,
    sink: EventSink,
}

impl Listener<'_> {
    fn tell(&mut self, at: Instant, event: Event) {
        if !self.link.is_dropped.get() {
            (self.sink)(at, event);
        }
    }
}

/// Ends when a handshake is no longer wanted.
async fn given_up(link: &Link) {
    poll_fn(|cx| {
        link.keep_waker(cx);
        if link.phase.get() == Phase::Connecting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

/// Hears messages until the end.
async fn hear(link: &Link, net: &Net, listener: &mut Listener<'_>) -> End {
    let mut told: Option<Option<CloseFrame>> = None;
    let mut bound: Option<Pin<Box<dyn Future<Output = ()>>>> = None;
    loop {
        let next = poll_fn(|cx| {
            // As in a browser, a close that is not answered has no bound of its own: the step has one.
            if told.is_some() || link.is_dropped.get() {
                let bound = bound.get_or_insert_with(|| Box::pin(net.alarm.sleep(CLOSES_WITHIN)));
                if bound.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
            }
            link.poll_next(cx).map(Some)
        });
        let next = next.await;
        let at = net.clock.now();
        match next {
            None => {
                link.let_go();
                return match told {
                    Some(frame) => End::Agreed(frame),
                    None => End::Broken("the connection was let go".to_owned()),
                };
            }
            // What comes after a close was asked for, a browser does not tell either.
            Some(Ok(Message::Text(text))) if link.phase.get() == Phase::Open => {
                listener.tell(at, Event::Received(Payload::Text(text.as_str().to_owned())));
            }
            Some(Ok(Message::Binary(bytes))) if link.phase.get() == Phase::Open => {
                listener.tell(at, Event::Received(Payload::Binary(bytes.to_vec())));
            }
            Some(Ok(Message::Close(Some(frame))))
                if frame.code == CloseCode::Protocol && frame.reason.as_str() == BAD_CODE =>
            {
                let code = link.reserved_code();
                link.let_go();
                let why = "the server sent a close frame with a code that no close frame may carry";
                return End::Broken(code.map_or_else(|| why.to_owned(), close::breach));
            }
            Some(Ok(Message::Close(frame))) => {
                link.phase.set(Phase::Closing);
                told = Some(frame);
                bound = None;
            }
            Some(Ok(Message::Pong(payload))) => listener.tell(at, Event::Ponged(payload.to_vec())),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                let is_over = matches!(error, Error::ConnectionClosed | Error::AlreadyClosed);
                link.fail(&error);
                return match told {
                    // Data after a close frame breaks the protocol; an end of the transport is what is waited for.
                    Some(_) if matches!(error, Error::Protocol(ProtocolError::ReceivedAfterClosing)) => {
                        End::Broken("a frame came after the close frame".to_owned())
                    }
                    Some(frame) => End::Agreed(frame),
                    None if is_over => End::Agreed(None),
                    None => End::Broken(words(&error)),
                };
            }
        }
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "the server ended the transport".to_owned()
        }
        Error::Io(error) => match DeflateError::of(error) {
            Some(error) => error.to_string(),
            None => format!("the transport broke: {error}"),
        },
        Error::Utf8(_) => "a text is not valid UTF-8".to_owned(),
        Error::Protocol(error) => format!("the server broke the protocol: {error}"),
        other => other.to_string(),
    }
}
