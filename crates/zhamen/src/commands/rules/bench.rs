//! What `explain` and `weigh` share: a rule set over the engine as `replay` drives it, fed from event
//! files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zhamen_engine::entry::Activation;
use zhamen_engine::rule::RuleSet;
use zhamen_rules::SourceFile;
use zhamen_wire::Checker;

use super::compiled_files;
use crate::commands::replay::fold::{Checked, Fold};
use crate::commands::replay::lines::{Lines, Progress};
use crate::commands::replay::read_lists;
use crate::exit::{Exit, Failure, OrExit};
use crate::settings::Given;

/// A rule set and an engine that runs it.
pub struct Bench {
    /// As written.
    pub files: Vec<SourceFile>,
    /// As compiled.
    pub set: Arc<RuleSet>,
    checker: Checker,
    fold: Fold,
}

impl Bench {
    /// The rules at `path`, else the settings', else the standard pack. Without settings every source
    /// may speak.
    pub fn new(path: Option<&Path>, given: &Given) -> Result<Bench, Failure> {
        let settings = given.settings().or_exit(Exit::BadConfig)?;
        let (files, compiled) = compiled_files(path.or(settings.rules.as_deref()))?;
        let set = Arc::new(compiled.set.expect("a set with errors was refused"));
        let mut policy = settings.policy();
        if given.config.is_none() {
            policy.sources.clear();
        }
        let activation = Activation {
            rules: Arc::clone(&set),
            policy,
        };
        Ok(Bench {
            files,
            set,
            checker: Checker::new(settings.checker_options()),
            fold: Fold::new(activation, settings.kafka.topics),
        })
    }

    /// Folds a file of `list.added` events, as `replay --lists` does.
    pub fn lists(&mut self, path: &Path) -> Result<(), Failure> {
        read_lists(path, &self.checker, &mut self.fold, |_| Ok(())).or_exit(Exit::BadConfig)
    }

    /// Hands every line of the files, checked, to `each` with the engine that is to fold it.
    pub fn read(
        &mut self,
        paths: &[PathBuf],
        mut each: impl FnMut(&mut Fold, Checked) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut lines = Lines::new(paths, Progress::default());
        let mut line = Vec::new();
        while lines.next(&mut line).or_exit(Exit::Usage)? {
            let checked = Checked::new(&self.checker, &line);
            line.clear();
            each(&mut self.fold, checked)?;
        }
        Ok(())
    }
}
