//! From rule text and settings, as the journal carries them, to what the engine evaluates.
//!
//! The same function checks a set before it is appended and compiles it after it was read, so a
//! set that stands in the journal compiles, unless another version of this program wrote it.

use std::sync::Arc;

use zhamen_engine::entry::Activation;
use zhamen_rules::{Severity, SourceFile};
use zhamen_wire::journal::ActivationText;

/// Compiles a set; the error is what `rules check` would print, as one text.
pub fn compile(text: &ActivationText) -> Result<Arc<Activation>, String> {
    let files: Vec<SourceFile> = text
        .files
        .iter()
        .map(|(name, text)| SourceFile {
            name: name.clone(),
            text: text.clone(),
        })
        .collect();
    let compiled = zhamen_rules::compile(&files);
    let errors = compiled
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    match compiled.set {
        Some(set) if errors == 0 => {
            if *set.digest != *text.digest {
                return Err(format!(
                    "the rule set compiles to {}, its journal entry says {}",
                    set.digest, text.digest
                ));
            }
            Ok(Arc::new(Activation {
                rules: Arc::new(set),
                policy: text.policy.clone(),
            }))
        }
        _ => Err(zhamen_rules::render_text(
            &files,
            &compiled.diagnostics,
            false,
        )),
    }
}
