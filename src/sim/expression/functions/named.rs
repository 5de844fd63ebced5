//! Formats that have a name: `format.dns1123Label().validate(self.name)`.

use super::{Answer, made, time};
use crate::sim::expression::value::Value;
use crate::sim::validation;

/// A format, and what is wrong with a text that does not have it.
#[derive(Debug)]
pub(in crate::sim) struct NamedFormat {
    /// The function that gives it.
    pub(in crate::sim::expression) function: &'static str,
    /// What it calls itself.
    pub(super) name: &'static str,
    check: fn(&str) -> Vec<String>,
}

/// All of them.
pub(in crate::sim::expression) static FORMATS: [NamedFormat; 13] = [
    NamedFormat { function: "format.dns1123Label", name: "DNS1123Label", check: validation::label },
    NamedFormat {
        function: "format.dns1123Subdomain",
        name: "DNS1123Subdomain",
        check: validation::subdomain,
    },
    NamedFormat { function: "format.dns1035Label", name: "DNS1035Label", check: validation::old_label },
    NamedFormat { function: "format.qualifiedName", name: "QualifiedName", check: validation::qualified },
    NamedFormat {
        function: "format.dns1123LabelPrefix",
        name: "DNS1123LabelPrefix",
        check: |text| prefix(text, validation::label),
    },
    NamedFormat {
        function: "format.dns1123SubdomainPrefix",
        name: "DNS1123SubdomainPrefix",
        check: |text| prefix(text, validation::subdomain),
    },
    NamedFormat {
        function: "format.dns1035LabelPrefix",
        name: "DNS1035LabelPrefix",
        check: |text| prefix(text, validation::old_label),
    },
    NamedFormat { function: "format.labelValue", name: "LabelValue", check: validation::label_value },
    NamedFormat { function: "format.uri", name: "URI", check: uri },
    NamedFormat { function: "format.uuid", name: "UUID", check: uuid },
    NamedFormat { function: "format.byte", name: "Byte", check: byte },
    NamedFormat { function: "format.date", name: "Date", check: date },
    NamedFormat { function: "format.datetime", name: "Datetime", check: datetime },
];

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        ("format.named", [Value::String(wanted)]) => {
            let found = FORMATS.iter().find(|format| format.function.strip_prefix("format.") == Some(wanted));
            made(Value::optional(found.map(Value::Format)))
        }
        ("validate", [Value::Format(format), Value::String(text)]) => {
            let wrong = (format.check)(text);
            let told = Value::list(wrong.iter().map(|why| Value::text(why)).collect());
            made(Value::optional(Some(told).filter(|_| !wrong.is_empty())))
        }
        (name, []) => {
            FORMATS.iter().find(|format| format.function == name).map(|format| Ok(Value::Format(format)))
        }
        _ => None,
    }
}

/// What a name may begin with: it may end in a dash, since more follows.
fn prefix(text: &str, check: fn(&str) -> Vec<String>) -> Vec<String> {
    match text.strip_suffix('-') {
        Some(shorter) if !shorter.is_empty() => check(&format!("{shorter}a")),
        Some(_) | None => check(text),
    }
}

fn uri(text: &str) -> Vec<String> {
    let found = super::url::call("isURL", &[Value::text(text)]);
    match found {
        Some(Ok(Value::Bool(true))) => Vec::new(),
        _ => vec![format!("parse {text:?}: invalid URI for request")],
    }
}

fn uuid(text: &str) -> Vec<String> {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    let fits = plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Vec::new() } else { vec!["does not match the UUID format".to_owned()] }
}

fn byte(text: &str) -> Vec<String> {
    use base64::Engine;
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(_) => Vec::new(),
        Err(_) => vec!["invalid base64".to_owned()],
    }
}

fn date(text: &str) -> Vec<String> {
    match time::timestamp(&format!("{text}T00:00:00Z")) {
        Some(_) => Vec::new(),
        None => vec!["invalid date".to_owned()],
    }
}

fn datetime(text: &str) -> Vec<String> {
    match time::timestamp(text) {
        Some(_) => Vec::new(),
        None => vec!["invalid datetime".to_owned()],
    }
}
