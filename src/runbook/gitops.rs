//! The Application of a GitOps controller, as runbooks name it: where a scenario has one, that is what a command about
//! an Application is about, and the switches of argocd and flux are its own. What Git and the controller's own program do is the matter of `rules`.

use super::bind::Edit;
use super::facts::Facts;
use super::roles::{Role, is_literal, plain, positions};
use crate::shell::Simple;

/// What kubectl calls an Application.
const RESOURCES: [&str; 4] = ["app", "apps", "application", "applications"];

/// What takes the place of the name and the namespace of an Application in a command of kubectl.
pub(super) fn application(simple: &Simple, facts: &Facts) -> Vec<Edit> {
    let Some((namespace, name)) = &facts.application else { return Vec::new() };
    if !matches!(simple.program(), "kubectl" | "k") {
        return Vec::new();
    }
    let words = plain(simple);
    let Some(resource) = words.get(1) else { return Vec::new() };
    let (kind, inside) = resource.text.split_once('/').map_or((&*resource.text, None), |(k, n)| (k, Some(n)));
    if !RESOURCES.contains(&kind.trim_end_matches(".argoproj.io")) {
        return Vec::new();
    }
    let told = |written: &str, value: &str| {
        (written != value).then(|| format!("{written} stands for {value} (the scenario's Application)"))
    };
    let mut edits = Vec::new();
    let named = match inside {
        Some(inside) => Some((inside, resource.bytes.end - inside.len()..resource.bytes.end)),
        None => words.get(2).map(|word| (&*word.text, word.bytes.clone())),
    };
    if let Some((written, bytes)) = named.filter(|(written, _)| is_literal(written)) {
        edits.push(Edit { bytes, with: name.clone(), told: told(written, name) });
    }
    let spaces = positions(simple).into_iter().filter(|position| position.role == Role::Namespace);
    edits.extend(spaces.filter(|position| is_literal(&position.text)).map(|position| Edit {
        told: told(&position.text, namespace),
        bytes: position.bytes,
        with: namespace.clone(),
    }));
    edits
}

/// What takes the place of a command of argocd or flux that sets what the scenario's Application has a switch for, or
/// looks at it.
pub(super) fn switched(script: &str, simple: &Simple, facts: &Facts) -> Option<Edit> {
    let (namespace, name) = facts.application.as_ref()?;
    let automated = asked(script, simple)?;
    let with = match automated {
        Asked::Look => format!("kubectl get application {name} -n {namespace} -o yaml"),
        Asked::Automated(policy) => format!(
            "kubectl patch application {name} -n {namespace} --type merge -p '{{\"spec\":{{\"syncPolicy\":{{\"automated\":{policy}}}}}}}'"
        ),
    };
    let (from, to) = (simple.words.first()?.bytes.start, simple.words.last()?.bytes.end);
    let told = format!("{} stands for the same switch of the scenario's Application", &script[from..to]);
    Some(Edit { bytes: from..to, with, told: Some(told) })
}

