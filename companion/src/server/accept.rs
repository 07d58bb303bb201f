//! Accepts connections and runs HTTP on each, in a task of its own.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{Instrument, debug, debug_span, warn};

use crate::causes::causes;
use crate::log::{HTTP, SERVER};
use crate::web::App;
use crate::web::preview::OverTls;
use crate::ws::conn::Conn;
use crate::ws::patient::Patient;

/// TCP connections beside the WebSockets: page loads, API calls, handshakes under way.
const SPARE: usize = 512;
/// How long a client may take for its TLS handshake, for the head of a request, and for the next bytes of an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// After an error of the listener, mostly for want of file descriptors, there is nothing better than to wait.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts until the server stops.
pub async fn run(listener: TcpListener, tls: Option<TlsAcceptor>, app: Arc<App>) {
    let site = &app.site;
    let places = Arc::new(Semaphore::new(
        site.practice.limits.connections.saturating_add(SPARE).min(Semaphore::MAX_PERMITS),
    ));
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = site.tasks.stopped() => return,
        };
        let (tcp, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(target: SERVER, %error, "cannot accept a connection");
                sleep(PAUSE).await;
                continue;
            }
        };
        let (tls, app) = (tls.clone(), Arc::clone(&app));
        site.tasks.clone().spawn(async move {
            serve(tcp, peer, tls, app).await;
            drop(place);
        });
    }
}

/// Runs HTTP on a connection until that is over: the client has left, or the connection has become a WebSocket.
async fn serve(tcp: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, app: Arc<App>) {
    let began = Instant::now();
    let is_tls = tls.is_some();
    let served = async {
        debug!(target: HTTP, tls = is_tls, "accepted");
        let ended = answer(tcp, tls, app).await;
        let error = ended.err().map(|error| causes(&*error));
        debug!(target: HTTP, error, took = ?began.elapsed(), "HTTP ended");
    };
    served.instrument(debug_span!(target: HTTP, "connection", %peer)).await;
}

async fn answer(
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    Conn::tune(&tcp);
    let is_tls = tls.is_some();
    let conn = match tls {
        None => Conn::Plain(tcp),
        Some(tls) => Conn::Tls(Box::new(timeout(PATIENCE, tls.accept(tcp)).await??.into())),
    };
    let answering = Arc::clone(&app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        if is_tls {
            request.extensions_mut().insert(OverTls);
        }
        let app = Arc::clone(&answering);
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(Patient::new(conn, PATIENCE)), service)
        .with_upgrades();
    tokio::pin!(http);
    // An error here is a client that left or sent no HTTP; hyper has answered what can be answered.
    tokio::select! {
        ended = http.as_mut() => return Ok(ended?),
        () = app.site.tasks.stopped() => {}
    }
    http.as_mut().graceful_shutdown();
    Ok(http.await?)
}
