//! Flags and subcommands that a version of Helm does not know, or that mean something else than the text says.
//! The facts are those of the help texts of Helm 3.17 and 4.3.

use super::model::Level;
use super::roles::{Role, positions};
use crate::shell::{Simple, commands};
use std::ops::Range;

/// What is to be said of a word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) level: Level,
    pub(super) rule: &'static str,
    pub(super) bytes: Range<usize>,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// What a version of Helm makes of a flag.
struct Fact {
    verbs: &'static [&'static str],
    flags: &'static [&'static str],
    /// The majors of Helm of which it is true.
    majors: &'static [u64],
    level: Level,
    what: &'static str,
    help: &'static str,
}

const DEPLOYS: &[&str] = &["install", "upgrade"];
const CHANGES: &[&str] = &["install", "upgrade", "rollback"];

const FACTS: [Fact; 12] = [
    Fact {
        verbs: &["list", "ls"],
        flags: &["-a", "--all"],
        majors: &[4],
        level: Level::Error,
        what: "does not know",
        help: "Helm 4 lists every status by itself; leave it out",
    },
    Fact {
        verbs: &["rollback", "upgrade"],
        flags: &["--recreate-pods"],
        majors: &[4],
        level: Level::Error,
        what: "does not know",
        help: "restart the pods with `kubectl rollout restart`",
    },
    Fact {
        verbs: &["rollback", "upgrade"],
        flags: &["--recreate-pods"],
        majors: &[3],
        level: Level::Warning,
        what: "knows and discourages",
        help: "it deletes pods at once; `kubectl rollout restart` keeps the service up",
    },
    Fact {
        verbs: &["status"],
        flags: &["--show-resources", "--show-desc"],
        majors: &[4],
        level: Level::Error,
        what: "does not know",
        help: "Helm 4 shows it always; leave it out",
    },
    Fact {
        verbs: &["test"],
        flags: &["--hide-notes"],
        majors: &[4],
        level: Level::Error,
        what: "does not know",
        help: "leave it out",
    },
    Fact {
        verbs: DEPLOYS,
        flags: &["--atomic"],
        majors: &[4],
        level: Level::Note,
        what: "calls it --rollback-on-failure and warns of the old name of",
        help: "Helm 3 does not know the new name",
    },
    Fact {
        verbs: CHANGES,
        flags: &["--force"],
        majors: &[4],
        level: Level::Warning,
        what: "calls it --force-replace and warns of the old name of",
        help: "it replaces objects (PUT), is refused for releases that are applied on the server, and leaves a failed revision then",
    },
    Fact {
        verbs: CHANGES,
        flags: &["--force-replace", "--force-conflicts", "--rollback-on-failure", "--server-side"],
        majors: &[3],
        level: Level::Error,
        what: "does not know",
        help: "it is a flag of Helm 4",
    },
    Fact {
        verbs: &["rollback"],
        flags: &["--description"],
        majors: &[3],
        level: Level::Error,
        what: "does not know",
        help: "it is a flag of Helm 4",
    },
    Fact {
        verbs: &["history", "hist"],
        flags: &["--show-rollback-revision"],
        majors: &[3],
        level: Level::Error,
        what: "does not know",
        help: "it is a flag of Helm 4",
    },
    Fact {
        verbs: &["delete", "uninstall", "del"],
        flags: &["--purge"],
        majors: &[3, 4],
        level: Level::Error,
        what: "does not know",
        help: "it is a flag of Helm 2; what is uninstalled leaves no history without --keep-history",
    },
    Fact {
        verbs: &["upgrade", "install", "rollback", "history", "list", "status"],
        flags: &["--tiller-namespace", "--tls"],
        majors: &[3, 4],
        level: Level::Error,
        what: "does not know",
        help: "it is a flag of Helm 2",
    },
];

