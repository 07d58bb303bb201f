//! Why a TLS handshake failed, in plain words.
//!
//! Owns the way from the names of the TLS library to words, and whether the server's certificate is the reason. It refuses to name
//! a way out: each caller has another.

use std::io;

use tokio_rustls::rustls::{self, AlertDescription, CertificateError};

/// Whose certificate stops a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// The server's: who takes any gets in.
    Server,
    /// The client's: it has none, or the server does not accept it.
    Client,
    /// Neither.
    None,
}

/// Whose certificate stopped this handshake with a host, and the words.
pub fn why_no_tls(error: &io::Error, host: &str) -> (Culprit, String) {
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(error)) => (Culprit::Server, untrusted(error, host, false)),
        Some(rustls::Error::AlertReceived(alert)) => alerted(*alert),
        Some(other) => (Culprit::None, other.to_string()),
        None => (Culprit::None, error.to_string()),
    }
}

/// What an alert of a server means that a client gets.
fn alerted(alert: AlertDescription) -> (Culprit, String) {
    let why = match alert {
        AlertDescription::CertificateRequired => {
            return (Culprit::Client, "the server wants a client certificate".to_owned());
        }
        AlertDescription::UnknownCA => "the server trusts no authority that has signed it",
        AlertDescription::CertificateExpired => "it has expired",
        AlertDescription::CertificateRevoked => "it was revoked",
        AlertDescription::UnsupportedCertificate => "the server does not take its kind",
        // TLS 1.2 has no alert of its own for a certificate that is missing.
        AlertDescription::BadCertificate | AlertDescription::CertificateUnknown => {
            "it is missing or not valid there"
        }
        other => {
            return (Culprit::None, format!("the server ended the TLS handshake with the alert {other:?}"));
        }
    };
    (Culprit::Client, format!("the server does not accept the client certificate: {why}"))
}

/// Why the certificate of a server is not trusted.
pub fn untrusted(error: &CertificateError, host: &str, is_self_signed: bool) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the certificate has expired, or the clock of one machine is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet, or the clock of one machine is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate does not name {host}")
        }
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        _ if is_self_signed => {
            "the certificate is self-signed: browsers refuse it until you accept it in a tab".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "the certificate is signed by an authority that this machine does not trust".to_owned()
        }
        other => format!("the certificate is not trusted: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: rustls::Error, culprit: Culprit, words: &str) {
        assert_eq!(why_no_tls(&io::Error::other(error), "h"), (culprit, words.to_owned()));
    }

    #[test]
    fn names_of_the_library_become_words_and_name_the_culprit() {
        check(
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer),
            Culprit::Server,
            "the certificate is signed by an authority that this machine does not trust",
        );
        check(
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired),
            Culprit::Client,
            "the server wants a client certificate",
        );
        check(
            rustls::Error::AlertReceived(AlertDescription::UnknownCA),
            Culprit::Client,
            "the server does not accept the client certificate: the server trusts no authority that has signed it",
        );
        check(
            rustls::Error::AlertReceived(AlertDescription::HandshakeFailure),
            Culprit::None,
            "the server ended the TLS handshake with the alert HandshakeFailure",
        );
    }
}
