//! What a drill does not run, told from the text before anything runs: what needs a person or a network is passed over,
//! what reaches out of the drill is refused. What cannot be seen in the text is contained by the environment.

use crate::shell::{Simple, Word, commands};
use std::ops::Range;

/// Why a statement is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Objection {
    pub(super) kind: Kind,
    pub(super) why: String,
    /// The word that it is about.
    pub(super) bytes: Range<usize>,
}

/// What an objection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It needs somebody who looks or answers.
    Person,
    /// It needs something outside of this machine.
    Network,
    /// It needs a program that a drill does not have.
    Program,
    /// It reaches out of the drill.
    Outside,
}

impl Kind {
    /// The stable word of the rule.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Kind::Person => "needs-a-person",
            Kind::Network => "needs-a-network",
            Kind::Program => "needs-a-program",
            Kind::Outside => "reaches-outside",
        }
    }
}

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
const OUTSIDE: [&str; 19] = [
    "sudo",
    "su",
    "doas",
    "kill",
    "pkill",
    "killall",
    "setsid",
    "nohup",
    "disown",
    "systemctl",
    "systemd-run",
    "crontab",
    "at",
    "batch",
    "chroot",
    "mount",
    "shutdown",
    "reboot",
    "dd",
];
/// Programs that write where their arguments say.
const WRITERS: [&str; 13] =
    ["rm", "cp", "mv", "tee", "mkdir", "touch", "ln", "install", "truncate", "chmod", "chown", "rmdir", "cd"];

/// The reasons not to run a statement.
pub(super) fn objections(script: &str, has_editor: bool) -> Vec<Objection> {
    let simples = commands(script);
    let mut all: Vec<Objection> = simples.iter().filter_map(|simple| of(simple, has_editor)).collect();
    all.extend(bomb(script, &simples));
    all
}

fn of(simple: &Simple, has_editor: bool) -> Option<Objection> {
    outside(simple).or_else(|| passed_over(simple, has_editor))
}

fn objects(kind: Kind, word: &Word, why: impl Into<String>) -> Option<Objection> {
    Some(Objection { kind, why: why.into(), bytes: word.bytes.clone() })
}

/// What reaches out of the drill.
fn outside(simple: &Simple) -> Option<Objection> {
    for (name, value) in &simple.assigned {
        if name == "KUBECONFIG" || name == "HOME" {
            return objects(
                Kind::Outside,
                value,
                format!("it sets {name}, which leads to the drill's cluster"),
            );
        }
    }
    for (_, target) in &simple.redirected {
        if let Some(why) = leaves(&target.text) {
            return objects(Kind::Outside, target, why);
        }
    }
    let program = simple.words.first()?;
    let name = program.text.rsplit('/').next().unwrap_or_default();
    if program.text.contains('/') && matches!(name, "helm" | "kubectl") {
        let why = format!("it calls {name} by its path, around the one that the drill pins");
        return objects(Kind::Outside, program, why);
    }
    if OUTSIDE.contains(&name) {
        let own = name == "kill"
            && simple.arguments().all(|word| word.starts_with('%') || word == "$!" || word == "-9");
        if !own {
            return objects(Kind::Outside, program, format!("{name} reaches what is not the drill's"));
        }
    }
    if matches!(name, "unset" | "export" | "env" | "declare") {
        let reaches = simple.words.iter().skip(1).find(|word| {
            let variable = word.text.split('=').next().unwrap_or_default();
            variable == "KUBECONFIG"
                || variable == "HOME"
                || (name == "env" && matches!(variable, "-i" | "-"))
        });
        if let Some(word) = reaches {
            return objects(
                Kind::Outside,
                word,
                "without its environment a command does not know the drill's cluster",
            );
        }
    }
    let elsewhere = ["--kubeconfig", "--server", "--kube-apiserver", "--kube-token", "--kube-ca-file"];
    let leads = |word: &&Word| elsewhere.contains(&word.text.split('=').next().unwrap_or_default());
    if let Some(word) = simple.words.iter().find(leads).filter(|_| matches!(name, "helm" | "kubectl")) {
        return objects(Kind::Outside, word, "it names another cluster than the drill's");
    }
    if WRITERS.contains(&name) {
        for word in simple.words.iter().skip(1).filter(|word| !word.text.starts_with('-')) {
            if let Some(why) = leaves(&word.text) {
                return objects(Kind::Outside, word, why);
            }
        }
    }
    simple
        .words
        .iter()
        .find(|word| word.text.contains("/dev/tcp/") || word.text.contains("/dev/udp/"))
        .and_then(|word| objects(Kind::Outside, word, "it opens a connection of its own"))
}

