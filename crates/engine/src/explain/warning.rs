//! Warnings about an address before connecting.
//!
//! Owns what can be foreseen. It refuses to block a connection: `is_blocking` says that the browser will.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::cause::{
    BAD_PORT, CERTIFICATE, CREDENTIALS, Known, LOCAL_NETWORK, MIXED_CONTENT, NO_SOCKET_LEFT, OFFLINE,
    PAGE_FROM_FILE, SECRET_IN_ADDRESS,
};
use super::host::Target;
use super::{HostKind, Permission, Surroundings};
use crate::base::sort;
use crate::{Endpoint, secrets};

/// Something to know before connecting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The same as of the [`Cause`](super::Cause) that this would become.
    pub id: Cow<'static, str>,
    /// In a few words.
    pub title: Cow<'static, str>,
    /// Why it comes into question.
    pub why: Cow<'static, str>,
    /// The ways out.
    pub advice: Vec<Cow<'static, str>>,
    /// The attempt fails for certain; otherwise this is a hint.
    pub is_blocking: bool,
}

/// What can be foreseen for a connection; what blocks it goes first.
pub fn warnings(endpoint: &Endpoint, around: &Surroundings) -> Vec<Warning> {
    let target = Target::of(endpoint);
    let has_secret = !target.has_user && !secrets::suspects(endpoint.url()).is_empty();
    let mut warnings: Vec<_> = foreseen(&target, around)
        .chain(has_secret.then_some((&SECRET_IN_ADDRESS, false)))
        .map(|(known, is_blocking)| warning(known, is_blocking, &target))
        .collect();
    sort::sort_by_key(&mut warnings, |warning: &Warning| !warning.is_blocking);
    warnings
}

fn warning(known: &'static Known, is_blocking: bool, target: &Target<'_>) -> Warning {
    let accept = (known.id == CERTIFICATE.id).then(|| accept_certificate(target).into());
    Warning {
        id: known.id.into(),
        title: known.title.into(),
        why: known.why.into(),
        advice: accept.into_iter().chain(known.next.iter().map(|next| Cow::Borrowed(*next))).collect(),
        is_blocking,
    }
}

/// The way in for a self-signed certificate: browsers ask for pages only.
pub(super) fn accept_certificate(target: &Target<'_>) -> String {
    format!(
        "Open https://{}:{}/ in a tab and accept the certificate there, whatever page comes; then connect again.",
        target.host, target.port
    )
}

/// The lines of the table that hold but for the secret in an address, and whether each blocks. To find secrets takes a table of
/// its own, which the first file of the bench's worker does without.
pub(super) fn foreseen(
    target: &Target<'_>,
    around: &Surroundings,
) -> impl Iterator<Item = (&'static Known, bool)> {
    let is_mixed = around.page_is_secure && !target.is_secure && target.kind != HostKind::Loopback;
    let permission = around.permission;
    let is_guarded = needs_permission(target, around) && permission != Permission::Granted;
    // A private name, or a bare number: no public authority signs for these.
    let is_self_signed = target.is_secure && (target.is_ip || target.is_near());
    [
        (is_mixed, &MIXED_CONTENT, true),
        (is_bad_port(target.port), &BAD_PORT, true),
        (target.has_user, &CREDENTIALS, true),
        (around.has_no_socket(), &NO_SOCKET_LEFT, true),
        (is_guarded, &LOCAL_NETWORK, permission == Permission::Denied),
        (is_offline(target, around), &OFFLINE, false),
        (is_self_signed, &CERTIFICATE, false),
        (around.page_host == HostKind::File, &PAGE_FROM_FILE, false),
    ]
    .into_iter()
    .filter_map(|(holds, known, is_blocking)| holds.then_some((known, is_blocking)))
}

/// A page of the internet wants to get into the local network.
pub(super) fn needs_permission(target: &Target<'_>, around: &Surroundings) -> bool {
    around.page_host == HostKind::Public && target.is_near()
}

pub(super) fn is_offline(target: &Target<'_>, around: &Surroundings) -> bool {
    !around.is_online && target.kind != HostKind::Loopback
}

/// The bad ports of the Fetch standard.
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

