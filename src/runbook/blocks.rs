//! A block of a section: whether it is to be run, and what its statements, comments and output are to the section.

use super::fences::{self, Found, Language};
use super::model::{Level, Mark, Step};
use super::sections::Reader;
use super::text::{Lifted, place};
use super::ways::Closer;
use super::{headings, lines, rules};
use std::ops::Range;

impl Reader {
    /// Reads a block.
    pub(super) fn block(
        &mut self,
        info: &str,
        script: &Lifted,
        closed: bool,
        fenced: bool,
        bytes: Range<usize>,
    ) {
        let mark = std::mem::take(&mut self.next);
        self.in_item = None;
        if !closed {
            let first = bytes.start..bytes.start + self.runbook.source[bytes.clone()].find('\n').unwrap_or(3);
            let remark =
                self.runbook.remark(Level::Error, "unclosed-fence", first, "this fence is never closed");
            self.runbook.remarks.push(remark.help("end the block with a line of the same marks"));
        }
        let language = fences::language(info);
        let runs = match language {
            Language::Shell | Language::Console => true,
            Language::Unsaid => mark.run || lines::looks_like_shell(&script.text),
            Language::Other => mark.run,
        };
        if !runs {
            let word = if fenced { fences::word(info) } else { "indented".to_owned() };
            let named = if word.is_empty() { "without a language" } else { word.as_str() };
            *self.runbook.ignored.entry(named.to_owned()).or_default() += 1;
            // What is printed tells what a section is about; a manifest does not.
            if matches!(word.as_str(), "" | "text" | "txt" | "output" | "log" | "plaintext" | "indented") {
                self.draft().say(&script.text);
            }
            return;
        }
        self.draft().begin_block();
        for found in fences::read(script, language) {
            self.found(found, &mark);
        }
        self.draft().ways.end_block();
    }

    fn found(&mut self, found: Found, mark: &Mark) {
        match found {
            Found::Statement(script) => {
                let bytes = script.origins(0..script.text.len());
                let place = place(&self.runbook.source, bytes);
                let draft = self.draft();
                // What a drill does not run says little of what is broken: every runbook tells somebody, and pushes.
                if rules::objections(&script.text, &rules::Left::default()).is_empty() {
                    draft.say(&fences::spoken(&script.text));
                }
                draft.step(Step { script, place, mark: mark.clone(), unended: false });
            }
            Found::Said(text) => {
                self.draft().say(&text);
                if headings::is_step(&text) {
                    self.draft().next_step();
                }
            }
            Found::Way(name) => {
                let draft = self.draft();
                draft.say(&name);
                draft.ways.close(|closer| closer >= Closer::Comment);
                draft.ways.open(Closer::Comment, &shortened(&name));
                draft.begin_block();
            }
            Found::Or => self.draft().or_within(),
            Found::Output(line) => {
                self.runbook.output_lines += 1;
                self.draft().say(&line);
            }
            Found::Unfinished(script) => {
                let place = place(&self.runbook.source, script.origins(0..script.text.len()));
                self.draft().step(Step { script, place, mark: mark.clone(), unended: true });
            }
        }
    }
}

/// The first words of a text, as a name.
pub(super) fn shortened(text: &str) -> String {
    let first = text.split(['\n']).next().unwrap_or_default();
    let first = first.trim().trim_end_matches([':', '.', ',']);
    match first.char_indices().nth(60) {
        None => first.to_owned(),
        Some((at, _)) => format!("{}…", first[..at].trim_end()),
    }
}
