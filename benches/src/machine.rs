//! What the machine was doing while something was measured: a figure without it says little.

use std::fs;

/// Ticks of all CPUs since boot.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    total: u64,
    idle: u64,
    steal: u64,
}

impl Cpu {
    /// Now; zeros where the system does not tell.
    #[must_use]
    pub fn now() -> Cpu {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        // user nice system idle iowait irq softirq steal; the guests' are within user and nice.
        let ticks: Vec<u64> = line
            .split_whitespace()
            .skip(1)
            .take(8)
            .filter_map(|t| t.parse().ok())
            .collect();
        let at = |i: usize| ticks.get(i).copied().unwrap_or(0);
        Cpu {
            total: ticks.iter().sum(),
            idle: at(3) + at(4),
            steal: at(7),
        }
    }

    /// Percent of CPU time that the hypervisor took, and percent that was used, since `before`.
    #[must_use]
    pub fn since(self, before: Cpu) -> (f64, f64) {
        let total = (self.total - before.total).max(1) as f64;
        let percent = |ticks: u64| ticks as f64 * 100.0 / total;
        (
            percent(self.steal - before.steal),
            100.0 - percent(self.idle - before.idle),
        )
    }
}

/// CPU seconds a process has used, all its threads; 0 if it is gone.
#[must_use]
pub fn process_seconds(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The command, in parentheses, may hold blanks.
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    // utime and stime; the kernel counts in hundredths of a second.
    (ticks(11) + ticks(12)) / 100.0
}

/// The load average of the last minute; 0 where the system does not tell.
#[must_use]
pub fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split(' ').next();
    first.and_then(|t| t.parse().ok()).unwrap_or(0.0)
}
