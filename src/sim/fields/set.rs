//! Sets of fields: what one manager owns, what a write changed. A tree of steps whose nodes may be members. The steps
//! are those of the objects and entries that a set was read from, and are not copied.

use super::path::Step;
use serde_json::{Map, Value};
use std::mem;

/// A set of paths: the steps from here, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set<'a>(Vec<(Step<'a>, Node<'a>)>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node<'a> {
    member: bool,
    below: Set<'a>,
}

impl<'a> Set<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, step: &Step<'_>) -> Option<&Node<'a>> {
        let at = self.0.binary_search_by(|(mine, _)| mine.cmp(step)).ok()?;
        Some(&self.0[at].1)
    }

    /// The node under a step, which is made where there is none.
    fn entry(&mut self, step: Step<'a>) -> &mut Node<'a> {
        let at = match self.0.last() {
            // Most sets are made in order.
            Some((last, _)) if *last >= step => self.0.binary_search_by(|(mine, _)| mine.cmp(&step)),
            Some(_) | None => Err(self.0.len()),
        };
        let at = at.unwrap_or_else(|at| {
            self.0.insert(at, (step, Node::default()));
            at
        });
        &mut self.0[at].1
    }

    pub(super) fn insert(&mut self, path: &[Step<'a>]) {
        let Some((last, way)) = path.split_last() else { return };
        let mut at = self;
        for step in way {
            at = &mut at.entry(step.clone()).below;
        }
        at.entry(last.clone()).member = true;
    }

    /// Adds what lies below a step, and the step itself where it is a member.
    pub(super) fn add(&mut self, step: Step<'a>, member: bool, below: Set<'a>) {
        if member || !below.is_empty() {
            let node = self.entry(step);
            node.member |= member;
            node.below = mem::take(&mut node.below).union(below);
        }
    }

    /// A set of paths of named fields.
    pub(super) fn of_fields(paths: &[&[&'a str]]) -> Set<'a> {
        let mut set = Set::default();
        for path in paths {
            set.insert(&path.iter().map(|name| Step::field(name)).collect::<Vec<_>>());
        }
        set
    }

    /// Whether the path of this one step is a member.
    pub(super) fn has(&self, step: &Step<'_>) -> bool {
        self.get(step).is_some_and(|node| node.member)
    }

    /// What lies below a step.
    pub(super) fn below(&self, step: &Step<'_>) -> Option<&Set<'a>> {
        self.get(step).map(|node| &node.below).filter(|set| !set.is_empty())
    }

    /// The members of either.
    pub(super) fn union(mut self, other: Set<'a>) -> Set<'a> {
        if self.is_empty() {
            return other;
        }
        for (step, node) in other.0 {
            let mine = self.entry(step);
            mine.member |= node.member;
            mine.below = mem::take(&mut mine.below).union(node.below);
        }
        self
    }

    /// Both sets' members.
    pub(super) fn intersection(&self, other: &Set<'_>) -> Set<'a> {
        let nodes = self.0.iter().filter_map(|(step, mine)| {
            let theirs = other.get(step)?;
            let below = mine.below.intersection(&theirs.below);
            let node = Node { member: mine.member && theirs.member, below };
            node.is_kept().then(|| (step.clone(), node))
        });
        Set(nodes.collect())
    }

    /// Takes the members of `other` away. A member of `other` does not stand for what lies below it.
    pub(super) fn subtract(&mut self, other: &Set<'_>) {
        if other.is_empty() {
            return;
        }
        self.0.retain_mut(|(step, mine)| {
            let Some(theirs) = other.get(step) else { return true };
            mine.member &= !theirs.member;
            mine.below.subtract(&theirs.below);
            mine.is_kept()
        });
    }

    /// The members that are not in `other`. A member of `other` does not stand for what lies below it.
    pub(super) fn difference(&self, other: &Set<'_>) -> Set<'a> {
        let mut rest = self.clone();
        rest.subtract(other);
        rest
    }

    /// Whether all members are in `other`.
    pub(super) fn is_within(&self, other: &Set<'_>) -> bool {
        self.0.iter().all(|(step, mine)| match other.get(step) {
            Some(theirs) => (theirs.member || !mine.member) && mine.below.is_within(&theirs.below),
            None => !mine.member && mine.below.is_empty(),
        })
    }

    /// The members that are neither in `other` nor below one of its members.
    pub(super) fn without(mut self, other: &Set<'_>) -> Set<'a> {
        self.0.retain_mut(|(step, mine)| match other.get(step) {
            None => true,
            Some(theirs) if theirs.member => false,
            Some(theirs) => {
                mine.below = mem::take(&mut mine.below).without(&theirs.below);
                mine.is_kept()
            }
        });
        self
    }

    /// The same set, where `named` says of each step from the root whether it becomes a member too.
    pub(super) fn with_members(
        &self,
        named: &mut dyn FnMut(&[Step<'_>]) -> bool,
        at: &mut Vec<Step<'a>>,
    ) -> Set<'a> {
        let mut nodes = Vec::with_capacity(self.0.len());
        for (step, node) in &self.0 {
            at.push(step.clone());
            let member = node.member || (!node.below.is_empty() && named(at));
            nodes.push((step.clone(), Node { member, below: node.below.with_members(named, at) }));
            at.pop();
        }
        Set(nodes)
    }

    /// The same set for longer than what it was read from.
    pub(super) fn into_owned(self) -> Set<'static> {
        let owned = |(step, node): (Step<'a>, Node<'a>)| {
            (step.into_owned(), Node { member: node.member, below: node.below.into_owned() })
        };
        Set(self.0.into_iter().map(owned).collect())
    }

    /// The members in the order in which Kubernetes lists them: at each level members first, then what is below.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found
    }

    fn collect(&self, prefix: &str, found: &mut Vec<String>) {
        found
            .extend(self.0.iter().filter(|(_, node)| node.member).map(|(step, _)| format!("{prefix}{step}")));
        for (step, node) in &self.0 {
            node.below.collect(&format!("{prefix}{step}"), found);
        }
    }

    /// The JSON of `FieldsV1`.
    pub(super) fn encode(&self) -> Value {
        self.encode_below(false)
    }

    /// The same of what lies below a step, which is a member itself or not.
    fn encode_below(&self, member: bool) -> Value {
        let itself = (member && !self.is_empty()).then(|| (".".to_owned(), Value::Object(Map::new())));
        let members = self.0.iter().map(|(step, node)| (step.encode(), node.below.encode_below(node.member)));
        Value::Object(itself.into_iter().chain(members).collect())
    }

    /// Reads `FieldsV1`; `None` where it is none.
    pub(super) fn decode(fields: &'a Value) -> Option<Set<'a>> {
        let fields = fields.as_object()?;
        let mut set = Set(Vec::with_capacity(fields.len()));
        for (text, below) in fields.iter().filter(|(text, _)| *text != ".") {
            let members = below.as_object()?;
            let member = members.is_empty() || members.contains_key(".");
            *set.entry(Step::parse(text)?) = Node { member, below: Set::decode(below)? };
        }
        Some(set)
    }
}

impl Node<'_> {
    /// Whether anything is left of it.
    fn is_kept(&self) -> bool {
        self.member || !self.below.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(fields: &Value) -> Set<'_> {
        Set::decode(fields).expect("FieldsV1")
    }

    #[test]
    fn fields_v1_is_read_and_written_alike() {
        let fields = json!({"f:spec": {"f:ports": {".": {},
            "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}}},
            "f:finalizers": {"v:\"a\"": {}}, "f:args": {"i:0": {}}}});
        assert_eq!(set(&fields).encode(), fields);
        assert_eq!(set(&fields).into_owned(), set(&fields));
        let expected = [
            ".spec.args[0]",
            ".spec.finalizers[=\"a\"]",
            ".spec.ports[containerPort=80,protocol=\"TCP\"]",
            ".spec.ports[containerPort=80,protocol=\"TCP\"].name",
        ];
        let mut paths = set(&fields).paths();
        paths.retain(|path| path != ".spec.ports");
        assert_eq!(paths, expected);
        assert!(Set::decode(&json!({"x": {}})).is_none());
    }

    #[test]
    fn steps_of_all_kinds_are_found_beside_each_other() {
        let fields = json!({"f:b": {}, "f:a": {}, "i:1": {}, "v:1": {}, "k:{\"a\":1}": {}, "v:\"x\"": {}});
        let mixed = set(&fields);
        assert_eq!(mixed.encode(), fields);
        for text in fields.as_object().into_iter().flatten().map(|(text, _)| text) {
            assert!(mixed.has(&Step::parse(text).expect("a step")), "{text}");
        }
        assert!(!mixed.has(&Step::field("c")));
    }

    #[test]
    fn sets_are_joined_cut_and_subtracted() {
        let (a, b) = (json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}), json!({"f:a": {}, "f:d": {}}));
        let (a, b) = (set(&a), set(&b));
        assert_eq!(a.intersection(&b).encode(), json!({"f:a": {}}));
        assert_eq!(a.difference(&b).encode(), json!({"f:a": {"f:b": {}}, "f:c": {}}));
        assert_eq!(a.clone().without(&b).encode(), json!({"f:c": {}}));
        let both = a.clone().union(b.clone());
        assert_eq!(both.encode(), json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}, "f:d": {}}));
        assert!(a.difference(&a).is_empty());
        for (one, other) in [(&a, &both), (&b, &both), (&a, &b), (&b, &a), (&both, &a), (&a, &a)] {
            assert_eq!(one.is_within(other), one.difference(other).is_empty(), "{one:?} {other:?}");
        }
    }
}
