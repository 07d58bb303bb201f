//! The TLS port.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use sockscope_companion::config::Port;
use sockscope_companion::{Config, Running, Server};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use support::client::soon;

async fn server() -> Running {
    Server::start(Config { tls: Some(Port::Exactly(0)), ..Config::default() }).await.unwrap()
}

/// Connects with nothing but the server's own certificate to trust.
async fn connect(server: &Running, name: &'static str) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(server.certificate().unwrap().to_vec())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let port = server.urls().https.as_ref().unwrap().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from(name).unwrap();
    soon("the TLS handshake", TlsConnector::from(Arc::new(config)).connect(name, tcp)).await.unwrap()
}

#[tokio::test]
async fn wss_echoes_and_closes() {
    let server = server().await;
    let stream = connect(&server, "localhost").await;
    let (mut client, _) =
        soon("the handshake", client_async("wss://localhost/ws/echo", stream)).await.unwrap();
    client.send(Message::text("in secret")).await.unwrap();
    assert_eq!(soon("an echo", client.next()).await.unwrap().unwrap(), Message::text("in secret"));
    let large = Message::binary(vec![3; 1 << 20]);
    client.send(large.clone()).await.unwrap();
    assert_eq!(soon("an echo", client.next()).await.unwrap().unwrap(), large);
    client.close(None).await.unwrap();
    assert!(matches!(soon("the close", client.next()).await, Some(Ok(Message::Close(_)))));
}

#[tokio::test]
async fn the_certificate_names_this_machine() {
    let server = server().await;
    for name in ["localhost", "127.0.0.1", "::1"] {
        connect(&server, name).await;
    }
}

#[tokio::test]
async fn without_tls_there_is_no_second_address() {
    let server = Server::start(Config::default()).await.unwrap();
    assert_eq!((&server.urls().https, &server.urls().wss, server.certificate()), (&None, &None, None));
}
