//! The one place that reads the machine's clock. It drives metrics and decides when a tick is worth
//! appending; what a tick means is decided by the broker's time on it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 by some clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Now, by the machine's clock.
#[must_use]
pub fn wall_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// The machine's clock.
#[must_use]
pub fn wall() -> Clock {
    Arc::new(wall_ms)
}
