//! What a name or a hole is about, by what it is called and by where it stands in a command of helm or kubectl.

use crate::scenario::is_bare;
use crate::shell::{Simple, Word, commands};
use std::ops::Range;

/// What a name is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The release that is broken.
    Release,
    /// A namespace.
    Namespace,
    /// The revision to go back to.
    GoodRevision,
    /// The newest revision, which is the trouble.
    LastRevision,
    /// A chart.
    Chart,
    /// A file of values.
    Values,
    /// A context of a kubeconfig.
    Context,
    /// An object of this kind.
    Object(&'static str),
    /// The Secret of the newest revision.
    Record,
}

/// A word of a command that means something by where it stands.
#[derive(Clone, Debug)]
pub(super) struct Position {
    pub(super) role: Role,
    pub(super) text: String,
    pub(super) bytes: Range<usize>,
}

impl Role {
    /// What something is about that is called so, such as `release-name`.
    pub(super) fn of(name: &str) -> Option<Role> {
        let has =
            |words: &[&str]| words.iter().any(|word| name.split(['-', '.', '/']).any(|part| part == *word));
        Some(match name {
            _ if has(&["revision", "rev"]) => {
                let bad = [
                    "stuck", "failed", "bad", "current", "pending", "latest", "broken", "newest", "last",
                    "new",
                ];
                let good = ["good", "working", "known", "stable"];
                if has(&bad) && !has(&good) { Role::LastRevision } else { Role::GoodRevision }
            }
            _ if has(&["secret"]) => Role::Record,
            "ns" | "env" | "environment" | "kube-namespace" => Role::Namespace,
            _ if has(&["namespace"]) => Role::Namespace,
            _ if has(&["values"]) => Role::Values,
            _ if has(&["context"]) => Role::Context,
            _ if has(&["deployment", "deploy"]) => Role::Object("deployment"),
            _ if has(&["statefulset", "sts"]) => Role::Object("statefulset"),
            _ if has(&["job"]) => Role::Object("job"),
            _ if has(&["pod"]) => Role::Object("pod"),
            _ if has(&["pvc"]) => Role::Object("pvc"),
            _ if has(&["configmap", "cm"]) => Role::Object("configmap"),
            _ if has(&["service", "svc"]) => Role::Object("service"),
            _ if has(&["ingress"]) => Role::Object("ingress"),
            _ if has(&["release"]) => Role::Release,
            "app" | "app-name" | "application" | "rel" => Role::Release,
            _ if has(&["chart"]) && !has(&["version"]) => Role::Chart,
            _ => return None,
        })
    }

    /// The name under which it is bound as a whole: `--bind good-revision=3`.
    pub(super) fn key(self) -> &'static str {
        match self {
            Role::Release => "release",
            Role::Namespace => "namespace",
            Role::GoodRevision => "good-revision",
            Role::LastRevision => "last-revision",
            Role::Chart => "chart",
            Role::Values => "values",
            Role::Context => "context",
            Role::Object(kind) => kind,
            Role::Record => "secret",
        }
    }
}

