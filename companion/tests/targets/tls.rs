//! Those servers that listen on a second port with TLS do so with the certificate that they are given.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::{AIOHTTP, WEBSOCKETS, WS};
use support::servers::Target;

/// A certificate for this machine, in files that go with their owner.
struct Certificate {
    folder: PathBuf,
    der: CertificateDer<'static>,
}

impl Certificate {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("sockscope-targets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of our own");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(folder.join("cert.pem"), pem("CERTIFICATE", cert.der())).expect("a file");
        let key = pem("PRIVATE KEY", &signing_key.serialize_der());
        std::fs::write(folder.join("key.pem"), key).expect("a file");
        Self { folder, der: cert.der().clone() }
    }

    fn path(&self, name: &str) -> OsString {
        Path::new(&self.folder).join(name).into_os_string()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    // Base64 is ASCII, so no line ends within a character.
    let lines: String =
        text.as_bytes().chunks(64).flat_map(|line| [line, b"\n"].concat()).map(char::from).collect();
    format!("-----BEGIN {what}-----\n{lines}-----END {what}-----\n")
}

async fn check(target: &Target, certificate: &Certificate) {
    let more = [
        ["--tls-port".into(), "0".into()],
        ["--cert".into(), certificate.path("cert.pem")],
        ["--key".into(), certificate.path("key.pem")],
    ];
    let server = target.start(&more.concat());
    let [_, url] = server.urls.as_slice() else { panic!("{} has {:?}", target.name, server.urls) };
    let address = url.strip_prefix("wss://").and_then(|it| it.strip_suffix("/ws")).expect("a wss address");
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der.clone()).expect("a certificate of ours");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.expect("our certificate");
    let (mut client, _) = client_async("wss://localhost/ws/echo", stream).await.expect("a handshake");
    client.send(Message::text("in secret")).await.expect("it is open");
    let echo = client.next().await.expect("it is open").expect("a message");
    assert_eq!(echo, Message::text("in secret"), "{}", target.name);
}

#[tokio::test]
async fn those_that_can_listen_with_tls_too() {
    let certificate = Certificate::new();
    for target in [&WEBSOCKETS, &AIOHTTP, &WS] {
        let check = check(target, &certificate);
        tokio::time::timeout(std::time::Duration::from_secs(60), check).await.expect("an echo in time");
    }
}
