//! What a shell reads and writes: its log, its files, and output that another command takes.

use super::shell::{Flow, Shell};
use super::words::Unread;

impl Shell {
    /// Adds to the log.
    pub(super) fn print(&mut self, text: &str) {
        if !text.is_empty() {
            self.timeline.prints.push((self.now, text.to_owned()));
        }
    }

    /// Writes a file.
    pub(super) fn write(&mut self, path: &str, text: Option<String>) {
        self.timeline.files.push((self.now, path.to_owned(), text));
        self.timeline.files.sort_by_key(|(at, _, _)| *at);
    }

    /// The content of a file, where there is one.
    pub(super) fn file(&self, path: &str) -> Option<String> {
        self.timeline.files_at(self.now).remove(path)
    }

    /// Does something whose standard output is wanted.
    pub(super) fn captured(
        &mut self,
        what: impl FnOnce(&mut Shell) -> Result<Flow, Unread>,
    ) -> Result<(Flow, String), Unread> {
        let before = self.capture.replace(String::new());
        let wanted = std::mem::replace(&mut self.wanted, true);
        let flow = what(self);
        self.wanted = wanted;
        let out = std::mem::replace(&mut self.capture, before).unwrap_or_default();
        Ok((flow?, out))
    }
}