/// The words of a helm or kubectl command that mean something by where they stand.
pub(super) fn positions(simple: &Simple) -> Vec<Position> {
    if let Some(limited) = limited(simple) {
        return positions(&limited);
    }
    let helm = match simple.program() {
        "helm" => true,
        "kubectl" | "k" | "oc" => false,
        "for" => return loop_words(simple),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut plain: Vec<&Word> = Vec::new();
    let mut rest = simple.words.iter().skip(1).peekable();
    while let Some(word) = rest.next() {
        let (flag, value) = match word.text.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') => {
                let from = word.bytes.end.saturating_sub(value.len()).max(word.bytes.start);
                (flag, Some(Word { text: value.to_owned(), bytes: from..word.bytes.end }))
            }
            _ if word.text.starts_with('-') && !is_bare(&word.text) && word.text != "-" => {
                (word.text.as_str(), rest.next_if(|word| !is_flag(&word.text)).cloned())
            }
            _ if word.text.starts_with('-') && word.text != "-" => continue,
            _ => {
                plain.push(word);
                continue;
            }
        };
        let role = match flag {
            "-n" | "--namespace" => Role::Namespace,
            "--revision" if helm => Role::GoodRevision,
            "-f" | "--values" if helm => Role::Values,
            "--context" | "--kube-context" => Role::Context,
            _ => continue,
        };
        found.extend(value.map(|value| Position { role, text: value.text, bytes: value.bytes }));
    }
    let position =
        |role: Role, word: &&Word| Position { role, text: word.text.clone(), bytes: word.bytes.clone() };
    let verb = plain.first().map_or("", |word| word.text.as_str());
    if helm {
        let mut roles: Vec<(Role, usize)> = match verb {
            "rollback" => vec![(Role::Release, 1), (Role::GoodRevision, 2)],
            "history" | "hist" | "status" | "test" => vec![(Role::Release, 1)],
            "install" if simple.has(&["--generate-name", "-g"]) => vec![(Role::Chart, 1)],
            "install" | "upgrade" | "template" => vec![(Role::Release, 1), (Role::Chart, 2)],
            "get" => vec![(Role::Release, 2)],
            "lint" | "package" => vec![(Role::Chart, 1)],
            "show" | "inspect" | "dependency" | "dep" => vec![(Role::Chart, 2)],
            _ => Vec::new(),
        };
        if matches!(verb, "uninstall" | "delete" | "un" | "del") {
            roles = (1..plain.len()).map(|at| (Role::Release, at)).collect();
        }
        found.extend(
            roles.into_iter().filter_map(|(role, at)| plain.get(at).map(|word| position(role, word))),
        );
    } else if verb == "config" && plain.get(1).is_some_and(|word| word.text == "use-context") {
        found.extend(plain.get(2).map(|word| position(Role::Context, word)));
    }
    found
}

/// The words of a helm or kubectl command that are neither flags nor the values of flags: its verb comes first.
pub(super) fn plain(simple: &Simple) -> Vec<&Word> {
    let mut found = Vec::new();
    let mut rest = simple.words.iter().skip(1).peekable();
    while let Some(word) = rest.next() {
        let flag = word.text.starts_with('-') && word.text != "-";
        if !flag {
            found.push(word);
        } else if !word.text.contains('=') && !is_bare(&word.text) {
            rest.next_if(|word| !is_flag(&word.text));
        }
    }
    found
}

/// Whether a word is a flag, and so never the value of the one before it; `-1` and `-` are values.
fn is_flag(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_alphabetic()))
}

/// The helm or kubectl command behind `timeout 60`.
fn limited(simple: &Simple) -> Option<Simple> {
    let tool = |word: &Word| matches!(word.text.as_str(), "helm" | "kubectl" | "k" | "oc");
    let from = simple.words.iter().position(tool).filter(|_| simple.program() == "timeout")?;
    Some(Simple { words: simple.words[from..].to_vec(), ..simple.clone() })
}

/// Whether a script asks for a change, as its text tells.
pub(super) fn changes(script: &str) -> bool {
    let helm = ["install", "upgrade", "rollback", "uninstall", "delete", "un", "del"];
    let kubectl = [
        "apply", "annotate", "create", "delete", "edit", "expose", "label", "patch", "replace", "rollout",
        "run", "scale", "set", "taint",
    ];
    let all = commands(script).into_iter().map(|simple| limited(&simple).unwrap_or(simple));
    all.filter(|simple| !simple.has(&["--dry-run"])).any(|simple| {
        let verbs: &[&str] = match simple.program() {
            "helm" => &helm,
            "kubectl" | "k" => &kubectl,
            _ => return false,
        };
        let words = plain(&simple);
        let mut plain = words.iter().map(|word| word.text.as_str());
        let verb = plain.next().unwrap_or_default();
        let watches = verb == "rollout" && matches!(plain.next(), Some("status" | "history"));
        verbs.contains(&verb) && !watches
    })
}

/// `for ns in dev staging`: the words are what the variable is about.
fn loop_words(simple: &Simple) -> Vec<Position> {
    let name = simple.words.get(1).map_or("", |word| word.text.as_str());
    let role = Role::of(&super::bindings::plain(name))
        .filter(|role| matches!(role, Role::Namespace | Role::Release));
    let Some(role) = role.filter(|_| simple.words.get(2).is_some_and(|word| word.text == "in")) else {
        return Vec::new();
    };
    let words = simple.words.iter().skip(3);
    words.map(|word| Position { role, text: word.text.clone(), bytes: word.bytes.clone() }).collect()
}

/// Whether a word is a name as it stands: no hole, no variable, no pattern.
pub(super) fn is_literal(word: &str) -> bool {
    !word.is_empty() && !word.contains(['$', '`', '<', '{', '*', '[', '('])
}
