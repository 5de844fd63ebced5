//! What a drill does not run, told from the text before anything runs: what needs a person or a network is passed over,
//! what reaches out of the drill is refused. What cannot be seen in the text is contained by the environment. Owns what an
//! objection is and which of them a statement meets; the rules have files of their own.

mod left;
mod outside;
mod wanting;

pub(super) use left::Left;

use crate::shell::{Word, commands};
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
    /// It needs files that only the team has: a Makefile, a script.
    Files,
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
            Kind::Files => "needs-files",
            Kind::Outside => "reaches-outside",
        }
    }
}

/// The reasons not to run a statement; `left` is what those before it leave.
pub(super) fn objections(script: &str, left: &Left) -> Vec<Objection> {
    let simples = commands(script);
    let of = |simple| outside::objection(simple).or_else(|| wanting::objection(simple, left));
    let mut all: Vec<Objection> = simples.iter().filter_map(of).collect();
    all.extend(outside::bomb(script, &simples));
    all
}

fn objects(kind: Kind, word: &Word, why: impl Into<String>) -> Option<Objection> {
    Some(Objection { kind, why: why.into(), bytes: word.bytes.clone() })
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
            ("make rollback", Some(Kind::Files)),
            ("./scripts/smoke-tests.sh production", Some(Kind::Files)),
            ("bash -e scripts/check.sh", Some(Kind::Files)),
            ("bash -c 'helm list'", None),
            ("source ./env.sh", Some(Kind::Files)),
            (". /etc/profile", Some(Kind::Files)),
            ("source <(kubectl completion bash)", None),
            ("python3 -c 'print(1)'", None),
            ("python3 tools/check.py", Some(Kind::Files)),
            ("if ! ./smoke.sh; then helm rollback x; fi", Some(Kind::Files)),
            ("read -p 'sure? ' x", Some(Kind::Person)),
            ("if helm list | while read -r x; do git push; done; then ls; fi", Some(Kind::Network)),
        ];
        for (script, wanted) in cases {
            let kinds = objections(script, &Left::default()).into_iter().map(|objection| objection.kind);
            assert_eq!(kinds.max(), wanted, "{script}");
        }
    }

    #[test]
    fn what_earlier_statements_leave_is_there() {
        let kinds = |lines: &[&str]| {
            let mut left = Left::default();
            let mut last = Vec::new();
            for line in lines {
                last = objections(line, &left);
                left.take_in(line);
            }
            last.into_iter().map(|objection| objection.kind).max()
        };
        assert_eq!(kinds(&["export KUBE_EDITOR='sed -i s/a/b/'", "kubectl edit deploy x"]), None);
        assert_eq!(kinds(&["cat > check.sh <<'E'\nhelm list\nE", "bash check.sh"]), None);
        assert_eq!(kinds(&["echo 'helm list' | tee check.sh", "chmod +x check.sh", "./check.sh"]), None);
        assert_eq!(kinds(&["chmod +x check.sh", "./check.sh"]), Some(Kind::Files));
    }
}
