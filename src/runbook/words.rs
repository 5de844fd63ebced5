//! The words by which a section and a scenario are held against one another: which count as one, which say nothing, and
//! how phrases are met in a text whatever stands between their words.

use std::collections::{BTreeMap, BTreeSet};

/// Words that count as one.
const SAME: [(&str, &[&str]); 24] = [
    ("lock", &["locked", "locks", "stuck", "pending", "unlock", "progress"]),
    ("hang", &["hangs", "hanging", "hung", "blocked", "blocks", "timeout", "timed"]),
    ("hook", &["hooks", "pre-rollback", "post-rollback", "migration", "migrate", "no-hooks"]),
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
    ("keep", &["keep-history", "kept", "retained", "preserve", "preserved", "preserves"]),
    ("unknown", &["identify", "identifying", "finding", "find", "which", "determine", "determining"]),
    ("immutable", &["selector", "immutability"]),
    ("uninstall", &["uninstalled", "uninstalling"]),
    ("quota", &["quotas", "exceeded"]),
    ("webhook", &["webhooks", "admission"]),
    ("crd", &["crds", "customresourcedefinition"]),
    ("namespace", &["namespaces"]),
    ("fail", &["fails", "failed", "failing", "failure", "failures"]),
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
const SILENT: &str = "the a an and or of to in is it its that this for with on at by as be are was from not no if you your \
    then when what how all one there can do does will helm kubectl release releases deploy deployed \
    production myapp get set wait version chart charts revision revisions n o kubernetes application use \
    back nothing every everybody out way first other others some somebody found went next before after \
    only again look go wrong has have they he she their than them were who name names example help here \
    else goes must old new two three pre post itself step steps minute minutes min mins time number let \
    make tool tools run runs running ran operation operations complete completed status check checks \
    checking condition conditions over issue issues problem problems cause causes common quick simple \
    scenario scenarios option options procedure procedures section guide recovery recover recovering \
    runbook command commands using used let's see ensure output yaml json file files verify confirm \
    monitor table state current recent need needed needs via per fix fixes error errors support page app true same still live each \
    show shows always cannot so second last says issue setting update";

/// Adds the words of a text. Pods that are stuck are broken; nothing is locked.
pub(super) fn weigh(bag: &mut BTreeMap<String, f64>, text: &str, weight: f64) {
    let silent: BTreeSet<&str> = SILENT.split_whitespace().collect();
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

/// A text as its words with one space around each, so that a phrase is found in it wherever its words follow one another.
pub(super) fn even(text: &str) -> String {
    let mut out = String::from(" ");
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        out += word;
        out.push(' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_met_whatever_stands_between_its_words() {
        let text = even("### Stuck: `pending-upgrade`\n(self-heal)");
        for phrase in ["pending upgrade", "self-heal", "stuck"] {
            assert!(text.contains(&even(phrase)), "{phrase}");
        }
        assert!(!text.contains(&even("pending up")), "a part of a word is no word");
    }
}
