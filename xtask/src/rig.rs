//! What `torture`, `load` and `bench` share: running cargo, the built service, and the figures that
//! are committed in `benches/README.md`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::metadata;

/// Runs cargo in the workspace; an error if it fails.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    let status = Command::new(metadata::cargo())
        .args(arguments)
        .current_dir(crate::workspace_root())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo {}: {status}", arguments.join(" "));
    Ok(())
}

/// What a program prints when cargo runs it.
pub(crate) fn cargo_output(arguments: &[&str]) -> Result<String> {
    let output = Command::new(metadata::cargo())
        .args(arguments)
        .current_dir(crate::workspace_root())
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "cargo {}: {}",
        arguments.join(" "),
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// The flag of an optimised build.
pub(crate) fn profile(release: bool) -> &'static [&'static str] {
    if release { &["--release"] } else { &[] }
}

/// Where cargo builds.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let text = cargo_output(&["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let dir = metadata["target_directory"].as_str();
    Ok(dir.context("cargo metadata has an unknown form")?.into())
}

/// Copies the built service to where no build writes.
pub(crate) fn kept_copy(release: bool, name: &str) -> Result<PathBuf> {
    let built = target_dir()?
        .join(if release { "release" } else { "debug" })
        .join("zhamen");
    let dir = crate::workspace_root().join("target/rig");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let kept = dir.join(name);
    // Another run may be executing the old copy: it keeps its file.
    let fresh = dir.join(format!("{name}.{}", std::process::id()));
    fs::copy(&built, &fresh).with_context(|| format!("cannot copy {}", built.display()))?;
    fs::rename(&fresh, &kept)?;
    Ok(kept)
}

/// Replaces one section of `benches/README.md`, between its two marks.
pub(crate) fn write_section(name: &str, text: &str) -> Result<()> {
    let path = crate::workspace_root().join("benches/README.md");
    let readme = fs::read_to_string(&path).context("cannot read benches/README.md")?;
    let readme = with_section(&readme, name, text)?;
    fs::write(&path, readme).context("cannot write benches/README.md")
}

fn with_section(readme: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- end {name} -->"));
    let from = readme.find(&begin).with_context(|| format!("no {begin}"))? + begin.len();
    let to = readme.find(&end).with_context(|| format!("no {end}"))?;
    ensure!(from <= to, "{end} stands before {begin}");
    let (before, after) = (&readme[..from], &readme[to..]);
    Ok(format!("{before}\n{}\n{after}", text.trim()))
}

/// One line that says under what conditions figures were taken.
pub(crate) fn conditions() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value.map_or_else(|| "?".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cpu = field(&read("/proc/cpuinfo"), "model name");
    let memory: u64 = field(&read("/proc/meminfo"), "MemTotal")
        .trim_end_matches(" kB")
        .parse()
        .unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "{}, {cores} cores of {cpu} (virtual), {} GiB, {}, load average {load}",
        output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        memory >> 20,
        output("rustc", &["--version"]),
    )
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "?".to_owned(),
        |o| String::from_utf8_lossy(&o.stdout).trim().to_owned(),
    )
}

/// The value in the middle; of an even number, the upper one of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_section_changes() {
        let readme = "a\n<!-- x -->\nold\n<!-- end x -->\n<!-- y -->\nkept\n<!-- end y -->\n";
        let changed = with_section(readme, "x", "new\n").expect("it is there");
        assert_eq!(changed, readme.replace("old", "new"));
        assert!(with_section(readme, "z", "new").is_err());
    }

    #[test]
    fn a_median_is_one_of_the_values() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0]), 4.0);
    }
}
