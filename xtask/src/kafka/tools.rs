//! Java and Maven: found, or named by their Debian packages, or in CI installed.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

const JAVA: &str = "openjdk-17-jre-headless";
const MAVEN: &str = "maven";
/// What a Kafka 4 broker needs.
const JAVA_MAJOR_MIN: u32 = 17;

/// Returns the version, such as `17.0.15`.
pub(super) fn ensure_java() -> Result<String> {
    let version = match java_version() {
        Some(version) => version,
        None => {
            install("java", JAVA)?;
            java_version().context("java does not tell its version")?
        }
    };
    let major: u32 = version
        .split(['.', '-', '+'])
        .next()
        .unwrap_or_default()
        .parse()
        .unwrap_or(0);
    ensure!(
        major >= JAVA_MAJOR_MIN,
        "the java on PATH is version {version}; Kafka needs {JAVA_MAJOR_MIN} or newer: \
         install the Debian package {JAVA} or a newer one"
    );
    Ok(version)
}

pub(super) fn ensure_maven() -> Result<()> {
    if output("mvn", &["--version"]).is_none() {
        install("mvn", MAVEN)?;
    }
    Ok(())
}

/// The text between the first quotes of `java -version`.
fn java_version() -> Option<String> {
    let text = output("java", &["-version"])?;
    text.split('"').nth(1).map(str::to_owned)
}

fn install(command: &str, package: &str) -> Result<()> {
    let may_install = env::var_os("CI").is_some_and(|ci| ci == "true")
        && output("id", &["-u"]).is_some_and(|id| id.trim() == "0")
        && output("apt-get", &["--version"]).is_some();
    if !may_install {
        bail!(
            "`{command}` is not on PATH: install the Debian package {package} (apt-get install {package})"
        );
    }
    apt_get(&["update", "-q"])?;
    apt_get(&["install", "-q", "-y", "--no-install-recommends", package])
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status()
        .context("cannot run apt-get")?;
    ensure!(status.success(), "apt-get {} failed", arguments.join(" "));
    Ok(())
}

/// Everything a command prints; `None` if it is lacking or fails.
fn output(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&text).into_owned())
}
