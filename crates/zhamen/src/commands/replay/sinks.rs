//! Where replay's outputs go: decisions to stdout, alerts to a file, every topic to a directory.

use std::fs::File;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine as _;
use serde_json::json;
use zhamen_engine::output::{Decision, Output};
use zhamen_pipeline::Topics;
use zhamen_wire::json;

const BUFFER_BYTES: usize = 256 * 1024;

/// Output files are made at once, empty where nothing comes.
pub struct Sinks {
    stdout: BufWriter<Stdout>,
    alerts: Option<Sink>,
    topics: Option<TopicFiles>,
    buffer: Vec<u8>,
    written: Written,
}

/// How much came of what was printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Written {
    pub decisions: u64,
    pub rejected: u64,
    pub alerts: u64,
}

struct TopicFiles {
    decisions: Sink,
    alerts: Sink,
    feedback: Sink,
    holds: Sink,
    warnings: Sink,
    deadletters: Sink,
}

struct Sink {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Sink {
    fn create(path: PathBuf) -> anyhow::Result<Sink> {
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Sink { path, file })
    }

    fn write(&mut self, line: &[u8]) -> anyhow::Result<()> {
        self.file
            .write_all(line)
            .with_context(|| self.path.display().to_string())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.file
            .flush()
            .with_context(|| self.path.display().to_string())
    }
}

impl Sinks {
    /// Stdout, and the files asked for.
    ///
    /// # Errors
    /// A file or the directory cannot be made.
    pub fn open(
        alerts: Option<&Path>,
        out: Option<&Path>,
        names: &Topics,
    ) -> anyhow::Result<Sinks> {
        let topics = match out {
            None => None,
            Some(dir) => {
                std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
                let create = |topic: &str| Sink::create(dir.join(format!("{topic}.ndjson")));
                Some(TopicFiles {
                    decisions: create(&names.decisions)?,
                    alerts: create(&names.alerts)?,
                    feedback: create(&names.feedback)?,
                    holds: create(&names.holds)?,
                    warnings: create(&names.warnings)?,
                    deadletters: create(&names.dead_letters)?,
                })
            }
        };
        Ok(Sinks {
            stdout: BufWriter::with_capacity(BUFFER_BYTES, io::stdout()),
            alerts: alerts
                .map(|path| Sink::create(path.to_owned()))
                .transpose()?,
            topics,
            buffer: Vec::with_capacity(4096),
            written: Written::default(),
        })
    }

    /// Whether dead letters are written, so that somebody must keep the original bytes.
    #[must_use]
    pub fn wants_deadletters(&self) -> bool {
        self.topics.is_some()
    }

    /// Writes one output; `print`: a decision goes to stdout too, and counts.
    ///
    /// # Errors
    /// Writing failed.
    pub fn write(&mut self, output: &Output, print: bool) -> anyhow::Result<()> {
        self.buffer.clear();
        let topics = self.topics.as_mut();
        let topic_file = match output {
            Output::Decision(decision) => {
                json::decision(decision, &mut self.buffer);
                topics.map(|t| &mut t.decisions)
            }
            Output::Alert(alert) => {
                self.written.alerts += 1;
                if self.alerts.is_none() && topics.is_none() {
                    return Ok(());
                }
                json::alert(alert, &mut self.buffer);
                topics.map(|t| &mut t.alerts)
            }
            _ if topics.is_none() => return Ok(()),
            Output::Feedback(feedback) => {
                json::feedback(feedback, &mut self.buffer);
                topics.map(|t| &mut t.feedback)
            }
            Output::Hold(hold) => {
                json::hold(hold, &mut self.buffer);
                topics.map(|t| &mut t.holds)
            }
            Output::AlertStep(step) => {
                json::alert_step(step, &mut self.buffer);
                topics.map(|t| &mut t.feedback)
            }
            Output::Warning(warning) => {
                json::warning(warning, &mut self.buffer);
                topics.map(|t| &mut t.warnings)
            }
        };
        self.buffer.push(b'\n');
        if let Some(file) = topic_file {
            file.write(&self.buffer)?;
        }
        match output {
            Output::Decision(decision) if print => {
                self.written.decisions += 1;
                self.written.rejected += u64::from(decision.rejected.is_some());
                self.stdout.write_all(&self.buffer)?;
            }
            Output::Alert(_) => {
                if let Some(file) = &mut self.alerts {
                    file.write(&self.buffer)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Writes the dead letter of a rejected line: its bytes in base64, since they need not be text,
    /// and the headers it would bear on the topic.
    ///
    /// # Errors
    /// Writing failed.
    pub fn deadletter(&mut self, decision: &Decision, line: &[u8]) -> anyhow::Result<()> {
        let (Some(topics), Some((code, at_byte))) = (&mut self.topics, decision.rejected) else {
            return Ok(());
        };
        let headers: serde_json::Map<String, serde_json::Value> =
            zhamen_wire::json::dead_letter_headers(&decision.input, code, at_byte)
                .into_iter()
                .map(|(name, value)| (name, String::from_utf8_lossy(&value).into()))
                .collect();
        let letter = json!({
            "headers": headers,
            "payload_base64": base64::engine::general_purpose::STANDARD.encode(line),
        });
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, &letter)?;
        self.buffer.push(b'\n');
        topics.deadletters.write(&self.buffer)
    }

    /// Flushes everything and tells how much it was.
    ///
    /// # Errors
    /// Writing failed.
    pub fn finish(&mut self) -> anyhow::Result<Written> {
        self.stdout.flush()?;
        if let Some(alerts) = &mut self.alerts {
            alerts.finish()?;
        }
        if let Some(topics) = &mut self.topics {
            let TopicFiles {
                decisions,
                alerts,
                feedback,
                holds,
                warnings,
                deadletters,
            } = topics;
            for sink in [decisions, alerts, feedback, holds, warnings, deadletters] {
                sink.finish()?;
            }
        }
        Ok(self.written)
    }
}
