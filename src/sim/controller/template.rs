//! The hash of a pod template, which names ReplicaSets and the revisions of DaemonSets, and so decides the order in
//! which ReplicaSets and their pods are listed. kube-controller-manager hashes Go's view of the template: every field of the Go types in the order in
//! which they are declared, each with its type, whether it is set or not. The types of v1.36 are data
//! (`go-types.json`): `GoName jsonName type`, where `-` embeds a type whose fields stand beside the others.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::hash::safe;

static TYPES: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("go-types.json"))
        .expect("go-types.json is part of the program and valid")
});

/// The hash that kube-controller-manager v1.36 computes for a template, and for how often the name has collided, in
/// the alphabet of generated names.
pub(super) fn hash(template: &Value, collisions: Option<i64>) -> String {
    let mut text = String::new();
    value("PodTemplateSpec", Some(template), true, &mut text);
    let mut bytes = text.into_bytes();
    if let Some(count) = collisions {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        bytes.extend(count.to_le_bytes());
        bytes.extend([0; 4]);
    }
    // FNV-1a.
    let sum =
        bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    safe(&sum.to_string())
}

/// An object of a Go type as those hashes see it.
pub(super) fn printed(kind: &str, object: &Value) -> String {
    let mut text = String::new();
    value(kind, Some(object), true, &mut text);
    text
}

/// Writes a value of a Go type as `%#v` of github.com/davecgh/go-spew does, with its type before it where that is
/// not known from what it stands in.
fn value(kind: &str, value: Option<&Value>, typed: bool, out: &mut String) {
    let value = value.filter(|value| !value.is_null());
    if let Some(target) = kind.strip_prefix('*') {
        return pointer(target, value, typed, out);
    }
    if typed {
        put(out, format_args!("({})", go_name(kind)));
    }
    bare(kind, value, out);
}

fn pointer(target: &str, pointed: Option<&Value>, typed: bool, out: &mut String) {
    if typed {
        put(out, format_args!("(*{})", go_name(target)));
    }
    match pointed {
        Some(pointed) => value(target, Some(pointed), false, out),
        None => out.push_str("<nil>"),
    }
}

fn bare(kind: &str, value: Option<&Value>, out: &mut String) {
    if let Some(item) = kind.strip_prefix("[]") {
        return list(item, value, out);
    }
    if let Some((_, item)) = kind.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return map(item, value, out);
    }
    match kind {
        "int32" | "int64" => put(out, format_args!("{}", value.and_then(Value::as_i64).unwrap_or(0))),
        "bool" => put(out, format_args!("{}", value.and_then(Value::as_bool).unwrap_or(false))),
        // Templates carry no times but the creation time, which nobody sets.
        "Time" => out.push_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"),
        "ResourceList" => map("resource.Quantity", value, out),
        "resource.Quantity" => quantity(&value.map(plain).unwrap_or_default(), out),
        "intstr.IntOrString" => number_or_name(value, out),
        kind => match TYPES.get(kind) {
            Some(rows) => structure(rows, value, out),
            // What is no struct is a string with a name of its own: a policy, a phase.
            None => out.push_str(value.and_then(Value::as_str).unwrap_or_default()),
        },
    }
}

fn list(item: &str, items: Option<&Value>, out: &mut String) {
    let Some(items) = items.and_then(Value::as_array).filter(|items| !items.is_empty()) else {
        return out.push_str("<nil>");
    };
    out.push('[');
    for (at, one) in items.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        value(item, Some(one), false, out);
    }
    out.push(']');
}

fn map(item: &str, entries: Option<&Value>, out: &mut String) {
    let Some(entries) = entries.and_then(Value::as_object).filter(|entries| !entries.is_empty()) else {
        return out.push_str("<nil>");
    };
    let sorted: BTreeMap<&String, &Value> = entries.iter().collect();
    out.push_str("map[");
    for (at, (key, one)) in sorted.into_iter().enumerate() {
        put(out, format_args!("{}{key}:", if at > 0 { " " } else { "" }));
        value(item, Some(one), false, out);
    }
    out.push(']');
}

fn structure(rows: &[String], holder: Option<&Value>, out: &mut String) {
    let none = Map::new();
    let fields = holder.and_then(Value::as_object).unwrap_or(&none);
    out.push('{');
    for (at, row) in rows.iter().enumerate() {
        let mut words = row.split(' ');
        let mut word = || words.next().expect("a row of go-types.json has three words");
        let (name, key, kind) = (word(), word(), word());
        put(out, format_args!("{}{name}:", if at > 0 { " " } else { "" }));
        value(kind, if key == "-" { holder } else { fields.get(key) }, true, out);
    }
    out.push('}');
}

