//! Figures of the service and of the bare pipe side by side: medians over the runs, and the ratio
//! of each run's own pair.

use super::phase::Figures;

/// A figure's name and where to find it.
type Row = (&'static str, fn(&Figures) -> f64);

/// The table, as Markdown.
#[must_use]
pub fn markdown(what: &str, ours: &[Figures], bare: &[Figures]) -> String {
    let mut text = format!("{what}.\n\n| | service | bare pipe | ratio |\n|---|---|---|---|\n");
    let rows: [Row; 3] = [
        ("p50, ms", |f| f.p50_ms),
        ("p99, ms", |f| f.p99_ms),
        ("p99.9, ms", |f| f.p999_ms),
    ];
    for (name, of) in rows {
        let ratios = ours.iter().zip(bare).map(|(o, b)| of(o) / of(b).max(0.001));
        let ratios: Vec<f64> = ratios.collect();
        text.push_str(&format!(
            "| {name} | {:.2} | {:.2} | {:.1} ({:.1}–{:.1}) |\n",
            median(ours.iter().map(of)),
            median(bare.iter().map(of)),
            median(ratios.iter().copied()),
            ratios.iter().copied().fold(f64::INFINITY, f64::min),
            ratios.iter().copied().fold(0.0, f64::max),
        ));
    }
    let rows: [Row; 6] = [
        ("answers a second", |f| f.throughput),
        ("steal, %", |f| f.steal),
        ("CPU in use, %", |f| f.busy),
        ("load average", |f| f.load),
        ("cores used by the service", |f| f.cores[0]),
        ("cores used by the broker", |f| f.cores[1]),
    ];
    for (name, of) in rows {
        let digits = if name.starts_with("answers") { 0 } else { 2 };
        text.push_str(&format!(
            "| {name} | {:.digits$} | {:.digits$} | |\n",
            median(ours.iter().map(of)),
            median(bare.iter().map(of)),
        ));
    }
    let missing = |figures: &[Figures]| figures.iter().map(|f| f.missing).sum::<u64>();
    text.push_str(&format!(
        "| events without an answer | {} | {} | |\n",
        missing(ours),
        missing(bare)
    ));
    text
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(ms: f64) -> Figures {
        Figures {
            p50_ms: ms,
            p99_ms: ms * 10.0,
            p999_ms: ms * 20.0,
            max_ms: ms * 30.0,
            throughput: 5_000.0,
            missing: 1,
            steal: 0.5,
            busy: 80.0,
            load: 2.0,
            cores: [0.4, 0.6],
        }
    }

    #[test]
    fn ratios_are_of_pairs() {
        let ours = [figures(2.0), figures(8.0), figures(4.0)];
        let bare = [figures(1.0), figures(2.0), figures(4.0)];
        let text = markdown("a test", &ours, &bare);
        assert!(
            text.contains("| p50, ms | 4.00 | 2.00 | 2.0 (1.0–4.0) |"),
            "{text}"
        );
        assert!(
            text.contains("| events without an answer | 3 | 3 | |"),
            "{text}"
        );
    }
}
