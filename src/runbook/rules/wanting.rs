//! What a drill does not have: a person, a network, programs beside helm and kubectl, files of the team.

use super::super::{gitops, roles};
use super::left::Left;
use super::{Kind, Objection, objects};
use crate::shell::{Simple, Word};

const PEOPLE: [&str; 18] = [
    "vim", "vi", "nano", "emacs", "code", "less", "more", "man", "top", "htop", "k9s", "watch", "select",
    "open", "xdg-open", "tmux", "screen", "passwd",
];
const NETWORK: [&str; 32] = [
    "git",
    "gh",
    "glab",
    "hub",
    "aws",
    "gcloud",
    "az",
    "doctl",
    "eksctl",
    "terraform",
    "tofu",
    "pip",
    "pip3",
    "npm",
    "apt",
    "apt-get",
    "brew",
    "yum",
    "dnf",
    "apk",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "nc",
    "ncat",
    "telnet",
    "ping",
    "dig",
    "nslookup",
    "skopeo",
    "slack",
];
const PROGRAMS: [&str; 22] = [
    "stern",
    "kubetail",
    "kubectx",
    "kubens",
    "helmfile",
    "helm-diff",
    "velero",
    "istioctl",
    "linkerd",
    "oc",
    "docker",
    "podman",
    "nerdctl",
    "crictl",
    "kind",
    "minikube",
    "k3d",
    "psql",
    "pg_dump",
    "mysql",
    "redis-cli",
    "mapkubeapis",
];
/// Programs that do what a file of the team tells them.
const RUNNERS: [&str; 13] = [
    "make",
    "gmake",
    "task",
    "just",
    "rake",
    "mage",
    "invoke",
    "gradle",
    "gradlew",
    "mvn",
    "bazel",
    "skaffold",
    "ansible-playbook",
];
const INTERPRETERS: [&str; 10] =
    ["bash", "sh", "zsh", "source", ".", "python", "python3", "node", "ruby", "perl"];

/// What a command needs that a drill does not have.
pub(super) fn objection(simple: &Simple, left: &Left) -> Option<Objection> {
    let program = simple.words.first()?;
    let name = program.text.rsplit('/').next().unwrap_or_default();
    let verb = roles::plain(simple).into_iter().next();
    let said = verb.map_or("", |word| word.text.as_str());
    if PEOPLE.contains(&name) {
        return objects(Kind::Person, program, format!("{name} needs somebody who looks at it"));
    }
    if name == "read" && !simple.redirected.iter().any(|(how, _)| how.contains('<')) && simple.has(&["-p"]) {
        return objects(Kind::Person, program, "it asks somebody");
    }
    if matches!(name, "argocd" | "flux") {
        return objects(Kind::Network, program, gitops::passed_over(simple));
    }
    if NETWORK.contains(&name) {
        return objects(Kind::Network, program, format!("{name} talks to something outside of the drill"));
    }
    if PROGRAMS.contains(&name) {
        return objects(Kind::Program, program, format!("a drill has no {name}"));
    }
    if let Some(word) = simple.words.iter().skip(1).find(|word| is_address(&word.text)) {
        return objects(Kind::Network, word, format!("{} is outside of the drill", word.text));
    }
    if let Some(objection) = files(simple, name, left) {
        return Some(objection);
    }
    match name {
        "curl" | "wget"
            if !simple.arguments().any(|word| word.contains("localhost") || word.contains("127.0.0.1")) =>
        {
            objects(Kind::Network, program, format!("{name} talks to something outside of the drill"))
        }
        "tail" | "journalctl" if simple.has(&["-f", "-F", "--follow"]) => {
            objects(Kind::Person, program, "it follows something until somebody ends it")
        }
        "helm" => helm(simple, verb?, said),
        "kubectl" | "k" => kubectl(simple, verb?, said, left),
        _ => None,
    }
}

/// What works from files that only the team has.
fn files(simple: &Simple, name: &str, left: &Left) -> Option<Objection> {
    let program = simple.words.first()?;
    if RUNNERS.contains(&name) {
        return objects(Kind::Files, program, format!("{name} works from files that only your team has"));
    }
    let script = if INTERPRETERS.contains(&name) {
        let mut words = simple.words.iter().skip(1);
        words.find(|word| !word.text.starts_with('-') || matches!(word.text.as_str(), "-c" | "-m" | "-s"))?
    } else {
        program
    };
    let path = script.text.as_str();
    let named = if script == program { path.contains('/') } else { is_script(path) };
    if !named || left.has(path) {
        return None;
    }
    objects(Kind::Files, script, format!("{path} is a file that only your team has"))
}

/// Whether an interpreter's first argument names a file: not code, not the output of another command.
fn is_script(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "./_-~".contains(c);
    !word.starts_with('-')
        && word.contains(['.', '/'])
        && word.chars().all(plain)
        && !word.starts_with("/dev/")
}

fn helm(simple: &Simple, verb: &Word, said: &str) -> Option<Objection> {
    match said {
        "repo" | "pull" | "push" | "search" | "registry" => {
            objects(Kind::Network, verb, format!("helm {said} talks to a repository"))
        }
        "plugin" | "diff" | "secrets" | "s3" | "mapkubeapis" | "2to3" | "unittest" => {
            objects(Kind::Program, verb, format!("helm {said} is a plugin, or gets one"))
        }
        "dependency" | "dep" if simple.has(&["update", "build", "up"]) => {
            objects(Kind::Network, verb, "it gets charts from a repository")
        }
        _ if simple.has(&["--repo"]) => objects(Kind::Network, verb, "it gets its chart from a repository"),
        _ => None,
    }
}

fn kubectl(simple: &Simple, verb: &Word, said: &str, left: &Left) -> Option<Objection> {
    let editor = left.an_editor() || simple.assigned.iter().any(|(name, _)| name.ends_with("EDITOR"));
    let follows = match said {
        "logs" | "log" => simple.has(&["-f", "--follow"]),
        "get" | "events" => simple.has(&["-w", "--watch", "--watch-only"]),
        "port-forward" | "proxy" | "attach" => true,
        _ => false,
    };
    let asks = matches!(said, "exec" | "run" | "debug")
        && simple.has(&["-it", "-ti", "-i", "-t", "--stdin", "--tty"]);
    if follows {
        objects(Kind::Person, verb, "it goes on until somebody ends it")
    } else if asks {
        objects(Kind::Person, verb, "it opens a session for somebody")
    } else if said == "edit" && !editor {
        objects(Kind::Person, verb, "it opens an editor, and none is set")
    } else if matches!(said, "krew" | "ctx" | "ns" | "neat" | "argo") {
        objects(Kind::Program, verb, format!("kubectl {said} is a plugin, or gets one"))
    } else {
        None
    }
}

/// Whether a word is an address elsewhere.
fn is_address(word: &str) -> bool {
    let rest = ["http://", "https://", "oci://", "ssh://", "git@"]
        .iter()
        .find_map(|scheme| word.strip_prefix(*scheme));
    rest.is_some_and(|rest| {
        !rest.starts_with("localhost") && !rest.starts_with("127.0.0.1") && !word.starts_with("oci://")
    })
}
