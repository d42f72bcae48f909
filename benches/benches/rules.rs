//! Times what rules cost: each timed call judges one block of 32 transfers, and the difference
//! between two rule sets is what the rules of the one cost. `cargo bench -p zhamen-benches --bench
//! rules`; thread CPU time, as in `stages`.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zhamen_benches::rules::{Bench, activation, check, conditions, sharing};
use zhamen_benches::workload::BLOCK;

/// Accounts of the town: few, so that the state of the windows stays in the caches and the rules
/// are what is measured.
const ACCOUNTS: u32 = 10_000;
/// Transfers folded before the clock starts.
const BEFORE: usize = 100_000;

fn judging(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rules");
    group.throughput(Throughput::Elements(BLOCK as u64));
    group.sample_size(30);
    for (name, text) in [
        ("none", String::new()),
        ("ten_conditions", conditions(10)),
        ("ten_sharing", sharing(10)),
        ("two_hundred_sharing", sharing(200)),
    ] {
        let rules = activation(&text).expect("good rules");
        let mut bench = Bench::new(rules, ACCOUNTS, BEFORE);
        group.bench_function(name, |b| {
            // An event is folded only once: the blocks are made before the clock starts.
            b.iter_custom(|calls| {
                let mut spent = Duration::ZERO;
                for _ in 0..calls {
                    let block = bench.block();
                    let start = ThreadTime::now();
                    black_box(bench.fold(&block));
                    spent += start.elapsed();
                }
                spent
            });
        });
    }
}

fn checking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rules");
    group.sample_size(10);
    let text = sharing(1_000);
    group.bench_function("check_1000", |b| {
        b.iter_custom(|calls| {
            let start = ThreadTime::now();
            for _ in 0..calls {
                black_box(check(&text));
            }
            start.elapsed()
        });
    });
}

criterion_group!(benches, judging, checking);
criterion_main!(benches);
