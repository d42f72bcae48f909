//! Structured logs on stderr: text for people, JSON for machines. Nothing personal is ever logged;
//! nothing is logged per event above `trace`.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts logging; a second call changes nothing. `filter` was checked with the settings.
pub fn start(filter: &str, json: bool) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // It fails only where logging was started before, as in a test.
    let _ = match json {
        true => builder.json().try_init(),
        false => builder.try_init(),
    };
}
