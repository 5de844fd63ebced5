//! The Application of a GitOps controller, as runbooks name it: where a scenario has one, that is what a command about
//! an Application is about. What Git and the controller's own program do is the matter of `rules`.

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

#[cfg(test)]
mod tests {
    use super::super::bind::carried_out;
    use super::*;
    use crate::shell::commands;

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
