//! A section while it is read: its words, its blocks with the ways that they belong to, and what becomes of them.

use super::bindings::Bindings;
use super::model::{Alternative, Runbook, Section, Step};
use super::text::place;
use super::ways::{Closer, Way, Ways};
use std::ops::Range;

/// A section that is being read.
#[derive(Debug)]
pub(super) struct Draft {
    /// Its heading, after those that it stands below.
    titles: Vec<String>,
    bytes: Range<usize>,
    words: String,
    pub(super) said: Bindings,
    pub(super) ways: Ways,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    within: Vec<Way>,
    steps: Vec<Step>,
}

impl Draft {
    pub(super) fn new(titles: Vec<String>, bytes: Range<usize>) -> Draft {
        Draft {
            titles,
            bytes,
            words: String::new(),
            said: Bindings::default(),
            ways: Ways::default(),
            blocks: Vec::new(),
        }
    }

    pub(super) fn heading(&self) -> &str {
        self.titles.last().map_or("", String::as_str)
    }

    /// Takes in words that tell what the section is about.
    pub(super) fn say(&mut self, words: &str) {
        self.words.push_str(words);
        self.words.push('\n');
    }

    /// A block, or a part of one, begins within the ways that are open here.
    pub(super) fn begin_block(&mut self) {
        self.ways.used();
        self.blocks.push(Block { within: self.ways.here(), steps: Vec::new() });
    }

    pub(super) fn step(&mut self, step: Step) {
        if let Some(block) = self.blocks.last_mut() {
            block.steps.push(step);
        }
    }

    /// `Or:` between two blocks: the one before is the first way, what follows the next.
    pub(super) fn or(&mut self) {
        if self.ways.another(Closer::Or) {
            return;
        }
        let here = self.ways.here();
        let before = self.blocks.last().is_some_and(|block| block.within == here && !block.steps.is_empty());
        if before {
            let first = self.ways.instead(Closer::Or);
            if let Some(block) = self.blocks.last_mut() {
                block.within.push(first);
            }
        }
    }

    /// `# or` within a block: the statement before is the first way.
    pub(super) fn or_within(&mut self) {
        if self.ways.another(Closer::OrComment) {
            self.begin_block();
            return;
        }
        let last = self.blocks.last_mut().and_then(|block| block.steps.pop());
        if let Some(step) = last {
            let mut within = self.ways.here();
            within.push(self.ways.instead(Closer::OrComment));
            self.blocks.push(Block { within, steps: vec![step] });
            self.begin_block();
        }
    }

    /// A comment within a block goes on to what comes next: what `# or` has opened is over.
    pub(super) fn next_step(&mut self) {
        let before = self.ways.here();
        self.ways.close(|closer| closer == Closer::OrComment);
        if self.ways.here() != before {
            self.begin_block();
        }
    }

    /// The section; `None` where there is nothing to run.
    pub(super) fn finish(self, runbook: &Runbook) -> Option<Section> {
        let mut alternatives: Vec<Alternative> = Vec::new();
        for through in self.ways.through() {
            let own = |block: &Block| through.of.is_none_or(|way| block.within.contains(&way));
            let chosen: Vec<&Block> =
                self.blocks.iter().filter(|block| through.goes(&block.within)).collect();
            if !chosen.iter().any(|block| own(block) && !block.steps.is_empty()) {
                continue;
            }
            let steps: Vec<Step> = chosen.iter().flat_map(|block| block.steps.clone()).collect();
            let same = |other: &Alternative| {
                let places = |steps: &[Step]| steps.iter().map(|step| step.place.clone()).collect::<Vec<_>>();
                places(&other.steps) == places(&steps)
            };
            if !alternatives.iter().any(same) {
                alternatives.push(Alternative { name: through.name, steps });
            }
        }
        if alternatives.is_empty() {
            // Ways without a block of their own are none.
            let steps: Vec<Step> = self.blocks.iter().flat_map(|block| block.steps.clone()).collect();
            if steps.is_empty() {
                return None;
            }
            alternatives.push(Alternative { name: String::new(), steps });
        }
        let (heading, above) = self.titles.split_last()?;
        Some(Section {
            title: self.titles.join(" › "),
            place: place(&runbook.source, self.bytes),
            words: format!("{heading}\n{}", self.words),
            around: above.join("\n"),
            said: self.said,
            alternatives,
        })
    }
}
