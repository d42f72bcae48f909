//! `zhamen topics`: the topics that the settings need.

use std::io::Write;

use zhamen_kafka::admin::{self, Finding, Layout, TopicSpec};

use crate::commands::run::failure;
use crate::exit::{Exit, OrExit, Outcome};
use crate::service;
use crate::settings::{Given, Settings};

/// Create or check the topics that the settings need.
///
/// 创建或核对 Kafka 主题。
#[derive(clap::Subcommand)]
pub enum Command {
    /// Create the topics that are missing and compare those that stand
    ///
    /// Existing topics are never altered. Prints one line a topic.
    /// Exit codes: 0 all stand as they should · 1 some do not · 75 the broker cannot be asked.
    #[command(verbatim_doc_comment)]
    Create(Given),
    /// Compare the topics that stand with what the settings need; changes nothing
    ///
    /// Prints one line a topic.
    /// Exit codes: 0 all stand as they should · 1 some do not · 75 the broker cannot be asked.
    #[command(verbatim_doc_comment)]
    Check(Given),
}

pub fn run(command: &Command) -> Outcome {
    let (Command::Create(given) | Command::Check(given)) = command;
    let settings = given.settings().or_exit(Exit::BadConfig)?;
    let kafka = service::kafka_options(&settings);
    let specs = specs(&settings);
    let findings = match command {
        Command::Create(_) => admin::create(&kafka, &specs),
        Command::Check(_) => admin::check(&kafka, &specs),
    };
    let findings = findings.map_err(failure)?;
    let mut out = std::io::stdout().lock();
    for (topic, finding) in &findings {
        writeln!(out, "{topic} {finding}").or_exit(Exit::Restart)?;
    }
    let good = |f: &Finding| matches!(f, Finding::Created | Finding::Fits);
    Ok(match findings.iter().all(|(_, finding)| good(finding)) {
        true => Exit::Ok,
        false => Exit::Findings,
    })
}

/// Every topic as the settings want it.
pub fn specs(settings: &Settings) -> Vec<TopicSpec> {
    let create = &settings.kafka.create;
    let layout = Layout {
        input_partitions: create.input_partitions,
        output_partitions: create.output_partitions,
        shards: create.shards,
        replication: create.replication,
    };
    let mut specs = admin::specs(&settings.kafka.topics, &layout);
    for spec in &mut specs {
        let min_insync = create.min_insync.to_string();
        spec.config.push(("min.insync.replicas", min_insync));
    }
    specs
}
