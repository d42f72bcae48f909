//! Times the stages on the canonical workload. Each timed call is one batch of 32; the engine's
//! goes on from 1,000,000 events folded, so that its tables are as large as in service.
//!
//! What is measured is the thread's CPU time: on a machine that does other things as well, those
//! disturb the caches but are not counted.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{Bencher, Criterion, Throughput, criterion_group, criterion_main};
use zhamen_benches::stages;
use zhamen_benches::workload::{ACCOUNTS, BLOCK, Raw, Workload, checker};
use zhamen_engine::Engine;

/// Events folded before the engine is timed.
const BEFORE: usize = 1_000_000;

fn wire(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    group.throughput(Throughput::Elements(BLOCK as u64));
    let mut workload = Workload::new(ACCOUNTS);
    let checker = checker();

    // Many different batches, so that the branch predictor does not learn one by heart.
    let raw: Vec<Vec<Raw>> = (0..512)
        .map(|_| (0..BLOCK).map(|_| workload.raw()).collect())
        .collect();
    let mut turn = raw.iter().cycle();
    group.bench_function("decode", |b| {
        time(b, || {
            stages::decode(&checker, turn.next().expect("a cycle"))
        });
    });

    let entries: Vec<_> = (0..512).map(|_| workload.block(BLOCK).stored()).collect();
    let mut turn = entries.iter().cycle();
    group.bench_function("journal_encode", |b| {
        time(b, || stages::journal_encode(turn.next().expect("a cycle")));
    });
    let bytes: Vec<_> = entries.iter().map(|e| stages::journal_encode(e)).collect();
    let mut turn = bytes.iter().cycle();
    group.bench_function("journal_decode", |b| {
        time(b, || stages::journal_decode(turn.next().expect("a cycle")));
    });

    let mut workload = Workload::new(ACCOUNTS);
    let mut engine = Engine::new(0);
    let mut out = Vec::new();
    let rules = zhamen_benches::pack::standard().expect("the standard pack compiles");
    stages::step(&mut engine, &workload.activate(rules), &mut out);
    let decisions: Vec<_> = (0..512)
        .map(|_| {
            stages::step(&mut engine, &workload.block(BLOCK), &mut out);
            stages::decisions(&out)
        })
        .collect();
    let mut turn = decisions.iter().cycle();
    let mut buffer = Vec::new();
    group.bench_function("encode", |b| {
        time(b, || {
            stages::encode(turn.next().expect("a cycle"), &mut buffer)
        });
    });
}

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Elements(BLOCK as u64));
    group.sample_size(50);
    group.measurement_time(Duration::from_secs(5));
    for (name, rules) in [
        ("step", zhamen_benches::pack::standard()),
        ("step_without_rules", zhamen_benches::pack::without_rules()),
    ] {
        let mut workload = Workload::new(ACCOUNTS);
        let mut engine = Engine::new(0);
        let mut out = Vec::new();
        let rules = rules.expect("the standard pack compiles");
        stages::step(&mut engine, &workload.activate(rules), &mut out);
        for _ in 0..BEFORE / BLOCK {
            stages::step(&mut engine, &workload.block(BLOCK), &mut out);
        }
        group.bench_function(name, |b| {
            // The blocks are made before the clock starts: an event is folded only once. A few at
            // a time, or they would all have left the caches: in service a block has just been
            // decoded when it is folded.
            b.iter_custom(|calls| {
                let mut spent = Duration::ZERO;
                let mut left = calls;
                while left > 0 {
                    let few = left.min(16);
                    let blocks: Vec<_> = (0..few).map(|_| workload.block(BLOCK)).collect();
                    let start = ThreadTime::now();
                    for block in &blocks {
                        black_box(stages::step(&mut engine, block, &mut out));
                    }
                    spent += start.elapsed();
                    left -= few;
                }
                spent
            });
        });
    }
}

/// Times calls by the CPU time of this thread.
fn time<T>(b: &mut Bencher<'_>, mut body: impl FnMut() -> T) {
    b.iter_custom(|calls| {
        let start = ThreadTime::now();
        for _ in 0..calls {
            black_box(body());
        }
        start.elapsed()
    });
}

criterion_group!(benches, wire, engine);
criterion_main!(benches);
