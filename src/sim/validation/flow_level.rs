//! What priority levels may say: how much of the API server those have that share it.

use super::findings::{Findings, Path};
use super::flow::conditions;
use crate::sim::look::{number, text};
use serde_json::Value;

/// A PriorityLevelConfiguration.
pub(super) fn level(object: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    let (name, kind) = (text(object, "/metadata/name"), text(object, "/spec/type"));
    if (name == "exempt") != (kind == "Exempt") {
        found.invalid(&path.child("type"), kind, "must be 'Exempt' if and only if `name` is 'exempt'");
    }
    let part = |field: &str| object.pointer(&format!("/spec/{field}")).filter(|value| value.is_object());
    let (limited, exempt) = (part("limited"), part("exempt"));
    match kind {
        "Exempt" => {
            if limited.is_some() {
                found.forbidden(&path.child("limited"), "must be nil if the type is not Limited");
            }
            if let Some(exempt) = exempt {
                shares(&path.child("exempt"), exempt, found);
                percent(&path.child("exempt"), exempt, found);
            }
        }
        "Limited" => {
            if exempt.is_some() {
                found.forbidden(&path.child("exempt"), "must be nil if the type is Limited");
            }
            match limited {
                None => found.required(&path.child("limited"), "must not be empty when type is Limited"),
                Some(limited) => self::limited(&path.child("limited"), limited, found),
            }
        }
        other => found.unsupported(&path.child("type"), other, &["Exempt", "Limited"]),
    }
    conditions(object, found);
}

fn shares(path: &Path, level: &Value, found: &mut Findings) {
    let given = number(level, "/nominalConcurrencyShares");
    if given < 0 {
        found.invalid(&path.child("nominalConcurrencyShares"), given, "must be a non-negative integer");
    }
}

fn percent(path: &Path, level: &Value, found: &mut Findings) {
    let given = number(level, "/lendablePercent");
    if !(0..=100).contains(&given) {
        found.invalid(&path.child("lendablePercent"), given, "must be between 0 and 100, inclusive");
    }
}

fn limited(path: &Path, level: &Value, found: &mut Findings) {
    shares(path, level, found);
    response(&path.child("limitResponse"), level.get("limitResponse").unwrap_or(&Value::Null), found);
    percent(path, level, found);
    let borrowed = number(level, "/borrowingLimitPercent");
    if borrowed < 0 {
        let detail = "if specified, must be a non-negative integer";
        found.invalid(&path.child("borrowingLimitPercent"), borrowed, detail);
    }
}

fn response(path: &Path, response: &Value, found: &mut Findings) {
    let at = path.child("queuing");
    match (text(response, "/type"), response.get("queuing").filter(|queuing| queuing.is_object())) {
        ("Reject", Some(_)) => {
            found.forbidden(&at, "must be nil if limited.limitResponse.type is not Limited");
        }
        ("Reject", None) => {}
        ("Queue", None) => {
            found.required(&at, "must not be empty if limited.limitResponse.type is Limited");
        }
        ("Queue", Some(queuing)) => self::queuing(&at, queuing, found),
        (other, _) => found.unsupported(&path.child("type"), other, &["Queue", "Reject"]),
    }
}

/// So many queues there may be.
const QUEUES: i64 = 10_000_000;
/// So many bits of a hash pick the queues of a flow.
const HASH_BITS: f64 = 60.0;

fn queuing(path: &Path, queuing: &Value, found: &mut Findings) {
    let count = |field: &str| number(queuing, &format!("/{field}"));
    let (length, queues, hand) = (count("queueLengthLimit"), count("queues"), count("handSize"));
    if length <= 0 {
        found.invalid(&path.child("queueLengthLimit"), length, "must be positive");
    }
    if queues <= 0 {
        found.invalid(&path.child("queues"), queues, "must be positive");
    } else if queues > QUEUES {
        found.invalid(&path.child("queues"), queues, &format!("must not be greater than {QUEUES}"));
    }
    let at = path.child("handSize");
    if hand <= 0 {
        return found.invalid(&at, hand, "must be positive");
    }
    if hand > queues {
        return found.invalid(&at, hand, &format!("should not be greater than queues ({queues})"));
    }
    #[expect(clippy::cast_precision_loss, reason = "at most as many as there may be queues")]
    let bits = ((queues as f64).log2() * hand as f64).ceil();
    if bits > HASH_BITS {
        let detail = format!(
            "required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {HASH_BITS}"
        );
        found.invalid(&at, hand, &detail);
    }
}
