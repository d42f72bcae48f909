//! Unix signals to a process by its id, without unsafe code: the shell's built-in `kill` sends
//! them. Never signals a group or a name, only the one process.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// The signals that tests and tasks send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ask to finish.
    Term,
    /// End at once; the process gets no chance to react.
    Kill,
    /// Freeze, as a long garbage collection or a suspended virtual machine would.
    Stop,
    /// Go on after [`Signal::Stop`].
    Cont,
    /// Read the settings again.
    Hup,
}

/// Sends `signal` to the process `pid`; an error if there is no such process.
pub fn send(pid: u32, signal: Signal) -> Result<()> {
    let name = match signal {
        Signal::Term => "TERM",
        Signal::Kill => "KILL",
        Signal::Stop => "STOP",
        Signal::Cont => "CONT",
        Signal::Hup => "HUP",
    };
    ensure!(kill(name, pid)?, "cannot send SIG{name} to process {pid}");
    Ok(())
}

/// Whether a process with this id exists; one that ended but was not yet waited for still does.
pub fn exists(pid: u32) -> Result<bool> {
    kill("0", pid)
}

fn kill(signal: &str, pid: u32) -> Result<bool> {
    // A pid above i32::MAX would reach kill(2) as a negative number, which means a group.
    ensure!(
        i32::try_from(pid).is_ok_and(|pid| pid > 0),
        "not a process id: {pid}"
    );
    let status = Command::new("sh")
        .args([
            "-c",
            "kill -\"$1\" \"$2\" 2>/dev/null",
            "sh",
            signal,
            &pid.to_string(),
        ])
        .stdin(Stdio::null())
        .status()
        .context("cannot run sh")?;
    Ok(status.success())
}
