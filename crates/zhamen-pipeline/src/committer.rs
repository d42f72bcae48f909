//! The committer: publishes alerts, feedback, holds and warnings together with the progress record,
//! on a thread of its own so that no decision waits for a transaction.
//!
//! Its one rule: progress is committed only after every decision it covers is acknowledged. What a
//! crash leaves uncommitted is said again, in the same words.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::fatal::Fatal;
use crate::faults::Faults;
use crate::log::{Acks, OutputSink, Parcel};
use crate::metrics::{Metrics, seconds};
use crate::progress::Progress;

/// What screen has folded since it last handed over.
#[derive(Debug)]
pub struct HandOver {
    /// Outputs other than decisions, in order.
    pub outputs: Vec<Parcel>,
    /// Where the fold stands after them.
    pub progress: Progress,
    /// Ticket of the last decision sent.
    pub decisions: u64,
    /// Ticket of the last reply sent.
    pub replies: u64,
}

/// Hand-overs that may wait; at the bound screen stops reading the journal.
pub const WAITING: usize = 64;
/// Outputs in one transaction, beyond which no further hand-over is taken in.
const OUTPUTS_A_COMMIT: usize = 5_000;

/// The channel between screen and committer.
#[must_use]
pub fn channel() -> (Sender<HandOver>, Receiver<HandOver>) {
    bounded(WAITING)
}

/// The newest committed progress, for the snapshot follower.
#[derive(Debug, Clone, Default)]
pub struct Committed(Arc<Mutex<Option<Progress>>>);

impl Committed {
    /// The newest committed progress.
    #[must_use]
    pub fn get(&self) -> Option<Progress> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sets it.
    pub fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }
}

/// How often to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitOptions {
    /// At most this often while there is something to say.
    pub every: Duration,
    /// This often while there is only progress.
    pub progress_every: Duration,
}

impl Default for CommitOptions {
    fn default() -> CommitOptions {
        CommitOptions {
            every: Duration::from_millis(25),
            progress_every: Duration::from_secs(1),
        }
    }
}

/// The committer's state.
pub struct Committer {
    sink: Box<dyn OutputSink>,
    decisions: Arc<dyn Acks>,
    replies: Arc<dyn Acks>,
    inbox: Receiver<HandOver>,
    committed: Committed,
    options: CommitOptions,
    metrics: Metrics,
    faults: Faults,
    pending: Option<HandOver>,
    last_commit: Option<Instant>,
}

impl Committer {
    /// Ready to run; the sink has taken over.
    #[must_use]
    pub fn new(
        sink: Box<dyn OutputSink>,
        acks: (Arc<dyn Acks>, Arc<dyn Acks>),
        inbox: Receiver<HandOver>,
        committed: Committed,
        options: CommitOptions,
        metrics: Metrics,
        faults: Faults,
    ) -> Committer {
        Committer {
            sink,
            decisions: acks.0,
            replies: acks.1,
            inbox,
            committed,
            options,
            metrics,
            faults,
            pending: None,
            last_commit: None,
        }
    }

    /// One round: take in what arrived, commit if it is time. False once screen has hung up and
    /// all is committed.
    pub fn turn(&mut self, wait: Duration) -> Result<bool, Fatal> {
        let wait = self.until_due().map_or(wait, |due| due.min(wait));
        let open = match self.inbox.recv_timeout(wait) {
            Ok(first) => {
                self.take_in(first);
                while self.outputs() < OUTPUTS_A_COMMIT
                    && let Ok(next) = self.inbox.try_recv()
                {
                    self.take_in(next);
                }
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        };
        if !open || self.until_due() == Some(Duration::ZERO) {
            self.commit()?;
        }
        Ok(open)
    }

    fn outputs(&self) -> usize {
        self.pending.as_ref().map_or(0, |p| p.outputs.len())
    }

    fn take_in(&mut self, next: HandOver) {
        if self.faults.snapshot_ahead_of_progress() {
            self.committed.set(next.progress.clone());
        }
        match &mut self.pending {
            None => self.pending = Some(next),
            Some(pending) => {
                pending.outputs.extend(next.outputs);
                pending.progress = next.progress;
                pending.decisions = next.decisions;
                pending.replies = next.replies;
            }
        }
    }

    /// Time left until the pending work must be committed; `None` without any.
    fn until_due(&self) -> Option<Duration> {
        let pending = self.pending.as_ref()?;
        let Some(last) = self.last_commit else {
            return Some(Duration::ZERO);
        };
        let every = match pending.outputs.len() {
            0 => self.options.progress_every,
            n if n >= OUTPUTS_A_COMMIT => Duration::ZERO,
            // The window in which a snapshot is ahead.
            _ if self.faults.snapshot_ahead_of_progress() => self.options.every * 80,
            _ => self.options.every,
        };
        Some(every.saturating_sub(last.elapsed()))
    }

    fn commit(&mut self) -> Result<(), Fatal> {
        let Some(work) = self.pending.take() else {
            return Ok(());
        };
        let since = Instant::now();
        if !self.faults.progress_ahead_of_decisions() {
            wait_for(&*self.decisions, work.decisions)?;
            wait_for(&*self.replies, work.replies)?;
        }
        self.sink.commit(&work.outputs, &work.progress)?;
        self.metrics.commit.observe(seconds(since.elapsed()));
        self.metrics.progress_offset.set(work.progress.next_offset);
        self.committed.set(work.progress);
        self.last_commit = Some(Instant::now());
        Ok(())
    }
}

/// Waits until a ticket and all before it are acknowledged. A broker that is away makes this long;
/// the producer gives up before we do, and then it is fatal.
fn wait_for(acks: &dyn Acks, ticket: u64) -> Result<(), Fatal> {
    while acks.acked(ticket, Duration::from_millis(100))? < ticket {}
    Ok(())
}
