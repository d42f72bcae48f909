//! `zhamen verify`: whether an evidence bundle is what it was when it was written.
//!
//! Seal, manifest, every file, no other file; and that the parts belong together: the rules' digest
//! is computed anew and the journal's coordinates are those of the decisions. The first thing that
//! does not hold ends it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::Value;
use zhamen_rules::SourceFile;

use super::report::bundle::{self, FileEntry, Manifest, Place};
use crate::exit::{Exit, OrExit, Outcome};

/// Check an evidence bundle: its manifest, every hash, and that its parts belong together
///
/// Prints `ok` with the manifest's digest, or the first place that does not hold. Whoever can write
/// the bundle can write a new manifest too: give --digest what was handed over by another way.
///
/// 核验证据包:清单、逐文件摘要、规则摘要与日志坐标。
///
/// Exit codes: 0 whole · 1 something was changed, is missing or was added · 2 no such bundle.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The bundle's directory
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Digest that the manifest must have, as `report evidence` printed it
    #[arg(long, value_name = "sha256:HEX")]
    digest: Option<String>,
}

/// What does not hold, and in which file.
struct Mismatch {
    path: String,
    problem: String,
}

pub fn run(args: &Args) -> Outcome {
    let here = || args.bundle.display().to_string();
    let is_dir = fs::metadata(&args.bundle).with_context(here);
    if !is_dir.or_exit(Exit::Usage)?.is_dir() {
        return Err(anyhow!("{}: no directory", here())).or_exit(Exit::Usage);
    }
    let mut out = std::io::stdout().lock();
    match check(args) {
        Ok((manifest, digest)) => {
            let (alert, files) = (&manifest.alert, manifest.files.len());
            writeln!(out, "ok {alert} files={files} sha256:{digest}").or_exit(Exit::Restart)?;
            Ok(Exit::Ok)
        }
        Err(Mismatch { path, problem }) => {
            writeln!(out, "{path}: {problem}").or_exit(Exit::Restart)?;
            Ok(Exit::Findings)
        }
    }
}

fn mismatch<T>(path: &str, problem: impl Into<String>) -> Result<T, Mismatch> {
    Err(Mismatch {
        path: path.to_owned(),
        problem: problem.into(),
    })
}

fn check(args: &Args) -> Result<(Manifest, String), Mismatch> {
    let root = &args.bundle;
    let text = content(root, bundle::MANIFEST)?;
    if content(root, bundle::SEAL)? != bundle::seal(&text).as_bytes() {
        return mismatch(bundle::SEAL, "is not the digest of manifest.json");
    }
    let digest = bundle::sha256_hex(&text);
    if let Some(expected) = &args.digest
        && expected.trim_start_matches("sha256:") != digest
    {
        return mismatch(
            bundle::MANIFEST,
            format!("is sha256:{digest}, not {expected}"),
        );
    }
    let manifest: Manifest = match serde_json::from_slice(&text) {
        Ok(manifest) => manifest,
        Err(e) => return mismatch(bundle::MANIFEST, format!("no manifest, line {}", e.line())),
    };
    if manifest.format != bundle::FORMAT {
        return mismatch(
            bundle::MANIFEST,
            format!("its format is not {}", bundle::FORMAT),
        );
    }
    for file in &manifest.files {
        check_file(root, file)?;
    }
    nothing_else(root, &manifest)?;
    belongs_together(root, &manifest)?;
    Ok((manifest, digest))
}

/// A path of plain names: nothing outside the bundle is read.
fn is_plain(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.all(|part| matches!(part, Component::Normal(_)))
}

fn content(root: &Path, path: &str) -> Result<Vec<u8>, Mismatch> {
    let place = root.join(path);
    match fs::symlink_metadata(&place) {
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return mismatch(path, "is no plain file"),
        Err(_) => return mismatch(path, "is missing"),
    }
    fs::read(&place).or_else(|e| mismatch(path, format!("cannot be read: {}", e.kind())))
}

fn check_file(root: &Path, file: &FileEntry) -> Result<(), Mismatch> {
    if !is_plain(&file.path) {
        return mismatch(bundle::MANIFEST, "names a file outside the bundle");
    }
    let found = FileEntry::of(&file.path, &content(root, &file.path)?);
    if found.bytes != file.bytes {
        let problem = format!("has {} bytes, not {}", found.bytes, file.bytes);
        return mismatch(&file.path, problem);
    }
    if found.sha256 != file.sha256 {
        let problem = format!("is sha256:{}, not sha256:{}", found.sha256, file.sha256);
        return mismatch(&file.path, problem);
    }
    Ok(())
}

/// No file that the manifest does not name.
fn nothing_else(root: &Path, manifest: &Manifest) -> Result<(), Mismatch> {
    let named = manifest.files.iter().map(|file| file.path.as_str());
    let named: BTreeSet<&str> = named.chain([bundle::MANIFEST, bundle::SEAL]).collect();
    for path in paths_below(root, "")? {
        if !named.contains(path.as_str()) {
            return mismatch(&path, "is not in the manifest");
        }
    }
    Ok(())
}

fn paths_below(root: &Path, below: &str) -> Result<BTreeSet<String>, Mismatch> {
    let mut paths = BTreeSet::new();
    let Ok(entries) = fs::read_dir(root.join(below)) else {
        return mismatch(below, "cannot be read");
    };
    for entry in entries {
        let Ok(entry) = entry else {
            return mismatch(below, "cannot be read");
        };
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            paths.extend(paths_below(root, &format!("{path}/"))?);
        } else {
            paths.insert(path);
        }
    }
    Ok(paths)
}

/// The alert is the one named, the rules have its digest, the coordinates are the decisions'.
fn belongs_together(root: &Path, manifest: &Manifest) -> Result<(), Mismatch> {
    let alert: Value = json(&content(root, bundle::ALERT)?);
    if alert["alert"] != *manifest.alert || alert["ruleset"] != *manifest.ruleset {
        return mismatch(bundle::ALERT, "is not the alert of the manifest");
    }
    let mut rules = Vec::new();
    for file in &manifest.files {
        if let Some(name) = file.path.strip_prefix(bundle::RULES) {
            let Ok(text) = String::from_utf8(content(root, &file.path)?) else {
                return mismatch(&file.path, "is no text");
            };
            rules.push(SourceFile {
                name: name.to_owned(),
                text,
            });
        }
    }
    if zhamen_rules::digest(&rules) != manifest.ruleset {
        return mismatch(bundle::RULES, "are not the rules of the alert");
    }
    let decisions = match manifest.journal.is_empty() {
        true => Vec::new(),
        false => content(root, bundle::DECISIONS)?,
    };
    let lines = decisions.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    let places: Vec<Place> = lines.map(|line| Place::of(&json(line))).collect();
    if places != manifest.journal {
        return mismatch(
            bundle::DECISIONS,
            "are not at the coordinates of the manifest",
        );
    }
    Ok(())
}

/// What is no JSON is null and then not what it should be.
fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}
