//! The diagrams of ARCHITECTURE.md are those of the code's tables; `UPDATE_EXPECT=1` draws them anew.

use std::fmt::Write as _;
use std::path::Path;

use zhamen_engine::life::table::{CYCLES, mermaid};

const BEGIN: &str = "<!-- life cycles: drawn by a test -->\n";
const END: &str = "<!-- end of the life cycles -->\n";

#[test]
fn the_diagrams_are_those_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let text = std::fs::read_to_string(&path).expect("ARCHITECTURE.md");
    let (before, rest) = text.split_once(BEGIN).expect("the diagrams begin");
    let (drawn, after) = rest.split_once(END).expect("the diagrams end");
    let mut wanted = String::new();
    for cycle in CYCLES {
        let (name, diagram) = (cycle.name, mermaid(cycle));
        let _ = write!(wanted, "\n**{name}**\n\n```mermaid\n{diagram}\n```\n");
    }
    wanted.push('\n');
    if drawn == wanted {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_EXPECT").is_some(),
        "ARCHITECTURE.md does not draw the life cycles as they are: run the test with UPDATE_EXPECT=1"
    );
    let text = format!("{before}{BEGIN}{wanted}{END}{after}");
    std::fs::write(&path, text).expect("ARCHITECTURE.md can be written");
}

/// A pair without an answer cannot be written into a table, and every state can be reached.
#[test]
fn every_pair_has_an_answer() {
    for cycle in CYCLES {
        let states: Vec<_> = cycle.rows.iter().map(|(state, _)| *state).collect();
        for (state, answers) in cycle.rows {
            assert_eq!(answers.len(), cycle.events.len(), "{} {state}", cycle.name);
            for (_, next) in *answers {
                assert!(states.contains(next), "{}: no state {next}", cycle.name);
            }
        }
        for state in states[1..].iter().filter(|s| **s != "unknown") {
            let reached = cycle.rows.iter().any(|(from, answers)| {
                from != state && answers.iter().any(|(_, next)| next == state)
            });
            assert!(reached, "{}: {state} cannot be reached", cycle.name);
        }
    }
}
