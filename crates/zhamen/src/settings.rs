//! Settings of the service: built-in defaults < file < environment < flags, read once, with every
//! mistake told at once and at its place.
//!
//! Reading order: [`Settings`], [`read`], then `settings/`: [`layers`] merges, [`reader`] checks one
//! table, [`tables`] reads the files settings point to, [`policy`] turns them into what the engine
//! and ingest ask for. Nothing here touches the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zhamen_engine::entry::{Form, SourceRights};
use zhamen_engine::event::InputTopic;
use zhamen_engine::money::{Currency, Dec};
use zhamen_engine::rule::Action;
use zhamen_engine::time::{Calendar, DAY_MS, SECOND_MS};
use zhamen_pipeline::Topics;

pub mod layers;
pub mod mistake;
pub mod pack;
pub mod policy;
pub mod reader;
pub mod tables;

use layers::Layers;
use mistake::{Mistake, Mistakes};
use reader::Reader;
use tables::Stations;

/// Everything that can be set.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Settings {
    pub stations: Stations,
    pub calendar: Calendar,
    pub forms: BTreeMap<String, Form>,
    /// `None`: the standard pack.
    pub rules: Option<PathBuf>,
    pub decisions: Decisions,
    pub engine: Engine,
    pub stop_payment: StopPayment,
    pub warnings: Warnings,
    pub alerts: Alerts,
    pub lists: Lists,
    pub reports: Reports,
    /// Value of one unit in CNY, by code.
    pub rates: Vec<(String, Dec)>,
    pub privacy: Privacy,
    pub kafka: Kafka,
    pub service: Service,
    pub journal: Journal,
    pub snapshots: Snapshots,
    /// Empty: every source may say everything.
    pub sources: Vec<SourceRights>,
}

/// `[decisions]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Decisions {
    pub rejected: Action,
    pub notice_may_name_police: bool,
}

/// `[engine]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Engine {
    pub late_after_ms: i64,
    pub lateness_ms: i64,
    pub ahead_after_ms: i64,
    pub dedupe_horizon_ms: i64,
    pub trail_ms: i64,
}

/// `[stop_payment]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct StopPayment {
    pub match_time_ms: i64,
    pub remind_after_ms: i64,
    pub trace_tiers: u32,
    pub trace_accounts: u32,
}

/// `[warnings]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Warnings {
    pub once_in_ms: i64,
    pub opt_out_list: String,
}

/// `[alerts]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Alerts {
    pub remind_before_ms: i64,
    /// From `low` to `critical`.
    pub escalate_after_ms: [i64; 4],
}

/// `[lists]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Lists {
    pub guard_from: u32,
}

/// `[reports]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Reports {
    pub unmask: bool,
    pub account_rules: Vec<String>,
    pub person_rules: Vec<String>,
}

/// `[privacy]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Privacy {
    /// `None`: the published development key.
    pub pseudonym_key: Option<Secret>,
    pub algorithm: Algorithm,
}

/// A secret, which no `{:?}` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a resident id becomes a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Algorithm {
    HmacSha256,
    HmacSm3,
}

/// `[kafka]`
#[derive(Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Kafka {
    /// `host:port`, at least one.
    pub brokers: Vec<String>,
    pub group: String,
    /// Empty: no static membership.
    pub instance: String,
    pub transactions: bool,
    pub reply_topics: Vec<String>,
    pub environment: Option<String>,
    /// librdkafka names and values; may hold passwords.
    pub client: Vec<(String, String)>,
    pub topics: Topics,
    pub create: Create,
}

impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kafka")
            .field("brokers", &self.brokers)
            .field("topics", &self.topics)
            .finish_non_exhaustive()
    }
}

/// `[kafka.create]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Create {
    pub input_partitions: i32,
    pub output_partitions: i32,
    pub shards: i32,
    pub replication: i32,
    pub min_insync: i32,
}

/// `[service]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Service {
    /// `None`: no HTTP.
    pub listen: Option<std::net::SocketAddr>,
    pub ingest: bool,
    pub screen: bool,
    pub shutdown_ms: i64,
    pub log: String,
    pub log_json: bool,
}

