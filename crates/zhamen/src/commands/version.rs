//! `zhamen version`: what was built, from what, by what.

use std::io::{self, Write};

use crate::exit::{Exit, OrExit, Outcome};

pub fn run() -> Outcome {
    let mut text = format!(
        "zhamen {}\nengine {}\nrustc {}\n",
        env!("CARGO_PKG_VERSION"),
        zhamen_wire::json::ENGINE_VERSION,
        env!("ZHAMEN_RUSTC").trim_start_matches("rustc "),
    );
    // Set by whoever builds a release; a build never asks version control itself.
    if let Some(commit) = option_env!("ZHAMEN_COMMIT") {
        text.push_str(&format!("commit {commit}\n"));
    }
    io::stdout()
        .write_all(text.as_bytes())
        .or_exit(Exit::Restart)?;
    Ok(Exit::Ok)
}
