//! A rule of a Role: what it allows, which rules it covers, and how it is told.

use super::Attributes;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One `PolicyRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) groups: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) urls: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) verbs: Vec<String>,
}

impl Rule {
    /// Reads a rule of a stored role.
    pub(crate) fn read(rule: &Value) -> Rule {
        let words = |field: &str| {
            let list = rule[field].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Rule {
            groups: words("apiGroups"),
            resources: words("resources"),
            urls: words("nonResourceURLs"),
            names: words("resourceNames"),
            verbs: words("verbs"),
        }
    }

    /// The rules of a stored role.
    pub(crate) fn all(role: &Value) -> Vec<Rule> {
        role["rules"].as_array().into_iter().flatten().map(Rule::read).collect()
    }

    /// Everything: of resources, and of paths.
    pub(super) fn everything() -> [Rule; 2] {
        let star = || vec!["*".to_owned()];
        [
            Rule { groups: star(), resources: star(), verbs: star(), ..Rule::default() },
            Rule { urls: star(), verbs: star(), ..Rule::default() },
        ]
    }

    /// Whether the rule allows what is asked.
    pub(super) fn allows(&self, asked: &Attributes) -> bool {
        if !has(&self.verbs, &asked.verb) {
            return false;
        }
        if let Some(path) = &asked.path {
            return self.urls.iter().any(|url| url == "*" || url_covers(url, path));
        }
        let (resource, sub) = (&asked.resource, &asked.subresource);
        let combined = if sub.is_empty() { resource.clone() } else { format!("{resource}/{sub}") };
        let any_of_sub = format!("*/{sub}");
        let named = self.names.is_empty() || self.names.contains(&asked.name);
        let fits = |one: &String| *one == "*" || *one == combined || (!sub.is_empty() && *one == any_of_sub);
        has(&self.groups, &asked.group) && self.resources.iter().any(fits) && named
    }

    /// The rule in parts of one verb, group, resource and name each.
    pub(super) fn parts(&self) -> Vec<Rule> {
        let mut parts = Vec::new();
        for group in &self.groups {
            for resource in &self.resources {
                for verb in &self.verbs {
                    let part = Rule {
                        groups: vec![group.clone()],
                        resources: vec![resource.clone()],
                        verbs: vec![verb.clone()],
                        ..Rule::default()
                    };
                    if self.names.is_empty() {
                        parts.push(part.clone());
                    }
                    let named = |name: &String| Rule { names: vec![name.clone()], ..part.clone() };
                    parts.extend(self.names.iter().map(named));
                }
            }
        }
        for url in &self.urls {
            let of = |verb: &String| Rule {
                urls: vec![url.clone()],
                verbs: vec![verb.clone()],
                ..Rule::default()
            };
            parts.extend(self.verbs.iter().map(of));
        }
        parts
    }

    /// Whether the rule covers a part of another.
    pub(super) fn covers(&self, part: &Rule) -> bool {
        let resource_fits = |resource: &String| {
            let of_any = resource.split_once('/').map(|(_, sub)| format!("*/{sub}"));
            has(&self.resources, resource) || of_any.is_some_and(|any| self.resources.contains(&any))
        };
        let names = self.names.is_empty()
            || (!part.names.is_empty() && part.names.iter().all(|name| self.names.contains(name)));
        part.verbs.iter().all(|verb| has(&self.verbs, verb))
            && part.groups.iter().all(|group| has(&self.groups, group))
            && part.resources.iter().all(resource_fits)
            && part.urls.iter().all(|path| self.urls.iter().any(|url| url_covers(url, path)))
            && names
    }

    /// `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`, as Go prints it.
    fn told(&self) -> String {
        let parts = [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.urls),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ];
        let parts = parts.iter().filter(|(_, words)| !words.is_empty());
        let parts: Vec<String> = parts.map(|(name, words)| format!("{name}:{}", listed(words))).collect();
        format!("{{{}}}", parts.join(", "))
    }

    /// The rule as reviews list it: of resources, or of paths.
    pub(crate) fn reviewed(&self) -> (Option<Value>, Option<Value>) {
        let of_resources = (!self.resources.is_empty()).then(|| {
            let mut rule =
                json!({"verbs": self.verbs, "apiGroups": self.groups, "resources": self.resources});
            if !self.names.is_empty() {
                rule["resourceNames"] = json!(self.names);
            }
            rule
        });
        let of_paths =
            (!self.urls.is_empty()).then(|| json!({"verbs": self.verbs, "nonResourceURLs": self.urls}));
        (of_resources, of_paths)
    }
}

/// `["get" "list"]`: how Go prints a list of texts with `%q`.
pub(super) fn listed(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", words.join(" "))
}

fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|one| one == "*" || one == word)
}

fn url_covers(url: &str, path: &str) -> bool {
    url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
}

/// What `owned` lacks of `wanted`, told rule by rule: verbs of the same resource together, in order.
pub(super) fn lacking(owned: &[Rule], wanted: &[Rule]) -> Vec<String> {
    let parts = wanted.iter().flat_map(Rule::parts);
    let missing = parts.filter(|part| !owned.iter().any(|rule| rule.covers(part)));
    let mut compact: Vec<Rule> = Vec::new();
    for part in missing {
        let same = |rule: &&mut Rule| {
            rule.urls.is_empty()
                && part.urls.is_empty()
                && (&rule.groups, &rule.resources, &rule.names)
                    == (&part.groups, &part.resources, &part.names)
        };
        match compact.iter_mut().find(same) {
            Some(rule) => rule.verbs.extend(part.verbs),
            None => compact.push(part),
        }
    }
    let told: BTreeSet<String> = compact.iter().map(Rule::told).collect();
    told.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Rule {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        Rule { groups: words(groups), resources: words(resources), verbs: words(verbs), ..Rule::default() }
    }

    #[test]
    fn a_rule_allows_resources_subresources_and_names() {
        let asked = |resource: &str, subresource: &str, name: &str| Attributes {
            verb: "get".to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        let mut pods = rule(&[""], &["pods", "*/scale"], &["get"]);
        assert!(pods.allows(&asked("pods", "", "x")) && !pods.allows(&asked("pods", "log", "x")));
        assert!(pods.allows(&asked("anything", "scale", "x")));
        pods.names = vec!["x".to_owned()];
        assert!(pods.allows(&asked("pods", "", "x")) && !pods.allows(&asked("pods", "", "")));
    }

    #[test]
    fn what_is_lacking_is_told_by_resource() {
        let owned = [rule(&[""], &["pods"], &["get"])];
        let wanted = [rule(&[""], &["pods", "secrets"], &["get", "list"])];
        let told = lacking(&owned, &wanted);
        let expected = [
            r#"{APIGroups:[""], Resources:["pods"], Verbs:["list"]}"#,
            r#"{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}"#,
        ];
        assert_eq!(told, expected);
    }
}
