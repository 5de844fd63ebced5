//! The holes that a text for people leaves: `<release>`, `[REVISION]`, `{{ release }}`, `$RELEASE`, `RELEASE_NAME`. Finds
//! them; what they stand for is the matter of `bind`.

use crate::shell::commands;
use regex::Regex;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

/// A hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// As it is written.
    pub(super) written: String,
    /// What it is called: `release-name`.
    pub(super) name: String,
    /// Where it stands.
    pub(super) bytes: Range<usize>,
}

static MARKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<([A-Za-z](?:[A-Za-z0-9 _./-]*[A-Za-z0-9])?)>|\{\{-?\s*\$?\.?([A-Za-z][\w.-]*)\s*-?\}\}|\{\{[<%]\s*(?:[a-z]+\s+)?\x22?([A-Za-z][\w.-]*)\x22?\s*[>%]\}\}")
        .expect("a pattern of ours is one")
});
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s=,:])(\[([A-Z][A-Z0-9_-]*|[a-z][a-z0-9-]*)\])(?:[\s,]|$)")
        .expect("a pattern of ours is one")
});
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))").expect("a pattern of ours is one")
});
static SHOUTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Z][A-Z0-9]*(?:[_-][A-Z0-9]+)*").expect("a pattern of ours is one"));

/// A variable that a sum sets: `(( attempts += 1 ))`.
static SUM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\(\(\s*([A-Za-z_]\w*)\s*(?:[-+*/%]|<<|>>)?=[^=]").expect("a pattern of ours is one")
});

/// Variables that the shell of a drill has.
const GIVEN: [&str; 14] = [
    "HOME",
    "PATH",
    "PWD",
    "OLDPWD",
    "TMPDIR",
    "KUBECONFIG",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "IFS",
    "PPID",
    "UID",
    "BASH",
    "LANG",
];
/// Words in capitals that mean themselves.
const MEANT: [&str; 22] = [
    "EOF", "GET", "PUT", "POST", "PATCH", "DELETE", "NAME", "STATUS", "AGE", "JSON", "YAML", "TLS", "HTTP",
    "HTTPS", "TRUE", "FALSE", "UTC", "DEBUG", "INFO", "ERROR", "SIGTERM", "SIGKILL",
];

/// The holes of a script. `known` are the variables that were set before it.
pub(super) fn holes(script: &str, known: &BTreeSet<String>) -> Vec<Hole> {
    let mut found = Vec::new();
    let hole = |bytes: Range<usize>, name: &str| Hole {
        written: script[bytes.clone()].to_owned(),
        name: super::bindings::plain(name),
        bytes,
    };
    let template = script.contains("go-template") || script.contains("--template");
    for marked in MARKED.captures_iter(script) {
        let whole = marked.get(0).expect("the whole").range();
        let name = marked.get(1).or_else(|| marked.get(2).filter(|_| !template)).or_else(|| marked.get(3));
        if let Some(name) = name.filter(|name| !matches!(name.as_str(), "end" | "else")) {
            // `${{ … }}` is one hole with its sign.
            let from = whole.start - usize::from(script[..whole.start].ends_with('$'));
            found.push(hole(from..whole.end, name.as_str()));
        }
    }
    for optional in BRACKETED.captures_iter(script) {
        let (whole, name) = (optional.get(1).expect("it matched"), optional.get(2).expect("it matched"));
        found.push(hole(whole.range(), name.as_str()));
    }
    let mut set = known.clone();
    set.extend(assigned(script));
    let silent = single_quoted(script);
    for variable in VARIABLE.captures_iter(script) {
        let whole = variable.get(0).expect("the whole").range();
        let name = variable.get(1).or_else(|| variable.get(2)).map_or("", |name| name.as_str());
        let given = GIVEN.contains(&name) || name.starts_with("BASH_") || set.contains(name);
        let escaped = script[..whole.start].ends_with('\\');
        if !given && !escaped && !silent.iter().any(|quoted| quoted.contains(&whole.start)) {
            found.push(hole(whole, name));
        }
    }
    let taken: Vec<Range<usize>> = found.iter().map(|hole| hole.bytes.clone()).collect();
    found.extend(shouted(script, &taken).into_iter().map(|bytes| hole(bytes.clone(), &script[bytes])));
    found.sort_by_key(|hole| hole.bytes.start);
    found
}

