//! From settings to a running service: what `run` and `demo` share.

use std::sync::Arc;
use std::time::Duration;

use zhamen_engine::entry::Policy;
use zhamen_engine::rule::RuleSet;
use zhamen_kafka::{KafkaOptions, Roles, RunOptions};
use zhamen_pipeline::committer::CommitOptions;
use zhamen_pipeline::faults::Faults;
use zhamen_pipeline::ingest::IngestOptions;
use zhamen_pipeline::log::JournalId;
use zhamen_pipeline::screen::TickOptions;
use zhamen_pipeline::{Health, Options, SnapshotOptions};
use zhamen_wire::Checker;
use zhamen_wire::journal::ActivationText;

use crate::exit::{Exit, Failure, OrExit};
use crate::settings::Settings;
use crate::settings::pack::rule_files;

/// The configured rules and settings as the journal carries them. The rules must compile.
pub fn activation_text(settings: &Settings) -> Result<ActivationText, Failure> {
    let path = settings.rules.as_deref();
    let rules = crate::commands::rules::compiled(path)?;
    let files = rule_files(path).or_exit(Exit::BadConfig)?;
    let digest = zhamen_rules::digest(&files);
    if *rules.digest != *digest {
        let error = anyhow::anyhow!("the rule files changed while they were read");
        return Err(error).or_exit(Exit::Restart);
    }
    let policy = settings.policy();
    check_forms(&rules, &policy)?;
    Ok(ActivationText {
        files: files.into_iter().map(|f| (f.name, f.text)).collect(),
        policy,
        digest,
    })
}

/// A rule that asks with a form nobody configured would ask nothing.
pub fn check_forms(rules: &RuleSet, policy: &Policy) -> Result<(), Failure> {
    let unknown: Vec<String> = rules
        .forms()
        .filter(|(_, form)| !policy.forms.contains_key(*form))
        .map(|(rule, form)| format!("rule {rule} asks with form {form}, which is not configured"))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(anyhow::anyhow!(unknown.join("\n"))).or_exit(Exit::BadConfig)
}

/// The published key protects nobody: a person must know that it is in use.
pub fn warn_of_development_key(settings: &Settings, health: &Health) {
    if settings.privacy.pseudonym_key.is_none() {
        health.alarm(
            "development-key",
            "privacy.pseudonym_key is not set: persons stand under the published development key, which anyone can undo",
        );
    }
}

/// Which broker, topics and shard.
#[must_use]
pub fn kafka_options(settings: &Settings) -> KafkaOptions {
    KafkaOptions {
        brokers: settings.kafka.brokers.join(","),
        properties: settings.kafka.client.clone(),
        group: settings.kafka.group.clone(),
        instance: settings.kafka.instance.clone(),
        shard: settings.journal.shard,
        transactions: settings.kafka.transactions,
        embedded: false,
        roles: Roles {
            ingest: settings.service.ingest,
            screen: settings.service.screen,
        },
        topics: settings.kafka.topics.clone(),
        faults: planted(),
    }
}

/// Everything a run needs; the caller may still change it.
#[must_use]
pub fn run_options(settings: &Settings, activation: ActivationText) -> RunOptions {
    let kafka = kafka_options(settings);
    let pipeline = Options {
        // The cluster is filled in once it has answered.
        journal: JournalId {
            cluster: String::new(),
            topic: kafka.topics.journal.clone(),
            partition: kafka.shard,
        },
        topics: kafka.topics.clone(),
        activation,
        checker: Arc::new(Checker::new(settings.checker_options())),
        snapshots: Some(SnapshotOptions {
            dir: settings.snapshots.dir.clone(),
            every: span(settings.snapshots.every_ms),
            keep: settings.snapshots.keep,
        }),
        ingest: IngestOptions::default(),
        commit: CommitOptions::default(),
        tick: TickOptions {
            every_ms: settings.journal.tick_ms,
            idle_ms: settings.journal.idle_tick_ms,
        },
        shutdown: span(settings.service.shutdown_ms),
        clock: zhamen_pipeline::clock::wall(),
        faults: planted(),
    };
    RunOptions { kafka, pipeline }
}

/// A span that the settings' reader has found not to be negative.
fn span(ms: i64) -> Duration {
    Duration::from_millis(ms.unsigned_abs())
}

/// The defect that `ZHAMEN_PLANTED_DEFECT` names, for the torture run to find.
#[cfg(feature = "planted-defects")]
fn planted() -> Faults {
    let mut faults = Faults::default();
    if let Some(name) = std::env::var_os("ZHAMEN_PLANTED_DEFECT") {
        let known = name.to_str().is_some_and(|name| faults.plant(name));
        assert!(known, "planted defects are {:?}", Faults::NAMES);
    }
    faults
}

/// None: this build has no planted defects.
#[cfg(not(feature = "planted-defects"))]
fn planted() -> Faults {
    Faults::default()
}
