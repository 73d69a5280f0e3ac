//! Listening sockets.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::census::Census;

/// How many connections may wait to be accepted: a class that reconnects at once must not be turned away.
const BACKLOG: i32 = 4096;

/// How often a free port is looked for that is free for both families.
const TRIES: usize = 16;

/// One address, or both loopback addresses, listened on.
pub struct Listener {
    pub(super) sockets: Vec<TcpListener>,
    pub(super) census: Arc<Census>,
}

impl Listener {
    /// Listens on an address. A loopback address stands for both families, because `localhost` does, too: the other
    /// one is taken as well, on the same port, if this machine has it. Port 0 finds a free one.
    ///
    /// # Errors
    /// What the system says: most often that the port is taken, or that the address is not this machine's.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let twin = match address.ip() {
            IpAddr::V4(ip) if ip == Ipv4Addr::LOCALHOST => Some(IpAddr::from(Ipv6Addr::LOCALHOST)),
            IpAddr::V6(ip) if ip == Ipv6Addr::LOCALHOST => Some(IpAddr::from(Ipv4Addr::LOCALHOST)),
            _ => None,
        };
        let mut tries = TRIES;
        loop {
            let first = listen(address)?;
            let port = first.local_addr()?.port();
            let mut sockets = vec![first];
            match twin.map(|ip| listen(SocketAddr::new(ip, port))) {
                None => {}
                Some(Ok(second)) => sockets.push(second),
                // A free port of one family may be taken in the other.
                Some(Err(error)) if error.kind() == io::ErrorKind::AddrInUse => {
                    tries -= 1;
                    if address.port() != 0 || tries == 0 {
                        return Err(error);
                    }
                    continue;
                }
                // A machine with one family only.
                Some(Err(_)) => {}
            }
            return Ok(Self { sockets, census: Arc::default() });
        }
    }

    /// The address listened on, with the port that was found.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        match self.sockets.first() {
            Some(socket) => socket.local_addr(),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// The connections of this listener.
    pub fn census(&self) -> Arc<Census> {
        self.census.clone()
    }
}

/// Listens on one address.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the last run's connections to time out. (Elsewhere than on Unix the option means that
    // two programs may share a port.)
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // `[::]` stands for both families; `[::1]` has a twin of its own.
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn loopback_is_both_families() {
        let listener = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let port = listener.address().expect("an address").port();
        let addresses: Vec<_> = listener.sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
        assert_eq!(addresses[0], SocketAddr::from(([127, 0, 0, 1], port)));
        // A machine without IPv6 has the first only.
        if let Some(second) = addresses.get(1) {
            assert_eq!(*second, SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port));
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error() {
        let first = Listener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let again = Listener::bind(first.address().expect("an address"));
        assert_eq!(again.err().map(|error| error.kind()), Some(io::ErrorKind::AddrInUse));
    }
}
