//! What is done to the service and its broker. Each act ends with one ready instance, as a
//! supervisor would see to it.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::kafka::Broker;
use xtask::signal::{self, Signal};

use crate::rig::{Rig, Service};

use super::chance::Chance;

/// The exit code that asks a supervisor for a new start.
const RESTART: i32 = 75;
/// A shut-out instance must have noticed within this.
const FENCED_WITHIN: Duration = Duration::from_secs(60);

/// One kind of violence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// kill -9 of the service.
    Kill,
    /// kill -9 again and again, while it restores too.
    KillStorm,
    /// SIGSTOP; a second instance takes over; SIGCONT: a zombie.
    Zombie,
    /// A second instance takes over from one that is well.
    TakeOver,
    /// SIGSTOP and SIGCONT without a second instance.
    Freeze,
    /// SIGTERM: everything must be said and committed.
    Terminate,
    /// kill -9 of the broker.
    KillBroker,
    /// kill -9 of the broker, and of the service just after the broker is back.
    KillBrokerThenService,
    /// kill -9 of both.
    KillBoth,
    /// The broker hangs; kill -9 of the service meanwhile.
    HangBroker,
    /// Another rule set by SIGHUP, and kill -9 while it comes into force.
    ChangeRules,
}

impl Act {
    /// All, in the order of the list above.
    pub const ALL: [Act; 11] = [
        Act::Kill,
        Act::KillStorm,
        Act::Zombie,
        Act::TakeOver,
        Act::Freeze,
        Act::Terminate,
        Act::KillBroker,
        Act::KillBrokerThenService,
        Act::KillBoth,
        Act::HangBroker,
        Act::ChangeRules,
    ];

    /// For people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Act::Kill => "kill",
            Act::KillStorm => "kill storm",
            Act::Zombie => "zombie",
            Act::TakeOver => "take-over",
            Act::Freeze => "freeze",
            Act::Terminate => "terminate",
            Act::KillBroker => "kill broker",
            Act::KillBrokerThenService => "kill broker, then service",
            Act::KillBoth => "kill both",
            Act::HangBroker => "hang broker, kill service",
            Act::ChangeRules => "change rules",
        }
    }
}

/// The service and its broker.
pub struct Scene {
    /// How instances are started.
    pub rig: Rig,
    /// The broker.
    pub broker: Broker,
    /// The instance that is to be well.
    pub service: Option<Service>,
    /// When things happen.
    pub chance: Chance,
    /// What was wrong with what the instances did.
    pub findings: Vec<String>,
}

impl Scene {
    /// Starts the first instance.
    pub fn set(&mut self) -> Result<()> {
        self.start(0)?;
        self.ready()
    }

