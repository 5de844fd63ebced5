//! Which scenario a section is about, told by words: those of the section against those of the scenario's title, family,
//! story and messages. Rare words weigh more than common ones.

use crate::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// A scenario for a section, and the words that speak for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Which of the scenarios.
    pub scenario: usize,
    /// The words, the weightiest first.
    pub because: Vec<String>,
}

/// Words that count as one.
const SAME: [(&str, &[&str]); 24] = [
    ("lock", &["locked", "locks", "stuck", "pending", "unlock", "progress"]),
    ("hang", &["hangs", "hanging", "hung", "blocked", "blocks", "timeout", "timed"]),
    ("hook", &["hooks", "pre-upgrade", "pre-rollback", "post-rollback", "migration", "migrate", "no-hooks"]),
    ("record", &["records", "secret", "secrets", "history"]),
    ("lost", &["gone", "missing", "corrupted", "corrupt", "damaged", "lose", "deleted"]),
    ("mixed", &["partial", "partially", "half", "mix", "bit"]),
    (
        "adopt",
        &[
            "adopts",
            "adopted",
            "adoption",
            "ownership",
            "annotation",
            "annotations",
            "take-ownership",
            "claim",
            "imported",
        ],
    ),
    (
        "drift",
        &["drifted", "reverting", "reverted", "revert", "by-hand", "manual", "manually", "hand", "diff"],
    ),
    ("atomic", &["atomically", "rollback-on-failure"]),
    ("pipeline", &["pipelines", "ci", "workflow", "workflows", "automated", "automatic", "cd"]),
    ("gitops", &["argocd", "argo", "flux"]),
    ("environment", &["environments", "staging", "dev", "development", "cascade", "cascading", "promote"]),
    ("prune", &["pruned", "history-max", "limit", "limits", "max"]),
    ("keep", &["keep-history", "kept", "retained"]),
    ("unknown", &["identify", "identifying", "finding", "find", "which"]),
    ("immutable", &["selector", "immutability"]),
    ("uninstall", &["uninstalled", "uninstalling"]),
    ("quota", &["quotas", "exceeded"]),
    ("webhook", &["webhooks", "admission"]),
    ("crd", &["crds", "customresourcedefinition"]),
    ("namespace", &["namespaces"]),
    ("fail", &["fails", "failed", "failing", "failure"]),
    (
        "broken",
        &[
            "crashloopbackoff",
            "imagepullbackoff",
            "errimagepull",
            "crash",
            "crashes",
            "crashing",
            "unhealthy",
        ],
    ),
    ("removed", &["deprecated", "deprecation", "deprecations", "removal"]),
];
/// Words that say nothing of a failure.
const SILENT: [&str; 106] = [
    "the",
    "a",
    "an",
    "and",
    "or",
    "of",
    "to",
    "in",
    "is",
    "it",
    "its",
    "that",
    "this",
    "for",
    "with",
    "on",
    "at",
    "by",
    "as",
    "be",
    "are",
    "was",
    "from",
    "not",
    "no",
    "if",
    "you",
    "your",
    "then",
    "when",
    "what",
    "how",
    "all",
    "one",
    "there",
    "can",
    "do",
    "does",
    "will",
    "helm",
    "kubectl",
    "release",
    "releases",
    "deploy",
    "deployed",
    "production",
    "myapp",
    "get",
    "set",
    "wait",
    "version",
    "chart",
    "charts",
    "revision",
    "revisions",
    "n",
    "o",
    "kubernetes",
    "application",
    "use",
    "back",
    "nothing",
    "every",
    "everybody",
    "out",
    "way",
    "first",
    "other",
    "others",
    "some",
    "somebody",
    "found",
    "went",
    "next",
    "before",
    "after",
    "only",
    "again",
    "look",
    "go",
    "wrong",
    "has",
    "have",
    "they",
    "he",
    "she",
    "their",
    "than",
    "them",
    "were",
    "who",
    "name",
    "names",
    "example",
    "help",
    "here",
    "else",
    "goes",
    "must",
    "old",
    "new",
    "two",
    "three",
    "pre",
    "post",
    "itself",
];
/// How much must speak for a scenario.
const ENOUGH: f64 = 0.16;

