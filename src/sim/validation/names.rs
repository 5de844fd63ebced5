//! Which names and labels are well formed, and what kube-apiserver says about those that are not. Every check
//! returns its messages; none means well formed.

use super::findings::{Findings, Path};
use super::spelling::*;
use regex::Regex;
use std::sync::LazyLock;

/// `a.b-c.d`, at most 253 characters.
pub(in crate::sim) fn subdomain(name: &str) -> Vec<String> {
    let mut wrong = too_long(name, 253);
    if !is_subdomain(name) {
        wrong.push(SUBDOMAIN.to_owned());
    }
    wrong
}

/// `a.b_c.d`, as search domains are written.
pub(super) fn underscored_subdomain(name: &str) -> Vec<String> {
    let mut wrong = too_long(name, 253);
    let fits = |part: &str| {
        let part = part.strip_prefix('_').unwrap_or(part);
        let outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: char| outer(c) || matches!(c, '-' | '_');
        part.starts_with(outer) && part.ends_with(outer) && part.chars().all(inner)
    };
    if !name.split('.').all(fits) {
        wrong.push(UNDERSCORED.to_owned());
    }
    wrong
}

/// `a-b`, at most 63 characters.
pub(in crate::sim) fn label(name: &str) -> Vec<String> {
    let mut wrong = too_long(name, 63);
    if !is_label(name) {
        let dots = is_subdomain(name);
        wrong.push(if dots { "must not contain dots" } else { LABEL }.to_owned());
    }
    wrong
}

/// `a-b` that starts with a letter, at most 63 characters.
pub(in crate::sim) fn old_label(name: &str) -> Vec<String> {
    let mut wrong = too_long(name, 63);
    if !is_label(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        wrong.push(OLD_LABEL.to_owned());
    }
    wrong
}

/// The name of a header of HTTP.
pub(super) fn header_name(name: &str) -> Vec<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !name.is_empty() && name.chars().all(fits) { Vec::new() } else { vec![HEADER_NAME.to_owned()] }
}

/// The number of a user or group.
pub(super) fn id(id: i64) -> Vec<String> {
    let fits = (0..=i64::from(i32::MAX)).contains(&id);
    if fits { Vec::new() } else { vec!["must be between 0 and 2147483647, inclusive".to_owned()] }
}

/// A name that can be one segment of a URL path: what RBAC objects are called.
pub(in crate::sim) fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    let mut wrong = Vec::new();
    for illegal in ["/", "%"] {
        if name.contains(illegal) {
            wrong.push(format!("may not contain '{illegal}'"));
        }
    }
    wrong
}

/// An IP address in its canonical form, as objects that stand for addresses are called.
pub(super) fn canonical_address(name: &str) -> Vec<String> {
    let mut found = Findings::default();
    super::addresses::canonical_address(&Path::new(""), name, &mut found);
    let detail = |message: &str| {
        let quoted = serde_json::Value::from(name).to_string();
        message.strip_prefix(&format!("Invalid value: {quoted}: ")).unwrap_or(message).to_owned()
    };
    found.into_inner().iter().map(|violation| detail(&violation.message)).collect()
}

/// `*.a.b`: any host of a domain.
pub(super) fn wildcard(name: &str) -> Vec<String> {
    let mut wrong = too_long(name, 253);
    if !name.strip_prefix("*.").is_some_and(is_subdomain) {
        wrong.push(WILDCARD.to_owned());
    }
    wrong
}

/// A domain of at least two labels, which may end in a dot.
pub(super) fn full_domain(path: &Path, name: &str, found: &mut Findings) {
    if name.is_empty() {
        return found.required(path, "");
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let wrong = subdomain(name);
    if !wrong.is_empty() {
        return found.invalid(path, name, &wrong.join(","));
    }
    if !name.contains('.') {
        let detail = "should be a domain with at least two segments separated by dots";
        return found.invalid(path, name, detail);
    }
    if let Some(part) = name.split('.').find(|part| !label(part).is_empty()) {
        found.invalid(path, part, &label(part).join(","));
    }
}

/// `domain/path`.
pub(super) fn domain_path(path: &Path, name: &str, found: &mut Findings) {
    if name.is_empty() {
        return found.required(path, "");
    }
    let Some((domain, rest)) = name.split_once('/').filter(|(d, r)| !d.is_empty() && !r.is_empty()) else {
        return found.invalid(path, name, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    };
    found.invalid_each(path, domain, subdomain(domain));
    let fits = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c);
    if !rest.chars().all(fits) {
        let detail = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
        found.invalid(path, rest, detail);
    }
}

/// A key of labels, annotations or finalizers: `name` or `prefix.example/name`.
pub(in crate::sim) fn qualified(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let last = match name.split_once('/') {
        None => name,
        Some((prefix, last)) if !last.contains('/') => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            } else {
                if prefix.len() > 253 {
                    wrong.push("prefix part must be no more than 253 bytes".to_owned());
                }
                if !is_subdomain(prefix) {
                    wrong.push(format!("prefix part {SUBDOMAIN}"));
                }
            }
            last
        }
        Some(_) => {
            let optional = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {NAME_PART} {optional}")];
        }
    };
    if last.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if last.len() > 63 {
        wrong.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_name(last) {
        wrong.push(format!("name part {NAME_PART}"));
    }
    wrong
}

