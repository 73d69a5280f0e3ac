//! A connection that leaves HTTP for another protocol (RFC 9110 §7.8): what hyper gives away of it once the answer with
//! status 101 has gone out.

use std::io;

use axum::http::Extensions;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// The promise of a connection.
pub struct Upgrade(OnUpgrade);

impl Upgrade {
    /// Takes the promise out of a request's extensions; nothing, if its connection cannot be upgraded.
    pub fn take(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove::<OnUpgrade>().map(Self)
    }

    /// The connection, with the tap still on it, once the request was answered with status 101. What the client sent
    /// after its request comes first.
    ///
    /// # Errors
    /// If the answer was another, or could not be sent.
    pub async fn io(self) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static> {
        self.0.await.map(TokioIo::new).map_err(io::Error::other)
    }
}
