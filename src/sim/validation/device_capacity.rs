//! How much of a device may be asked for at once, where several claims share it.

use super::device_parts::{each, twice};
use super::findings::{Findings, Path};
use crate::sim::amount::nanos;
use crate::sim::look::{list, plain};
use serde_json::Value;

/// So many amounts may be listed to choose from.
const OPTIONS: usize = 10;

/// An entry of `capacity`; `shared` says whether several claims may have parts of the device.
pub(super) fn capacity(path: &Path, capacity: &Value, shared: bool, found: &mut Findings) {
    let Some(policy) = capacity.get("requestPolicy").filter(|policy| policy.is_object()) else { return };
    let path = path.child("requestPolicy");
    if !shared {
        return found.forbidden(&path, "allowMultipleAllocations must be true");
    }
    let all = Amount::of(capacity.get("value"));
    let (values, range) =
        (list(policy, "/validValues"), policy.get("validRange").filter(|range| range.is_object()));
    let default = policy.get("default").filter(|value| !value.is_null());
    let named = match (values, range) {
        ([], None) => return,
        ([_, ..], Some(_)) => {
            let detail = "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the \
                          same time";
            return found.forbidden(&path, detail);
        }
        ([_, ..], None) => "validValues",
        ([], Some(_)) => "validRange",
    };
    let Some(default) = default.map(|value| Amount::of(Some(value))) else {
        return found.required(&path.child("default"), &format!("required when {named} is defined"));
    };
    match range {
        None => listed(&path.child(named), values, &default, &all, found),
        Some(range) => within(&path.child(named), range, &default, &all, found),
    }
}

/// An amount, and how it is written.
struct Amount {
    text: String,
    nanos: i128,
}

impl Amount {
    fn of(value: Option<&Value>) -> Amount {
        let text = value.map(plain).unwrap_or_else(|| "0".to_owned());
        let nanos = nanos(&text).unwrap_or(0);
        Amount { text, nanos }
    }
}

fn listed(path: &Path, values: &[Value], default: &Amount, all: &Amount, found: &mut Findings) {
    let amounts: Vec<Amount> = values.iter().map(|value| Amount::of(Some(value))).collect();
    for (index, pair) in amounts.windows(2).enumerate().filter(|(_, pair)| pair[0].nanos > pair[1].nanos) {
        let detail = "values must be sorted in ascending order";
        found.invalid(&path.index(index + 1), pair[1].text.clone(), detail);
    }
    each(path, values, OPTIONS, found, |path, value, found| {
        let option = Amount::of(Some(value));
        if option.nanos > all.nanos {
            let detail = format!("option is larger than capacity value: {}", all.text);
            found.invalid(path, option.text, &detail);
        }
    });
    twice(path, values, OPTIONS, found, |value| {
        let whole = Amount::of(Some(value)).nanos / 1_000_000_000;
        whole.to_string().into()
    });
    if values.len() > OPTIONS || !amounts.iter().any(|amount| amount.nanos == default.nanos) {
        let detail = "default value is not valid according to the requestPolicy";
        found.invalid(path, default.text.clone(), detail);
    }
}

fn within(path: &Path, range: &Value, default: &Amount, all: &Amount, found: &mut Findings) {
    let bound =
        |key: &str| range.get(key).filter(|value| !value.is_null()).map(|value| Amount::of(Some(value)));
    let Some(least) = bound("min") else {
        return found.required(&path.child("min"), "required when validRange is defined");
    };
    let mut wrong = |key: &str, amount: &Amount, why: &str, than: &Amount| {
        found.invalid(&path.child(key), amount.text.clone(), &format!("{why}: {}", than.text));
    };
    if least.nanos > all.nanos {
        wrong("min", &least, "min is larger than capacity value", all);
    }
    if default.nanos < least.nanos {
        wrong("default", default, "default is less than min", &least);
    }
    let most = bound("max");
    if let Some(most) = &most {
        if least.nanos > most.nanos {
            wrong("max", &least, "min is larger than max", most);
        }
        if most.nanos > all.nanos {
            wrong("max", most, "max is larger than capacity value", all);
        }
        if default.nanos > most.nanos {
            wrong("default", default, "default is more than max", most);
        }
    }
    let Some(step) = bound("step") else { return };
    let at = path.child("step");
    if step.nanos <= 0 {
        return found.invalid(&at, step.text, "must be greater than zero");
    }
    for amount in [Some(default), most.as_ref()].into_iter().flatten() {
        if (amount.nanos - least.nanos) % step.nanos != 0 {
            let detail =
                format!("value is not a multiple of a given step ({}) from ({})", step.text, least.text);
            found.invalid(&at, amount.text.clone(), &detail);
        }
    }
}
