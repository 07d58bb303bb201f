//! The forms of a certificate, by the names that the command line and the page use.

use std::fmt::{self, Write};

use serde_json::Value;

use super::{Certificate, autobahn, write_table};

/// A form of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFormat {
    /// For programs.
    Json,
    /// For terminals and mails.
    Table,
    /// What tools read that know Autobahn.
    Autobahn,
}

impl CertificateFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Json, Self::Table, Self::Autobahn];

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "certificate",
            Self::Table => "certificate-table",
            Self::Autobahn => "autobahn",
        }
    }

    /// The form of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// What the name of a file ends with, without the first dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "certificate.json",
            Self::Table => "certificate.txt",
            Self::Autobahn => "index.json",
        }
    }

    /// For a download.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json | Self::Autobahn => "application/json",
            Self::Table => "text/plain;charset=utf-8",
        }
    }

    /// Writes certificates as one file. One alone stands for itself; several are a list in JSON, one below the other in a table,
    /// and agents beside each other in the shape of Autobahn.
    pub fn write(self, certificates: &[Certificate], out: &mut dyn Write) -> fmt::Result {
        match (self, certificates) {
            (Self::Json, [only]) => pretty(only, out),
            (Self::Json, several) => pretty(
                &serde_json::json!({ "certificates": serde_json::to_value(several).map_err(|_| fmt::Error)? }),
                out,
            ),
            (Self::Table, several) => several.iter().enumerate().try_for_each(|(nth, one)| {
                if nth > 0 {
                    out.write_char('\n')?;
                }
                write_table(one, out)
            }),
            (Self::Autobahn, several) => pretty(&Value::Object(autobahn::agents(several)), out),
        }
    }
}

fn pretty<T: serde::Serialize>(value: &T, out: &mut dyn Write) -> fmt::Result {
    out.write_str(&serde_json::to_string_pretty(value).map_err(|_| fmt::Error)?)?;
    out.write_char('\n')
}
