//! What reaches out of the drill: other clusters, other files, other processes.

use super::{Kind, Objection, objects};
use crate::shell::{Simple, Word};

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

/// Why a command reaches out of the drill.
pub(super) fn objection(simple: &Simple) -> Option<Objection> {
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
pub(super) fn bomb(script: &str, simples: &[Simple]) -> Option<Objection> {
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