/// Why a path does not lie in the drill's folder.
fn leaves(path: &str) -> Option<String> {
    let known = ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin"];
    if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
        return Some("it opens a connection of its own".to_owned());
    }
    let out = path.starts_with('/') && !known.contains(&path) && !path.starts_with("/tmp/");
    let up = path.split('/').any(|part| part == "..");
    (out || up || path == "/tmp").then(|| format!("{path} is not in the folder of the drill"))
}

/// A function that calls itself in the background.
fn bomb(script: &str, simples: &[Simple]) -> Option<Objection> {
    let (name, body) = script.split_once("()").or_else(|| script.split_once("( )"))?;
    let name = name.split_whitespace().next_back()?;
    let calls = simples.iter().filter(|simple| simple.program() == name).count();
    let background = body.split('}').next().is_some_and(|body| body.contains('&') && !body.contains("&&"));
    let at = script.find(name)?;
    (calls >= 2 && background).then(|| Objection {
        kind: Kind::Outside,
        why: "it starts itself again and again".to_owned(),
        bytes: at..at + name.len(),
    })
}

/// What needs a person, a network, or a program that a drill does not have.
fn passed_over(simple: &Simple, has_editor: bool) -> Option<Objection> {
    let program = simple.words.first()?;
    let name = program.text.rsplit('/').next().unwrap_or_default();
    let verb = super::roles::plain(simple).into_iter().next();
    let said = verb.map_or("", |word| word.text.as_str());
    if PEOPLE.contains(&name) {
        return objects(Kind::Person, program, format!("{name} needs somebody who looks at it"));
    }
    if name == "read" && !simple.redirected.iter().any(|(how, _)| how.contains('<')) && simple.has(&["-p"]) {
        return objects(Kind::Person, program, "it asks somebody");
    }
    if matches!(name, "argocd" | "flux") {
        return objects(Kind::Network, program, super::gitops::passed_over(simple));
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
        "kubectl" | "k" => kubectl(simple, verb?, said, has_editor),
        _ => None,
    }
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

fn kubectl(simple: &Simple, verb: &Word, said: &str, has_editor: bool) -> Option<Objection> {
    let editor = has_editor || simple.assigned.iter().any(|(name, _)| name.ends_with("EDITOR"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_drill_does_not_run_is_told_from_the_text() {
        let cases = [
            ("stern web", Some(Kind::Program)),
            ("watch kubectl get po", Some(Kind::Person)),
            ("git revert HEAD", Some(Kind::Network)),
            ("curl https://example.com/health", Some(Kind::Network)),
            ("curl -s localhost:8080", None),
            ("kubectl apply -f https://example.com/x.yaml", Some(Kind::Network)),
            ("kubectl logs -f deploy/x", Some(Kind::Person)),
            ("kubectl logs deploy/x", None),
            ("kubectl edit deploy x", Some(Kind::Person)),
            ("EDITOR='sed -i s/a/b/' kubectl edit deploy x", None),
            ("kubectl get po -w", Some(Kind::Person)),
            ("kubectl -n prod logs -f deploy/x", Some(Kind::Person)),
            ("helm -n prod diff upgrade x ./c", Some(Kind::Program)),
            ("helm repo update", Some(Kind::Network)),
            ("helm diff upgrade x ./c", Some(Kind::Program)),
            ("helm upgrade x oci://example.com/c", None),
            ("unset KUBECONFIG", Some(Kind::Outside)),
            ("KUBECONFIG=~/.kube/config kubectl get po", Some(Kind::Outside)),
            ("export KUBECONFIG=x", Some(Kind::Outside)),
            ("env -i kubectl get po", Some(Kind::Outside)),
            ("/usr/local/bin/kubectl get po", Some(Kind::Outside)),
            ("kubectl --kubeconfig x get po", Some(Kind::Outside)),
            ("kill -9 $PPID", Some(Kind::Outside)),
            ("kill $!", None),
            (":(){ :|:& };:", Some(Kind::Outside)),
            ("f() { echo a; }; f", None),
            ("echo x > /etc/motd", Some(Kind::Outside)),
            ("helm get values x > ../v.yaml", Some(Kind::Outside)),
            ("helm get values x > /tmp/v.yaml 2> /dev/null", None),
            ("rm -rf /", Some(Kind::Outside)),
            ("exec 3<>/dev/tcp/192.0.2.1/80", Some(Kind::Outside)),
            ("sudo helm list", Some(Kind::Outside)),
            ("read -p 'sure? ' x", Some(Kind::Person)),
            ("if helm list | while read -r x; do git push; done; then ls; fi", Some(Kind::Network)),
        ];
        for (script, wanted) in cases {
            let kinds = objections(script, false).into_iter().map(|objection| objection.kind);
            assert_eq!(kinds.max(), wanted, "{script}");
        }
        assert_eq!(objections("kubectl edit deploy x", true), Vec::new());
    }
}
