//! Builds the standard rule pack and the tables of `configs/` into the binary, so that it can
//! demonstrate itself alone, and notes the compiler. Reads no clock and no version control: the
//! same sources give the same binary.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    let manifest = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let rules = Path::new(&manifest).join("../../configs/rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    println!("cargo::rerun-if-env-changed=ZHAMEN_COMMIT");

    let mut names: Vec<String> = fs::read_dir(&rules)
        .expect("configs/rules is part of the source tree")
        .map(|entry| entry.expect("a readable directory").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let entries: Vec<String> = names
        .iter()
        .map(|name| format!("    ({name:?}, include_str!({:?})),\n", rules.join(name)))
        .collect();
    let pack = format!("&[\n{}]\n", entries.concat());
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("pack.rs"), pack).expect("OUT_DIR is writable");

    let rustc = env::var("RUSTC").expect("cargo sets it");
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    println!("cargo::rustc-env=ZHAMEN_RUSTC={}", version.trim());
}
