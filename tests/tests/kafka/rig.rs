//! One broker, and instances of the service on it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use xtask::kafka::{Broker, BrokerOptions};
use xtask::process::Process;
use xtask::signal::{self, Signal};
use zhamen_tests::binary::{folder, zhamen};

/// How long anything here may take before a test gives up: the machine may be loaded.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A broker with the product's topics, and where the service's settings lie.
pub struct Rig {
    pub broker: Broker,
    dir: PathBuf,
    settings: String,
}

/// A running instance.
pub struct Service {
    pub process: Process,
    port: u16,
    log: PathBuf,
}

impl Rig {
    /// Starts a broker and makes the topics. `settings` are added to those of a rig.
    pub fn new(name: &str, rules: &str, settings: &str) -> Rig {
        let dir = folder(&format!("kafka-{name}"));
        let broker = Broker::start(BrokerOptions {
            fast_session: true,
            ..BrokerOptions::default()
        })
        .expect("a broker starts");
        let rig = Rig {
            broker,
            dir,
            settings: settings.to_owned(),
        };
        rig.set_rules(rules);
        let config = rig.config(0, 0);
        let made = Command::new(zhamen())
            .args(["topics", "create", "--config"])
            .arg(config)
            .output()
            .expect("zhamen runs");
        let told = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "topics create: {told}");
        rig
    }

    /// Where clients find the broker.
    pub fn brokers(&self) -> String {
        self.broker.bootstrap()
    }

    /// Puts other rules where the service reads them; a HUP makes it look.
    pub fn set_rules(&self, text: &str) {
        fs::write(self.dir.join("rules.toml"), text).expect("rules are written");
    }

    /// Starts an instance and waits until it keeps up.
    pub fn start(&self, slot: usize) -> Service {
        let mut service = self.launch(slot);
        service.wait_ready();
        service
    }

    /// Starts an instance; each slot has its own snapshots, as two machines would.
    pub fn launch(&self, slot: usize) -> Service {
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let log = self.dir.join(format!("zhamen-{slot}.log"));
        let file = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file");
        let mut command = Command::new(zhamen());
        command
            .args(["run", "--config"])
            .arg(self.config(slot, port))
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log file"))
            .stderr(file);
        Service {
            process: Process::spawn(&mut command).expect("zhamen starts"),
            port,
            log,
        }
    }

    fn config(&self, slot: usize, port: u16) -> PathBuf {
        let path = self.dir.join(format!("zhamen-{slot}.toml"));
        let text = format!(
            "[rules]\npath = \"rules.toml\"\n\
             [privacy]\npseudonym_key = \"a key for tests, where nobody is real\"\n\
             [service]\nlisten = \"127.0.0.1:{port}\"\nlog = \"debug\"\n\
             [snapshots]\ndir = \"snapshots-{slot}\"\nevery = \"1s\"\n\
             {}\n\
             [kafka]\nbrokers = [\"{}\"]\ninstance = \"slot-{slot}\"\nreply_topics = [\"bank.warnings.v1\"]\n",
            self.settings,
            self.brokers(),
        );
        fs::write(&path, text).expect("settings are written");
        path
    }
}

impl Service {
    /// Waits until every part keeps up.
    pub fn wait_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.get("/readyz").is_none_or(|(status, _)| status != 200) {
            if let Some(status) = self.process.exited().expect("the child is ours") {
                panic!("zhamen ended while starting ({status}):\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "not ready:\n{}", self.log());
            sleep(Duration::from_millis(50));
        }
    }

    /// Status and body of a page, if it is served.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let wait = Duration::from_secs(2);
        let address = ([127, 0, 0, 1], self.port).into();
        let mut stream = TcpStream::connect_timeout(&address, wait).ok()?;
        stream.set_read_timeout(Some(wait)).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        let body = answer.split_once("\r\n\r\n")?.1.to_owned();
        Some((status, body))
    }

    /// Everything it and its forerunners in the slot logged.
    pub fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asks it to read its rules again.
    pub fn hup(&self) {
        signal::send(self.process.pid(), Signal::Hup).expect("the child is ours");
    }

    /// Ends it as a crash would.
    pub fn kill9(self) {
        self.process.kill9().expect("the child is ours");
    }

    /// Ends it in order.
    pub fn stop(self) {
        let log = self.log();
        let status = self.process.terminate(PATIENCE).expect("the child is ours");
        assert!(status.success(), "ended with {status}:\n{log}");
    }
}
