//! `zhamen replay`: lines through the very same engine, without a broker.
//!
//! One thread reads and checks lines, this one folds and writes; a bounded channel between them
//! keeps order and memory. Two runs write the same bytes, and so does a run split by a snapshot.

mod fold;
mod lines;
mod sinks;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressStyle};
use zhamen_engine::entry::{Activation, Body};
use zhamen_engine::event::EventKind;
use zhamen_engine::time::duration_text;
use zhamen_wire::Checker;

use self::fold::{Checked, Fold, decision_of};
use self::lines::{InputError, Lines, Progress, total_bytes};
use self::sinks::Sinks;
use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::settings::reader::parse_duration;
use crate::settings::{Given, Settings, tables};

/// Lines checked ahead of the fold: at most this many batches of so many lines.
const BATCHES_AHEAD: usize = 4;
const BATCH_LINES: usize = 512;

/// Fold event lines through the engine without a broker
///
/// Prints one decision a line on stdout, one for each input line, in input order. A line that breaks
/// the contract gets its rejected decision and the run goes on. The journal's clock is a line's own
/// `journal_at` (RFC 3339) where it has one, else the newest `occurred_at` so far. Without --config every
/// source may speak.
///
/// 回放:把事件文件逐行送入同一引擎,每行输出一个判定。
///
/// Exit codes: 0 all decided · 1 some lines were rejected · 2 an input cannot be read · 78 bad rules,
/// settings, calendar or lists.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Rules: a directory of *.toml, or one file [default: the settings' rules, else the standard pack]
    #[arg(long, value_name = "PATH")]
    rules: Option<PathBuf>,
    /// list.added events, one a line, folded before the events; their decisions are not printed
    #[arg(long, value_name = "FILE")]
    lists: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
    /// Holidays and make-up working days [default: the settings', else the built-in calendar]
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// How far behind a window key's newest event an event may be before the window is missing for it
    #[arg(long, value_name = "1h", value_parser = duration)]
    lateness: Option<i64>,
    /// Write the alerts here, one a line
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
    /// Write every output topic here, as <topic>.ndjson (dead letters with their bytes in base64)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// After N lines save the state, forget everything and go on from what was saved: the output
    /// must not change
    #[arg(long, value_name = "N")]
    snapshot_at: Option<u64>,
    /// No progress, no summary
    #[arg(long)]
    quiet: bool,
    /// Event files, plain, gzip or zstd; `-` is stdin
    #[arg(required = true, value_name = "EVENTS")]
    events: Vec<PathBuf>,
}

fn duration(text: &str) -> Result<i64, String> {
    parse_duration(text).ok_or_else(|| "not a duration such as 90s, 1h30m or 7d".to_owned())
}

/// Lines on their way from the checker to the fold.
struct Batch {
    lines: Vec<Checked>,
    /// Their bytes, one after the other, where somebody needs them for dead letters.
    bytes: Vec<u8>,
    /// End of each line in `bytes`.
    ends: Vec<usize>,
}

