//! Screen: the loop that owns one shard. [`Screen::turn`] is its body: read the journal, judge, hand
//! over; then what time or the operator asks to be appended.
//!
//! It keeps nothing that the journal does not hold; what it publishes after a crash is byte for
//! byte what it published before.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use zhamen_wire::journal::{self, ActivationText, JournalEntry};

use crate::activation;
use crate::committer::HandOver;
use crate::fatal::Fatal;
use crate::fold::Fold;
use crate::gauges::Alarms;
use crate::health::{Part, Phase};
use crate::judge::{Judge, Voice};
use crate::log::{Appender, JournalId, JournalReader, Outgoing};

/// When time alone is told to the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TickOptions {
    /// While something is due: at most this often.
    pub every_ms: i64,
    /// While nothing is: this long after the last record.
    pub idle_ms: i64,
}

impl Default for TickOptions {
    fn default() -> TickOptions {
        TickOptions {
            every_ms: 100,
            idle_ms: 1_000,
        }
    }
}

/// Journal records folded in one turn before their outputs are handed over.
const RECORDS_A_TURN: usize = 64;
/// An activation larger than this would not fit the journal topic.
const ACTIVATION_BYTES: usize = 3 << 20;
/// The alarm of a rule set that was not taken.
const ALARM_REFUSED: &str = "activation-refused";

/// What a screener is made of, besides its fold and voice.
pub struct ScreenParts {
    /// The journal, positioned where the fold stands.
    pub reader: Box<dyn JournalReader>,
    /// Appends ticks and activations.
    pub ticks: Box<dyn Appender>,
    /// To the committer.
    pub committer: Sender<HandOver>,
    /// The configured rule set, put in force once the shard has caught up.
    pub wanted: ActivationText,
    /// Rule sets to activate later.
    pub reload: Receiver<ActivationText>,
    /// When to tick.
    pub tick: TickOptions,
    /// Opened once the configured rule set is in force: ingest may begin.
    pub gate: Arc<AtomicBool>,
}

/// The screen loop's state.
pub struct Screen {
    parts: ScreenParts,
    judge: Judge,
    /// The journal's end at take-over: from there on the shard is live.
    live_from: i64,
    /// To be appended once live.
    wanted: Option<ActivationText>,
    /// Digest appended and not yet folded.
    awaited: Option<String>,
    last_tick: i64,
    /// Ticket of the last append, once it is acknowledged 0.
    appending: u64,
    last_look: i64,
    alarms: Alarms,
}

impl Screen {
    /// A shard whose fold was restored.
    pub fn new(
        mut parts: ScreenParts,
        fold: Fold,
        voice: Voice,
        journal: JournalId,
    ) -> Result<Screen, Fatal> {
        parts.reader.seek(fold.engine().next_offset())?;
        let live_from = parts.reader.bounds()?.1;
        voice.health.phase(Part::Screen, Phase::CatchingUp);
        Ok(Screen {
            wanted: Some(parts.wanted.clone()),
            parts,
            live_from,
            awaited: None,
            last_tick: i64::MIN,
            appending: 0,
            last_look: i64::MIN,
            alarms: Alarms::told(&fold),
            judge: Judge::new(fold, voice, journal),
        })
    }