/// `[journal]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Journal {
    pub shard: i32,
    pub tick_ms: i64,
    pub idle_tick_ms: i64,
}

/// `[snapshots]`
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "configs/zhamen.toml is their documentation")]
pub struct Snapshots {
    pub dir: PathBuf,
    pub every_ms: i64,
    pub keep: usize,
}

/// Flags of every command that reads settings.
#[derive(Debug, Clone, clap::Args)]
pub struct Given {
    /// Settings; what it does not name has its default (see configs/zhamen.toml)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One setting, over file and environment: --set engine.lateness=2h; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("not KEY=VALUE".to_owned()),
    }
}

impl Given {
    /// Reads defaults, the file, this process's environment and the flags.
    pub fn settings(&self) -> Result<Settings, Mistakes> {
        read(&Layers::read(self.config.as_deref(), &self.set)?)
    }
}

/// Reads merged layers into settings, or tells every mistake.
pub fn read(layers: &Layers) -> Result<Settings, Mistakes> {
    let table = layers.merge()?;
    let mut mistakes = Vec::new();
    let base = layers
        .file
        .as_ref()
        .and_then(|(path, _)| path.parent())
        .map(Path::to_owned)
        .unwrap_or_default();
    let mut root = Reader::new(table, String::new(), layers, &mut mistakes);
    let path = |text: Option<String>| text.map(|text| base.join(text));

    let kafka = root.table("kafka", read_kafka);
    let stations = tables::stations(path(root.optional_text("stations")).as_deref());
    let calendar = tables::holidays(path(root.optional_text("holidays")).as_deref());
    let forms = tables::forms(path(root.optional_text("forms")).as_deref());
    let mut in_tables = Vec::new();
    let settings = Settings {
        stations: or_note(stations, &mut in_tables),
        calendar: or_note(calendar, &mut in_tables),
        forms: or_note(forms, &mut in_tables),
        rules: path(root.table("rules", |r| r.optional_text("path"))),
        decisions: root.table("decisions", |r| Decisions {
            rejected: r
                .choice("rejected", "allow inquire verify delay hold", Action::parse)
                .unwrap_or(Action::Delay),
            notice_may_name_police: r.flag("notice_may_name_police"),
        }),
        engine: root.table("engine", |r| Engine {
            late_after_ms: r.duration("late_after", 0),
            lateness_ms: r.duration("lateness", 0),
            ahead_after_ms: r.duration("ahead_after", 0),
            dedupe_horizon_ms: r.duration("dedupe_horizon", SECOND_MS),
            trail_ms: r.duration("trail", DAY_MS),
        }),
        stop_payment: root.table("stop_payment", |r| StopPayment {
            match_time_ms: r.duration("match_time", 0),
            remind_after_ms: r.duration("remind_after", SECOND_MS),
            trace_tiers: r.number("trace_tiers", 1, 10) as u32,
            trace_accounts: r.number("trace_accounts", 1, 100) as u32,
        }),
        warnings: root.table("warnings", |r| Warnings {
            once_in_ms: r.duration("once_in", 0),
            opt_out_list: r.required_text("opt_out_list"),
        }),
        alerts: root.table("alerts", |r| Alerts {
            remind_before_ms: r.duration("remind_before", 0),
            escalate_after_ms: r.table("escalate_after", |r| {
                ["low", "medium", "high", "critical"].map(|severity| r.duration(severity, 0))
            }),
        }),
        lists: root.table("lists", |r| Lists {
            guard_from: r.number("guard_from", 1, 1_000_000_000) as u32,
        }),
        reports: root.table("reports", |r| Reports {
            unmask: r.flag("unmask"),
            account_rules: r.texts("account_rules").unwrap_or_default(),
            person_rules: r.texts("person_rules").unwrap_or_default(),
        }),
        rates: read_rates(&mut root),
        privacy: root.table("privacy", |r| read_privacy(r, &base)),
        sources: read_sources(&mut root, &kafka.topics),
        kafka,
        service: root.table("service", read_service),
        journal: root.table("journal", |r| Journal {
            shard: r.number("shard", 0, 1023) as i32,
            tick_ms: r.duration("tick", 10),
            idle_tick_ms: r.duration("idle_tick", 10),
        }),
        snapshots: root.table("snapshots", |r| Snapshots {
            dir: base.join(r.required_text("dir")),
            every_ms: r.duration("every", SECOND_MS),
            keep: r.number("keep", 2, 1000) as usize,
        }),
    };
    root.finish();
    mistakes.extend(in_tables);
    if mistakes.is_empty() {
        return Ok(settings);
    }
    mistakes.sort_by(|a: &Mistake, b| a.key.cmp(&b.key));
    Err(Mistakes(mistakes))
}

