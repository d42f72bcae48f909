//! Loopback ports that are free now and stay free while the broker is down between a kill and a
//! restart.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};

/// Below the range from which the kernel picks ports for outgoing connections (32768 and up). A
/// port from that range could be taken while the broker is down, even by a client's own retry,
/// which then connects to itself.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

/// A client port (the one asked for, or any) and a controller port.
pub(super) fn pick(client: Option<u16>) -> Result<(u16, u16)> {
    let client = match client {
        Some(port) => free(port).with_context(|| format!("port {port} is taken"))?,
        None => next()?,
    };
    let controller = next()?;
    Ok((client, controller))
}

/// Gives out no port twice in this process: a broker binds its ports only later, and lets go of
/// them while it is down. Processes that start brokers at the same moment begin far apart.
fn next() -> Result<u16> {
    static STEP: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(7919);
    (0..COUNT)
        .map(|_| start.wrapping_add(STEP.fetch_add(1, Ordering::Relaxed)) % COUNT + FIRST)
        .find_map(|port| free(u16::try_from(port).ok()?))
        .context("no free port")
}

fn free(port: u16) -> Option<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .ok()
        .map(|_| port)
}