/// `intstr.IntOrString`: its type is 0 for a number and 1 for a text.
fn number_or_name(value: Option<&Value>, out: &mut String) {
    let (kind, number, text) = match value {
        Some(Value::String(text)) => (1, 0, text.as_str()),
        value => (0, value.and_then(Value::as_i64).unwrap_or(0), ""),
    };
    put(out, format_args!("{{Type:(intstr.Type){kind} IntVal:(int32){number} StrVal:(string){text}}}"));
}

/// `resource.Quantity` as parsed from its canonical text, which it remembers in some cases.
fn quantity(text: &str, out: &mut String) {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part}");
    let value: i64 = digits.parse().unwrap_or(0);
    let (value, scale, format, remembered) = match (binary(suffix), decimal(suffix)) {
        (Some(shift), _) => (value << shift, 0, "BinarySI", shift % 10 == 0 && value & 7 != 0),
        (None, (exponent, format)) => {
            let scale = exponent - i64::try_from(part.len()).unwrap_or(0);
            let short = !digits.ends_with("000") && !digits.starts_with('0');
            (value, scale, format, text == "0" || scale % 3 == 0 && short)
        }
    };
    let text = if remembered { text } else { "" };
    put(
        out,
        format_args!(
            "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
             d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){text} Format:(resource.Format){format}}}"
        ),
    );
}

/// `Ki` → 10.
fn binary(suffix: &str) -> Option<u32> {
    let at = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|known| *known == suffix)?;
    Some(10 * (u32::try_from(at).unwrap_or(0) + 1))
}

/// `k` → 3.
fn decimal(suffix: &str) -> (i64, &'static str) {
    let at = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].iter().position(|known| *known == suffix);
    match at {
        Some(at) => (3 * (i64::try_from(at).unwrap_or(0) - 3), "DecimalSI"),
        None => (suffix.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0), "DecimalExponent"),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of a type as Go prints it, with its package: `[]Container` → `[]v1.Container`.
fn go_name(kind: &str) -> String {
    if let Some(rest) = kind.strip_prefix('*') {
        return format!("*{}", go_name(rest));
    }
    if let Some(rest) = kind.strip_prefix("[]") {
        return format!("[]{}", go_name(rest));
    }
    if let Some((key, item)) = kind.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return format!("map[{}]{}", go_name(key), go_name(item));
    }
    match kind {
        "string" | "int32" | "int64" | "bool" => kind.to_owned(),
        // Go names a package by the last part of its path, which is that of the core API, too.
        "discovery.EndpointPort" => "v1.EndpointPort".to_owned(),
        kind if kind.contains('.') => kind.to_owned(),
        kind => format!("v1.{kind}"),
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(image: &str, script: &str) -> Value {
        json!({
            "metadata": {
                "creationTimestamp": null, "labels": {"app.kubernetes.io/instance": "myapp", "v": "1.0.0"}
            },
            "spec": {
                "containers": [{
                    "command": ["sh", "-c", script], "image": image, "imagePullPolicy": "IfNotPresent",
                    "name": "app",
                    "readinessProbe": {
                        "failureThreshold": 3, "httpGet": {"path": "/index.html", "port": 8080, "scheme": "HTTP"},
                        "periodSeconds": 1, "successThreshold": 1, "timeoutSeconds": 1
                    },
                    "resources": {}, "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File"
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                "securityContext": {}, "terminationGracePeriodSeconds": 1
            }
        })
    }

    #[test]
    fn a_template_hashes_as_the_recorded_cluster_hashed_it() {
        let served = "httpd -f -p 8080 -h /www";
        for (image, script, recorded) in
            [("busybox:1.36", served, "9c58d6fd7"), ("busybox:1.36", "exit 1", "bb8f7855")]
        {
            let hash = hash(&template(image, script), None);
            assert_eq!(hash, recorded, "{image} {script}");
        }
    }

    #[test]
    fn a_quantity_prints_its_parts_and_remembers_a_canonical_text() {
        for (text, value, scale, remembered, format) in [
            ("100m", 100, -3, "100m", "DecimalSI"),
            ("2", 2, 0, "2", "DecimalSI"),
            ("0", 0, 0, "0", "DecimalSI"),
            ("5k", 5, 3, "5k", "DecimalSI"),
            ("64Mi", 64 << 20, 0, "", "BinarySI"),
            ("1Gi", 1 << 30, 0, "1Gi", "BinarySI"),
        ] {
            let mut printed = String::new();
            quantity(text, &mut printed);
            assert_eq!(
                printed,
                format!(
                    "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
                     d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){remembered} \
                     Format:(resource.Format){format}}}"
                )
            );
        }
    }
}
