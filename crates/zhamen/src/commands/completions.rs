//! `zhamen completions`: tab completion for a shell.

use std::io;

use clap::CommandFactory;

use crate::Cli;
use crate::exit::{Exit, OrExit, Outcome};

/// Print a completion script for a shell
///
/// bash: `zhamen completions bash > ~/.local/share/bash-completion/completions/zhamen`
/// zsh:  `zhamen completions zsh > "${fpath[1]}/_zhamen"`
/// fish: `zhamen completions fish > ~/.config/fish/completions/zhamen.fish`
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Shell to complete in.
    shell: clap_complete::Shell,
}

pub fn run(args: &Args) -> Outcome {
    // Generated in memory: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "zhamen", &mut script);
    io::Write::write_all(&mut io::stdout(), &script).or_exit(Exit::Restart)?;
    Ok(Exit::Ok)
}