/// What is to be said of a statement with a version of Helm. `prose` is what the section says around it.
pub(super) fn doubts(script: &str, helm: &str, prose: &str) -> Vec<Doubt> {
    let major = crate::scenario::major(helm);
    let simples = commands(script);
    let helms = simples.iter().filter(|simple| simple.program() == "helm");
    helms.flat_map(|simple| of(simple, helm, major, prose)).collect()
}

fn of(simple: &Simple, helm: &str, major: u64, prose: &str) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let Some(verb) = simple.words.iter().skip(1).find(|word| !word.text.starts_with('-')) else {
        return doubts;
    };
    for fact in FACTS
        .iter()
        .filter(|fact| fact.majors.contains(&major.clamp(3, 4)) && fact.verbs.contains(&verb.text.as_str()))
    {
        for word in simple.words.iter().skip(1) {
            let flag = word.text.split('=').next().unwrap_or_default();
            if fact.flags.contains(&flag) {
                let message = match fact.what.strip_suffix(" of") {
                    Some(what) => format!("helm {helm} {what} {flag}"),
                    None => format!("helm {helm} {} {} {flag}", fact.what, verb.text),
                };
                let rule = if fact.level == Level::Error { "unknown-flag" } else { "flag-differs" };
                doubts.push(Doubt {
                    level: fact.level,
                    rule,
                    bytes: word.bytes.clone(),
                    message,
                    help: fact.help,
                });
            }
        }
    }
    doubts.extend(meaning(simple, verb.text.as_str(), helm, prose));
    doubts
}

/// What does not mean what the text says.
fn meaning(simple: &Simple, verb: &str, helm: &str, prose: &str) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let prose = prose.to_lowercase();
    let force = simple.words.iter().find(|word| word.text == "--force");
    let says = |words: &[&str]| words.iter().any(|word| prose.contains(word));
    if let Some(word) = force
        .filter(|_| CHANGES.contains(&verb) && says(&["recreat", "re-creat", "delete and", "deletes and"]))
    {
        doubts.push(Doubt {
            level: Level::Warning,
            rule: "meaning",
            bytes: word.bytes.clone(),
            message: format!(
                "the text speaks of recreating; helm {helm} {verb} --force replaces objects and deletes none"
            ),
            help: "what cannot be changed in place must be deleted by hand first",
        });
    }
    let positions = positions(simple);
    let numbered = positions.iter().any(|position| position.role == Role::GoodRevision);
    if verb == "rollback" && !numbered {
        let bytes = positions.last().map_or(0..0, |position| position.bytes.clone());
        doubts.push(Doubt {
            level: Level::Note,
            rule: "rollback-without-revision",
            bytes,
            message:
                "without a revision, rollback goes to the last number minus one, whatever that revision was"
                    .to_owned(),
            help: "name the revision that `helm history` shows to be good",
        });
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_known_or_not_by_version() {
        let rules = |script: &str, helm: &str| -> Vec<&str> {
            doubts(script, helm, "it deletes and recreates them").iter().map(|doubt| doubt.rule).collect()
        };
        assert_eq!(rules("helm list -a -n x", "4.3.1"), ["unknown-flag"]);
        assert_eq!(rules("helm list -a -n x", "3.17.3"), Vec::<&str>::new());
        assert_eq!(rules("helm rollback x 2 --recreate-pods", "4.3.1"), ["unknown-flag"]);
        assert_eq!(rules("helm rollback x 2 --recreate-pods", "3.17.3"), ["flag-differs"]);
        assert_eq!(rules("helm upgrade x ./c --force", "4.3.1"), ["flag-differs", "meaning"]);
        assert_eq!(rules("helm upgrade x ./c --force", "3.17.3"), ["meaning"]);
        assert_eq!(rules("helm rollback x", "4.3.1"), ["rollback-without-revision"]);
        assert_eq!(rules("helm delete --purge x", "3.17.3"), ["unknown-flag"]);
        let told = doubts("helm upgrade x ./c --atomic", "4.3.1", "").remove(0).message;
        assert_eq!(told, "helm 4.3.1 calls it --rollback-on-failure and warns of the old name --atomic");
    }
}
