//! From elements to sections: which heading stands for itself and which is a part or one of several ways, and which
//! blocks belong to which way. What stands in a block is `blocks`' matter.

use super::bindings::{self, Bindings, Directive};
use super::blocks::shortened;
use super::draft::Draft;
use super::headings::{self, Role};
use super::markdown::{Element, What, elements};
use super::model::{Level, Mark, Runbook};
use super::outline;
use super::text::{Lifted, place};
use super::ways::Closer;
use std::collections::BTreeMap;
use std::ops::Range;

/// Reads a runbook. `file` is how findings name it. What is wrong is among its remarks.
pub fn parse(file: &str, source: &str) -> Runbook {
    let elements = elements(source);
    let runbook = Runbook {
        file: file.to_owned(),
        source: source.to_owned(),
        sections: Vec::new(),
        said: Bindings::default(),
        ignored: BTreeMap::new(),
        output_lines: 0,
        remarks: Vec::new(),
    };
    let single = outline::is_one_topic(&elements);
    let advice = outline::advice(&elements);
    let mut reader = Reader {
        runbook,
        single,
        drafts: Vec::new(),
        topics: Vec::new(),
        part: None,
        next: Mark::default(),
        choice: false,
        lists: Vec::new(),
        in_item: None,
        folds: 0,
        front: bindings::BindingFile::default(),
    };
    for Element { what, bytes } in elements {
        match what {
            What::Prose { text, .. } if advice.contains(&bytes.start) => {
                reader.advice(headings::bare(&text), bytes);
            }
            what => reader.element(what, bytes),
        }
    }
    reader.finish()
}

/// The level of a piece of advice, which stands below every heading, and of a folded part, below all.
const ADVICE: u8 = 7;
const FOLDED: u8 = 8;

pub(super) struct Reader {
    pub(super) runbook: Runbook,
    single: bool,
    drafts: Vec<Draft>,
    /// Level and draft of the topics that are open, outermost first.
    topics: Vec<(u8, usize)>,
    /// The level of the part that is open.
    part: Option<u8>,
    /// What a comment says of the next block.
    pub(super) next: Mark,
    /// Prose has said that one of what follows is enough.
    choice: bool,
    /// For each list that is open, whether its items are ways.
    lists: Vec<bool>,
    /// An item has begun whose first words are not read yet; whether it is one of several ways.
    pub(super) in_item: Option<bool>,
    /// How many folded parts are open.
    folds: u8,
    front: bindings::BindingFile,
}

impl Reader {
    fn element(&mut self, what: What, bytes: Range<usize>) {
        match what {
            What::FrontMatter(text) => self.front_matter(&text, bytes),
            What::Heading { level, text } => self.heading(level, &text, bytes),
            What::Prose { text, label, whole } => self.prose(&text, label.as_deref(), whole),
            What::Comment(comment) => self.comment(&comment, bytes),
            What::Tab(name) => {
                let draft = self.draft();
                draft.ways.close(|closer| closer >= Closer::Tab);
                draft.ways.open(Closer::Tab, &name);
            }
            What::Fold(summary) => {
                let level = FOLDED.saturating_add(self.folds);
                self.folds = self.folds.saturating_add(1);
                self.heading(level, &summary, bytes);
            }
            What::FoldEnd => self.unfold(),
            What::TabsEnd => self.draft().ways.close(|closer| closer >= Closer::Tab),
            What::List => self.lists.push(std::mem::take(&mut self.choice)),
            What::ListEnd => drop(self.lists.pop()),
            What::Item => self.in_item = Some(self.lists.last().copied().unwrap_or_default()),
            What::ItemEnd => {
                let depth = self.lists.len();
                self.draft().ways.end_item(depth);
            }
            What::Block { info, script, closed, fenced } => self.block(&info, &script, closed, fenced, bytes),
        }
    }

    /// The section that is open; one without a heading where there is none.
    pub(super) fn draft(&mut self) -> &mut Draft {
        let at = match self.topics.last() {
            Some((_, at)) => *at,
            None => {
                self.topics.push((0, self.drafts.len()));
                self.drafts.push(Draft::new(vec![self.runbook.file.clone()], 0..0));
                self.drafts.len() - 1
            }
        };
        &mut self.drafts[at]
    }

    fn front_matter(&mut self, text: &Lifted, bytes: Range<usize>) {
        match bindings::front_matter(&text.text) {
            None => {}
            Some(Ok(file)) => {
                self.runbook.said = file.whole.clone();
                self.front = file;
            }
            Some(Err(why)) => {
                let remark = self.runbook.remark(Level::Error, "front-matter", bytes, why);
                self.runbook.remarks.push(remark);
            }
        }
    }

