//! Volumes on the network and in clouds: iSCSI, Fibre Channel, Quobyte, Flocker, flex volumes and disks.

use super::findings::{Findings, Path};
use super::source::Of;
use crate::sim::look::{is_true, list, map, number, text};
use serde_json::Value;

pub(super) fn disk(path: &Path, source: &Value, key: &str, found: &mut Findings) {
    found.needs(path, source, &[key]);
    let partition = number(source, "/partition");
    if !(0..=255).contains(&partition) {
        found.invalid(&path.child("partition"), partition, "must be between 1 and 255, inclusive");
    }
}

pub(super) fn lun(path: &Path, lun: i64, found: &mut Findings) {
    if !(0..=255).contains(&lun) {
        found.invalid(&path.child("lun"), lun, "must be between 0 and 255, inclusive");
    }
}

const NAMES_TOGETHER: &str = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
    iscsi.initiatorName is specified.";

pub(super) fn iscsi(path: &Path, source: &Value, of: Of<'_>, volume: &str, found: &mut Findings) {
    let at = path.child("iscsi");
    found.needs(&at, source, &["targetPortal"]);
    let (portal, initiator) =
        (text(source, "/targetPortal"), source.get("initiatorName").and_then(Value::as_str));
    let too_long = |name: &str| initiator.is_some() && name.len() + 1 + portal.len() > 64;
    if let Of::Persistent(name, _) = of
        && too_long(name)
    {
        found.invalid(&at.child("targetportal"), portal, NAMES_TOGETHER);
    }
    let start = match of {
        Of::Pod(..) => "must be valid format starting with iqn, eui, or naa",
        Of::Persistent(..) => "must be valid format",
    };
    match text(source, "/iqn") {
        "" => found.required(&at.child("iqn"), ""),
        iqn => qualified_target(&at.child("iqn"), iqn, start, found),
    }
    lun(&at, number(source, "/lun"), found);
    let chap = is_true(source, "/chapAuthDiscovery") || is_true(source, "/chapAuthSession");
    match source.get("secretRef").filter(|secret| secret.is_object()) {
        None if chap => found.required(&at.child("secretRef"), ""),
        None => {}
        Some(secret) if matches!(of, Of::Persistent(..)) => {
            found.needs(&at.child("secretRef"), secret, &["name"]);
        }
        Some(_) => {}
    }
    if let Some(initiator) = initiator {
        qualified_target(&at.child("initiatorname"), initiator, start, found);
    }
    if matches!(of, Of::Pod(..)) && too_long(volume) {
        found.invalid(&path.child("name"), volume, NAMES_TOGETHER);
    }
}

fn qualified_target(path: &Path, name: &str, start: &str, found: &mut Findings) {
    let alphanumeric =
        |text: &str, length: usize| text.len() == length && text.chars().all(|c| c.is_ascii_alphanumeric());
    let good = match name.get(..3) {
        Some("iqn") => is_iqn(name),
        Some("eui") => name.len() > 4 && alphanumeric(&name[4..], 16),
        Some("naa") => name.len() > 4 && alphanumeric(&name[4..], 32),
        Some(_) | None => return found.invalid(path, name, start),
    };
    if !good {
        found.invalid(path, name, "must be valid format");
    }
}

/// `iqn.YYYY-MM.domain:name`.
fn is_iqn(name: &str) -> bool {
    let Some((head, tail)) = name.split_once(':') else { return false };
    let mut parts = head.splitn(3, '.');
    let (first, date, domain) =
        (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let digits = |text: &str, length: usize| text.len() == length && text.chars().all(|c| c.is_ascii_digit());
    let is_date = date.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2));
    let is_domain =
        !domain.is_empty() && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    let is_tail =
        !tail.is_empty() && !tail.contains(|c: char| ",;*&$|".contains(c) || c.is_ascii_whitespace());
    first == Some("iqn") && is_date && is_domain && is_tail
}

pub(super) fn flocker(path: &Path, source: &Value, found: &mut Findings) {
    let (name, uuid) = (text(source, "/datasetName"), text(source, "/datasetUUID"));
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => found.required(path, "one of datasetName and datasetUUID is required"),
        (false, false) => {
            found.invalid(
                path,
                "resource",
                "datasetName and datasetUUID can not be specified simultaneously",
            );
        }
        (true, false) | (false, true) => {}
    }
    if name.contains('/') {
        found.invalid(&path.child("datasetName"), name, "must not contain '/'");
    }
}

pub(super) fn quobyte(path: &Path, source: &Value, found: &mut Findings) {
    let detail = "must be a host:port pair or multiple pairs separated by commas";
    let registry = text(source, "/registry");
    if registry.is_empty() {
        found.required(&path.child("registry"), detail);
    } else if text(source, "/tenant").len() >= 65 {
        let detail = "must be a UUID and may not exceed a length of 64 characters";
        found.required(&path.child("tenant"), detail);
    } else {
        let is_pair =
            |pair: &&str| pair.matches(':').count() == 1 || (pair.starts_with('[') && pair.contains("]:"));
        for _ in registry.split(',').filter(|pair| !is_pair(pair)) {
            found.invalid(&path.child("registry"), registry, detail);
        }
    }
    found.needs(path, source, &["volume"]);
}

pub(super) fn fibre_channel(path: &Path, source: &Value, found: &mut Findings) {
    let (targets, ids) = (list(source, "/targetWWNs"), list(source, "/wwids"));
    let at = path.child("targetWWNs");
    if targets.is_empty() && ids.is_empty() {
        found.required(&at, "must specify either targetWWNs or wwids, but not both");
    }
    if !targets.is_empty() && !ids.is_empty() {
        let detail = "targetWWNs and wwids can not be specified simultaneously";
        found.invalid(&at, targets.to_vec(), detail);
    }
    if !targets.is_empty() {
        match source.get("lun").and_then(Value::as_i64) {
            None => found.required(&path.child("lun"), "lun is required if targetWWNs is specified"),
            Some(number) => lun(path, number, found),
        }
    }
}

pub(super) fn flex(path: &Path, source: &Value, found: &mut Findings) {
    found.needs(path, source, &["driver"]);
    for key in map(source, "/options").into_iter().flatten().map(|(key, _)| key) {
        let namespace = key.split_once('/').map_or(&**key, |(namespace, _)| namespace);
        let dotted = format!(".{}", namespace.to_lowercase());
        if dotted.ends_with(".kubernetes.io") || dotted.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            found.invalid(&path.child("options").key(key), key.as_str(), detail);
        }
    }
}

pub(super) fn azure_disk(path: &Path, source: &Value, found: &mut Findings) {
    found.needs(path, source, &["diskName", "diskURI"]);
    let given = |key: &str| source.get(key).and_then(Value::as_str);
    let kinds = ["Dedicated", "Managed", "Shared"];
    for (key, supported) in [("cachingMode", ["None", "ReadOnly", "ReadWrite"]), ("kind", kinds)] {
        if let Some(value) = given(key).filter(|value| !supported.contains(value)) {
            found.unsupported(&path.child(key), value, &supported);
        }
    }
    let uri = text(source, "/diskURI");
    let at = path.child("diskURI");
    match given("kind") {
        Some("Managed") if !uri.starts_with("/subscriptions/") => {
            let managed = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
            found.unsupported(&at, uri, &[managed]);
        }
        Some(kind) if kind != "Managed" && !uri.starts_with("https://") => {
            let blob = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
            found.unsupported(&at, uri, &[blob]);
        }
        Some(_) | None => {}
    }
}
