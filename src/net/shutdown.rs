//! The word that the program is to end.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that is thrown once. Clones share it.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    /// A switch not yet thrown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Throws it.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was thrown.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is thrown.
    pub async fn begun(&self) {
        // An error would mean that the sender is gone, but this very value holds it.
        drop(self.0.subscribe().wait_for(|begun| *begun).await);
    }
}
