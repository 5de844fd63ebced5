//! The baseline standard: nothing that reaches from a pod into its node.

use super::{Finding, Subject, named, plural, quoted, setters, those};
use crate::sim::look::{list, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every check in the order of its name. Under the restricted standard some are replaced by stricter ones.
pub(super) fn all(subject: Subject<'_>, minor: u32, restricted: bool) -> Vec<(&'static str, String)> {
    let unless = |replaced: bool, check: Finding| if restricted && replaced { None } else { check };
    let proc_mount = if minor >= 35 && subject.has_own_users() { None } else { self::proc_mount(subject) };
    [
        app_armor(subject),
        unless(minor >= 22, capabilities(subject)),
        host_namespaces(subject),
        unless(true, host_paths(subject)),
        host_ports(subject),
        if minor >= 34 { hosts(subject) } else { None },
        privileged(subject),
        unless(minor >= 35, proc_mount),
        selinux(subject, minor),
        unless(minor >= 19, if minor >= 19 { seccomp(subject) } else { older_seccomp(subject) }),
        sysctls(subject, minor),
        host_process(subject),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn app_armor(subject: Subject<'_>) -> Finding {
    let mut values = BTreeSet::new();
    let mut is_bad = |of: &'_ Value| {
        let kind = text(of, "/securityContext/appArmorProfile/type");
        let set = of.pointer("/securityContext/appArmorProfile").is_some();
        let bad = set && !matches!(kind, "RuntimeDefault" | "Localhost");
        if bad {
            values.insert(kind.to_owned());
        }
        bad
    };
    let pod = is_bad(subject.spec);
    let mut containers = Vec::new();
    for container in subject.containers() {
        if is_bad(container) {
            containers.push(text(container, "/name"));
        }
    }
    let mut noted: Vec<String> = Vec::new();
    for (key, value) in subject.annotations.as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let fine = value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/") && !fine {
            noted.push(format!("{key}={value:?}"));
        }
    }
    noted.sort();
    let mut who: Vec<String> = setters(pod, &containers).into_iter().collect();
    if !noted.is_empty() {
        who.push(plural("annotation", noted.len()));
    }
    let values: Vec<String> = values.into_iter().chain(noted).collect();
    (!who.is_empty()).then(|| {
        let reason =
            if values.len() == 1 { "forbidden AppArmor profile" } else { "forbidden AppArmor profiles" };
        let list = quoted(values.iter().map(String::as_str));
        (reason, format!("{} must not set AppArmor profile type to {list}", who.join(" and ")))
    })
}

/// What a container may add without leaving the baseline.
const HARMLESS: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn capabilities(subject: Subject<'_>) -> Finding {
    let added = |container| {
        let all = list(container, "/securityContext/capabilities/add").iter().filter_map(Value::as_str);
        all.filter(|name| !HARMLESS.contains(name)).collect::<Vec<&str>>()
    };
    let names = those(subject, |container| !added(container).is_empty());
    let list: BTreeSet<&str> = subject.containers().flat_map(added).collect();
    (!names.is_empty()).then(|| {
        let who = named("container", &names);
        let what = format!("{who} must not include {} in securityContext.capabilities.add", quoted(list));
        ("non-default capabilities", what)
    })
}

fn host_namespaces(subject: Subject<'_>) -> Finding {
    let all = ["hostNetwork", "hostPID", "hostIPC"];
    let set: Vec<String> = all
        .iter()
        .filter(|field| subject.spec[**field] == true)
        .map(|field| format!("{field}=true"))
        .collect();
    (!set.is_empty()).then(|| ("host namespaces", set.join(", ")))
}

fn host_paths(subject: Subject<'_>) -> Finding {
    let volumes = list(subject.spec, "/volumes").iter().filter(|volume| volume.get("hostPath").is_some());
    let names: Vec<&str> = volumes.map(|volume| text(volume, "/name")).collect();
    (!names.is_empty()).then(|| ("hostPath volumes", named("volume", &names)))
}

fn host_ports(subject: Subject<'_>) -> Finding {
    let used = |container| {
        let ports = list(container, "/ports").iter().filter_map(|port| port["hostPort"].as_i64());
        ports.filter(|port| *port != 0).map(|port| port.to_string()).collect::<Vec<String>>()
    };
    let names = those(subject, |container| !used(container).is_empty());
    let ports: BTreeSet<String> = subject.containers().flat_map(used).collect();
    (!names.is_empty()).then(|| {
        let verb = if names.len() == 1 { "uses" } else { "use" };
        let (who, word) = (named("container", &names), plural("hostPort", ports.len()));
        ("hostPort", format!("{who} {verb} {word} {}", ports.into_iter().collect::<Vec<_>>().join(", ")))
    })
}

/// Probes and hooks that call another host than the pod.
fn hosts(subject: Subject<'_>) -> Finding {
    let asked = |container| {
        let from = [
            "/livenessProbe",
            "/readinessProbe",
            "/startupProbe",
            "/lifecycle/postStart",
            "/lifecycle/preStop",
        ];
        let hosts = from.iter().flat_map(move |at| {
            ["httpGet", "tcpSocket"].map(|way| text(container, &format!("{at}/{way}/host")))
        });
        hosts.filter(|host| !host.is_empty()).collect::<Vec<&str>>()
    };
    let names: BTreeSet<&str> =
        those(subject, |container| !asked(container).is_empty()).into_iter().collect();
    let names: Vec<&str> = names.into_iter().collect();
    let hosts: BTreeSet<&str> = subject.containers().flat_map(asked).collect();
    (!names.is_empty()).then(|| {
        let verb = if names.len() == 1 { "uses" } else { "use" };
        let (who, word) = (named("container", &names), plural("probe or lifecycle host", hosts.len()));
        ("probe or lifecycle host", format!("{who} {verb} {word} {}", quoted(hosts)))
    })
}