    fn heading(&mut self, level: u8, text: &str, bytes: Range<usize>) {
        self.choice = false;
        self.lists.clear();
        self.topics.retain(|(above, _)| *above < level);
        if let Some((_, at)) = self.topics.last() {
            let ways = &mut self.drafts[*at].ways;
            ways.close(|closer| closer >= Closer::Heading(level));
        }
        let role = headings::role(text);
        let inside_way = self.topics.last().is_some_and(|(_, at)| self.drafts[*at].ways.is_open());
        let inside_part = self.part.is_some_and(|part| part < level);
        if !inside_part {
            self.part = None;
        }
        // A part that stands beside topics, right below the title of the runbook, stands for itself.
        let beside_topics = self.topics.len() <= 1 && !self.single && level <= 2;
        match role {
            Role::Alternative if !self.topics.is_empty() && (inside_way || inside_part || !beside_topics) => {
                self.draft().ways.open(Closer::Heading(level), text);
            }
            Role::Topic if self.topics.is_empty() || !(inside_way || inside_part) => {
                self.topic(level, text, bytes);
            }
            Role::Part | Role::Alternative if self.topics.is_empty() || (beside_topics && !inside_way) => {
                self.topic(level, text, bytes);
            }
            Role::Part => self.part = self.part.or(Some(level)),
            Role::Topic | Role::Alternative => {}
        }
        self.draft().say(text);
    }

    /// A piece of advice is a topic also where what it stands below is a part: `### Prevention`.
    fn advice(&mut self, text: &str, bytes: Range<usize>) {
        self.topics.retain(|(above, _)| *above < ADVICE);
        self.topic(ADVICE, text, bytes);
        self.draft().say(text);
    }

    /// What a folded part has opened ends with it, and what it stands in goes on.
    fn unfold(&mut self) {
        self.folds = self.folds.saturating_sub(1);
        let level = FOLDED.saturating_add(self.folds);
        self.topics.retain(|(above, _)| *above < level);
        self.part = self.part.filter(|part| *part < level);
        self.draft().ways.close(|closer| closer >= Closer::Heading(level));
    }

    fn topic(&mut self, level: u8, text: &str, bytes: Range<usize>) {
        self.part = None;
        // The title of the runbook says nothing about one of its sections.
        let above = self.topics.iter().filter(|(level, _)| *level > 1);
        let mut titles: Vec<String> = above.map(|(_, at)| self.drafts[*at].heading().to_owned()).collect();
        titles.push(text.to_owned());
        let mut draft = Draft::new(titles, bytes);
        if let Some((_, at)) = self.topics.last() {
            draft.said = self.drafts[*at].said.clone();
        }
        if let Some(said) = self.front.sections.get(&text.to_lowercase()) {
            draft.said = said.over(&draft.said);
        }
        self.topics.push((level, self.drafts.len()));
        self.drafts.push(draft);
    }

    fn prose(&mut self, text: &str, label: Option<&str>, whole: bool) {
        let item = self.in_item.take();
        let depth = self.lists.len();
        let label = label.unwrap_or_default();
        let draft = self.draft();
        draft.say(text);
        let words = if label.is_empty() { text } else { label };
        let role = headings::role(words);
        if role == Role::Alternative && (!label.is_empty() || item.is_some() || text.len() < 100) {
            draft.ways.close(|closer| closer >= Closer::Label(depth));
            draft.ways.open(Closer::Label(depth), &shortened(if whole { label } else { text }));
        } else if item == Some(true) {
            draft.ways.close(|closer| closer >= Closer::Label(depth));
            draft.ways.open(Closer::Label(depth), &shortened(text));
        } else if headings::is_or(text) {
            draft.or();
        } else {
            draft.ways.close(|closer| closer >= Closer::Or);
            if whole && !label.is_empty() && role == Role::Part {
                draft.ways.close(|closer| closer >= Closer::Label(depth));
            }
        }
        self.choice = headings::is_choice(text);
    }

    fn comment(&mut self, comment: &str, bytes: Range<usize>) {
        let remark = |runbook: &Runbook, why: String| {
            let known =
                "known are skip, run, require, expect-failure, timeout=SECONDS, scenario=NAME and NAME=VALUE";
            runbook.remark(Level::Error, "comment", bytes.clone(), why).help(known)
        };
        match bindings::directive(comment) {
            None => {}
            Some(Err(why)) => self.runbook.remarks.push(remark(&self.runbook, why)),
            Some(Ok(Directive { mark, bind })) => {
                let line = place(&self.runbook.source, bytes.clone()).line;
                let said_by = format!("the comment in line {line}");
                let said = match self.topics.last() {
                    Some((_, at)) => &mut self.drafts[*at].said,
                    None => &mut self.runbook.said,
                };
                for (name, value) in &bind {
                    said.set(name, value, &said_by);
                }
                self.next = mark;
            }
        }
    }

    fn finish(mut self) -> Runbook {
        let drafts = std::mem::take(&mut self.drafts);
        let sections = drafts.into_iter().filter_map(|draft| draft.finish(&self.runbook));
        self.runbook.sections = sections.collect();
        self.runbook
    }
}
