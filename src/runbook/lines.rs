//! What a line of a block is by its looks: a command behind a prompt, a command without one, or what a command printed.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Programs by which a block is known to be shell, and by which a line is known not to be output.
const PROGRAMS: [&str; 42] = [
    "helm", "kubectl", "k", "kubectx", "kubens", "stern", "watch", "git", "curl", "wget", "argocd", "flux",
    "gh", "export", "echo", "cat", "for", "while", "if", "set", "cd", "ls", "jq", "yq", "grep", "sleep",
    "diff", "sudo", "mkdir", "rm", "cp", "mv", "tee", "base64", "docker", "velero", "helmfile", "oc",
    "source", "unset", "time", "k9s",
];

static PROMPT: LazyLock<Regex> = LazyLock::new(|| {
    let user = r"(?:\([\w.-]+\)\s*)?(?:[\w.-]+@[\w.-]+[:\s][^$#%>]*|~|/[\w/.-]*|\[[^\]]*\])?\s?(?:\$|%|❯|λ)";
    let root = r"(?:\[[\w.-]+@[^\]]*\]|[\w.-]+@[\w.-]+:\S*)\s?#";
    let arrow = r"➜(?:\s+(?:~\S*|/\S*|[\w.-]+(?:\s+git:\(\S+\))))?(?:\s+git:\(\S+\))?(?:\s+✗)?";
    Regex::new(&format!(r"^\s*(?:{user}|{root}|{arrow}|PS(?: [^>]*)?>)\s+(?P<line>\S.*)$"))
        .expect("a pattern of ours is one")
});
/// Lines that no command begins with: fields, tables, rows, and what helm and kubectl say when they are done.
static PRINTED: LazyLock<Regex> = LazyLock::new(|| {
    let field = r"[\w./-]+:(?:\s|$)|[A-Z][\w-]*(?: [\w()-]+){1,3}:(?:\s|$)|==> |---$|\.\.\.$|…";
    let table = r"[A-Z][A-Z()%-]+(?: [A-Z]+)?(?:\s{2,}|\t\s*)[A-Z]{2}|\d+\s|sh\.helm\.release\.v1\.\S+\s+\S|[a-z][a-z0-9.-]*\s+\d+/\d+\s";
    let done = r#"Release "|Rollback was a success|release "[^"]+" |No resources found|Waiting for |(?:yes|no|true|false)$|v\d+\.\d+\S*$"#;
    let objects = r#"[a-z][a-z0-9.]*(?:/[\w.-]+| "[^"]+")(?: from \S+ namespace)? (?:created|configured|unchanged|deleted|force deleted|patched|scaled|restarted|annotated|labeled|replaced|edited|exposed|rolled back|condition met|image updated|env updated|serverside-applied|successfully rolled out)\b"#;
    Regex::new(&format!(r#"^(?:{field}|{table}|{done}|{objects}|[\[{{]["{{]|[\]}}],?$)"#))
        .expect("a pattern of ours is one")
});
static ROOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[\w.-]+@[\w.-]+[:\s]?[^$#%>]*|\[[^\]]*\])?[#>]\s+(?P<line>[a-z]\S*(?:\s.*)?)$")
        .expect("a pattern of ours is one")
});

/// Whether a prompt of a user stands before a command.
pub(super) fn is_prompted(line: &str) -> bool {
    PROMPT.is_match(line)
}

/// Whether a prompt of root does, which elsewhere begins a comment.
pub(super) fn is_prompted_as_root(line: &str) -> bool {
    ROOT.is_match(line)
}

/// Whether no command begins so.
pub(super) fn is_printed(line: &str) -> bool {
    PRINTED.is_match(line)
}

/// Whether a block that does not say so looks like shell.
pub(super) fn looks_like_shell(script: &str) -> bool {
    let mut lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| is_prompted(line) || begins_a_command(line))
}

/// Whether a line begins with a program that is known, or sets a variable.
pub(super) fn begins_a_command(line: &str) -> bool {
    let line = line.trim_start();
    let first = line.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default();
    let assigns = first.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    PROGRAMS.contains(&first) || assigns || first.starts_with("./")
}

/// The command of a line of a session, where it has a prompt.
pub(super) fn command(line: &str, root: bool) -> Option<Range<usize>> {
    let found = PROMPT.captures(line).or_else(|| ROOT.captures(line).filter(|_| root));
    found.and_then(|found| found.name("line")).map(|line| line.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_without_a_language_is_shell_where_it_begins_like_it() {
        for (script, shell) in [
            ("helm history myapp\n", true),
            ("$ anything\n", true),
            ("X=1\nls", true),
            ("Error: UPGRADE FAILED: another operation\n", false),
            ("apiVersion: v1\nkind: x\n", false),
        ] {
            assert_eq!(looks_like_shell(script), shell, "{script}");
        }
    }

    #[test]
    fn prompts_of_many_shells_are_none_of_the_command() {
        let prompts = [
            "[root@master ~]# helm list",
            "root@box:~/charts# helm list",
            "➜  ~ helm list",
            "➜  charts git:(main) ✗ helm list",
            "➜ helm list",
            "(prod) ops@box:~$ helm list",
            "PS C:\\charts> helm list",
            "❯ helm list",
        ];
        for line in prompts {
            let bytes = command(line, false).expect(line);
            assert_eq!(&line[bytes], "helm list", "{line}");
            assert!(is_prompted(line) && looks_like_shell(line), "{line}");
        }
    }
}
