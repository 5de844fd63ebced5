//! The restricted standard: what it asks for beyond the baseline.

use super::{Finding, Subject, baseline, named, plural, quoted, setters, those};
use crate::sim::look::{list, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every check in the order of its name.
pub(super) fn all(subject: Subject<'_>, minor: u32) -> Vec<(&'static str, String)> {
    let spared = minor >= 25 && subject.is_windows();
    let own_users = minor >= 35 && subject.has_own_users();
    [
        if minor >= 8 && !spared { escalation(subject) } else { None },
        if minor >= 22 && !spared { capabilities(subject) } else { None },
        if minor >= 35 { baseline::proc_mount(subject) } else { None },
        volumes(subject),
        if own_users { None } else { non_root(subject) },
        if minor >= 23 && !own_users { user(subject) } else { None },
        if minor >= 19 && !spared { seccomp(subject) } else { None },
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn escalation(subject: Subject<'_>) -> Finding {
    let names = those(subject, |c| {
        c.pointer("/securityContext/allowPrivilegeEscalation") != Some(&Value::Bool(false))
    });
    (!names.is_empty()).then(|| {
        let who = named("container", &names);
        let told = format!("{who} must set securityContext.allowPrivilegeEscalation=false");
        ("allowPrivilegeEscalation != false", told)
    })
}

fn capabilities(subject: Subject<'_>) -> Finding {
    let drops = |c: &Value| list(c, "/securityContext/capabilities/drop").iter().any(|name| name == "ALL");
    let added = |c| {
        let all = list(c, "/securityContext/capabilities/add").iter().filter_map(Value::as_str);
        all.filter(|name| *name != "NET_BIND_SERVICE").collect::<Vec<&str>>()
    };
    let mut told = Vec::new();
    let keeping = those(subject, |c| !drops(c));
    if !keeping.is_empty() {
        let who = named("container", &keeping);
        told.push(format!("{who} must set securityContext.capabilities.drop=[\"ALL\"]"));
    }
    let adding = those(subject, |c| !added(c).is_empty());
    if !adding.is_empty() {
        let (who, what) = (named("container", &adding), subject.containers().flat_map(added));
        let what: BTreeSet<&str> = what.collect();
        told.push(format!("{who} must not include {} in securityContext.capabilities.add", quoted(what)));
    }
    (!told.is_empty()).then(|| ("unrestricted capabilities", told.join("; ")))
}

/// The kinds of volumes that hold nothing but the pod's own.
const OWN: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn volumes(subject: Subject<'_>) -> Finding {
    let wrong = list(subject.spec, "/volumes")
        .iter()
        .filter(|volume| OWN.iter().all(|kind| volume.get(kind).is_none()));
    let wrong: Vec<&Value> = wrong.collect();
    let names: Vec<&str> = wrong.iter().map(|volume| text(volume, "/name")).collect();
    let kind = |volume: &&'_ Value| -> String {
        let keys = volume.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let kind = keys.filter(|key| *key != "name").find(|_| true).unwrap_or("unknown");
        kind.to_owned()
    };
    let kinds: BTreeSet<String> = wrong.iter().map(kind).collect();
    (!names.is_empty()).then(|| {
        let verb = if names.len() == 1 { "uses" } else { "use" };
        let (who, word) = (named("volume", &names), plural("restricted volume type", kinds.len()));
        let list = quoted(kinds.iter().map(String::as_str));
        ("restricted volume types", format!("{who} {verb} {word} {list}"))
    })
}

fn non_root(subject: Subject<'_>) -> Finding {
    let said = |of: &Value| of.pointer("/securityContext/runAsNonRoot").and_then(Value::as_bool);
    let pod = said(subject.spec);
    if let Some(who) = setters(pod == Some(false), &those(subject, |c| said(c) == Some(false))) {
        return Some((
            "runAsNonRoot != true",
            format!("{who} must not set securityContext.runAsNonRoot=false"),
        ));
    }
    let silent = those(subject, |c| said(c).is_none() && pod != Some(true));
    (!silent.is_empty()).then(|| {
        let who = named("container", &silent);
        ("runAsNonRoot != true", format!("pod or {who} must set securityContext.runAsNonRoot=true"))
    })
}

fn user(subject: Subject<'_>) -> Finding {
    let is_root = |of: &Value| of.pointer("/securityContext/runAsUser").and_then(Value::as_i64) == Some(0);
    let who = setters(is_root(subject.spec), &those(subject, is_root))?;
    Some(("runAsUser=0", format!("{who} must not set runAsUser=0")))
}

fn seccomp(subject: Subject<'_>) -> Finding {
    if let Some(found) = baseline::seccomp(subject) {
        return Some(found);
    }
    let set = |of: &Value| of.pointer("/securityContext/seccompProfile").is_some();
    let silent = those(subject, |c| !set(c) && !set(subject.spec));
    (!silent.is_empty()).then(|| {
        let who = named("container", &silent);
        let what = r#"securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost""#;
        ("seccompProfile", format!("pod or {who} must set {what}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bare_pod_is_told_everything_that_the_restricted_standard_asks_for() {
        let pod = json!({"spec": {"containers": [{"name": "c", "image": "i"}]}});
        let reasons: Vec<&str> = all(Subject::of(&pod), 35).into_iter().map(|(reason, _)| reason).collect();
        let expected = [
            "allowPrivilegeEscalation != false",
            "unrestricted capabilities",
            "runAsNonRoot != true",
            "seccompProfile",
        ];
        assert_eq!(reasons, expected);
    }
}