pub fn run(args: &Args) -> Outcome {
    let settings = args.given.settings().or_exit(Exit::BadConfig)?;
    let activation = activation(args, &settings)?;
    let checker = Arc::new(Checker::new(settings.checker_options()));
    let topics = settings.kafka.topics.clone();
    let mut sinks =
        Sinks::open(args.alerts.as_deref(), args.out.as_deref(), &topics).or_exit(Exit::Usage)?;
    let mut fold = Fold::new(activation, topics);
    if let Some(path) = &args.lists {
        read_lists(path, &checker, &mut fold, &mut sinks).or_exit(Exit::BadConfig)?;
    }

    let progress = Progress::default();
    let bar = progress_bar(args);
    let began = Instant::now();
    let (sender, receiver) = sync_channel(BATCHES_AHEAD);
    let lines = Lines::new(&args.events, Arc::clone(&progress));
    let keep_bytes = sinks.wants_deadletters();
    let reader = std::thread::Builder::new()
        .name("check".to_owned())
        .spawn(move || check_lines(lines, &checker, keep_bytes, &sender))
        .or_exit(Exit::Restart)?;
    let mut tally = Tally::default();
    let folded = fold_batches(args, &receiver, &mut fold, &mut sinks, &mut tally, || {
        if let Some(bar) = &bar {
            bar.set_position(progress.load(Ordering::Relaxed));
        }
    });
    // A reader that still wants to send must not wait for a fold that has given up.
    drop(receiver);
    let read = match reader.join() {
        Ok(read) => read,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    folded?;
    sinks.finish().or_exit(Exit::Restart)?;
    read.or_exit(Exit::Usage)?;
    if !args.quiet {
        summary(&tally, &fold, &sinks, began.elapsed());
    }
    Ok(if tally.rejected > 0 {
        Exit::Findings
    } else {
        Exit::Ok
    })
}

fn activation(args: &Args, settings: &Settings) -> Result<Activation, Failure> {
    let mut policy = settings.policy();
    if let Some(path) = &args.calendar {
        policy.calendar = tables::holidays(Some(path)).or_exit(Exit::BadConfig)?;
    }
    if let Some(lateness_ms) = args.lateness {
        policy.lateness_ms = lateness_ms;
    }
    if args.given.config.is_none() {
        policy.sources.clear();
    }
    let path = args.rules.as_deref().or(settings.rules.as_deref());
    let rules = super::rules::compiled(path)?;
    Ok(Activation {
        rules: Arc::new(rules),
        policy,
    })
}

/// Folds `list.added` lines; anything else in the file is a mistake.
fn read_lists(
    path: &Path,
    checker: &Checker,
    fold: &mut Fold,
    sinks: &mut Sinks,
) -> anyhow::Result<()> {
    let mut lines = Lines::new(&[path.to_owned()], Progress::default());
    let mut line = Vec::new();
    let mut number = 0_u64;
    while lines.next(&mut line)? {
        number += 1;
        let checked = Checked::new(checker, &line);
        line.clear();
        if let Body::Event(event) = &checked.record.body
            && event.kind != EventKind::ListAdded
        {
            let kind = event.kind.name();
            return Err(anyhow!(
                "{}:{number}: {kind} where only list.added may stand",
                path.display()
            ));
        }
        let outputs = fold.line(checked);
        let decision =
            decision_of(outputs).context("the engine gave not one decision for a line")?;
        if let Some((code, at_byte)) = decision.rejected {
            let at = at_byte.map_or(String::new(), |byte| format!(" at byte {byte}"));
            return Err(anyhow!("{}:{number}: {}{at}", path.display(), code.name()));
        }
        sinks.write(outputs, false)?;
    }
    Ok(())
}

fn check_lines(
    mut lines: Lines,
    checker: &Checker,
    keep_bytes: bool,
    sender: &SyncSender<Batch>,
) -> Result<(), InputError> {
    let mut line = Vec::new();
    loop {
        let mut batch = Batch {
            lines: Vec::with_capacity(BATCH_LINES),
            bytes: Vec::new(),
            ends: Vec::new(),
        };
        let mut read = Ok(true);
        while batch.lines.len() < BATCH_LINES {
            line.clear();
            read = lines.next(&mut line);
            if !matches!(read, Ok(true)) {
                break;
            }
            batch.lines.push(Checked::new(checker, &line));
            if keep_bytes {
                batch.bytes.extend_from_slice(&line);
                batch.ends.push(batch.bytes.len());
            }
        }
        // The fold stops listening only when it failed, and then it tells why.
        if !batch.lines.is_empty() && sender.send(batch).is_err() {
            return Ok(());
        }
        if !read? {
            return Ok(());
        }
    }
}

#[derive(Default)]
struct Tally {
    lines: u64,
    rejected: u64,
}

fn fold_batches(
    args: &Args,
    receiver: &Receiver<Batch>,
    fold: &mut Fold,
    sinks: &mut Sinks,
    tally: &mut Tally,
    mut tick: impl FnMut(),
) -> Result<(), Failure> {
    for batch in receiver {
        for (nth, line) in batch.lines.into_iter().enumerate() {
            if args.snapshot_at == Some(tally.lines) {
                fold.split()
                    .context("the engine refuses its own snapshot")
                    .or_exit(Exit::Restart)?;
            }
            tally.lines += 1;
            let outputs = fold.line(line);
            let decision = decision_of(outputs)
                .with_context(|| {
                    format!("the engine gave not one decision for line {}", tally.lines)
                })
                .or_exit(Exit::Restart)?;
            if decision.rejected.is_some() {
                tally.rejected += 1;
                if let Some(end) = batch.ends.get(nth) {
                    let start = nth.checked_sub(1).map_or(0, |before| batch.ends[before]);
                    sinks
                        .deadletter(decision, &batch.bytes[start..*end])
                        .or_exit(Exit::Restart)?;
                }
            }
            sinks.write(outputs, true).or_exit(Exit::Restart)?;
        }
        tick();
    }
    Ok(())
}

fn progress_bar(args: &Args) -> Option<ProgressBar> {
    if args.quiet || !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(total_bytes(&args.events)?);
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_style(style.expect("the template is constant"));
    Some(bar)
}

fn summary(tally: &Tally, fold: &Fold, sinks: &Sinks, took: Duration) {
    let stats = fold.engine().stats();
    let per_second = (tally.lines as f64 / took.as_secs_f64().max(0.001)) as u64;
    let state_bytes = stats.window_bytes + stats.account_bytes + stats.ledger_bytes;
    let per_account = state_bytes / stats.accounts.max(1);
    let _ = writeln!(
        std::io::stderr(),
        "replay: events={} decisions={} rejected={} alerts={} took={} events_per_s={per_second} \
         accounts={} bytes_per_account={per_account} (windows {} accounts {} ledger {}) state_hash={:016x}",
        tally.lines,
        tally.lines,
        tally.rejected,
        sinks.alert_count,
        duration_text(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
        stats.accounts,
        stats.window_bytes / stats.accounts.max(1),
        stats.account_bytes / stats.accounts.max(1),
        stats.ledger_bytes / stats.accounts.max(1),
        fold.engine().state_hash(),
    );
}
