//! The choices that a section offers: which are open where a block stands, what closes them, and every way through.

/// What opened a way, and so what closes it; from what reaches far to what reaches a few lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closer {
    /// A heading of this level.
    Heading(u8),
    /// A tab of a site.
    Tab,
    /// A bold line, or the first words of an item, so many lists deep.
    Label(usize),
    /// The word `or` between two blocks.
    Or,
    /// A comment within a block.
    Comment,
    /// The word `or` in a comment within a block.
    OrComment,
}

/// One way of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    choice: usize,
    way: usize,
}

/// A choice: what opened its ways, within which ways it stands, and their names.
#[derive(Clone, Debug)]
struct Choice {
    closer: Closer,
    within: Vec<Way>,
    names: Vec<String>,
    /// No way is added any more.
    done: bool,
}

#[derive(Clone, Debug)]
struct Open {
    closer: Closer,
    way: Way,
    used: bool,
}

/// The choices of a section.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    choices: Vec<Choice>,
    open: Vec<Open>,
}

impl Ways {
    /// The ways that are open here.
    pub(super) fn here(&self) -> Vec<Way> {
        self.open.iter().map(|open| open.way).collect()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// A block stands here.
    pub(super) fn used(&mut self) {
        self.open.iter_mut().for_each(|open| open.used = true);
    }

    /// Closes the innermost ways that were opened so.
    pub(super) fn close(&mut self, which: impl Fn(Closer) -> bool) {
        while self.open.last().is_some_and(|open| which(open.closer)) {
            self.open.pop();
        }
    }

    /// A block ends, and with it the choices of its comments.
    pub(super) fn end_block(&mut self) {
        self.close(|closer| closer >= Closer::Comment);
        let inside = self.choices.iter_mut().filter(|choice| choice.closer >= Closer::Comment);
        inside.for_each(|choice| choice.done = true);
    }

    /// An item ends: what was opened in it ends too, once it had a block; where the block follows the list, it is still
    /// to come.
    pub(super) fn end_item(&mut self, depth: usize) {
        let inside = |open: &Open| open.used && matches!(open.closer, Closer::Label(deep) if deep >= depth);
        while self.open.last().is_some_and(inside) {
            self.open.pop();
        }
    }

    /// Opens one more way of the choice that is made by such ways here.
    pub(super) fn open(&mut self, closer: Closer, name: &str) {
        let within = self.here();
        let same = |choice: &Choice| choice.closer == closer && choice.within == within && !choice.done;
        let choice = self.choices.iter().rposition(same).unwrap_or_else(|| self.add(closer, within.clone()));
        self.push(choice, name);
    }

    /// Begins a new choice with a first way that lies behind, and opens its second. Gives back the first.
    pub(super) fn instead(&mut self, closer: Closer) -> Way {
        let choice = self.add(closer, self.here());
        self.choices[choice].names.push("first way".to_owned());
        self.push(choice, "second way");
        Way { choice, way: 0 }
    }

    /// Opens one more way of the choice whose way is open innermost, where it was opened so.
    pub(super) fn another(&mut self, closer: Closer) -> bool {
        let Some(open) = self.open.last().filter(|open| open.closer == closer).cloned() else { return false };
        self.open.pop();
        let names = ["first way", "second way", "third way", "fourth way", "fifth way"];
        let next = self.choices[open.way.choice].names.len();
        self.push(open.way.choice, names.get(next).unwrap_or(&"another way"));
        true
    }

    fn add(&mut self, closer: Closer, within: Vec<Way>) -> usize {
        self.choices.push(Choice { closer, within, names: Vec::new(), done: false });
        self.choices.len() - 1
    }

    fn push(&mut self, choice: usize, name: &str) {
        self.choices[choice].names.push(name.to_owned());
        let way = Way { choice, way: self.choices[choice].names.len() - 1 };
        self.open.push(Open { closer: self.choices[choice].closer, way, used: false });
    }

    /// Every way through, with its name and whether a block that stands within `ways` belongs to it. Choices are gone
    /// through one after the other, the others at their first way.
    pub(super) fn through(&self) -> Vec<Through> {
        if self.choices.is_empty() {
            return vec![Through { name: String::new(), chosen: Vec::new(), of: None }];
        }
        let mut all = Vec::new();
        for (at, choice) in self.choices.iter().enumerate() {
            for (way, name) in choice.names.iter().enumerate() {
                let mut chosen = vec![0; self.choices.len()];
                for outer in &choice.within {
                    chosen[outer.choice] = outer.way;
                }
                chosen[at] = way;
                let outer = choice.within.iter().map(|outer| self.name(*outer));
                let name = outer.chain([name.as_str()]).collect::<Vec<_>>().join(" › ");
                all.push(Through { name, chosen, of: Some(Way { choice: at, way }) });
            }
        }
        all
    }

    fn name(&self, way: Way) -> &str {
        &self.choices[way.choice].names[way.way]
    }
}

/// One way through a section.
pub(super) struct Through {
    pub(super) name: String,
    chosen: Vec<usize>,
    /// The way that it is about.
    pub(super) of: Option<Way>,
}

impl Through {
    /// Whether it goes through what stands within these ways.
    pub(super) fn goes(&self, within: &[Way]) -> bool {
        within.iter().all(|way| self.chosen.get(way.choice) == Some(&way.way))
    }
}
