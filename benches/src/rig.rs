//! The service on a real broker: its settings, topics and processes. The service is the built
//! binary, started as an operator would; nothing of it runs in here.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::process::Process;

/// How long a service may take to be ready; a debug build on a loaded machine restores slowly.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// Where the service is set up: one broker, one journal.
#[derive(Debug, Clone)]
pub struct Rig {
    /// The built binary.
    pub zhamen: PathBuf,
    /// Settings, snapshots and logs go here.
    pub dir: PathBuf,
    /// `host:port` of the broker.
    pub brokers: String,
    /// The defect to plant; needs a binary built for it.
    pub defect: Option<String>,
    /// Lines of `[kafka.client]`.
    pub client: Vec<(String, String)>,
    /// How often snapshots are taken.
    pub snapshots_every: String,
}

/// A running instance of the service.
#[derive(Debug)]
pub struct Service {
    /// The process.
    pub process: Process,
    /// Which of the rig's instances.
    pub slot: usize,
    port: u16,
    log: PathBuf,
}

impl Rig {
    /// Creates the topics as the settings want them.
    pub fn create_topics(&self) -> Result<()> {
        let config = self.write_config(0, 0)?;
        let output = Command::new(&self.zhamen)
            .args(["topics", "create", "--config"])
            .arg(config)
            .output()
            .with_context(|| format!("cannot run {}", self.zhamen.display()))?;
        ensure!(
            output.status.success(),
            "zhamen topics create: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Starts an instance; it is not ready yet. Each slot has its own port and snapshots, as two
    /// machines would.
    pub fn start(&self, slot: usize) -> Result<Service> {
        let port = free_port()?;
        let config = self.write_config(slot, port)?;
        let log = self.dir.join(format!("zhamen-{slot}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(&self.zhamen);
        command.args(["run", "--config"]).arg(config);
        if let Some(defect) = &self.defect {
            command.env("ZHAMEN_PLANTED_DEFECT", defect);
        }
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        Ok(Service {
            process: Process::spawn(&mut command)?,
            slot,
            port,
            log,
        })
    }

    /// The folder with the rules in force.
    #[must_use]
    pub fn rules(&self) -> PathBuf {
        self.dir.join("rules")
    }

    /// Copies the standard pack to where the service reads it, so that a run can change a rule.
    pub fn copy_rules(&self) -> Result<()> {
        fs::create_dir_all(self.rules())?;
        let from = xtask::workspace_root().join("configs/rules");
        for entry in fs::read_dir(&from).context("configs/rules")? {
            let path = entry?.path();
            if let (Some("toml"), Some(name)) =
                (path.extension().and_then(|e| e.to_str()), path.file_name())
            {
                fs::copy(&path, self.rules().join(name))?;
            }
        }
        Ok(())
    }

    fn write_config(&self, slot: usize, port: u16) -> Result<PathBuf> {
        let path = self.dir.join(format!("zhamen-{slot}.toml"));
        let mut text = format!(
            "[rules]\npath = \"rules\"\n\
             [privacy]\npseudonym_key = \"{KEY}\"\n\
             [kafka]\nbrokers = [\"{}\"]\ninstance = \"slot-{slot}\"\n\
             [service]\nlisten = \"127.0.0.1:{port}\"\nlog = \"info\"\n\
             [snapshots]\ndir = \"snapshots-{slot}\"\nevery = \"{}\"\n",
            self.brokers, self.snapshots_every
        );
        if !self.client.is_empty() {
            text.push_str("[kafka.client]\n");
            for (key, value) in &self.client {
                text.push_str(&format!("\"{key}\" = \"{value}\"\n"));
            }
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

/// The secret of rigs; protects nobody, and there is nobody to protect.
const KEY: &str = "a key for rigs, where nobody is real";

impl Service {
    /// Waits until it says that every part keeps up.
    pub fn wait_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.process.exited()? {
                bail!(
                    "zhamen ended while starting ({status}): {}",
                    self.log_tail()
                );
            }
            if self.ready() {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "zhamen was not ready within {} s: {}",
                READY_WITHIN.as_secs(),
                self.log_tail()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ready(&self) -> bool {
        http_status(self.port, "/readyz").is_ok_and(|status| status == 200)
    }

    /// The end of what it logged, for an error message.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(15);
        format!("{}\n{}", self.log.display(), lines[from..].join("\n"))
    }
}

fn http_status(port: u16, path: &str) -> Result<u16> {
    let wait = Duration::from_millis(500);
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), wait)?;
    stream.set_read_timeout(Some(wait))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).context("no status line")?;
    Ok(status.parse()?)
}

/// A port that was free just now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A folder for one run, under the workspace's `target`.
pub fn run_dir(name: &str) -> Result<PathBuf> {
    let dir = xtask::workspace_root()
        .join("target")
        .join(name)
        .join(format!("run-{}", std::process::id()));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

/// Removes what an older run left, without a complaint.
pub fn forget(dir: &Path) {
    let _ = fs::remove_dir_all(dir);
}
