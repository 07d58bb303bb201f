//! On Linux: the name of a socket that is not a file. Names are as far apart as ports are, in network namespaces; two users
//! cannot both have one; and each ends with its process.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use super::Refusal;

/// A reservation.
pub type Held = UnixListener;

/// Reserves a port; none where another run has it.
pub fn reserve(port: u16) -> Result<Option<Held>, Refusal> {
    let name = format!("sockscope-port-{port}");
    let bound = SocketAddr::from_abstract_name(&name).and_then(|address| UnixListener::bind_addr(&address));
    match bound {
        Ok(held) => Ok(Some(held)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err((format!("the abstract socket {name}"), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_port_is_for_one_run_until_it_lets_go() {
        let held = reserve(1).expect("names can be bound").expect("it is free");
        assert!(reserve(1).expect("names can be bound").is_none());
        drop(held);
        assert!(reserve(1).expect("names can be bound").is_some());
    }
}
