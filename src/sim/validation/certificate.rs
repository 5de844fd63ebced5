//! What requests for certificates may say. A request is PEM; what is signed in it is not looked at.

use super::findings::{Findings, Path};
use super::{meta, names, pem};
use crate::sim::look::{list, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

const LEGACY_SIGNER: &str = "kubernetes.io/legacy-unknown";

/// The shortest life of a certificate that may be asked for, in seconds.
const SHORTEST: i64 = 600;

/// A CertificateSigningRequest; its metadata has been checked.
pub(super) fn request(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let (path, spec) = (Path::new("spec"), object.get("spec").unwrap_or(&Value::Null));
    let given = text(spec, "/request");
    if !is_request(given) {
        let shown = spec.get("request").cloned().unwrap_or_default();
        found.invalid(&path.child("request"), shown, "PEM block type must be CERTIFICATE REQUEST");
    }
    usages(&path.child("usages"), list(spec, "/usages"), old.is_some(), found);
    let (at, signer) = (path.child("signerName"), text(spec, "/signerName"));
    if signer == LEGACY_SIGNER && old.is_none() {
        found.invalid(&at, signer, "the legacy signerName is not allowed via this API version");
    } else {
        self::signer(&at, signer, found);
    }
    let life = spec.get("expirationSeconds").and_then(Value::as_i64);
    if let Some(life) = life.filter(|life| *life < SHORTEST) {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        found.invalid(&path.child("expirationSeconds"), life, detail);
    }
    conditions(object, old, found);
    let given = text(object, "/status/certificate");
    let held = old.map_or("", |old| text(old, "/status/certificate"));
    // What is stored and was never right may be replaced by what is not right either.
    if given != held && (held.is_empty() || pem::fault(held).is_none()) {
        let told = pem::fault(given);
        let at = Path::new("status.certificate");
        told.into_iter().for_each(|why| found.invalid(&at, "<certificate data>", &why));
    }
}

/// Whether base64 of bytes begins with a PEM block of a request.
fn is_request(encoded: &str) -> bool {
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let begin = "-----BEGIN ";
    let opened = text.lines().find_map(|line| line.strip_prefix(begin)?.trim_end().strip_suffix("-----"));
    opened
        .is_some_and(|kind| kind == "CERTIFICATE REQUEST" && text.contains(&format!("-----END {kind}-----")))
}

fn usages(path: &Path, usages: &[Value], is_stored: bool, found: &mut Findings) {
    if usages.is_empty() {
        found.required(path, "");
    }
    if is_stored {
        return;
    }
    let named = || usages.iter().enumerate().map(|(at, usage)| (at, usage.as_str().unwrap_or_default()));
    for (index, usage) in named().filter(|(_, usage)| !USAGES.contains(usage)) {
        found.unsupported(&path.index(index), usage, &USAGES);
    }
    for (index, usage) in named().filter(|(at, usage)| usages[..*at].iter().any(|before| before == usage)) {
        found.duplicate(&path.index(index), usage);
    }
}

/// `example.com/signer-name`.
fn signer(path: &Path, signer: &str, found: &mut Findings) {
    if signer.is_empty() {
        return found.required(path, "");
    }
    let Some((domain, rest)) = signer.split_once('/').filter(|(_, rest)| !rest.contains('/')) else {
        let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return found.invalid(path, signer, detail);
    };
    let (most_domain, most) = (253, 253 + 253 + 63 + 2);
    if domain.len() > most_domain {
        found.too_long(path, most_domain);
    }
    first_wrong(path, domain, names::label, found);
    if !domain.contains('.') {
        let detail = "should be a domain with at least two segments separated by dots";
        found.invalid(path, domain, detail);
    }
    first_wrong(path, rest, names::subdomain, found);
    if signer.len() > most {
        found.too_long(path, most);
    }
}

fn first_wrong(path: &Path, segment: &str, check: impl Fn(&str) -> Vec<String>, found: &mut Findings) {
    let wrong = segment.split('.').map(|label| (label, check(label))).find(|(_, told)| !told.is_empty());
    if let Some((label, told)) = wrong {
        let told = told.into_iter().map(|why| format!("validating label {label:?}: {why}"));
        found.invalid_each(path, segment, told);
    }
}

/// The conditions that say what became of a request, and are never taken back.
const FINAL: [&str; 3] = ["Approved", "Denied", "Failed"];

fn conditions(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let (path, conditions) = (Path::new("status.conditions"), list(object, "/status/conditions"));
    let before = old.map_or(&[][..], |old| list(old, "/status/conditions"));
    let had = |kind: &str| before.iter().any(|condition| text(condition, "/type") == kind);
    for (index, condition) in conditions.iter().enumerate() {
        let (at, kind) = (path.index(index), text(condition, "/type"));
        if kind.is_empty() && !had("") {
            found.required(&at.child("type"), "");
        }
        let statuses = if FINAL.contains(&kind) { &["True"][..] } else { &["False", "True", "Unknown"] };
        found.one_of(&at.child("status"), text(condition, "/status"), statuses);
        let other = match kind {
            "Approved" => "Denied",
            "Denied" => "Approved",
            _any => "",
        };
        let seen = |wanted: &str| conditions[..index].iter().any(|one| text(one, "/type") == wanted);
        if !other.is_empty() && seen(other) && !(had("Approved") && had("Denied")) {
            found.invalid(&path, kind, "Approved and Denied conditions are mutually exclusive");
        }
        if seen(kind) {
            found.duplicate(&at.child("type"), kind);
        }
    }
}

/// The part of a CertificateSigningRequest that is being changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its metadata: the rest is carried over from what is stored.
    Main,
    /// Its status, with the certificate.
    Status,
    /// Whether it is approved.
    Approval,
}

/// A changed CertificateSigningRequest.
pub(super) fn changed(part: Part, old: &Value, new: &Value, found: &mut Findings) {
    let (group, kind) = ("certificates.k8s.io", "CertificateSigningRequest");
    meta::metadata(group, kind, new, found);
    request(new, Some(old), found);
    let path = Path::new("status.conditions");
    let of = |object: &Value, kind: &str| {
        let all = list(object, "/status/conditions").iter();
        all.filter(|condition| text(condition, "/type") == kind).cloned().collect::<Vec<_>>()
    };
    for kind in FINAL.iter().filter(|kind| of(new, kind).len() < of(old, kind).len()) {
        found.forbidden(&path, &format!("updates may not remove a condition of type {kind:?}"));
    }
    if part != Part::Approval {
        for kind in ["Approved", "Denied"].iter().filter(|kind| of(new, kind).len() > of(old, kind).len()) {
            found.forbidden(&path, &format!("updates may not add a condition of type {kind:?}"));
        }
    }
    let (was, is) = (text(old, "/status/certificate"), text(new, "/status/certificate"));
    if was != is && part != Part::Status {
        found.forbidden(&Path::new("status.certificate"), "updates may not set certificate content");
    } else if was != is && !was.is_empty() {
        let detail = "updates may not modify existing certificate content";
        found.forbidden(&Path::new("status.certificate"), detail);
    }
    meta::own_update(group, old, new, found);
}
