//! A certificate that the server signs for itself, new at every start.

use std::net::IpAddr;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate cannot be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not take it.
    #[error("cannot use the certificate")]
    Config(#[from] rustls::Error),
}

/// A self-signed certificate and its key.
pub struct Certificate {
    der: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Certificate {
    /// A certificate for this machine's names, the address that is listened on, and further names.
    pub fn new(host: IpAddr, names: &[String]) -> Result<Self, TlsError> {
        let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        if !host.is_unspecified() {
            all.push(host.to_string());
        }
        all.extend_from_slice(names);
        all.sort();
        all.dedup();
        let made = rcgen::generate_simple_self_signed(all)?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Ok(Self { der: made.cert.der().clone(), key })
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What answers TLS handshakes with it.
    pub fn acceptor(self) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.der], PrivateKeyDer::Pkcs8(self.key))?;
        // A WebSocket upgrade belongs to HTTP/1.1.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
