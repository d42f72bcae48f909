//! `zhamen report str`: the draft of a suspicious-transaction report, for the bank that owes it.
//!
//! Whether such a report exists is secret (反洗钱法 art. 7, 35). So it goes to the one file the bank
//! names and nowhere else: no topic, no event, no line on stdout or stderr, and not among the topics'
//! files. What a person must judge is left blank.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::Value;

use super::evidence::find_alert;
use super::sheet::{Heading, Section, Sheet, page};
use super::shown::shanghai;
use super::topics::{self, Record, text};
use super::{From, place};
use crate::exit::{Exit, OrExit, Outcome};

/// Draft a suspicious-transaction report about an alert, for the bank's own eyes
///
/// Writes one page to --out, which must not exist and must not lie in DIR; only its owner may read it.
/// Nothing is printed and nothing is written anywhere else: whether a report exists is secret
/// (反洗钱法 art. 7, 35) and must not reach the police's topics or the customer. Accounts and names are
/// in full. What a person has to judge is left blank.
///
/// 可疑交易报告草稿:只写入本行指定的文件,不进入任何主题;须经人工核实填写。
///
/// Exit codes: 0 written · 2 no such alert of that bank, an input cannot be read, or --out cannot be
/// made there · 78 bad settings.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Id of the alert
    #[arg(value_name = "ALERT")]
    alert: String,
    #[command(flatten)]
    from: From,
    /// The bank that drafts; the alert must be about an account it keeps
    #[arg(long, value_name = "BANK")]
    bank: String,
    /// The file to make, in the bank's own place
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(args: &Args) -> Outcome {
    let settings = args.from.given.settings().or_exit(Exit::BadConfig)?;
    let (dir, names) = (&args.from.dir, &settings.kafka.topics);
    own_place(&args.out, dir).or_exit(Exit::Usage)?;
    let alert = find_alert(dir, &names.alerts, &args.alert).or_exit(Exit::Usage)?;
    if alert.text("/bank") != args.bank {
        return Err(anyhow!("{} is no alert of {}", args.alert, args.bank)).or_exit(Exit::Usage);
    }
    let mut measures = Vec::new();
    topics::read(dir, &names.holds, |step| {
        if of_alert(&step, &alert.value) {
            measures.push(measure(&step));
        }
        Ok(())
    })
    .or_exit(Exit::Usage)?;
    let html = draft(&alert, measures);
    place::create(&args.out, html.as_bytes()).or_exit(Exit::Usage)?;
    Ok(Exit::Ok)
}

/// Refuses a file below the directory of the topics, where others read.
fn own_place(out: &Path, topics: &Path) -> anyhow::Result<()> {
    let place = || out.display().to_string();
    let parent = match out.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let real = |path: &Path| -> io::Result<PathBuf> { path.canonicalize() };
    let parent = real(parent).with_context(place)?;
    let topics = real(topics).with_context(|| topics.display().to_string())?;
    match parent.starts_with(&topics) {
        true => Err(anyhow!("{}: among the topics, where others read", place())),
        false => Ok(()),
    }
}

/// Whether a step is about a transfer that the alert lists.
fn of_alert(step: &Record, alert: &Value) -> bool {
    let same = |event: &Value| {
        let id = step.text("/transfer/id");
        !id.is_empty()
            && text(event, "/id") == id
            && text(event, "/source") == step.text("/transfer/source")
    };
    let listed = alert["contributing"].as_array();
    listed
        .into_iter()
        .flatten()
        .chain([&alert["event"]])
        .any(same)
}

fn measure(step: &Record) -> Vec<String> {
    let cell = |pointer| step.text(pointer).to_owned();
    vec![
        shanghai(step.text("/at")),
        cell("/type"),
        cell("/id"),
        cell("/transfer/id"),
        shanghai(step.text("/until")),
        cell("/reason/zh"),
    ]
}

const FACTS: [Heading; 2] = [("项目", "item"), ("内容", "content")];

const TRANSACTIONS: [Heading; 6] = [
    ("时间", "time"),
    ("交易编号", "id"),
    ("来源", "source"),
    ("金额", "amount"),
    ("币种", "currency"),
    ("对方账号", "counterparty"),
];

