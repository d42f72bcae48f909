//! Fetches the broker's jars with Maven, once per workspace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use super::{VERSION, home, tools};

/// Without a binding for SLF4J the broker would print nothing at all.
const LOG4J_VERSION: &str = "2.25.4";
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// The folder with the jars, fetched now if need be. For one caller at a time.
pub(super) fn ensure() -> Result<PathBuf> {
    let lib = home().join(format!("lib-{VERSION}"));
    // The folder appears by a rename when it is complete.
    if !lib.exists() {
        tools::ensure_maven()?;
        fetch(&lib)?;
    }
    Ok(lib)
}

fn fetch(lib: &Path) -> Result<()> {
    let work = lib.with_extension("part");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    fs::write(work.join("pom.xml"), pom())?;
    let output = Command::new("mvn")
        // -C: a jar whose checksum does not fit is an error, not a warning.
        .args([
            "-B",
            "-ntp",
            "-q",
            "-C",
            COPY,
            "-DincludeScope=runtime",
            "-DoutputDirectory=lib",
        ])
        .current_dir(&work)
        .stdin(Stdio::null())
        .output()
        .context("cannot run mvn")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        bail!("cannot fetch Kafka {VERSION} with Maven:\n{}", text.trim());
    }
    for jar in [
        format!("kafka_2.13-{VERSION}.jar"),
        format!("log4j-slf4j-impl-{LOG4J_VERSION}.jar"),
    ] {
        ensure!(
            work.join("lib").join(&jar).exists(),
            "Maven did not fetch {jar}"
        );
    }
    fs::rename(work.join("lib"), lib)?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn pom() -> String {
    let dependency = |group: &str, artifact: &str, version: &str| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version></dependency>"
        )
    };
    let broker = dependency("org.apache.kafka", "kafka_2.13", VERSION);
    let logging = dependency(
        "org.apache.logging.log4j",
        "log4j-slf4j-impl",
        LOG4J_VERSION,
    );
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>zhamen</groupId><artifactId>kafka-jars</artifactId><version>1</version>\
         <packaging>pom</packaging><dependencies>{broker}{logging}</dependencies></project>"
    )
}
