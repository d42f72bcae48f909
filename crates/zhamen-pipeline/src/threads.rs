//! The threads of a process: started by name, watched for the first that ends, stopped in stages.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use crate::fatal::Fatal;

/// After a failure the other threads get this long.
const AFTER_FAILURE: Duration = Duration::from_secs(3);

/// When a thread is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// First.
    Ingest,
    /// Once ingest has ended.
    Screen,
    /// Never: it ends when its work does.
    Last,
}

type Exit = (&'static str, Stage, Result<(), Fatal>);

/// The threads, how to stop them, and how they ended.
pub struct Threads {
    running: Vec<(&'static str, Stage)>,
    ingest_stop: Arc<AtomicBool>,
    screen_stop: Arc<AtomicBool>,
    exits: (Sender<Exit>, Receiver<Exit>),
}

impl Threads {
    /// None yet.
    pub fn new() -> Threads {
        Threads {
            running: Vec::new(),
            ingest_stop: Arc::default(),
            screen_stop: Arc::default(),
            exits: unbounded(),
        }
    }

    /// Starts a thread. It gets its stop flag, and a pause that tells whether to go on after it.
    pub fn spawn(
        &mut self,
        name: &'static str,
        stage: Stage,
        body: impl FnOnce(&AtomicBool, &dyn Fn(Duration) -> bool) -> Result<(), Fatal> + Send + 'static,
    ) -> Result<(), Fatal> {
        let stop = match stage {
            Stage::Ingest => Arc::clone(&self.ingest_stop),
            _ => Arc::clone(&self.screen_stop),
        };
        let exits = self.exits.0.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let pause = |span: Duration| pause(&stop, span);
                let result = catch_unwind(AssertUnwindSafe(|| body(&stop, &pause)))
                    .unwrap_or(Err(Fatal::Panicked(name)));
                if let Err(fatal) = &result {
                    tracing::error!(thread = name, "{fatal}");
                }
                // Nobody listens any more only if the process is already ending.
                let _ = exits.send((name, stage, result));
            })
            .map_err(|e| Fatal::Broker {
                what: "starting a thread",
                detail: e.to_string(),
            })?;
        self.running.push((name, stage));
        Ok(())
    }

    /// Waits for the stop flag or the first thread to end; returns a failure.
    pub fn watch(&mut self, stop: &AtomicBool) -> Option<Fatal> {
        while !stop.load(Ordering::Relaxed) {
            match self.exits.1.recv_timeout(Duration::from_millis(50)) {
                Ok((name, _, result)) => {
                    self.running.retain(|(n, _)| *n != name);
                    // Unasked, no thread ends well.
                    return Some(result.err().unwrap_or(Fatal::Panicked(name)));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }

    /// Stops the threads in order and returns the first cause of a failure.
    pub fn wind_down(&mut self, failure: Option<Fatal>, shutdown: Duration) -> Result<(), Fatal> {
        let failed = failure.is_some();
        let mut cause = failure;
        let deadline = Instant::now()
            + match failed {
                true => AFTER_FAILURE.min(shutdown),
                false => shutdown,
            };
        self.ingest_stop.store(true, Ordering::Relaxed);
        if failed {
            self.screen_stop.store(true, Ordering::Relaxed);
        }
        while !self.running.is_empty() {
            if !self
                .running
                .iter()
                .any(|(_, stage)| *stage == Stage::Ingest)
            {
                self.screen_stop.store(true, Ordering::Relaxed);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.exits.1.recv_timeout(left) {
                Ok((name, _, result)) => {
                    self.running.retain(|(n, _)| *n != name);
                    cause = first_cause(cause, result.err());
                }
                Err(_) => {
                    return Err(cause.unwrap_or(Fatal::Deadline(self.running[0].0)));
                }
            }
        }
        cause.map_or(Ok(()), Err)
    }
}

/// A thread that ends because another did reports a panic; the other one's reason is the cause.
fn first_cause(one: Option<Fatal>, two: Option<Fatal>) -> Option<Fatal> {
    match (one, two) {
        (Some(Fatal::Panicked(_)), Some(other)) => Some(other),
        (Some(cause), _) => Some(cause),
        (None, other) => other,
    }
}

/// Sleeps in short pieces; false once `stop` is set.
fn pause(stop: &AtomicBool, span: Duration) -> bool {
    let end = Instant::now() + span;
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}
