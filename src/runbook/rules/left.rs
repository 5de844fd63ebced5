//! What the statements of a runbook leave for those that come after them: an editor, files.

use super::super::holes::assigned;
use crate::shell::{Simple, commands};
use std::collections::BTreeSet;

/// What is there by what was typed before.
#[derive(Clone, Debug, Default)]
pub(in crate::runbook) struct Left {
    editor: bool,
    files: BTreeSet<String>,
}

impl Left {
    /// Takes in a statement that was typed.
    pub(in crate::runbook) fn take_in(&mut self, script: &str) {
        self.editor |= assigned(script).iter().any(|name| name.ends_with("EDITOR"));
        for simple in commands(script) {
            self.files.extend(written(&simple).map(own));
        }
    }

    /// Whether an editor is set that needs nobody.
    pub(super) fn an_editor(&self) -> bool {
        self.editor
    }

    /// Whether a file was written before.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains(&own(path))
    }
}

/// The files that a command writes, as it names them.
fn written(simple: &Simple) -> impl Iterator<Item = &str> {
    let redirected = simple.redirected.iter().filter(|(how, _)| how.contains('>'));
    let named = matches!(simple.program(), "tee" | "cp" | "mv" | "ln" | "touch" | "install");
    let arguments = simple.arguments().filter(move |word| named && !word.starts_with('-'));
    redirected.map(|(_, target)| target.text.as_str()).chain(arguments)
}

/// A path without the dot that it may begin with.
fn own(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}
