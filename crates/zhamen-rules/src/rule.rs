//! One rule file entry each: `[[rule]]`, `[[verdict]]`, `[[list]]` and their parts, read and
//! checked key by key. Every key of RULES.md is read in exactly one of these files.

pub(crate) mod explain;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod param;
pub(crate) mod read;
pub(crate) mod rows;
pub(crate) mod then;
pub(crate) mod verdict;
pub(crate) mod window;

use crate::build::Build;
use crate::diagnostic::Findings;
use crate::expr::scope::DeclaredList;
use crate::line::Line;
use crate::node::Node;
use crate::source::SourceFile;

/// What every reader works with.
pub(crate) struct Context<'a> {
    pub files: &'a [SourceFile],
    pub lists: &'a [DeclaredList],
    /// All rules of the set, for windows that count their hits.
    pub rules: &'a [window::hits::Named],
    pub build: &'a mut Build,
    pub findings: &'a mut Findings,
}

impl Context<'_> {
    /// The text in `node` with its places, or a finding.
    pub fn line(&mut self, node: &Node) -> Option<Line> {
        let text = node.text(self.findings)?;
        Some(Line::new(node, text, &self.files[node.at.file].text))
    }
}
