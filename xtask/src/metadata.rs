//! What `cargo metadata` knows about our crates and everything they pull in, as a small graph.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// One package of the dependency graph, ours or another's.
#[derive(Debug)]
pub struct Package {
    /// The package name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The licence expression of its manifest.
    pub license: Option<String>,
    /// Whether it belongs to this workspace.
    pub ours: bool,
    /// The packages it is built with, as keys of [`Graph::packages`].
    pub dependencies: BTreeMap<String, Use>,
}

/// What a dependency is there for; one may be several at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Use {
    /// The package's own code needs it, or its build script does.
    pub shipped: bool,
    /// Its tests, examples or benches need it.
    pub dev: bool,
}

/// Every package of the lock file that some platform or feature of ours uses, by package id.
#[derive(Debug)]
pub struct Graph {
    /// By cargo's opaque package id.
    pub packages: BTreeMap<String, Package>,
}

impl Graph {
    /// Asks cargo. Runs in the workspace root, so the answer does not depend on the caller's place.
    pub fn read() -> Result<Graph> {
        let output = Command::new(cargo())
            .args(["metadata", "--format-version", "1"])
            .current_dir(crate::workspace_root())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!(
                "cargo metadata failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let metadata = serde_json::from_slice(&output.stdout)?;
        Graph::parse(&metadata).context("cargo metadata has an unknown form")
    }

    fn parse(metadata: &Value) -> Option<Graph> {
        let ours: BTreeSet<&str> = metadata["workspace_members"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut packages = BTreeMap::new();
        for package in metadata["packages"].as_array()? {
            let id = package["id"].as_str()?;
            let text = |key: &str| package[key].as_str().map(str::to_owned);
            let package = Package {
                name: text("name")?,
                version: text("version")?,
                license: text("license"),
                ours: ours.contains(id),
                dependencies: BTreeMap::new(),
            };
            packages.insert(id.to_owned(), package);
        }
        for node in metadata["resolve"]["nodes"].as_array()? {
            let package = packages.get_mut(node["id"].as_str()?)?;
            for dependency in node["deps"].as_array()? {
                let mut usage = Use::default();
                for kind in dependency["dep_kinds"].as_array()? {
                    match kind["kind"].as_str() {
                        Some("dev") => usage.dev = true,
                        _ => usage.shipped = true,
                    }
                }
                package
                    .dependencies
                    .insert(dependency["pkg"].as_str()?.to_owned(), usage);
            }
        }
        Some(Graph { packages })
    }

    /// The packages of this workspace.
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|package| package.ours)
    }

    /// What `package` is built with directly, tests included.
    pub fn direct<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package
            .dependencies
            .keys()
            .filter_map(|id| self.packages.get(id))
    }

    /// Everything in the shipped code of `package`, however far down; tests left out.
    pub fn shipped<'a>(&'a self, package: &'a Package) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![package];
        while let Some(package) = open.pop() {
            for (id, usage) in &package.dependencies {
                if let Some(dependency) = self.packages.get(id)
                    && usage.shipped
                    && seen.insert(id)
                {
                    names.insert(dependency.name.as_str());
                    open.push(dependency);
                }
            }
        }
        names
    }
}

/// The cargo that runs this task, so that a task uses the same toolchain throughout.
pub fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
