//! `zhamen town`: the simulated town's events as lines, for replay, load tests and rule writing.

use std::io::{self, BufWriter, Write};

use zhamen_town::{Town, TownOptions};

use crate::exit::{Exit, OrExit, Outcome};

/// Print the events of a simulated town, one JSON object a line
///
/// The police's list of case accounts comes first (and counts among N), then transfers, cards,
/// phones, inquiries' answers and police orders with cases planted among them. All people are made
/// up. The same options give the same bytes on every machine.
///
/// 模拟小镇:输出虚构的转账、开户、止付等事件,供回放与规则编写使用。
///
///   zhamen town --events 100000 | zhamen replay --rules configs/rules -
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// How many lines.
    #[arg(long, value_name = "N")]
    events: u64,
    /// How many bank accounts the town has.
    #[arg(long, value_name = "A", default_value_t = TownOptions::default().accounts)]
    accounts: u32,
    /// Another seed is another town.
    #[arg(long, value_name = "S", default_value_t = TownOptions::default().seed)]
    seed: u64,
    /// Events per second of simulated time.
    #[arg(long, value_name = "R", default_value_t = TownOptions::default().events_per_second)]
    rate: u32,
}

pub fn run(args: &Args) -> Outcome {
    let town = Town::new(TownOptions {
        seed: args.seed,
        accounts: args.accounts,
        events_per_second: args.rate,
        ..TownOptions::default()
    });
    let mut out = BufWriter::with_capacity(256 * 1024, io::stdout().lock());
    let events = town.list_seed().into_iter().chain(town);
    let events = events.take(usize::try_from(args.events).unwrap_or(usize::MAX));
    for event in events {
        out.write_all(event.value.as_bytes())
            .or_exit(Exit::Restart)?;
        out.write_all(b"\n").or_exit(Exit::Restart)?;
    }
    out.flush().or_exit(Exit::Restart)?;
    Ok(Exit::Ok)
}