/// Words in capitals that are arguments of helm and kubectl, and in the names of their objects.
fn shouted(script: &str, taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let simples = commands(script);
    for simple in simples.iter().filter(|simple| matches!(simple.program(), "helm" | "kubectl")) {
        let mut after = "";
        for word in simple.words.iter().skip(1) {
            let raw = &script[word.bytes.clone()];
            let free =
                !matches!(after, "-o" | "--output" | "--set" | "--set-string" | "-p" | "--patch" | "-c");
            if free && !raw.starts_with('-') && !raw.contains(['$', '\'', '"', '{']) {
                for shout in SHOUTED.find_iter(raw) {
                    let whole = shout.as_str() == raw;
                    let bytes = word.bytes.start + shout.start()..word.bytes.start + shout.end();
                    let known = super::roles::Role::of(&super::bindings::plain(shout.as_str())).is_some();
                    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() || c == 'v');
                    let alone = apart(raw[..shout.start()].chars().next_back())
                        && apart(raw[shout.end()..].chars().next());
                    let long = shout.len() >= 2 && !MEANT.contains(&shout.as_str());
                    if long
                        && alone
                        && (known || (whole && shout.len() >= 3))
                        && !taken.iter().any(|other| other.start < bytes.end && bytes.start < other.end)
                    {
                        found.push(bytes);
                    }
                }
            }
            after = word.text.as_str();
        }
    }
    found
}

/// The variables that a script sets.
pub(super) fn assigned(script: &str) -> BTreeSet<String> {
    let sums = SUM.captures_iter(script).filter_map(|sum| sum.get(1));
    let mut set: BTreeSet<String> = sums.map(|name| name.as_str().to_owned()).collect();
    for simple in commands(script) {
        set.extend(simple.assigned.iter().map(|(name, _)| name.clone()));
        let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
        match simple.program() {
            "export" | "local" | "declare" | "readonly" | "typeset" => {
                let named = simple.arguments().filter(|word| word.contains('=') && !word.starts_with('-'));
                set.extend(named.map(name));
            }
            "read" | "mapfile" | "readarray" => {
                set.extend(simple.arguments().filter(|word| !word.starts_with('-')).map(name));
            }
            "for" | "select" => set.extend(simple.arguments().next().map(name)),
            _ => {}
        }
    }
    set
}

/// The variables that a script reads, in single quotes too.
pub(super) fn variables(script: &str) -> Vec<String> {
    let found = VARIABLE.captures_iter(script).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    found.map(|name| name.as_str().to_owned()).filter(|name| !GIVEN.contains(&name.as_str())).collect()
}

/// What stands in single quotes, where the shell puts nothing in.
fn single_quoted(script: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut open, mut double, mut escaped) = (None, false, false);
    for (at, c) in script.char_indices() {
        match (c, open) {
            _ if escaped => escaped = false,
            ('\\', None) => escaped = true,
            ('"', None) => double = !double,
            ('\'', None) if !double => open = Some(at),
            ('\'', Some(from)) => {
                found.push(from..at);
                open = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_found_in_whatever_way_it_is_marked() {
        let cases: [(&str, &[&str]); 14] = [
            (
                "helm rollback <release> <previous-working-revision>",
                &["release", "previous-working-revision"],
            ),
            ("helm rollback web [REVISION] --wait", &["revision"]),
            ("kubectl get secret -l owner=helm,name=[release-name]", &["release-name"]),
            ("helm status {{ release }} -n {{.Namespace}}", &["release", "namespace"]),
            ("helm status ${{ env.RELEASE }}", &["env.release"]),
            ("helm rollback {{< param release >}} {{% revision %}}", &["release", "revision"]),
            ("helm rollback $RELEASE ${REV}", &["release", "rev"]),
            ("REV=2; helm rollback \"$RELEASE\" $REV", &["release"]),
            ("helm rollback RELEASE_NAME REVISION", &["release-name", "revision"]),
            ("kubectl delete secret sh.helm.release.v1.RELEASE.vREVISION", &["release", "revision"]),
            ("kubectl get po -o custom-columns=NAME:.metadata.name", &[]),
            ("kubectl get po -o go-template='{{ .items }}' | awk '{print $NF}'", &[]),
            ("for r in a b; do helm status $r; done > out < in", &[]),
            ("echo \"${X:-1}\" $? $1 $HOME", &[]),
        ];
        for (script, wanted) in cases {
            let names: Vec<String> =
                holes(script, &BTreeSet::new()).into_iter().map(|hole| hole.name).collect();
            assert_eq!(names, wanted, "{script}");
        }
    }
}
