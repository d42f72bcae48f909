//! The one place that reads the machine's clocks. They drive metrics and decide when a tick is worth
//! appending; what a tick means is decided by the broker's time on it.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 by some clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Now, by the machine's clock.
#[must_use]
pub fn wall_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// The machine's clock as it was at the start, going on evenly: setting the clock back must not
/// stop the ticks.
#[must_use]
pub fn wall() -> Clock {
    let (wall, start) = (wall_ms(), Instant::now());
    Arc::new(move || wall + i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX))
}