/// What it adds that a message of the scenario stands in the section, or that message or every word of its name in the
/// heading.
const SAID: f64 = 0.25;
const NAMED: f64 = 0.15;
/// What it adds for each step of difficulty below the highest.
const COMMON: f64 = 0.015;

/// The scenarios, read once.
#[derive(Clone, Debug)]
pub struct Index {
    scenarios: Vec<BTreeMap<String, f64>>,
    /// The words of each name.
    names: Vec<BTreeMap<String, f64>>,
    /// What each has for being well known.
    commonness: Vec<f64>,
    messages: Vec<Vec<String>>,
    rarity: BTreeMap<String, f64>,
}

impl Index {
    /// Of these scenarios.
    pub fn of<'a>(scenarios: impl IntoIterator<Item = &'a Scenario>) -> Index {
        let (mut bags, mut names, mut messages) = (Vec::new(), Vec::new(), Vec::new());
        let mut commonness = Vec::new();
        for scenario in scenarios {
            let meta = &scenario.metadata;
            let mut bag = BTreeMap::new();
            let mut name = BTreeMap::new();
            weigh(&mut name, &meta.name.text.replace('-', " "), 1.0);
            names.push(name);
            weigh(&mut bag, &meta.name.text.replace('-', " "), 4.0);
            weigh(&mut bag, &meta.family.replace('-', " "), 4.0);
            weigh(&mut bag, &meta.title, 3.0);
            weigh(&mut bag, &scenario.story, 1.0);
            weigh(&mut bag, &scenario.debrief, 0.5);
            let said: Vec<String> =
                scenario.symptoms.iter().filter_map(|symptom| symptom.fails_with.clone()).collect();
            for message in &said {
                weigh(&mut bag, message, 3.0);
            }
            for check in scenario.symptoms.iter().filter_map(|symptom| symptom.check.as_ref()) {
                let text = serde_json::to_string(check).unwrap_or_default();
                let statuses =
                    text.split('"').filter(|word| word.starts_with("pending-") || *word == "uninstalling");
                statuses.for_each(|status| weigh(&mut bag, status, 3.0));
            }
            // What is well known is more likely meant.
            commonness.push(COMMON * f64::from(5_u8.saturating_sub(meta.difficulty)));
            bags.push(bag);
            messages
                .push(said.iter().map(|message| spoken(message)).filter(|said| said.len() > 12).collect());
        }
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for word in bags.iter().flat_map(BTreeMap::keys) {
            *counts.entry(word.clone()).or_default() += 1;
        }
        let all = f64::from(u32::try_from(bags.len()).unwrap_or(u32::MAX)).max(1.0);
        let rarity =
            counts.into_iter().map(|(word, count)| (word, (1.0 + all / f64::from(count)).ln())).collect();
        Index { scenarios: bags, names, commonness, messages, rarity }
    }

    /// The scenario that a section is most about, of those that `fits` lets through, where enough speaks for one.
    pub fn propose(
        &self,
        title: &str,
        words: &str,
        around: &str,
        fits: impl Fn(usize) -> bool,
    ) -> Option<Proposal> {
        let mut bag = BTreeMap::new();
        weigh(&mut bag, title, 6.0);
        weigh(&mut bag, words, 1.0);
        weigh(&mut bag, around, 0.5);
        // A word that is repeated does not speak louder every time.
        bag.values_mut().for_each(|weight| *weight = weight.sqrt());
        let (low, heading) = (words.to_lowercase(), title.to_lowercase());
        let mut titled = BTreeMap::new();
        weigh(&mut titled, title.rsplit(" › ").next().unwrap_or_default(), 1.0);
        let scored = self.scenarios.iter().enumerate().filter(|(at, _)| fits(*at)).map(|(at, scenario)| {
            let messages = || self.messages[at].iter().map(String::as_str);
            let cried = messages().any(|message| heading.contains(message));
            let said = cried || messages().any(|message| low.contains(message));
            let called = !self.names[at].is_empty();
            let named = cried || called && self.names[at].keys().all(|word| titled.contains_key(word));
            let more = if said { SAID } else { 0.0 } + if named { NAMED } else { 0.0 };
            let likeness = self.likeness(&bag, scenario);
            let common = if likeness > 0.0 { self.commonness[at] } else { 0.0 };
            (likeness + more + common, more > 0.0, at)
        });
        let (score, said, at) =
            scored.max_by(|one, other| one.0.total_cmp(&other.0).then(other.2.cmp(&one.2)))?;
        let because = self.shared(&bag, &self.scenarios[at]);
        // One word alone is shared by chance.
        (score >= ENOUGH && (said || because.len() > 1)).then_some(Proposal { scenario: at, because })
    }

    fn weight(&self, word: &str, weight: f64) -> f64 {
        weight * self.rarity.get(word).copied().unwrap_or_default()
    }

    /// The cosine of two bags of words.
    fn likeness(&self, one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) -> f64 {
        let length = |bag: &BTreeMap<String, f64>| {
            bag.iter().map(|(word, weight)| self.weight(word, *weight).powi(2)).sum::<f64>().sqrt()
        };
        let product: f64 = one
            .iter()
            .filter_map(|(word, weight)| {
                Some(self.weight(word, *weight) * self.weight(word, *other.get(word)?))
            })
            .sum();
        product / (length(one) * length(other)).max(f64::MIN_POSITIVE)
    }

    fn shared(&self, one: &BTreeMap<String, f64>, other: &BTreeMap<String, f64>) -> Vec<String> {
        let mut shared: Vec<(f64, &String)> = one
            .iter()
            .filter_map(|(word, weight)| {
                Some((self.weight(word, *weight) * self.weight(word, *other.get(word)?), word))
            })
            .collect();
        shared.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        shared.into_iter().take(4).map(|(_, word)| word.clone()).collect()
    }
}