    /// Does it.
    pub fn perform(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Kill => {
                self.kill()?;
                self.pause(0, 500);
                self.start(0)?;
            }
            Act::KillStorm => {
                for _ in 0..self.chance.between(3, 5) {
                    self.kill()?;
                    self.start(0)?;
                    self.pause(100, 1_500);
                }
            }
            Act::Zombie => self.zombie()?,
            Act::TakeOver => {
                let old = self.service.take().context("no service")?;
                self.start(1 - old.slot)?;
                self.ready()?;
                self.must_leave(old)?;
            }
            Act::Freeze => {
                let pid = self.pid()?;
                signal::send(pid, Signal::Stop)?;
                self.pause(200, 2_500);
                signal::send(pid, Signal::Cont)?;
            }
            Act::Terminate => {
                let slot = self.service.as_ref().map_or(0, |s| s.slot);
                self.terminate()?;
                self.start(slot)?;
            }
            Act::KillBroker => {
                self.broker.kill9()?;
                self.pause(0, 500);
                self.broker.restart()?;
            }
            Act::KillBrokerThenService => {
                self.broker.kill9()?;
                self.broker.restart()?;
                self.pause(0, 600);
                self.kill()?;
                self.start(0)?;
            }
            Act::KillBoth => {
                self.broker.kill9()?;
                self.pause(0, 300);
                self.kill()?;
                self.broker.restart()?;
                self.start(0)?;
            }
            Act::HangBroker => {
                let broker = self.broker.pid().context("no broker")?;
                signal::send(broker, Signal::Stop)?;
                self.pause(100, 900);
                let killed = self.kill();
                self.pause(0, 200);
                signal::send(broker, Signal::Cont)?;
                killed?;
                self.start(0)?;
            }
            Act::ChangeRules => {
                self.change_a_rule()?;
                let pid = self.pid()?;
                signal::send(pid, Signal::Hup)?;
                self.pause(0, 600);
                self.kill()?;
                self.start(0)?;
            }
        }
        self.ready()
    }

    /// Lets time pass.
    pub fn pause(&mut self, low_ms: u64, high_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.chance.between(low_ms, high_ms)));
    }

    /// Ends the service in order.
    pub fn terminate(&mut self) -> Result<()> {
        let mut service = self.service.take().context("no service")?;
        signal::send(service.process.pid(), Signal::Term)?;
        let status = service.process.wait(Duration::from_secs(90))?;
        if status.and_then(|s| s.code()) != Some(0) {
            let how = status.map_or_else(|| "it did not end".to_owned(), |s| s.to_string());
            self.findings.push(format!(
                "SIGTERM did not end the service in order: {how}; {}",
                service.log_tail()
            ));
        }
        Ok(())
    }

    fn zombie(&mut self) -> Result<()> {
        let old = self.service.take().context("no service")?;
        let pid = old.process.pid();
        signal::send(pid, Signal::Stop)?;
        self.start(1 - old.slot)?;
        self.ready()?;
        self.pause(200, 1_500);
        signal::send(pid, Signal::Cont)?;
        self.must_leave(old)
    }

    /// An instance that another has taken over from must notice and end.
    fn must_leave(&mut self, mut old: Service) -> Result<()> {
        match old.process.wait(FENCED_WITHIN)? {
            Some(status) if status.code() == Some(RESTART) => {}
            Some(status) => self.findings.push(format!(
                "the shut-out instance ended with {status}; {}",
                old.log_tail()
            )),
            None => {
                self.findings
                    .push("the shut-out instance goes on".to_owned());
                old.process.kill9()?;
            }
        }
        Ok(())
    }

    fn start(&mut self, slot: usize) -> Result<()> {
        self.service = Some(self.rig.start(slot)?);
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        let service = self.service.take().context("no service")?;
        service.process.kill9()?;
        Ok(())
    }

    fn pid(&self) -> Result<u32> {
        Ok(self.service.as_ref().context("no service")?.process.pid())
    }

    /// Waits until the instance is well; one that asked for a new start gets it.
    fn ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(240);
        loop {
            let service = self.service.as_mut().context("no service")?;
            if let Some(status) = service.process.exited()? {
                ensure!(
                    status.code() == Some(RESTART) && Instant::now() < deadline,
                    "the service ended with {status}: {}",
                    service.log_tail()
                );
                let slot = service.slot;
                std::thread::sleep(Duration::from_millis(100));
                self.start(slot)?;
                continue;
            }
            match service.wait_ready() {
                Ok(()) => return Ok(()),
                Err(error) if service.process.exited()?.is_none() => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Moves one limit of one rule back and forth.
    fn change_a_rule(&self) -> Result<()> {
        let path = self.rig.rules().join("frequent-large-transfers.toml");
        let text = fs::read_to_string(&path)?;
        let (one, other) = ("min_count = { value = 5,", "min_count = { value = 6,");
        let changed = if text.contains(one) {
            text.replace(one, other)
        } else if text.contains(other) {
            text.replace(other, one)
        } else {
            bail!("frequent-large-transfers.toml has no min_count of 5");
        };
        // The rule's own tests are not asked by the service.
        fs::write(&path, changed)?;
        Ok(())
    }
}
