//! `zhamen replay`: lines through the very same engine, without a broker.
//!
//! One thread reads and checks lines, one folds, one writes; bounded channels between them keep
//! order and memory. Two runs write the same bytes, and so does a run split by a snapshot.

pub(super) mod fold;
pub(super) mod lines;
mod sinks;
mod stages;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use zhamen_engine::entry::{Activation, Body};
use zhamen_engine::event::EventKind;
use zhamen_engine::output::Output;
use zhamen_engine::time::duration_text;
use zhamen_wire::Checker;

use self::fold::{Checked, Fold, decision_of};
use self::lines::{Lines, Progress, total_bytes};
use self::sinks::{Sinks, Written};
use self::stages::{NotOneDecision, check_lines, fold_batches, write_batches};
use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::settings::reader::parse_duration;
use crate::settings::{Given, Settings, tables};

/// Batches that may wait between two stages.
const BATCHES_AHEAD: usize = 4;

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
    /// Write every output topic here, as `<topic>.ndjson` (dead letters with their bytes in base64)
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

pub fn run(args: &Args) -> Outcome {
    let settings = args.given.settings().or_exit(Exit::BadConfig)?;
    let activation = activation(args, &settings)?;
    let checker = Arc::new(Checker::new(settings.checker_options()));
    let topics = settings.kafka.topics.clone();
    let mut sinks =
        Sinks::open(args.alerts.as_deref(), args.out.as_deref(), &topics).or_exit(Exit::Usage)?;
    let mut fold = Fold::new(activation, topics);
    if let Some(path) = &args.lists {
        let mut write = |outputs: &[Output]| -> anyhow::Result<()> {
            for output in outputs {
                sinks.write(output, false)?;
            }
            Ok(())
        };
        read_lists(path, &checker, &mut fold, &mut write).or_exit(Exit::BadConfig)?;
    }

    let began = Instant::now();
    let (fold, written) = fold_all(args, checker, fold, sinks)?;
    if !args.quiet {
        summary(&written, &fold, began.elapsed());
    }
    Ok(match written.rejected {
        0 => Exit::Ok,
        _ => Exit::Findings,
    })
}

/// Three stages side by side: check, fold (on this thread), write.
fn fold_all(
    args: &Args,
    checker: Arc<Checker>,
    mut fold: Fold,
    mut sinks: Sinks,
) -> Result<(Fold, Written), Failure> {
    let progress = Progress::default();
    let bar = progress_bar(args);
    let lines = Lines::new(&args.events, Arc::clone(&progress));
    let keep_bytes = sinks.wants_deadletters();
    let (checked_to, checked) = sync_channel(BATCHES_AHEAD);
    let (folded_to, folded) = sync_channel(BATCHES_AHEAD);
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let check = thread("check")
        .spawn(move || check_lines(lines, &checker, keep_bytes, &checked_to))
        .or_exit(Exit::Restart)?;
    let write = thread("write")
        .spawn(move || write_batches(&folded, &mut sinks))
        .or_exit(Exit::Restart)?;
    let fold_ended = fold_batches(args.snapshot_at, &checked, &folded_to, &mut fold, || {
        if let Some(bar) = &bar {
            bar.set_position(progress.load(Ordering::Relaxed));
        }
    });
    // Neither neighbour may wait for a fold that has ended.
    drop((checked, folded_to));
    let (check_ended, write_ended) = (join(check), join(write));
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    // What stopped the last stage stopped the others.
    let written = write_ended.or_exit(Exit::Restart)?;
    fold_ended.or_exit(Exit::Restart)?;
    check_ended.or_exit(Exit::Usage)?;
    Ok((fold, written))
}

fn join<T>(thread: JoinHandle<T>) -> T {
    match thread.join() {
        Ok(ended) => ended,
        Err(panic) => std::panic::resume_unwind(panic),
    }
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
    crate::service::check_forms(&rules, &policy)?;
    Ok(Activation {
        rules: Arc::new(rules),
        policy,
    })
}

/// Folds `list.added` lines; anything else in the file is a mistake. `each` gets what they led to.
pub fn read_lists(
    path: &Path,
    checker: &Checker,
    fold: &mut Fold,
    mut each: impl FnMut(&[Output]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut lines = Lines::new(&[path.to_owned()], Progress::default());
    let mut line = Vec::new();
    let mut outputs = Vec::new();
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
        outputs.clear();
        fold.line(checked, &mut outputs);
        let decision = decision_of(&outputs).ok_or(NotOneDecision(number))?;
        if let Some((code, at_byte)) = decision.rejected {
            let at = at_byte.map_or(String::new(), |byte| format!(" at byte {byte}"));
            return Err(anyhow!("{}:{number}: {}{at}", path.display(), code.name()));
        }
        each(&outputs)?;
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

fn summary(written: &Written, fold: &Fold, took: Duration) {
    let stats = fold.engine().stats();
    let per_second = (written.decisions as f64 / took.as_secs_f64().max(0.001)) as u64;
    let state_bytes = stats.window_bytes + stats.account_bytes + stats.ledger_bytes;
    let per_account = state_bytes / stats.accounts.max(1);
    let _ = writeln!(
        std::io::stderr(),
        "replay: events={} decisions={} rejected={} alerts={} took={} events_per_s={per_second} \
         accounts={} bytes_per_account={per_account} (windows {} accounts {} ledger {}) state_hash={:016x}",
        fold.lines(),
        written.decisions,
        written.rejected,
        written.alerts,
        duration_text(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
        stats.accounts,
        stats.window_bytes / stats.accounts.max(1),
        stats.account_bytes / stats.accounts.max(1),
        stats.ledger_bytes / stats.accounts.max(1),
        fold.engine().state_hash(),
    );
}
