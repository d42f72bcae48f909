//! Every package we build with has a licence that `deny.toml` allows. Works without cargo-deny and
//! reads the same file. Sources and bans are left to cargo-deny, where it is installed; advisories to
//! a scheduled run of it, because they change without us.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use spdx::{Expression, LicenseItem, ParseMode};

use crate::metadata::{Graph, Package, cargo};

/// Every package without an allowed licence, in one error; then cargo-deny's own opinion.
pub fn check() -> Result<()> {
    let path = crate::workspace_root().join("deny.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let allowed = allow_list(&text)?;
    let graph = Graph::read()?;
    let wrong: Vec<String> = graph
        .packages
        .values()
        .filter_map(|package| complaint(package, &allowed))
        .collect();
    if !wrong.is_empty() {
        bail!(
            "licences not on the list in deny.toml:\n{}",
            wrong.join("\n")
        );
    }
    cargo_deny()
}

/// Nothing where cargo-deny is not installed.
fn cargo_deny() -> Result<()> {
    let deny = |arguments: &[&str]| {
        let mut command = Command::new(cargo());
        command
            .arg("deny")
            .args(arguments)
            .current_dir(crate::workspace_root());
        command
    };
    let present = deny(&["--version"]).output().context("cannot run cargo")?;
    if present.status.success() {
        let status = deny(&["check", "bans", "licenses", "sources"]).status()?;
        ensure!(status.success(), "cargo deny: {status}");
    }
    Ok(())
}

fn allow_list(text: &str) -> Result<Vec<String>> {
    let settings: toml::Table = text.parse().context("deny.toml")?;
    let allow = settings
        .get("licenses")
        .and_then(|licenses| licenses.get("allow"));
    let allow = allow
        .and_then(toml::Value::as_array)
        .context("deny.toml has no licenses.allow")?;
    let names = allow.iter().map(|name| name.as_str().map(str::to_owned));
    names
        .collect::<Option<_>>()
        .context("licenses.allow is a list of texts")
}

fn complaint(package: &Package, allowed: &[String]) -> Option<String> {
    let Package {
        name,
        version,
        license,
        ..
    } = package;
    let Some(license) = license else {
        return Some(format!("{name} {version}: states no licence"));
    };
    // Lax: older manifests write "MIT/Apache-2.0".
    let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else {
        return Some(format!("{name} {version}: cannot read {license:?}"));
    };
    let fits = expression.evaluate(|asked| {
        let LicenseItem::Spdx { id, .. } = &asked.license else {
            return false;
        };
        let exception = asked
            .addition
            .as_ref()
            .map(|addition| format!(" WITH {addition}"));
        let full = format!("{}{}", id.name, exception.unwrap_or_default());
        // Who may use the plain licence may use it with an exception, which only gives more.
        allowed
            .iter()
            .any(|allowed| *allowed == full || allowed == id.name)
    });
    (!fits).then(|| format!("{name} {version}: {license}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn complains_about(license: Option<&str>) -> bool {
        let package = Package {
            name: "other".to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            ours: false,
            dependencies: BTreeMap::new(),
        };
        complaint(&package, &["MIT".to_owned(), "Apache-2.0".to_owned()]).is_some()
    }

    #[test]
    fn all_packages_are_allowed() {
        check().expect("see the list");
    }

    #[test]
    fn one_allowed_side_of_an_or_is_enough_and_both_of_an_and_are_needed() {
        assert!(!complains_about(Some("MIT")));
        assert!(!complains_about(Some("GPL-3.0-only OR MIT")));
        assert!(!complains_about(Some("Zlib/MIT")));
        assert!(!complains_about(Some("Apache-2.0 WITH LLVM-exception")));
        assert!(complains_about(Some("GPL-3.0-only AND MIT")));
        assert!(complains_about(Some("GPL-3.0-only")));
        assert!(complains_about(Some("no such licence")));
        assert!(complains_about(None));
    }
}
