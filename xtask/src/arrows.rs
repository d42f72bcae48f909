//! Which crate may depend on which: the arrows of the architecture, checked in every run.
//!
//! Test dependencies count like any other. What is not in a table is not allowed, so a new crate
//! or edge begins with a line here and the question what it is for.

use anyhow::{Result, bail};

use crate::metadata::{Graph, Package};

/// A crate of ours and the crates of ours it may name in its manifest.
const ARROWS: &[(&str, &[&str])] = &[
    ("zhamen-engine", &[]),
    ("zhamen-rules", &["zhamen-engine"]),
    ("zhamen-wire", &["zhamen-engine"]),
    (
        "zhamen-pipeline",
        &["zhamen-engine", "zhamen-rules", "zhamen-wire"],
    ),
    ("zhamen-kafka", &["zhamen-pipeline"]),
    ("zhamen-town", &["zhamen-wire"]),
    ("zhamen", LIBRARIES),
    ("xtask", &[]),
    ("zhamen-tests", LIBRARIES_AND_XTASK),
    ("zhamen-benches", LIBRARIES_AND_XTASK),
];

const LIBRARIES: &[&str] = &[
    "zhamen-engine",
    "zhamen-rules",
    "zhamen-wire",
    "zhamen-pipeline",
    "zhamen-kafka",
    "zhamen-town",
];

const LIBRARIES_AND_XTASK: &[&str] = &[
    "zhamen-engine",
    "zhamen-rules",
    "zhamen-wire",
    "zhamen-pipeline",
    "zhamen-kafka",
    "zhamen-town",
    "xtask",
];

/// What must not be anywhere in the engine's shipped code: clocks, randomness, threads, I/O, floats
/// in disguise. A fold that can reach them is not the same on every machine.
const NOT_IN_ENGINE: &[&str] = &[
    "ahash",
    "async-std",
    "chrono",
    "config",
    "crossbeam-channel",
    "dashmap",
    "fastrand",
    "getrandom",
    "jiff",
    "libc",
    "log",
    "mio",
    "num_cpus",
    "ordered-float",
    "parking_lot",
    "prometheus",
    "rand",
    "rand_core",
    "rayon",
    "rdkafka",
    "reqwest",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "tracing",
    "uuid",
];

/// Packages that build C, and who may name them: only these crates (and what lies above them) wait
/// for a C compiler. The tests, the load generator and the torture run read and write Kafka with a
/// client that knows nothing of ours.
const BUILDS_C: &[(&str, &[&str])] = &[
    (
        "rdkafka",
        &["zhamen-kafka", "zhamen-tests", "zhamen-benches"],
    ),
    ("rdkafka-sys", &["rdkafka"]),
];

/// Every arrow that is not allowed, in one error.
pub fn check() -> Result<()> {
    let wrong = violations(&Graph::read()?);
    if !wrong.is_empty() {
        bail!(
            "forbidden dependencies (the tables are in xtask/src/arrows.rs):\n{}",
            wrong.join("\n")
        );
    }
    Ok(())
}

fn violations(graph: &Graph) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in graph.ours() {
        wrong.extend(own_arrows(graph, package));
        if package.name == "zhamen-engine" {
            let shipped = graph.shipped(package);
            let banned = NOT_IN_ENGINE.iter().filter(|name| shipped.contains(*name));
            wrong.extend(banned.map(|name| format!("zhamen-engine pulls in {name}")));
        }
    }
    for (name, allowed) in BUILDS_C {
        for package in graph.packages.values() {
            let names_it = graph
                .direct(package)
                .any(|dependency| dependency.name == *name);
            if names_it && !allowed.contains(&package.name.as_str()) {
                wrong.push(format!(
                    "{} depends on {name}, which builds C",
                    package.name
                ));
            }
        }
    }
    wrong
}

fn own_arrows(graph: &Graph, package: &Package) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
        return vec![format!("{} is not in the table", package.name)];
    };
    graph
        .direct(package)
        .filter(|dependency| dependency.ours && !allowed.contains(&dependency.name.as_str()))
        .map(|dependency| format!("{} depends on {}", package.name, dependency.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Use;

    #[test]
    fn the_workspace_keeps_its_arrows() {
        check().expect("see the list");
    }

    /// Adds `from -> to` to the real graph and returns what is found then.
    fn with_edge(from: &str, to: &str, usage: Use) -> Vec<String> {
        let mut graph = Graph::read().expect("cargo metadata");
        let id = |name: &str| {
            let found = graph
                .packages
                .iter()
                .find(|(_, package)| package.name == name);
            found
                .map(|(id, _)| id.clone())
                .expect("both packages are in the graph")
        };
        let (from, to) = (id(from), id(to));
        let package = graph.packages.get_mut(&from).expect("just found");
        package.dependencies.insert(to, usage);
        violations(&graph)
    }

    const SHIPPED: Use = Use {
        shipped: true,
        dev: false,
    };
    const DEV: Use = Use {
        shipped: false,
        dev: true,
    };

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let found = with_edge("zhamen-engine", "zhamen-wire", SHIPPED);
        assert!(
            found.contains(&"zhamen-engine depends on zhamen-wire".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn a_test_dependency_is_an_arrow_too() {
        let found = with_edge("zhamen-rules", "zhamen-town", DEV);
        assert_eq!(found, ["zhamen-rules depends on zhamen-town"]);
    }

    #[test]
    fn the_engine_may_test_with_what_it_may_not_ship() {
        assert_eq!(with_edge("zhamen-engine", "tokio", DEV), [""; 0]);
        let found = with_edge("zhamen-engine", "tokio", SHIPPED);
        assert!(
            found.contains(&"zhamen-engine pulls in tokio".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn only_the_kafka_crate_builds_c() {
        let found = with_edge("zhamen-pipeline", "rdkafka", SHIPPED);
        assert_eq!(
            found,
            ["zhamen-pipeline depends on rdkafka, which builds C"]
        );
    }
}
