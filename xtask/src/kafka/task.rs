//! `cargo xtask kafka start|stop|status`: one broker in the background for whoever tries zhamen out.

#![expect(clippy::print_stdout, reason = "a task prints its result")]

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Broker, BrokerOptions, Collector, STOPPED_WITHIN, VERSION, home, raw};
use crate::signal::{self, Signal};

/// What to do with the background broker.
#[derive(Subcommand)]
pub enum Command {
    /// Start it and print its address; its data is kept from one start to the next
    Start {
        /// The port on 127.0.0.1; 0 takes any free one
        #[arg(long, default_value_t = 9092)]
        port: u16,
        /// The Java heap in MiB
        #[arg(long, default_value_t = 512)]
        heap_mb: u32,
        /// Throw the data of earlier starts away first
        #[arg(long)]
        fresh: bool,
    },
    /// Stop it
    Stop,
    /// Tell whether it runs, and where
    Status,
}

/// Runs the task.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Start {
            port,
            heap_mb,
            fresh,
        } => start(port, heap_mb, fresh),
        Command::Stop => stop(),
        Command::Status => status(),
    }
}

fn start(port: u16, heap_mb: u32, fresh: bool) -> Result<()> {
    if let Some(running) = Running::find()? {
        println!("{}", running.describe());
        return Ok(());
    }
    let dir = dir();
    if fresh && dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    let broker = Broker::start(BrokerOptions {
        dir: Some(dir),
        port: (port != 0).then_some(port),
        heap_mb,
        collector: Collector::G1,
        ..BrokerOptions::default()
    })?;
    let (port, log) = (broker.port, broker.log());
    let pid = broker
        .detach()
        .context("the broker has just been started")?;
    let running = Running { pid, port };
    running.note()?;
    println!("{}", running.describe());
    println!("log: {}", log.display());
    Ok(())
}

fn stop() -> Result<()> {
    let Some(running) = Running::find()? else {
        println!("kafka is not running");
        return Ok(());
    };
    signal::send(running.pid, Signal::Term)?;
    let deadline = Instant::now() + STOPPED_WITHIN;
    // Not `signal::exists`: that would wait until the system has collected the ended process, too.
    while Running::find()?.is_some() {
        ensure!(
            Instant::now() < deadline,
            "kafka (pid {}) does not stop",
            running.pid
        );
        thread::sleep(Duration::from_millis(50));
    }
    fs::remove_file(note_path())?;
    println!("kafka stopped");
    Ok(())
}

fn status() -> Result<()> {
    match Running::find()? {
        Some(running) if raw::live_brokers(running.port).is_ok() => {
            println!("{}", running.describe())
        }
        Some(running) => println!("kafka (pid {}) runs but does not answer", running.pid),
        None => println!("kafka is not running"),
    }
    Ok(())
}

/// The background broker as its note tells of it.
struct Running {
    pid: u32,
    port: u16,
}

impl Running {
    /// Reads the note; a note about a process that has gone, or is no broker of ours, counts as none.
    fn find() -> Result<Option<Running>> {
        let Ok(text) = fs::read_to_string(note_path()) else {
            return Ok(None);
        };
        let note: Value = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; remove it", note_path().display()))?;
        let number = |key: &str| {
            note[key]
                .as_u64()
                .with_context(|| format!("the note has no {key}"))
        };
        let running = Running {
            pid: number("pid")?.try_into()?,
            port: number("port")?.try_into()?,
        };
        // The id may have been given to another process since.
        let command = fs::read(format!("/proc/{}/cmdline", running.pid)).unwrap_or_default();
        let ours = String::from_utf8_lossy(&command).contains(&*dir().to_string_lossy());
        Ok(ours.then_some(running))
    }

    fn note(&self) -> Result<()> {
        let note = json!({ "pid": self.pid, "port": self.port });
        fs::write(note_path(), note.to_string()).context("cannot note the broker's process id")
    }

    fn describe(&self) -> String {
        let Running { pid, port } = self;
        format!("kafka {VERSION} runs at 127.0.0.1:{port} (pid {pid})")
    }
}

fn dir() -> PathBuf {
    home().join("background")
}

fn note_path() -> PathBuf {
    home().join("background.json")
}
