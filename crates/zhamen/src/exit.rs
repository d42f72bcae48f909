//! Exit codes of every command, and errors that carry one.

use std::fmt;
use std::process::ExitCode;

/// How a command ends; the numbers are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing found.
    Ok = 0,
    /// Done, and something was found: rejected lines, errors in rules, failed tests.
    Findings = 1,
    /// The command line asks for something impossible.
    Usage = 2,
    /// Stopped because of something outside; a supervisor should start it again (`EX_TEMPFAIL`).
    Restart = 75,
    /// Bad settings or rules; starting again would not help (`EX_CONFIG`).
    BadConfig = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What a command returns.
pub type Outcome = Result<Exit, Failure>;

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What to tell.
    pub error: anyhow::Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl Failure {
    /// Whether the reader of our output has gone away, which is no failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
        })
    }
}

/// Gives an error its exit code.
pub trait OrExit<T> {
    /// The value, or a failure that ends with `exit`.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            exit,
            error: error.into(),
        })
    }
}
