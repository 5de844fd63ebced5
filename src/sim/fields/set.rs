//! Sets of fields: what one manager owns, what a write changed. A tree of steps whose nodes may be members.

use super::path::Step;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A set of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set(BTreeMap<Step, Node>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    member: bool,
    below: Set,
}

impl Set {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, path: &[Step]) {
        let Some((last, way)) = path.split_last() else { return };
        let mut at = self;
        for step in way {
            at = &mut at.0.entry(step.clone()).or_default().below;
        }
        at.0.entry(last.clone()).or_default().member = true;
    }

    /// Adds what lies below a step, and the step itself where it is a member.
    pub(super) fn add(&mut self, step: Step, member: bool, below: Set) {
        if member || !below.is_empty() {
            let node = self.0.entry(step).or_default();
            node.member |= member;
            node.below = match node.below.is_empty() {
                true => below,
                false => std::mem::take(&mut node.below).union(&below),
            };
        }
    }

    /// A set of paths of named fields.
    pub(super) fn of_fields(paths: &[&[&str]]) -> Set {
        let mut set = Set::default();
        for path in paths {
            set.insert(&path.iter().map(|name| Step::field(name)).collect::<Vec<_>>());
        }
        set
    }

    /// Whether the path of this one step is a member.
    pub(super) fn has(&self, step: &Step) -> bool {
        self.0.get(step).is_some_and(|node| node.member)
    }

    /// What lies below a step.
    pub(super) fn below(&self, step: &Step) -> Option<&Set> {
        self.0.get(step).map(|node| &node.below).filter(|set| !set.is_empty())
    }

    pub(super) fn union(mut self, other: &Set) -> Set {
        for (step, node) in &other.0 {
            let mine = self.0.entry(step.clone()).or_default();
            mine.member |= node.member;
            mine.below = std::mem::take(&mut mine.below).union(&node.below);
        }
        self
    }

    /// Both sets' members.
    pub(super) fn intersection(&self, other: &Set) -> Set {
        let nodes = self.0.iter().filter_map(|(step, mine)| {
            let theirs = other.0.get(step)?;
            let below = mine.below.intersection(&theirs.below);
            Node { member: mine.member && theirs.member, below }.kept(step)
        });
        Set(nodes.collect())
    }

    /// Takes the members of `other` away. A member of `other` does not stand for what lies below it.
    pub(super) fn subtract(&mut self, other: &Set) {
        for (step, theirs) in &other.0 {
            let Some(mine) = self.0.get_mut(step) else { continue };
            mine.member &= !theirs.member;
            mine.below.subtract(&theirs.below);
            if !mine.member && mine.below.is_empty() {
                self.0.remove(step);
            }
        }
    }

    /// The members that are not in `other`. A member of `other` does not stand for what lies below it.
    pub(super) fn difference(&self, other: &Set) -> Set {
        let nodes = self.0.iter().filter_map(|(step, mine)| match other.0.get(step) {
            None => Some((step.clone(), mine.clone())),
            Some(theirs) => {
                let below = mine.below.difference(&theirs.below);
                Node { member: mine.member && !theirs.member, below }.kept(step)
            }
        });
        Set(nodes.collect())
    }

    /// The members that are neither in `other` nor below one of its members.
    pub(super) fn without(&self, other: &Set) -> Set {
        let nodes = self.0.iter().filter_map(|(step, mine)| match other.0.get(step) {
            None => Some((step.clone(), mine.clone())),
            Some(theirs) if theirs.member => None,
            Some(theirs) => Node { member: mine.member, below: mine.below.without(&theirs.below) }.kept(step),
        });
        Set(nodes.collect())
    }

    /// The same set, where `named` says of each step from the root whether it becomes a member too.
    pub(super) fn with_members(&self, named: &mut dyn FnMut(&[Step]) -> bool, at: &mut Vec<Step>) -> Set {
        let mut nodes = BTreeMap::new();
        for (step, node) in &self.0 {
            at.push(step.clone());
            let member = node.member || (!node.below.is_empty() && named(at));
            nodes.insert(step.clone(), Node { member, below: node.below.with_members(named, at) });
            at.pop();
        }
        Set(nodes)
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
        let members = self.0.iter().map(|(step, node)| {
            let mut below = node.below.encode();
            if let (true, false, Value::Object(members)) = (node.member, node.below.is_empty(), &mut below) {
                members.insert(".".to_owned(), Value::Object(Map::new()));
            }
            (step.encode(), below)
        });
        Value::Object(members.collect())
    }

    /// Reads `FieldsV1`; `None` where it is none.
    pub(super) fn decode(fields: &Value) -> Option<Set> {
        let mut set = Set::default();
        for (text, below) in fields.as_object()? {
            if text == "." {
                continue;
            }
            let members = below.as_object()?;
            let member = members.is_empty() || members.contains_key(".");
            set.0.insert(Step::parse(text)?, Node { member, below: Set::decode(below)? });
        }
        Some(set)
    }
}

impl Node {
    /// The node under its step, unless nothing is left of it.
    fn kept(self, step: &Step) -> Option<(Step, Node)> {
        (self.member || !self.below.is_empty()).then(|| (step.clone(), self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(fields: &Value) -> Set {
        Set::decode(fields).expect("FieldsV1")
    }

    #[test]
    fn fields_v1_is_read_and_written_alike() {
        let fields = json!({"f:spec": {"f:ports": {".": {},
            "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}}},
            "f:finalizers": {"v:\"a\"": {}}, "f:args": {"i:0": {}}}});
        assert_eq!(set(&fields).encode(), fields);
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
    fn sets_are_joined_cut_and_subtracted() {
        let a = set(&json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}}));
        let b = set(&json!({"f:a": {}, "f:d": {}}));
        assert_eq!(a.intersection(&b).encode(), json!({"f:a": {}}));
        assert_eq!(a.difference(&b).encode(), json!({"f:a": {"f:b": {}}, "f:c": {}}));
        assert_eq!(a.without(&b).encode(), json!({"f:c": {}}));
        assert_eq!(a.clone().union(&b).encode(), json!({"f:a": {".": {}, "f:b": {}}, "f:c": {}, "f:d": {}}));
        assert!(a.difference(&a).is_empty());
        for other in [&a, &b] {
            let mut rest = a.clone();
            rest.subtract(other);
            assert_eq!(rest, a.difference(other));
        }
    }
}
