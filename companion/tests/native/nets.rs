//! Networks of one machine: a server in one, and clients in others, each with an address and ports of its own.
//!
//! Owns the namespaces, which go when it is dropped. The network of the machine itself is not touched.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

/// The address of the server.
const ADDRESS: &str = "10.77.0.1";

/// A network for a server, and some for clients; all of them meet at a bridge in the first.
pub struct Nets {
    names: Vec<String>,
    /// Runs the binary under test where the server is.
    pub server: String,
    /// Run it where each client is.
    pub clients: Vec<String>,
    folder: TempDir,
}

impl Nets {
    /// None, with the reason on standard error, where this machine does not allow it.
    pub fn of(clients: usize) -> Option<Self> {
        let name = |what: &str| format!("sockscope-{}-{what}", std::process::id());
        let hub = name("hub");
        if let Err(words) = ip(&["netns", "add", &hub]) {
            eprintln!("skipped: this machine allows no network namespaces ({words})");
            return None;
        }
        let folder = TempDir::new().expect("a folder");
        // From now on what was made is removed, whatever goes wrong.
        let mut nets = Self { names: vec![hub.clone()], server: String::new(), clients: Vec::new(), folder };
        let made = (|| {
            ip(&["-n", &hub, "link", "set", "lo", "up"])?;
            ip(&["-n", &hub, "link", "add", "br0", "type", "bridge"])?;
            ip(&["-n", &hub, "addr", "add", &format!("{ADDRESS}/24"), "dev", "br0"])?;
            ip(&["-n", &hub, "link", "set", "br0", "up"])?;
            for index in 0..clients {
                let (net, port) = (name(&index.to_string()), format!("port{index}"));
                ip(&["netns", "add", &net])?;
                nets.names.push(net.clone());
                ip(&[
                    "-n", &hub, "link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", &net,
                ])?;
                ip(&["-n", &hub, "link", "set", &port, "master", "br0"])?;
                ip(&["-n", &hub, "link", "set", &port, "up"])?;
                ip(&["-n", &net, "addr", "add", &format!("10.77.0.{}/24", index + 10), "dev", "eth0"])?;
                ip(&["-n", &net, "link", "set", "eth0", "up"])?;
                ip(&["-n", &net, "link", "set", "lo", "up"])?;
            }
            Ok::<_, String>(())
        })();
        if let Err(words) = made {
            eprintln!("skipped: this machine allows no bridge between network namespaces ({words})");
            return None;
        }
        nets.server = nets.entry(0);
        nets.clients = (1..=clients).map(|index| nets.entry(index)).collect();
        Some(nets)
    }

    /// Where the server is reached.
    pub fn address(&self) -> &str {
        ADDRESS
    }

    /// A program that runs the binary under test in a network.
    fn entry(&self, index: usize) -> String {
        let path = self.folder.path().join(format!("sockscope-{index}"));
        let lines = format!("#!/bin/sh\nexec ip netns exec {} {} \"$@\"\n", self.names[index], super::BINARY);
        std::fs::write(&path, lines).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("it is ours");
        path.display().to_string()
    }
}

impl Drop for Nets {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

/// What it says when it fails.
fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| format!("ip: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