    /// One round of the main loop.
    pub fn turn(&mut self, wait: Duration) -> Result<(), Fatal> {
        if self.parts.committer.is_full() {
            // Back-pressure: outputs cannot be committed fast enough, so nothing more is judged.
            std::thread::sleep(Duration::from_millis(1));
            return Ok(());
        }
        let judge = &mut self.judge;
        let mut room = RECORDS_A_TURN;
        self.parts.reader.poll(wait, &mut |record| {
            judge.record(record)?;
            room -= 1;
            Ok(match room {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        })?;
        self.hand_over()?;
        if self.is_live() {
            self.take_reload();
            self.activate()?;
            self.tick()?;
            self.settle()?;
        }
        self.look();
        Ok(())
    }

    /// Whether the shard has passed where the journal ended at take-over.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.judge.fold().engine().next_offset() >= self.live_from
    }

    /// The fold, to look at.
    #[must_use]
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Where the journal ends now: an orderly stop folds up to there.
    pub fn end(&mut self) -> Result<i64, Fatal> {
        Ok(self.parts.reader.bounds()?.1)
    }

    /// Ends the shard: the committer commits what it has, and the fold is given back.
    #[must_use]
    pub fn into_judge(self) -> Judge {
        self.judge
    }

    fn hand_over(&mut self) -> Result<(), Fatal> {
        let Some(work) = self.judge.hand_over() else {
            return Ok(());
        };
        // There is room: only this thread sends, and it looked before it read.
        self.parts
            .committer
            .try_send(work)
            .map_err(|_| Fatal::Panicked("committer"))
    }

    fn take_reload(&mut self) {
        while let Ok(text) = self.parts.reload.try_recv() {
            self.wanted = Some(text);
        }
    }

    /// Appends the wanted rule set if it differs from the one in force; opens the gate once it is.
    fn activate(&mut self) -> Result<(), Fatal> {
        if let Some(digest) = &self.awaited {
            let active = self.judge.fold().active();
            if active.is_none_or(|a| a.digest != *digest) {
                return Ok(());
            }
            self.judge.voice().health.clear(ALARM_REFUSED);
            self.awaited = None;
        }
        if let Some(mut wanted) = self.wanted.take() {
            let active = self.judge.fold().active();
            if let Some(active) = active {
                // Sequences are dense per partition, so their number is fixed with the journal.
                wanted.policy.decision_partitions = active.policy.decision_partitions;
            }
            if active.is_none_or(|a| **a != wanted) {
                return self.append_activation(wanted);
            }
        }
        if self.judge.fold().active().is_some() {
            self.open_gate();
        }
        Ok(())
    }

    /// Checks a rule set and appends it: one append, one offset for all instances.
    fn append_activation(&mut self, wanted: ActivationText) -> Result<(), Fatal> {
        let digest = wanted.digest.clone();
        let refused = match activation::compile(&wanted) {
            Err(why) => Some(why),
            Ok(_) => {
                let bytes = journal::encode(&[JournalEntry::Activate(wanted)]);
                if bytes.len() <= ACTIVATION_BYTES {
                    self.append(&bytes)?;
                    None
                } else {
                    Some(format!(
                        "{} bytes, at most {ACTIVATION_BYTES} fit",
                        bytes.len()
                    ))
                }
            }
        };
        let voice = self.judge.voice();
        let result = if refused.is_none() {
            "appended"
        } else {
            "refused"
        };
        voice.metrics.activations.with_label_values(&[result]).inc();
        match refused {
            None => {
                tracing::info!(ruleset = digest, "rule set appended");
                self.awaited = Some(digest);
            }
            Some(why) => voice.health.alarm(
                ALARM_REFUSED,
                &format!("rule set {digest} was not activated, the one before stays: {why}"),
            ),
        }
        Ok(())
    }

    fn open_gate(&self) {
        if !self.parts.gate.swap(true, Ordering::Release) {
            self.judge.voice().health.phase(Part::Screen, Phase::Live);
        }
    }

    /// Tells the journal that time has passed, where that can change anything.
    fn tick(&mut self) -> Result<(), Fatal> {
        let judge = &self.judge;
        let due = judge.fold().engine().next_due();
        let wanted = due.is_some_and(|at| at <= judge.broker_now())
            || judge.silent_for() >= self.parts.tick.idle_ms;
        let now = (judge.voice().clock)();
        // While the broker is away ticks would only pile up.
        if !wanted
            || self.appending > 0
            || now.saturating_sub(self.last_tick) < self.parts.tick.every_ms
        {
            return Ok(());
        }
        self.append(&journal::encode(&[JournalEntry::Tick]))?;
        self.judge.voice().metrics.ticks.inc();
        self.last_tick = now;
        Ok(())
    }

    /// Asks after the last append; one that failed ends the process.
    fn settle(&mut self) -> Result<(), Fatal> {
        let asked = self.appending;
        if asked > 0 && self.parts.ticks.acks().acked(asked, Duration::ZERO)? >= asked {
            self.appending = 0;
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Fatal> {
        self.appending = self.parts.ticks.send(Outgoing {
            topic: &self.judge.voice().topics.journal,
            partition: None,
            key: None,
            headers: &[],
            payload: Some(bytes),
        })?;
        Ok(())
    }

    /// Once a second, tells what the engine alarms about.
    fn look(&mut self) {
        let voice = self.judge.voice();
        let now = (voice.clock)();
        if now.saturating_sub(self.last_look) < 1_000 {
            return;
        }
        self.last_look = now;
        self.alarms.tell(self.judge.fold(), &voice.health);
        if let Some(active) = self.judge.fold().active() {
            voice.health.ruleset(&active.digest);
        }
    }
}