/// What is asked of a GitOps controller that kubectl can ask too.
enum Asked {
    Look,
    /// `spec.syncPolicy.automated`, as JSON.
    Automated(&'static str),
}

const ON: &str = "{\"selfHeal\":true}";

fn asked(script: &str, simple: &Simple) -> Option<Asked> {
    let words: Vec<&str> = simple.arguments().filter(|word| !word.starts_with('-')).collect();
    let helm_release =
        |word: &&str| matches!(*word, "helmrelease" | "helmreleases" | "hr" | "kustomization" | "ks");
    match (simple.program(), words.as_slice()) {
        ("argocd", ["app", "get", _, ..]) => Some(Asked::Look),
        ("argocd", ["app", "set", ..]) => {
            let at = simple.words.iter().position(|word| word.text.starts_with("--sync-policy"))?;
            let value = match simple.words[at].text.split_once('=') {
                Some((_, value)) => value,
                None => simple.words.get(at + 1)?.text.as_str(),
            };
            match value {
                "none" | "manual" => Some(Asked::Automated("null")),
                "automated" | "auto" | "automatic" if simple.has(&["--self-heal"]) => {
                    Some(Asked::Automated(ON))
                }
                "automated" | "auto" | "automatic" => Some(Asked::Automated("{}")),
                _ => None,
            }
        }
        ("flux", ["get", kind, ..]) if helm_release(kind) => Some(Asked::Look),
        ("flux", ["suspend", kind, ..]) if helm_release(kind) => Some(Asked::Automated("null")),
        ("flux", ["resume", kind, ..]) if helm_release(kind) => Some(Asked::Automated(ON)),
        ("kubectl" | "k", ["patch", kind, ..])
            if helm_release(&kind.split(['.', '/']).next().unwrap_or_default()) =>
        {
            let (from, to) = (simple.words.first()?.bytes.start, simple.words.last()?.bytes.end);
            let text: String = script[from..to].chars().filter(|c| !c.is_whitespace()).collect();
            if text.contains("\"suspend\":true") {
                Some(Asked::Automated("null"))
            } else if text.contains("\"suspend\":false") {
                Some(Asked::Automated(ON))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Why a command of argocd or flux is not run.
pub(super) fn passed_over(simple: &Simple) -> String {
    let program = simple.program();
    let words: Vec<&str> = simple.arguments().filter(|word| !word.starts_with('-')).collect();
    match (program, words.as_slice()) {
        ("argocd", ["app", verb @ ("rollback" | "history"), ..]) => {
            format!(
                "argocd app {verb} needs the history that Argo CD keeps itself, and a drill has no Argo CD"
            )
        }
        ("argocd", ["app", "sync", ..]) | ("flux", ["reconcile", ..]) => {
            format!(
                "{program} asks for a sync at once; the controller of a drill takes its turn after every command"
            )
        }
        _ => format!("{program} talks to a controller that a drill does not have"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::bind::carried_out;
    use super::*;
    use crate::shell::commands;

    #[test]
    fn a_switch_of_argocd_or_flux_is_that_of_the_application() {
        let facts =
            Facts { application: Some(("production".to_owned(), "myapp".to_owned())), ..Facts::default() };
        let patch = |policy: &str| {
            format!(
                "kubectl patch application myapp -n production --type merge -p '{{\"spec\":{{\"syncPolicy\":{{\"automated\":{policy}}}}}}}'"
            )
        };
        let cases = [
            ("argocd app set shop --sync-policy none", Some(patch("null"))),
            ("argocd app set shop --sync-policy=automated --self-heal", Some(patch(ON))),
            ("argocd app set shop --sync-policy automated", Some(patch("{}"))),
            ("flux suspend helmrelease shop -n apps", Some(patch("null"))),
            ("flux resume hr shop", Some(patch(ON))),
            (
                "kubectl patch helmrelease shop --type=merge -p '{\"spec\": {\"suspend\": true}}'",
                Some(patch("null")),
            ),
            (
                "argocd app get shop --refresh",
                Some("kubectl get application myapp -n production -o yaml".to_owned()),
            ),
            ("argocd app set shop -p image.tag=1", None),
            ("argocd app sync shop", None),
            ("argocd app rollback shop 3", None),
            ("flux reconcile hr shop", None),
            ("helm status shop", None),
        ];
        for (script, wanted) in cases {
            let simple = commands(script).remove(0);
            let found = switched(script, &simple, &facts).map(|edit| edit.with);
            assert_eq!(found, wanted, "{script}");
            assert_eq!(
                switched(script, &simple, &Facts::default()),
                None,
                "{script}: there is no Application"
            );
        }
        let why = |script: &str| passed_over(&commands(script).remove(0));
        assert!(why("argocd app rollback shop 3").contains("history"));
        assert!(why("flux reconcile hr shop").contains("takes its turn"));
        assert!(why("flux logs").contains("does not have"));
    }

    #[test]
    fn a_command_about_an_application_is_about_that_of_the_scenario() {
        let facts =
            Facts { application: Some(("production".to_owned(), "myapp".to_owned())), ..Facts::default() };
        let cases = [
            (
                "kubectl -n argocd patch application shop --type merge -p '{}'",
                "kubectl -n production patch application myapp --type merge -p '{}'",
            ),
            (
                "kubectl get applications.argoproj.io/shop --namespace=argocd -o yaml",
                "kubectl get applications.argoproj.io/myapp --namespace=production -o yaml",
            ),
            ("kubectl get app -n argocd", "kubectl get app -n production"),
            ("kubectl -n argocd get pods", "kubectl -n argocd get pods"),
            ("kubectl patch app $APP -n argocd", "kubectl patch app $APP -n production"),
        ];
        for (script, wanted) in cases {
            let mut edits: Vec<Edit> =
                commands(script).iter().flat_map(|simple| application(simple, &facts)).collect();
            edits.sort_by_key(|edit| edit.bytes.start);
            assert_eq!(carried_out(script, &edits), wanted);
            let none: Vec<Edit> =
                commands(script).iter().flat_map(|simple| application(simple, &Facts::default())).collect();
            assert_eq!(none, []);
        }
    }
}
