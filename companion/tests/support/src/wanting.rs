//! Servers that want what a page cannot send: an `Authorization`, a client certificate, an HTTP proxy in front.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, TryStreamExt, future};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

/// What a server of these has been asked.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn put(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Everything so far: of each request a line for every field, `name: value` with the name in small letters.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether this was among it.
    #[must_use]
    pub fn has(&self, line: &str) -> bool {
        self.all().iter().any(|it| it == line)
    }
}

/// Serves each client on a free port of loopback. The port, and what is heard there.
async fn listen<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream, Heard) -> F + Send + 'static,
) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Heard::default();
    let hears = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, hears.clone()));
        }
    });
    (port, heard)
}

/// An echo that wants a key and says so in words of its own.
pub struct Guarded {
    /// Where it listens on loopback.
    pub port: u16,
    /// What it was asked.
    pub heard: Heard,
}

impl Guarded {
    /// The body of its refusal.
    pub const WORDS: &str = "{\"error\":\"no key: send Authorization: Bearer …\"}";
    /// The field that opens it.
    pub const FIELD: &str = "Bearer the-key-of-the-test";

    /// Listens; with an acceptor it speaks TLS.
    pub async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let (port, heard) = listen(move |stream, heard| {
            let tls = tls.clone();
            async move {
                match tls {
                    None => answer(stream, heard).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => answer(stream, heard).await,
                        Err(error) => heard.put(format!("no TLS: {error}")),
                    },
                }
            }
        })
        .await;
        Self { port, heard }
    }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, heard: Heard) {
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let judge = |request: &Request, mut response: Response| {
        for (name, value) in request.headers() {
            heard.put(format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
        let is_right = request.headers().get("authorization").is_some_and(|it| it == Guarded::FIELD);
        if is_right {
            if let Some(first) = request.headers().get("sec-websocket-protocol") {
                response.headers_mut().insert("sec-websocket-protocol", first.clone());
            }
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(Some(Guarded::WORDS.to_owned()));
        *refusal.status_mut() = http::StatusCode::UNAUTHORIZED;
        refusal.headers_mut().insert("www-authenticate", "Bearer realm=\"tests\"".parse().expect("a value"));
        Err(refusal)
    };
    let Ok(socket) = accept_hdr_async(stream, judge).await else { return };
    let (write, read) = socket.split();
    let said = read.try_filter(|message| future::ready(message.is_text() || message.is_binary()));
    let _ = said.forward(write).await;
}

/// Certificates of a server and of a client, both signed by one authority, in PEM.
pub struct Identities {
    /// The authority.
    pub ca: String,
    /// The client's certificate, and its key.
    pub client: (String, String),
    server: (rcgen::Certificate, rcgen::KeyPair),
    authority: rcgen::Certificate,
}

impl Identities {
    /// Makes them for `localhost`.
    #[must_use]
    pub fn make() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(rcgen::DnType::CommonName, "the authority of the tests");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).expect("a certificate");
        let issuer = rcgen::Issuer::new(params, &key);
        let signed = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let key = rcgen::KeyPair::generate().expect("a key");
            let params = rcgen::CertificateParams::new(names).expect("names");
            (params.signed_by(&key, &issuer).expect("a certificate"), key)
        };
        let (client, client_key) = signed(&["client.test"]);
        let server = signed(&["localhost", "127.0.0.1"]);
        let client = (client.pem(), client_key.serialize_pem());
        Self { ca: authority.pem(), client, server, authority }
    }

    /// What accepts TLS only from clients whose certificate the authority has signed.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let (certificate, key) = &self.server;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier.build().expect("a verifier"))
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate with its key");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// An HTTP proxy that opens tunnels for those who know its password. Its port, and what it was asked.
pub async fn http_proxy(authorization: &'static str) -> (u16, Heard) {
    listen(move |stream, heard| tunnel(stream, authorization, heard)).await
}

async fn tunnel(mut stream: TcpStream, authorization: &str, heard: Heard) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    head.lines().for_each(|line| heard.put(line.to_owned()));
    let to = head.split(' ').nth(1).unwrap_or_default();
    if !head.contains(&format!("Proxy-Authorization: {authorization}\r\n")) {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
        drop(stream.write_all(refusal).await);
        return;
    }
    let Ok(mut target) = TcpStream::connect(to).await else { return };
    if stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
        let _ = copy_bidirectional(&mut stream, &mut target).await;
    }
}
