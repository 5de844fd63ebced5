//! What a command line names: which release and namespace a helm or kubectl command in it means. Reads the plain part
//! of shell; what it does not understand it leaves alone, for the shell to judge.

use crate::shell::{Simple, commands};

/// A helm or kubectl command within a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mention {
    /// The release that a helm command means.
    pub(super) release: Option<String>,
    /// Whether the command brings that release into being.
    pub(super) creates: bool,
    /// The namespace that is named.
    pub(super) namespace: Option<String>,
}

/// Flags of helm and kubectl that take no value; every other flag without `=` is followed by one.
const BARE: [&str; 57] = [
    "--all",
    "--all-namespaces",
    "--atomic",
    "--cleanup-on-fail",
    "--create-namespace",
    "--debug",
    "--dependency-update",
    "--deployed",
    "--devel",
    "--dry-run",
    "--failed",
    "--follow",
    "--force",
    "--force-conflicts",
    "--force-replace",
    "--generate-name",
    "--hide-notes",
    "--ignore-not-found",
    "--install",
    "--keep-history",
    "--no-headers",
    "--no-hooks",
    "--now",
    "--overwrite",
    "--pending",
    "--previous",
    "--recreate-pods",
    "--recursive",
    "--replace",
    "--reset-then-reuse-values",
    "--reset-values",
    "--reuse-values",
    "--rm",
    "--rollback-on-failure",
    "--server-side",
    "--short",
    "--show-desc",
    "--show-resources",
    "--skip-crds",
    "--stdin",
    "--superseded",
    "--take-ownership",
    "--tty",
    "--uninstalled",
    "--uninstalling",
    "--wait",
    "--wait-for-jobs",
    "--watch",
    "-A",
    "-R",
    "-a",
    "-g",
    "-i",
    "-it",
    "-q",
    "-ti",
    "-w",
];

/// Whether a flag of helm or kubectl takes no value.
pub(crate) fn is_bare(flag: &str) -> bool {
    BARE.contains(&flag)
}

/// The major version that the name of a second Helm says: 3 of `helm3`.
fn major_of(tool: &str) -> Option<u64> {
    tool.strip_prefix("helm")?.parse().ok()
}

/// The major versions of the second Helms that a line calls, such as 3 where `helm3` is run in it.
pub(crate) fn second_helms(line: &str) -> Vec<u64> {
    commands(line).iter().filter_map(|simple| major_of(simple.program())).collect()
}

/// Every helm and kubectl command of a line.
pub(super) fn mentions(line: &str) -> Vec<Mention> {
    let words = |simple: Simple| simple.words.into_iter().map(|word| word.text).collect::<Vec<_>>();
    commands(line).into_iter().filter_map(|simple| mention(&words(simple))).collect()
}

fn mention(words: &[String]) -> Option<Mention> {
    let tool = words.first()?;
    let is_helm = tool == "helm" || major_of(tool).is_some();
    if !is_helm && tool != "kubectl" {
        return None;
    }
    let mut plain = Vec::new();
    let mut namespace = None;
    let mut rest = words[1..].iter();
    while let Some(word) = rest.next() {
        match word.split_once('=') {
            Some(("-n" | "--namespace", value)) => namespace = Some(value.to_owned()),
            _ if word == "-n" || word == "--namespace" => namespace = rest.next().cloned(),
            Some(_) if word.starts_with('-') => {}
            _ if BARE.contains(&word.as_str()) => {}
            _ if word.starts_with('-') => drop(rest.next()),
            _ => plain.push(word.as_str()),
        }
    }
    let installs = plain.first() == Some(&"install")
        || plain.first() == Some(&"upgrade") && words.iter().any(|word| word == "--install" || word == "-i");
    let release = match plain.as_slice() {
        ["install" | "upgrade" | "rollback" | "uninstall" | "history" | "status" | "test", name, ..]
            if is_helm =>
        {
            Some((*name).to_owned())
        }
        ["get", _, name, ..] if is_helm => Some((*name).to_owned()),
        _ => None,
    };
    // A name that only the shell knows is not ours to judge.
    let release = release.filter(|name| !name.contains('$'));
    let namespace = namespace.filter(|name| !name.contains('$'));
    Some(Mention { release, creates: installs && is_helm, namespace })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_and_the_namespace_of_a_command_are_found() {
        let said = |line: &str| {
            let each = mentions(line).into_iter().map(|m| {
                format!(
                    "{}{}@{}",
                    if m.creates { "+" } else { "" },
                    m.release.unwrap_or_default(),
                    m.namespace.unwrap_or_default()
                )
            });
            each.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said("helm upgrade --set a=b web ./charts/web --wait"), "web@");
        assert_eq!(said("helm upgrade -i web ./charts/web -n prod"), "+web@prod");
        assert_eq!(said("helm install web ./c --timeout 10s && helm history web | tail -1"), "+web@ web@");
        assert_eq!(said("helm get values web -o yaml > v.yaml; kubectl -n=x get po"), "web@ @x");
        assert_eq!(said("echo 'helm rollback other'"), "");
        assert_eq!(said("helm rollback $NAME 2"), "@");
        assert_eq!(said("helm3 install web ./c -n prod | tail -1; helmet install x"), "+web@prod");
    }
}
