//! A real Apache Kafka (KRaft, one node) that tests and tasks start, kill and restart.
//!
//! The jars come from Maven once and are kept under `target/kafka`; a broker listens on loopback
//! only. No Kafka client is needed here: readiness is asked for in raw bytes, so this crate stays
//! quick to build. It does not create topics or warm anything up; the tests' own client does.

mod archive;
mod jars;
mod ports;
pub mod raw;
mod settings;
pub mod task;
mod tools;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process::Process;

/// The one version that tests, CI, benchmarks and the compose file speak of.
pub const VERSION: &str = "4.3.1";

/// After a kill -9 with the default session timeout a restart alone takes 12 s on a quiet machine.
const READY_WITHIN: Duration = Duration::from_secs(90);
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

/// How a broker is started.
#[derive(Clone, Debug)]
pub struct BrokerOptions {
    /// Where data and logs go. `None`: a folder of its own under `target/kafka`, removed at the
    /// end. A given folder is kept, and its data is used again.
    pub dir: Option<PathBuf>,
    /// The client port on 127.0.0.1. `None`: any free one.
    pub port: Option<u16>,
    /// Forget a dead broker after 1.5 s instead of 9 s, so that a restart after [`Broker::kill9`]
    /// takes 3 s instead of 12 s. For tests that kill the broker; leave it off elsewhere.
    pub fast_session: bool,
    /// The Java heap in MiB.
    pub heap_mb: u32,
    /// The garbage collector.
    pub collector: Collector,
    /// Lines of `server.properties`; they win over what is set here.
    pub extra: Vec<(String, String)>,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        BrokerOptions {
            dir: None,
            port: None,
            fast_session: false,
            heap_mb: 256,
            collector: Collector::Serial,
            extra: Vec::new(),
        }
    }
}

/// Which garbage collector the broker's JVM uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collector {
    /// Smallest and quickest to start: for tests.
    Serial,
    /// Short pauses: for measurements. Give it a heap of 1024 MiB.
    G1,
}

/// A broker process. Dropping it kills the process; if the whole test process dies, a watchdog does.
#[derive(Debug)]
pub struct Broker {
    options: BrokerOptions,
    dir: PathBuf,
    port: u16,
    controller_port: u16,
    java: Java,
    process: Option<Process>,
}

/// What the JVM is started with, apart from the broker's own settings.
#[derive(Clone, Debug)]
struct Java {
    lib: PathBuf,
    /// A shared class archive to start from; it halves the time to ready.
    archive: Option<PathBuf>,
    /// A shared class archive to write on exit.
    archive_to_write: Option<PathBuf>,
}

impl Java {
    /// Installs, fetches and prepares what is missing, one caller at a time over all threads and
    /// processes.
    fn ensure() -> Result<Java> {
        let home = home();
        fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
        let lock = File::options()
            .create(true)
            .append(true)
            .open(home.join("lock"))?;
        lock.lock()
            .with_context(|| format!("cannot lock {}", home.display()))?;
        let version = tools::ensure_java()?;
        let lib = jars::ensure()?;
        let archive = archive::ensure(&lib, &version);
        Ok(Java {
            lib,
            archive,
            archive_to_write: None,
        })
    }
}

impl Broker {
    /// Fetches what is missing, starts a broker and returns when clients can use it.
    pub fn start(options: BrokerOptions) -> Result<Broker> {
        Broker::launch(options, Java::ensure()?)
    }

    fn launch(options: BrokerOptions, java: Java) -> Result<Broker> {
        let dir = match &options.dir {
            Some(dir) => std::path::absolute(dir)?,
            None => own_dir(),
        };
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let (port, controller_port) = ports::pick(options.port)?;
        let mut broker = Broker {
            options,
            dir,
            port,
            controller_port,
            java,
            process: None,
        };
        settings::write(&broker)?;
        if !broker.dir.join("data/meta.properties").exists() {
            broker.format()?;
        }
        broker.spawn()?;
        Ok(broker)
    }

    /// `host:port` for clients; the same over every restart.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The folder with the broker's data, settings and log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Everything the broker printed, over all its restarts.
    pub fn log(&self) -> PathBuf {
        self.dir.join("broker.log")
    }