fn privileged(subject: Subject<'_>) -> Finding {
    let names = those(subject, |container| container["securityContext"]["privileged"] == true);
    let told = || format!("{} must not set securityContext.privileged=true", named("container", &names));
    (!names.is_empty()).then(|| ("privileged", told()))
}

/// Which containers see more of `/proc` than usual.
pub(super) fn proc_mount(subject: Subject<'_>) -> Finding {
    let kind = |container| text(container, "/securityContext/procMount");
    let is_bad = |container| !matches!(kind(container), "" | "Default");
    let names = those(subject, is_bad);
    let kinds: BTreeSet<&str> = subject.containers().filter(|c| is_bad(c)).map(kind).collect();
    (!names.is_empty()).then(|| {
        let who = named("container", &names);
        ("procMount", format!("{who} must not set securityContext.procMount to {}", quoted(kinds)))
    })
}

fn selinux(subject: Subject<'_>, minor: u32) -> Finding {
    let (mut kinds, mut user, mut role) = (BTreeSet::new(), false, false);
    let mut is_bad = |of: &Value| {
        let option = |name: &str| text(of, &format!("/securityContext/seLinuxOptions/{name}")).to_owned();
        let kind = option("type");
        let known = matches!(kind.as_str(), "" | "container_t" | "container_init_t" | "container_kvm_t")
            || (minor >= 31 && kind == "container_engine_t");
        let (sets_user, sets_role) = (!option("user").is_empty(), !option("role").is_empty());
        user |= sets_user;
        role |= sets_role;
        if !known {
            kinds.insert(kind);
        }
        !known || sets_user || sets_role
    };
    let pod = is_bad(subject.spec);
    let mut names = Vec::new();
    for container in subject.containers() {
        if is_bad(container) {
            names.push(text(container, "/name"));
        }
    }
    let who = setters(pod, &names)?;
    let mut what = Vec::new();
    if !kinds.is_empty() {
        what.push(named("type", &kinds.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    what.extend(user.then(|| "user may not be set".to_owned()));
    what.extend(role.then(|| "role may not be set".to_owned()));
    Some((
        "seLinuxOptions",
        format!("{who} set forbidden securityContext.seLinuxOptions: {}", what.join("; ")),
    ))
}

/// Profiles that switch seccomp off.
pub(super) fn seccomp(subject: Subject<'_>) -> Finding {
    fn kind(of: &Value) -> &str {
        text(of, "/securityContext/seccompProfile/type")
    }
    let is_bad = |of: &Value| {
        of.pointer("/securityContext/seccompProfile").is_some()
            && !matches!(kind(of), "RuntimeDefault" | "Localhost")
    };
    let names = those(subject, is_bad);
    let pod = is_bad(subject.spec);
    let who = setters(pod, &names)?;
    let kinds: BTreeSet<&str> =
        subject.containers().chain(std::iter::once(subject.spec)).filter(|of| is_bad(of)).map(kind).collect();
    Some((
        "seccompProfile",
        format!("{who} must not set securityContext.seccompProfile.type to {}", quoted(kinds)),
    ))
}

/// The annotations that came before the field.
fn older_seccomp(subject: Subject<'_>) -> Finding {
    let mut keys = vec!["seccomp.security.alpha.kubernetes.io/pod".to_owned()];
    keys.extend(
        subject
            .containers()
            .map(|c| format!("container.seccomp.security.alpha.kubernetes.io/{}", text(c, "/name"))),
    );
    let mut wrong = BTreeSet::new();
    for key in keys {
        let Some(value) = subject.annotations.get(&key).and_then(Value::as_str) else { continue };
        let fine = matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
        if !fine {
            wrong.insert(format!("{key}={value:?}"));
        }
    }
    let word = plural("annotation", wrong.len());
    let list = wrong.into_iter().collect::<Vec<_>>().join(", ");
    (!list.is_empty()).then(|| ("seccompProfile", format!("forbidden {word} {list}")))
}

/// Kernel settings that stay within the pod, and since which version they are let through.
const SAFE: [(&str, u32); 12] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];

fn sysctls(subject: Subject<'_>, minor: u32) -> Finding {
    let set = list(subject.spec, "/securityContext/sysctls").iter().map(|sysctl| text(sysctl, "/name"));
    let wrong: Vec<&str> =
        set.filter(|name| !SAFE.iter().any(|(safe, since)| safe == name && minor >= *since)).collect();
    (!wrong.is_empty()).then(|| ("forbidden sysctls", wrong.join(", ")))
}

fn host_process(subject: Subject<'_>) -> Finding {
    let is_bad =
        |of: &Value| of.pointer("/securityContext/windowsOptions/hostProcess") == Some(&Value::Bool(true));
    let who = setters(is_bad(subject.spec), &those(subject, is_bad))?;
    Some(("hostProcess", format!("{who} must not set securityContext.windowsOptions.hostProcess=true")))
}
