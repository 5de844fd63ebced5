//! Which PersistentVolume fits a claim (`FindMatchingVolume`, `checkVolumeSatisfyClaim`). Binding them is `provision`'s
//! matter.

use super::super::View;
use super::super::object::{list, name, namespace, terminating, text, uid};
use super::super::selector;
use crate::snapshot::Object;
use serde_json::Value;

/// The volume that is meant for the claim, else the smallest free one of its class that has its size, modes and
/// labels.
pub(super) fn matching<'a>(view: &View<'a>, claim: &Value) -> Option<&'a Object> {
    let fits = |volume: &Value| {
        volume["spec"]["claimRef"].is_null()
            && text(volume, "/status/phase") == "Available"
            && !terminating(volume)
            && mismatch(claim, volume).is_none()
            && (claim["spec"]["selector"].is_null() || selector::matches(&claim["spec"]["selector"], volume))
    };
    let free = || volumes(view).filter(|volume| fits(volume));
    prebound(view, claim).or_else(|| free().min_by_key(|volume| size(volume)))
}

/// The volume whose `claimRef` names the claim.
pub(super) fn prebound<'a>(view: &View<'a>, claim: &Value) -> Option<&'a Object> {
    volumes(view).find(|volume| {
        let meant = &volume["spec"]["claimRef"];
        text(meant, "/name") == name(claim)
            && text(meant, "/namespace") == namespace(claim)
            && (text(meant, "/uid").is_empty() || text(meant, "/uid") == uid(claim))
            && !terminating(volume)
            && size(volume) >= wanted(claim)
            && mode(volume) == mode(claim)
    })
}

fn volumes<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Object> {
    view.snapshot.list("", "persistentvolumes", Some("")).map(|(_, volume)| volume)
}

/// Why a volume that a claim names cannot be bound to it.
pub(super) fn mismatch(claim: &Value, volume: &Value) -> Option<&'static str> {
    let modes = list(volume, "/spec/accessModes");
    if size(volume) < wanted(claim) {
        Some("requested PV is too small")
    } else if text(volume, "/spec/storageClassName") != text(claim, "/spec/storageClassName") {
        Some("storageClassName does not match")
    } else if mode(volume) != mode(claim) {
        Some("incompatible volumeMode")
    } else if !list(claim, "/spec/accessModes").iter().all(|mode| modes.contains(mode)) {
        Some("incompatible accessMode")
    } else {
        None
    }
}

/// Whether the claim asks for more than the volume has.
pub(super) fn is_smaller(volume: &Value, claim: &Value) -> bool {
    size(volume) < wanted(claim)
}

fn mode(of: &Value) -> &str {
    match text(of, "/spec/volumeMode") {
        "" => "Filesystem",
        mode => mode,
    }
}

fn size(volume: &Value) -> u64 {
    bytes(text(volume, "/spec/capacity/storage"))
}

fn wanted(claim: &Value) -> u64 {
    bytes(text(claim, "/spec/resources/requests/storage"))
}

/// A storage quantity in bytes; what cannot be read counts as none.
fn bytes(quantity: &str) -> u64 {
    let digits = quantity.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &quantity[digits.len()..] {
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "P" => 1_000_000_000_000_000,
        _ => 1,
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = format!("{part:0<3}");
    let thousandths: u64 = part.get(..3).and_then(|part| part.parse().ok()).unwrap_or(0);
    let whole = whole.parse::<u64>().unwrap_or(0).saturating_mul(unit);
    whole.saturating_add(thousandths.saturating_mul(unit) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_every_unit() {
        let cases = [("1Gi", 1 << 30), ("1.5Ki", 1536), ("2k", 2_000), ("7", 7), ("much", 0)];
        for (text, expected) in cases {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