    /// The id of the running JVM.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Ends the broker with SIGKILL, as a crash would. Its data stays for [`Broker::restart`].
    pub fn kill9(&mut self) -> Result<()> {
        self.process
            .take()
            .map_or(Ok(()), |process| process.kill9().map(drop))
    }

    /// Ends the broker in an orderly way and keeps its data.
    pub fn shut_down(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), |process| {
            process.terminate(STOPPED_WITHIN).map(drop)
        })
    }

    /// Starts the broker again on the same ports with the same data; one that still runs is shut
    /// down first. Returns when clients can use it.
    pub fn restart(&mut self) -> Result<()> {
        self.shut_down()?;
        self.spawn()
    }

    /// Ends the broker in an orderly way; its folder goes too unless the caller named it.
    pub fn stop(mut self) -> Result<()> {
        self.shut_down()?;
        self.remove_own_dir();
        Ok(())
    }

    /// Leaves the broker running after this process has ended. Returns its process id.
    fn detach(mut self) -> Option<u32> {
        self.process.take().map(Process::detach)
    }

    fn format(&self) -> Result<()> {
        let log = File::create(self.dir.join("format.log"))?;
        let status = self
            .java_command()
            .args([
                "kafka.tools.StorageTool",
                "format",
                "-t",
                settings::CLUSTER_ID,
                "-c",
            ])
            .arg(self.dir.join(settings::SERVER))
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()
            .context("cannot run java")?;
        if !status.success() {
            bail!(
                "kafka storage format failed: {}",
                tail(&self.dir.join("format.log"))
            );
        }
        Ok(())
    }

    fn spawn(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = self.java_command();
        if let Some(archive) = &self.java.archive_to_write {
            command.arg(format!("-XX:ArchiveClassesAtExit={}", archive.display()));
        }
        command
            .arg("kafka.Kafka")
            .arg(self.dir.join(settings::SERVER));
        command.stdout(log.try_clone()?).stderr(log);
        let process = self.process.insert(Process::spawn(&mut command)?);

        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if raw::live_brokers(self.port).is_ok_and(|brokers| brokers >= 1) {
                return Ok(());
            }
            let trouble = match process.exited()? {
                Some(status) => format!("kafka ended while starting ({status})"),
                None if Instant::now() > deadline => {
                    format!("kafka was not ready within {} s", READY_WITHIN.as_secs())
                }
                None => {
                    thread::sleep(Duration::from_millis(20));
                    continue;
                }
            };
            bail!("{trouble}; the end of its log: {}", tail(&self.log()));
        }
    }

    fn java_command(&self) -> Command {
        let heap = self.options.heap_mb;
        let mut command = Command::new("java");
        command.args([format!("-Xms{heap}m"), format!("-Xmx{heap}m")]);
        match self.options.collector {
            Collector::Serial => command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]),
            Collector::G1 => command.args(["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"]),
        };
        // The archive was written under the serial collector and fits no other.
        if let (Some(archive), Collector::Serial) = (&self.java.archive, self.options.collector) {
            command.arg(format!("-XX:SharedArchiveFile={}", archive.display()));
        }
        let logging = self.dir.join(settings::LOGGING);
        command
            .arg(format!("-Dlog4j2.configurationFile={}", logging.display()))
            .arg("-cp")
            .arg(self.java.lib.join("*"))
            .current_dir(&self.dir)
            .stdin(Stdio::null());
        command
    }

    fn remove_own_dir(&self) {
        if self.options.dir.is_none() {
            // What is left over lies under target/ and harms nobody.
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let ended = self.kill9();
        // After a failed test the broker's log is worth more than the disk space.
        if ended.is_ok() && !thread::panicking() {
            self.remove_own_dir();
        }
    }
}

/// `target/kafka` of the workspace, whatever CARGO_TARGET_DIR says: the jars are shared by all builds.
fn home() -> PathBuf {
    crate::workspace_root().join("target/kafka")
}

fn own_dir() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    home().join(format!("run-{}-{number}", std::process::id()))
}

/// The last lines of a log, for an error message.
fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    format!(
        "{}\n{}",
        log.display(),
        lines[lines.len().saturating_sub(40)..].join("\n")
    )
}