fn or_note<T: Default>(read: Result<T, Mistakes>, mistakes: &mut Vec<Mistake>) -> T {
    read.unwrap_or_else(|found| {
        mistakes.extend(found.0);
        T::default()
    })
}

fn read_kafka(r: &mut Reader<'_>) -> Kafka {
    let brokers = r.texts("brokers").unwrap_or_default();
    if brokers.is_empty() {
        // An empty bootstrap list makes the Kafka client wait for ever instead of failing.
        r.wrong("brokers", "must name at least one broker, host:port");
    }
    for broker in &brokers {
        let port = broker.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            r.wrong("brokers", format!("{broker:?} is not host:port"));
        }
    }
    let client: Vec<(String, String)> = r
        .any("client")
        .into_iter()
        .map(|(name, value)| (name.replace('_', "."), value))
        .collect();
    for (name, _) in &client {
        if OURS.contains(&name.as_str()) {
            r.wrong(
                &format!("client.{name}"),
                "is zhamen's own to set: delivery depends on it",
            );
        }
    }
    Kafka {
        brokers,
        group: r.required_text("group"),
        instance: r.text("instance"),
        transactions: r.flag("transactions"),
        reply_topics: r.texts("reply_topics").unwrap_or_default(),
        environment: r.optional_text("environment"),
        client,
        topics: r.table("topics", read_topics),
        create: r.table("create", |r| {
            let create = Create {
                input_partitions: r.number("input_partitions", 1, 1024) as i32,
                output_partitions: r.number("output_partitions", 1, 1024) as i32,
                shards: r.number("shards", 1, 1024) as i32,
                replication: r.number("replication", 1, 9) as i32,
                min_insync: r.number("min_insync", 1, 9) as i32,
            };
            if create.min_insync > create.replication {
                r.wrong("min_insync", "cannot be more than replication");
            }
            create
        }),
    }
}

/// Client settings that exactly-once and the order of the journal rest on.
const OURS: &[&str] = &[
    "acks",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "group.id",
    "isolation.level",
    "metadata.broker.list",
    "partitioner",
    "request.required.acks",
    "transactional.id",
];