/// What of a message is the same for every release: its longest part without placeholders.
fn spoken(message: &str) -> String {
    let parts = message.split(['{', '}']).step_by(2).map(|part| part.trim_matches([' ', '"', '\'']));
    parts.max_by_key(|part| part.len()).unwrap_or_default().to_lowercase()
}

/// Adds the words of a text. Pods that are stuck are broken; nothing is locked.
fn weigh(bag: &mut BTreeMap<String, f64>, text: &str, weight: f64) {
    let silent: BTreeSet<&str> = SILENT.into_iter().collect();
    let lower = text.to_lowercase().replace("pods stuck", "pods broken").replace("pod stuck", "pod broken");
    for word in lower.split(|c: char| !(c.is_alphanumeric() || c == '-')) {
        let word = word.trim_matches('-');
        if word.len() < 2 || silent.contains(word) || word.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        *bag.entry(stem(word)).or_default() += weight;
        // `pending-upgrade` speaks of what is pending and of an upgrade.
        let parts = word.split('-').filter(|part| part.len() > 2 && *part != word && !silent.contains(part));
        for part in parts {
            *bag.entry(stem(part)).or_default() += weight;
        }
    }
}

/// The word that stands for a word.
fn stem(word: &str) -> String {
    if let Some((same, _)) = SAME.iter().find(|(same, others)| *same == word || others.contains(&word)) {
        return (*same).to_owned();
    }
    let plural = word.strip_suffix('s').filter(|rest| rest.len() > 3 && !rest.ends_with('s'));
    plural.unwrap_or(word).to_owned()
}
