//! Which certificates a client of ours takes, and which one it shows.
//!
//! Owns the TLS configurations: two for all, and one for each client that brings certificates. An error never repeats what was
//! given, since that may be a key.

use std::sync::{Arc, OnceLock};

use hyper_rustls::ConfigBuilderExt;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// Certificates in PEM, as a client brings them.
#[derive(Clone, Copy, Default)]
pub struct Certificates<'a> {
    /// The client's own, with those that sign it, and its private key.
    pub own: Option<(&'a str, &'a str)>,
    /// The authorities that sign the server's; those that this system trusts where none is given.
    pub authorities: Option<&'a str>,
    /// Any certificate of the server is taken.
    pub takes_any: bool,
}

/// What is wrong with them.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum CertificateError {
    /// No certificate in it.
    #[error("{0}: expected a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate(&'static str),
    /// No key in it.
    #[error("the client key: expected a private key in PEM, without a passphrase")]
    NoKey,
    /// The two do not go together, or the key is of a kind that the TLS library does not know.
    #[error("the client key does not fit the client certificate, or is of an unknown kind")]
    Unfit,
    /// An authority that cannot be one.
    #[error("the CA: the TLS library does not take this certificate as an authority")]
    NoAuthority,
    /// The certificates of this system cannot be read.
    #[error("the certificates that this system trusts cannot be read; give the CA")]
    NoRoots,
}

/// What one client takes and shows.
#[derive(Clone)]
pub enum Trust {
    /// The certificates that this system trusts.
    System,
    /// Any certificate.
    Any,
    /// What the client has brought.
    Own(Arc<ClientConfig>),
}

impl Trust {
    /// Of certificates that a client brings.
    pub fn of(given: Certificates<'_>) -> Result<Self, CertificateError> {
        if given.own.is_none() && given.authorities.is_none() {
            return Ok(if given.takes_any { Self::Any } else { Self::System });
        }
        let builder = match given.authorities {
            _ if given.takes_any => trusting_any(),
            None => checking_system().ok_or(CertificateError::NoRoots)?,
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(pem, "the CA")? {
                    roots.add(authority).map_err(|_| CertificateError::NoAuthority)?;
                }
                builder().with_root_certificates(roots)
            }
        };
        let config = match given.own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate, "the client certificate")?;
                let key =
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| CertificateError::NoKey)?;
                builder.with_client_auth_cert(chain, key).map_err(|_| CertificateError::Unfit)?
            }
        };
        Ok(Self::Own(Arc::new(config)))
    }

    /// The configuration; none when the certificates of this system cannot be read.
    pub fn config(&self) -> Option<Arc<ClientConfig>> {
        match self {
            Self::System => checking(),
            Self::Any => Some(trusting()),
            Self::Own(config) => Some(Arc::clone(config)),
        }
    }
}

fn certificates(pem: &str, what: &'static str) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    found.ok().filter(|all| !all.is_empty()).ok_or(CertificateError::NoCertificate(what))
}

fn builder() -> ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for the default versions")
}

fn checking_system() -> Option<ConfigBuilder<ClientConfig, WantsClientCert>> {
    builder().with_native_roots().ok()
}

fn trusting_any() -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let verifier = AnyCertificate(Arc::new(ring::default_provider()));
    builder().dangerous().with_custom_certificate_verifier(Arc::new(verifier))
}

/// Takes the certificates that this system trusts.
pub fn checking() -> Option<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    CONFIG.get_or_init(|| Some(Arc::new(checking_system()?.with_no_client_auth()))).clone()
}

/// Takes any certificate.
pub fn trusting() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    Arc::clone(CONFIG.get_or_init(|| Arc::new(trusting_any().with_no_client_auth())))
}

/// Trusts the peer it was given; that the peer has the key of its certificate is still verified.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