const MEASURES: [Heading; 6] = [
    ("时间", "time"),
    ("措施", "measure"),
    ("编号", "id"),
    ("交易编号", "transfer"),
    ("截止", "until"),
    ("原因", "reason"),
];

/// What a person fills in.
const TO_JUDGE: [&str; 7] = [
    "报告编号 number of the report",
    "客户身份核实情况 identity of the customer as verified",
    "资金来源与用途 source and purpose of the funds",
    "可疑特征分析 analysis of what is suspicious",
    "疑似涉及的犯罪类型 crime suspected",
    "结论:报送或排除,及理由 conclusion: to be filed or not, and why",
    "经办人、复核人、日期 prepared by, reviewed by, date",
];

fn draft(alert: &Record, measures: Vec<Vec<String>>) -> String {
    let pairs = |at: &str| {
        let pairs = alert.value.pointer(at).and_then(Value::as_object);
        let texts = pairs.into_iter().flatten();
        let texts = texts.map(|(name, value)| format!("{name} = {}", value.as_str().unwrap_or("")));
        texts.collect::<Vec<_>>().join("; ")
    };
    let cell = |at: &str| alert.text(at).to_owned();
    let coordinates = ["partition", "offset", "index"].map(|part| {
        let number = &alert.value["coordinates"][part];
        format!("{part} {number}")
    });
    let facts = [
        ("户名 name", cell("/four_elements/name")),
        ("账号 account", cell("/four_elements/account")),
        (
            "主体 subject",
            format!("{} {}", cell("/subject/kind"), cell("/subject/value")),
        ),
        (
            "开户机构 bank, branch",
            format!("{} {}", cell("/bank"), cell("/branch")),
        ),
        ("触发时间 occurred", shanghai(alert.text("/occurred_at"))),
        (
            "规则 rule",
            format!("{} {}", cell("/rule"), cell("/feature_code")),
        ),
        ("事由", cell("/reason/zh")),
        ("reason", cell("/reason/en")),
        ("指标 values", pairs("/values")),
        ("阈值 limits", pairs("/limits")),
        (
            "涉及笔数 events counted",
            alert.value["contributing_count"].to_string(),
        ),
        ("预警编号 alert", cell("/alert")),
        ("日志坐标 journal", coordinates.join(", ")),
        ("规则摘要 ruleset", cell("/ruleset")),
    ];
    let facts = facts.map(|(item, content)| vec![item.to_owned(), content]);
    let listed = alert.value["contributing"].as_array().into_iter().flatten();
    let transactions = listed.map(|event| {
        let cell = |at| text(event, at).to_owned();
        let mut row = vec![shanghai(text(event, "/time"))];
        row.extend(["/id", "/source", "/amount", "/currency", "/counterparty"].map(cell));
        row
    });
    let sheet = |headings: &[Heading], rows: Vec<Vec<String>>| Sheet {
        headings: headings.to_vec(),
        rows,
    };
    let blanks = TO_JUDGE.map(|item| vec![item.to_owned(), String::new()]);
    let sections = [Section {
        title: "事实与待核实事项 facts, and what is to be judged".to_owned(),
        sheets: vec![
            ("预警 alert".to_owned(), sheet(&FACTS, facts.into())),
            (
                "交易 transactions".to_owned(),
                sheet(&TRANSACTIONS, transactions.collect()),
            ),
            (
                "已采取措施 measures taken".to_owned(),
                sheet(&MEASURES, measures),
            ),
            (
                "人工填写 to be filled in".to_owned(),
                sheet(&FACTS, blanks.into()),
            ),
        ],
    }];
    let notes = [
        "草稿,未经核实,不构成结论 a draft, not verified: no conclusion".to_owned(),
        "保密:不得向客户及无关人员透露 secret: not to be told to the customer or anybody not concerned \
         (反洗钱法 art. 7, 35)"
            .to_owned(),
    ];
    page(
        (
            "可疑交易报告(草稿)",
            "Suspicious-transaction report (draft)",
        ),
        &notes,
        &sections,
    )
}
