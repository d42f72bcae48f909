//! A child process that does not outlive its parent, not even a parent that is killed: brokers and
//! services that tests start. Ctrl-C in a terminal reaches the parent only.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::signal::{self, Signal};

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// A shell that kills `child` when a pipe from this process ends. `None` once it must not.
    watchdog: Option<Child>,
}

impl Process {
    /// Starts the command. Where its output goes is the caller's choice; set it before.
    pub fn spawn(command: &mut Command) -> Result<Process> {
        let child = command.process_group(0).spawn().with_context(|| {
            let program = command.get_program().to_string_lossy();
            format!("cannot run {program}")
        })?;
        // From here on an early return kills the child.
        let mut process = Process {
            child,
            watchdog: None,
        };
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -KILL \"$1\" 2>/dev/null", "sh"])
            .arg(process.pid().to_string())
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("cannot run sh")?;
        process.watchdog = Some(watchdog);
        Ok(process)
    }

    /// The child's process id, for [`signal::send`].
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the child ended, if it has.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        if status.is_some() {
            self.call_off();
        }
        Ok(status)
    }

    /// Waits for the child to end by itself; `None` if it still runs after `patience`.
    pub fn wait(&mut self, patience: Duration) -> Result<Option<ExitStatus>> {
        let deadline = Instant::now() + patience;
        loop {
            let status = self.exited()?;
            if status.is_some() || Instant::now() >= deadline {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGKILL, and waits until the child is gone.
    pub fn kill9(mut self) -> Result<ExitStatus> {
        self.kill()
    }

    /// SIGTERM and up to `grace` to obey, then SIGKILL.
    pub fn terminate(mut self, grace: Duration) -> Result<ExitStatus> {
        if self.exited()?.is_none() {
            signal::send(self.pid(), Signal::Term)?;
            self.wait(grace)?;
        }
        self.kill()
    }

    /// Lets the child run on after this process has ended.
    pub(crate) fn detach(mut self) -> u32 {
        self.call_off();
        let pid = self.pid();
        // Nothing else is owned: the child's output goes to files.
        std::mem::forget(self);
        pid
    }

    fn kill(&mut self) -> Result<ExitStatus> {
        self.call_off();
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// Ends the watchdog: once the child is waited for, its id may come to belong to another.
    fn call_off(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            // Both fail only if the shell has ended already, which is what is wanted. SIGKILL comes
            // before the pipe is closed, so the shell cannot act on its end.
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child that cannot be killed has ended.
        let _ = self.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn sh(script: &str) -> Process {
        Process::spawn(Command::new("sh").args(["-c", script])).expect("sh")
    }

    #[test]
    fn the_child_dies_with_its_parent() {
        let mut process = sh("exec sleep 100");
        // What the death of this process would do: the pipe to the watchdog ends.
        let watchdog = process.watchdog.as_mut().expect("it watches");
        drop(watchdog.stdin.take());
        let status = process.wait(PATIENCE).expect("wait").expect("it ended");
        assert_eq!(status.signal(), Some(9));
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let process = sh("exec sleep 100");
        let pid = process.pid();
        assert!(signal::exists(pid).expect("sh"));
        drop(process);
        assert!(!signal::exists(pid).expect("sh"));
    }

    #[test]
    fn one_that_ends_by_itself_tells_how() {
        let mut process = sh("exit 7");
        let status = process.wait(PATIENCE).expect("wait").expect("it ended");
        assert_eq!(status.code(), Some(7));
    }

    #[test]
    fn one_that_cannot_obey_is_killed() {
        let process = sh("exec sleep 100");
        signal::send(process.pid(), Signal::Stop).expect("stop");
        // The signal is sent before the process has stopped; one that still runs would obey.
        let stat = format!("/proc/{}/stat", process.pid());
        while !std::fs::read_to_string(&stat)
            .expect("it lives")
            .contains(") T ")
        {
            std::thread::yield_now();
        }
        let status = process.terminate(Duration::from_millis(50)).expect("end");
        assert_eq!(status.signal(), Some(9));
    }

    #[test]
    fn one_that_obeys_is_not() {
        let process = sh("exec sleep 100");
        let status = process.terminate(PATIENCE).expect("end");
        assert_eq!(status.signal(), Some(15));
    }
}
