//! URLs and their parts, as Go reads them.

use super::{Answer, made};
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A URL that names a scheme and a host, or a path from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Url {
    text: String,
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    fn parse(text: &str) -> Option<Url> {
        let plain = !text.is_empty() && !text.chars().any(|c| c.is_ascii_control());
        let whole = text.split('#').next().unwrap_or_default();
        let (before, query) = whole.split_once('?').unwrap_or((whole, ""));
        let (scheme, rest) = match before.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            Some((first, _)) if !first.contains('/') => return None,
            _ => (String::new(), before),
        };
        if !plain || scheme.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let (host, path) = match rest.strip_prefix("//").filter(|_| !scheme.is_empty()) {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        if !is_host(host) {
            return None;
        }
        Some(Url {
            text: text.to_owned(),
            scheme,
            host: host.to_owned(),
            path: escaped(path),
            query: query.to_owned(),
        })
    }

    /// Name and port of the host.
    fn parts(&self) -> (&str, &str) {
        match (self.host.strip_prefix('['), self.host.rsplit_once(':')) {
            (Some(rest), _) => {
                let (name, rest) = rest.split_once(']').unwrap_or((rest, ""));
                (name, rest.strip_prefix(':').unwrap_or_default())
            }
            (None, Some((name, port))) => (name, port),
            (None, None) => (&self.host, ""),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_host(host: &str) -> bool {
    let port = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, rest)) if name.parse::<std::net::Ipv6Addr>().is_ok() => rest,
            Some(_) | None => return false,
        },
        None => host.find(':').map_or("", |at| &host[at..]),
    };
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let fits = port.is_empty() || port.strip_prefix(':').is_some_and(digits);
    fits && !host.contains([' ', '<', '>', '"', '\\', '^', '`', '{', '}', '|'])
}

fn escaped(path: &str) -> String {
    let mut made = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => made.push(char::from(byte)),
            byte if b"-_.~$&+,/:;=@%!'()*[]".contains(&byte) => made.push(char::from(byte)),
            byte => made.push_str(&format!("%{byte:02X}")),
        }
    }
    made
}

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        ("url", [Value::String(text)]) => Some(match Url::parse(text) {
            Some(url) => Ok(Value::Url(Arc::new(url))),
            None => Err(Failure::said(format!(
                "URL parse error during conversion from string: parse {text:?}: invalid URI for request"
            ))),
        }),
        ("isURL", [Value::String(text)]) => made(Value::Bool(Url::parse(text).is_some())),
        (_, [Value::Url(url)]) => of(name, url),
        _ => None,
    }
}

fn of(name: &str, url: &Url) -> Answer {
    let (host, port) = url.parts();
    made(match name {
        "getScheme" => Value::text(&url.scheme),
        "getHost" => Value::text(&url.host),
        "getHostname" => Value::text(host),
        "getPort" => Value::text(port),
        "getEscapedPath" => Value::text(&url.path),
        "getQuery" => query(&url.query),
        _ => return None,
    })
}

fn query(text: &str) -> Value {
    let mut values: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| unescaped(&text.replace('+', " "));
        values.entry(decoded(name)).or_default().push(Value::text(&decoded(value)));
    }
    Value::map(values.into_iter().map(|(name, values)| (name, Value::list(values))))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