fn is_bad_port(port: u16) -> bool {
    BAD_PORTS.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: fn() -> Surroundings = Surroundings::default;

    fn secure() -> Surroundings {
        Surroundings { page_is_secure: true, page_host: HostKind::Public, ..HOME() }
    }

    /// `!` stands before the ones that block.
    #[track_caller]
    fn check(url: &str, around: Surroundings, expected: &[&str]) {
        let endpoint = Endpoint::parse(url).expect("valid");
        let got: Vec<_> = warnings(&endpoint, &around)
            .iter()
            .map(|warning| format!("{}{}", if warning.is_blocking { "!" } else { "" }, warning.id))
            .collect();
        assert_eq!(got, expected, "{url}");
    }

    #[test]
    fn an_ordinary_address_has_no_warning() {
        check("ws://localhost:9000/ws", HOME(), &[]);
        check("wss://example.com/ws", HOME(), &[]);
        check("wss://example.com/ws", secure(), &[]);
        check("ws://192.168.1.5/ws", HOME(), &[]);
    }

    #[test]
    fn plain_text_from_a_secure_page_is_blocked_but_to_this_machine() {
        check("ws://example.com/", secure(), &["!mixed_content"]);
        let granted = Surroundings { permission: Permission::Granted, ..secure() };
        check("ws://192.168.1.5/", granted.clone(), &["!mixed_content"]);
        check("ws://127.0.0.1:9000/", granted.clone(), &[]);
        check("ws://app.localhost:9000/", granted, &[]);
    }

    #[test]
    fn a_public_page_needs_permission_for_the_local_network() {
        check("ws://localhost:9000/", secure(), &["local_network"]);
        let denied = Surroundings { permission: Permission::Denied, ..secure() };
        check("wss://printer.local/", denied.clone(), &["!local_network", "certificate"]);
        check("wss://example.com/", denied, &[]);
    }

    #[test]
    fn a_full_browser_blocks() {
        check("ws://localhost/", Surroundings { sockets: 255, ..HOME() }, &["!no_socket_left"]);
        check("ws://localhost/", Surroundings { sockets: 254, ..HOME() }, &[]);
    }

    #[test]
    fn without_a_network_this_machine_is_still_there() {
        let offline = Surroundings { is_online: false, ..HOME() };
        check("ws://example.com/", offline.clone(), &["offline"]);
        check("ws://localhost/", offline, &[]);
    }

    #[test]
    fn bad_ports_are_blocked() {
        check("ws://localhost:6000/", HOME(), &["!bad_port"]);
        check("ws://localhost:25/", HOME(), &["!bad_port"]);
        check("ws://localhost:22/", HOME(), &["!bad_port"]);
        check("ws://localhost:6001/", HOME(), &[]);
        assert!(BAD_PORTS.is_sorted());
    }

    #[test]
    fn an_unsigned_certificate_gets_its_advice() {
        check("wss://192.168.1.5:8443/", HOME(), &["certificate"]);
        check("wss://93.184.216.34/", HOME(), &["certificate"]);
        let endpoint = Endpoint::parse("wss://[::1]:8443/x").expect("valid");
        let warnings = warnings(&endpoint, &HOME());
        assert!(warnings[0].advice[0].starts_with("Open https://[::1]:8443/ in a tab"), "{warnings:?}");
    }

    #[test]
    fn secrets_in_the_address_are_listed() {
        check("wss://example.com/?token=abc", HOME(), &["secret_in_address"]);
        // What was kept by an earlier version may hold what is refused today.
        let kept: Endpoint =
            serde_json::from_str(r#"{"url":"ws://me:pw@example.com/","protocols":[]}"#).expect("an endpoint");
        assert_eq!(warnings(&kept, &HOME())[0].id, "credentials");
    }

    #[test]
    fn a_page_from_a_file_is_explained() {
        check("ws://localhost/", Surroundings { page_host: HostKind::File, ..HOME() }, &["page_from_file"]);
    }

    #[test]
    fn what_blocks_goes_first() {
        let around = Surroundings { sockets: 300, is_online: false, ..secure() };
        check(
            "wss://printer.local:6000/?key=1",
            around,
            &["!bad_port", "!no_socket_left", "local_network", "offline", "certificate", "secret_in_address"],
        );
    }
}
