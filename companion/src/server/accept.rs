//! Accepts connections and runs HTTP on each, in a task of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::web::App;
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
        let Ok((tcp, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        let (tls, app) = (tls.clone(), Arc::clone(&app));
        site.tasks.clone().spawn(async move {
            serve(tcp, tls, app).await;
            drop(place);
        });
    }
}

async fn serve(tcp: TcpStream, tls: Option<TlsAcceptor>, app: Arc<App>) {
    Conn::tune(&tcp);
    let conn = match tls {
        None => Conn::Plain(tcp),
        Some(tls) => match timeout(PATIENCE, tls.accept(tcp)).await {
            Ok(Ok(stream)) => Conn::Tls(Box::new(stream.into())),
            _ => return,
        },
    };
    let answering = Arc::clone(&app);
    let service = service_fn(move |request| {
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
    let is_done = tokio::select! {
        _ = http.as_mut() => true,
        () = app.site.tasks.stopped() => false,
    };
    if !is_done {
        http.as_mut().graceful_shutdown();
        let _ = http.await;
    }
}