fn read_topics(r: &mut Reader<'_>) -> Topics {
    let mut names: Vec<(String, &'static str)> = Vec::new();
    let mut name = |r: &mut Reader<'_>, key: &'static str| {
        let name = r.required_text(key);
        let legal = name.len() <= 249
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if !legal || name == "." || name == ".." {
            r.wrong(key, "a topic name has 1 to 249 of A-Z a-z 0-9 . _ -");
        }
        match names
            .iter()
            .find(|(known, _)| !name.is_empty() && *known == name)
        {
            Some((_, other)) => r.wrong(key, format!("has the same name as {other}")),
            None => names.push((name.clone(), key)),
        }
        name
    };
    let inputs = [
        (InputTopic::Transfers, "transfers"),
        (InputTopic::Accounts, "accounts"),
        (InputTopic::Lines, "lines"),
        (InputTopic::Inquiries, "inquiries"),
        (InputTopic::Orders, "orders"),
        (InputTopic::Lists, "lists"),
        (InputTopic::Dispositions, "dispositions"),
    ];
    Topics {
        inputs: inputs
            .into_iter()
            .map(|(topic, key)| (topic, name(r, key)))
            .collect(),
        decisions: name(r, "decisions"),
        alerts: name(r, "alerts"),
        feedback: name(r, "feedback"),
        holds: name(r, "holds"),
        warnings: name(r, "warnings"),
        dead_letters: name(r, "deadletters"),
        journal: name(r, "journal"),
        control: name(r, "control"),
    }
}

fn read_rates(root: &mut Reader<'_>) -> Vec<(String, Dec)> {
    let mut rates = Vec::new();
    for (code, text) in root.any("rates") {
        let key = format!("rates.{code}");
        let code = code.to_uppercase();
        let rate = Dec::parse(&text).filter(|rate| !rate.is_negative() && *rate != Dec::int(0));
        match (Currency::parse(&code), rate) {
            (None, _) => root.wrong(&key, "is not a currency of ISO 4217 with a minor unit"),
            (_, None) => root.wrong(&key, "must be a number above 0, such as \"7.10\""),
            (Some(_), Some(rate)) => rates.push((code, rate)),
        }
    }
    rates
}

fn read_privacy(r: &mut Reader<'_>, base: &Path) -> Privacy {
    let text = r.optional_text("pseudonym_key").map(String::into_bytes);
    let file = r.optional_text("pseudonym_key_file");
    let key = match (text, file) {
        (Some(_), Some(_)) => {
            r.wrong(
                "pseudonym_key_file",
                "and pseudonym_key are both set: which is it?",
            );
            None
        }
        (None, Some(file)) => match std::fs::read(base.join(file)) {
            Ok(bytes) => Some(bytes.trim_ascii_end().to_vec()),
            Err(e) => {
                r.wrong("pseudonym_key_file", format!("cannot be read: {e}"));
                None
            }
        },
        (text, None) => text,
    };
    if key.as_ref().is_some_and(|key| key.len() < 16) {
        r.wrong("pseudonym_key", "must have at least 16 bytes");
    }
    Privacy {
        pseudonym_key: key.map(Secret),
        algorithm: r
            .choice("algorithm", "hmac-sha256 hmac-sm3", |name| match name {
                "hmac-sha256" => Some(Algorithm::HmacSha256),
                "hmac-sm3" => Some(Algorithm::HmacSm3),
                _ => None,
            })
            .unwrap_or(Algorithm::HmacSha256),
    }
}

fn read_service(r: &mut Reader<'_>) -> Service {
    let listen = r.optional_text("listen").and_then(|text| {
        let address = text.parse().ok();
        if address.is_none() {
            r.wrong("listen", "must be address:port, such as \"127.0.0.1:9464\"");
        }
        address
    });
    let log = r.required_text("log");
    if tracing_subscriber::EnvFilter::try_new(&log).is_err() {
        r.wrong(
            "log",
            "is no log filter; try \"info\" or \"info,zhamen_kafka=debug\"",
        );
    }
    let (ingest, screen) = (r.flag("ingest"), r.flag("screen"));
    if !ingest && !screen {
        r.wrong(
            "screen",
            "and ingest are both false: there is nothing to do",
        );
    }
    Service {
        listen,
        ingest,
        screen,
        shutdown_ms: r.duration("shutdown", SECOND_MS),
        log,
        log_json: r
            .choice("log_format", "text json", |name| match name {
                "text" => Some(false),
                "json" => Some(true),
                _ => None,
            })
            .unwrap_or_default(),
    }
}

fn read_sources(root: &mut Reader<'_>, topics: &Topics) -> Vec<SourceRights> {
    let mut seen: Vec<String> = Vec::new();
    root.tables("source", |r| {
        let name = r.required_text("name");
        if !name.is_empty() && seen.contains(&name) {
            r.wrong("name", format!("{name:?} is listed twice"));
        }
        seen.push(name.clone());
        let mut unknown = Vec::new();
        let topic_rights = r.texts("topics").map(|names| {
            names
                .iter()
                .filter_map(|name| {
                    let known = topics.inputs.iter().find(|(_, kafka)| kafka == name);
                    let topic = known.map(|(t, _)| *t).or_else(|| InputTopic::parse(name));
                    if topic.is_none() {
                        unknown.push(name.clone());
                    }
                    topic
                })
                .collect()
        });
        for name in unknown {
            r.wrong("topics", format!("{name:?} is no input topic"));
        }
        SourceRights {
            name,
            topics: topic_rights,
            banks: r.texts("banks"),
            organs: r.texts("organs"),
            lists: r.texts("lists"),
        }
    })
}

#[cfg(test)]
mod tests;
