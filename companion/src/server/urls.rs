//! Where a server is reached.

use std::net::IpAddr;

use serde::Serialize;

/// The addresses of a server, as `--print-urls` writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Urls {
    /// The server's root, without a slash at the end.
    pub http: String,
    /// The plain WebSocket route.
    pub ws: String,
    /// The root under TLS, when there is TLS.
    pub https: Option<String>,
    /// The plain WebSocket route under TLS, when there is TLS.
    pub wss: Option<String>,
    /// The API's root.
    pub api: String,
    /// The page.
    pub page: String,
}

impl Urls {
    /// The addresses of a server that listens on `host`.
    pub fn new(host: IpAddr, http_port: u16, https_port: Option<u16>) -> Self {
        let name = match host {
            // Browsers treat this name as trustworthy, and a user recognises it.
            _ if host.is_loopback() && host.is_ipv4() && host.to_string() == "127.0.0.1" => {
                "localhost".to_owned()
            }
            _ if host.is_unspecified() => "localhost".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let http = format!("http://{name}:{http_port}");
        let tls = |scheme, path| https_port.map(|port| format!("{scheme}://{name}:{port}{path}"));
        Self {
            ws: format!("ws://{name}:{http_port}/ws"),
            https: tls("https", ""),
            wss: tls("wss", "/ws"),
            api: format!("{http}/api"),
            page: format!("{http}/"),
            http,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, http: &str, wss: &str) {
        let urls = Urls::new(host.parse().unwrap(), 9000, Some(9001));
        assert_eq!((urls.http.as_str(), urls.wss.as_deref()), (http, Some(wss)));
    }

    #[test]
    fn an_address_becomes_a_name_only_where_both_are_the_same() {
        check("127.0.0.1", "http://localhost:9000", "wss://localhost:9001/ws");
        check("0.0.0.0", "http://localhost:9000", "wss://localhost:9001/ws");
        check("127.0.0.2", "http://127.0.0.2:9000", "wss://127.0.0.2:9001/ws");
        check("::1", "http://[::1]:9000", "wss://[::1]:9001/ws");
    }
}
