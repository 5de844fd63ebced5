//! Objects that are not of the kind and version that a path asks for, and what is said of them. How a body is read is
//! `decode`'s matter.

use crate::sim::resources::{self, Resource};
use crate::sim::status::Refusal;
use serde_json::Value;

/// The answer to a body from which not even the kind can be read.
pub(super) fn unreadable(of: &Resource, bytes: &[u8], why: &str) -> Refusal {
    let cut = |text: String, long: bool| if long { text + " ..." } else { text };
    let shown = match bytes {
        [] => "<empty>".to_owned(),
        [b'{', ..] => {
            cut(String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned(), bytes.len() > 30)
        }
        _ => cut(bytes.iter().take(30).map(|b| format!("{b:02x}")).collect(), bytes.len() > 30),
    };
    let kind = &of.kind;
    Refusal::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {why} ({shown})"
    ))
}

/// The answer to an object that is not the one that is asked for.
pub(super) fn handled(kind: &str, version: &str, wanted: &str, why: &str) -> String {
    format!("{kind} in version {version:?} cannot be handled as a {wanted}: {why}")
}

/// What is wrong with the kind or version of an object.
pub(super) enum Mistake {
    /// It is no group version at all.
    Unreadable(String),
    /// It is another kind, or one that is not known.
    Conversion(String),
    /// It is the right kind in another version.
    Version(String),
}

impl Mistake {
    /// The answer to it.
    pub(super) fn refusal(&self, of: &Resource, value: &Value) -> Refusal {
        match self {
            Mistake::Unreadable(why) => unreadable(of, value.to_string().as_bytes(), why),
            Mistake::Version(why) => Refusal::bad_request(why.clone()),
            Mistake::Conversion(why) => {
                let kind = value["kind"].as_str().filter(|kind| !kind.is_empty()).unwrap_or(&of.kind);
                let version = value["apiVersion"].as_str().filter(|given| !given.is_empty());
                let version = version.map_or(&*of.version, |given| given.rsplit('/').next().unwrap_or(given));
                Refusal::bad_request(handled(kind, version, &of.kind, why))
            }
        }
    }
}

/// What is said of an object whose kind or version is not the one that the path asks for.
pub(super) fn mistaken(of: &Resource, value: &Value) -> Option<Mistake> {
    let api_version = value["apiVersion"].as_str().filter(|v| !v.is_empty());
    let kind = value["kind"].as_str().filter(|k| !k.is_empty()).unwrap_or(&of.kind);
    let expected = of.api_version();
    let given = api_version.unwrap_or(&expected);
    if given == expected && kind == of.kind {
        return None;
    }
    if given.matches('/').count() > 1 {
        return Some(Mistake::Unreadable(format!("unexpected GroupVersion string: {given}")));
    }
    let (group, version) = given.rsplit_once('/').unwrap_or(("", given));
    let other_version = || {
        Mistake::Version(format!(
            "the API version in the data ({given}) does not match the expected API version ({expected})"
        ))
    };
    if of.custom {
        return Some(other_version());
    }
    let why = match package_of_kind(group, version, kind) {
        Some(_) if kind == of.kind => return Some(other_version()),
        Some(from) => {
            let to = package(&of.group, "");
            format!("converting ({from}.{kind}) to ({to}.{}): unknown conversion", of.kind)
        }
        None => {
            let scheme = scheme(of);
            format!("no kind {kind:?} is registered for version {given:?} in scheme {scheme:?}")
        }
    };
    Some(Mistake::Conversion(why))
}

/// Where the server that serves a resource keeps its types.
pub(super) fn scheme(of: &Resource) -> &'static str {
    match of.group.as_str() {
        "apiregistration.k8s.io" => "k8s.io/kube-aggregator/pkg/apiserver/scheme/scheme.go:28",
        _ => "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30",
    }
}

/// Whether a kind, or the list of one, is of the group of a resource.
pub(super) fn is_of_group(of: &Resource, kind: &str) -> bool {
    let single = kind.strip_suffix("List").unwrap_or(kind);
    [kind, single].iter().any(|kind| resources::of_kind(&of.group, &of.version, kind).is_some())
}

/// The Go package of a kind that kube-apiserver knows in this group version: a resource, a list of them, or what every
/// version has beside its resources.
fn package_of_kind(group: &str, version: &str, kind: &str) -> Option<String> {
    let listed = |item: &str| {
        let of = resources::of_kind(group, version, item)?;
        of.verbs.iter().any(|verb| verb == "list").then_some(of)
    };
    if resources::of_kind(group, version, kind).or_else(|| listed(kind.strip_suffix("List")?)).is_some() {
        return Some(package(group, version));
    }
    let beside = match kind {
        "WatchEvent" | "ListOptions" | "GetOptions" | "DeleteOptions" | "CreateOptions" | "UpdateOptions"
        | "PatchOptions" => resources::serves(group, version),
        "Status" | "APIVersions" | "APIGroup" | "APIGroupList" | "APIResourceList" | "List" => {
            (group, version) == ("", "v1")
        }
        _ => false,
    };
    beside.then(|| "v1".to_owned())
}

/// The Go package of a group's types: the versioned one where a version is given, else the internal one.
pub(super) fn package(group: &str, version: &str) -> String {
    match (group.split('.').next().unwrap_or_default(), version) {
        (_, version) if !version.is_empty() => version.to_owned(),
        // Events of either group are of one type inside.
        ("" | "events", _) => "core".to_owned(),
        (first, _) => first.to_owned(),
    }
}