/// The value of a label.
pub(in crate::sim) fn label_value(value: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if value.len() > 63 {
        wrong.push("must be no more than 63 bytes".to_owned());
    }
    if !value.is_empty() && !is_name(value) {
        wrong.push(LABEL_VALUE.to_owned());
    }
    wrong
}

/// A key of a ConfigMap or Secret.
pub(super) fn config_key(key: &str) -> Vec<String> {
    let mut wrong = too_long(key, 253);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.is_empty() || !key.chars().all(fits) {
        wrong.push(CONFIG_KEY.to_owned());
    }
    match key {
        "." | ".." => wrong.push(format!("must not be '{key}'")),
        key if key.starts_with("..") => wrong.push("must not start with '..'".to_owned()),
        _fine => {}
    }
    wrong
}

/// The name of a port of a container: at most 15 characters, with a letter.
pub(super) fn port_name(name: &str) -> Vec<String> {
    let mut wrong = too_long(name, 15);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) {
        wrong.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !name.chars().any(|c| c.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if name.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if name.starts_with('-') || name.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

/// The name of an environment variable: printable ASCII without `=`.
pub(super) fn env_name(name: &str) -> Vec<String> {
    let fits = |c: char| c.is_ascii() && !c.is_ascii_control() && c != '=';
    if name.chars().all(fits) { Vec::new() } else { vec![ENV_NAME.to_owned()] }
}

/// An identifier as C has them.
pub(super) fn identifier(name: &str) -> Vec<String> {
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let fits = starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits { Vec::new() } else { vec![IDENTIFIER.to_owned()] }
}

/// Whether a text is a version by semver.org, 2.0.0.
pub(super) fn is_semantic_version(text: &str) -> bool {
    static VERSION: LazyLock<Regex> = LazyLock::new(|| {
        let number = r"(0|[1-9]\d*)";
        let early = r"(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)";
        let build = "[0-9a-zA-Z-]+";
        let whole = format!(r"^{number}\.{number}\.{number}(-{early}(\.{early})*)?(\+{build}(\.{build})*)?$");
        Regex::new(&whole).expect("a valid expression")
    });
    VERSION.is_match(text)
}

/// The number of a port.
pub(super) fn port_number(port: i64) -> Vec<String> {
    if (1..=65535).contains(&port) {
        Vec::new()
    } else {
        vec!["must be between 1 and 65535, inclusive".to_owned()]
    }
}

/// Whether a text is a percentage: digits and `%`.
pub(super) fn is_percent(text: &str) -> bool {
    text.strip_suffix('%')
        .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

pub(super) const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' \
    (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_for_what_is_wrong_with_them() {
        let long = "x".repeat(64);
        assert_eq!(label(&long), ["must be no more than 63 characters"]);
        assert_eq!(subdomain("a.b-c"), [""; 0]);
        assert_eq!(subdomain("a..b"), [SUBDOMAIN]);
        assert_eq!(label("a.b"), ["must not contain dots"]);
        assert_eq!(label("a_b"), [LABEL]);
        assert_eq!(qualified("example.com/a"), [""; 0]);
        assert_eq!(qualified("/a"), ["prefix part must be non-empty"]);
        assert_eq!(qualified("a/").len(), 2);
        assert_eq!(qualified("a/b/c").len(), 1);
        assert_eq!(label_value(""), [""; 0]);
        assert_eq!(label_value("-a"), [LABEL_VALUE]);
        assert_eq!(config_key("..x"), ["must not start with '..'"]);
        assert_eq!(port_name("8080"), ["must contain at least one letter (a-z)"]);
        assert_eq!(path_segment("a:b"), [""; 0]);
        assert_eq!(path_segment("a/b"), ["may not contain '/'"]);
        assert_eq!(env_name("A=b"), [ENV_NAME]);
    }
}
