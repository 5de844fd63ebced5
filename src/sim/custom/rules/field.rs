//! The path of a field below a schema as rules name it (`.spec.replicas`, `.labels['a.b']`).

use crate::sim::custom::schema::{Additional, Schema};

/// The path as messages tell it; `Err` with what is wrong with it.
pub(in crate::sim::custom) fn find(schema: Schema<'_>, path: &str) -> Result<String, String> {
    let (mut here, mut told, mut rest) = (schema, String::new(), path);
    let missing = || "does not refer to a valid field".to_owned();
    while !rest.is_empty() {
        let (step, after) = step(rest)?;
        rest = after;
        let (inner, named) = match (here.has("properties"), here.additional()) {
            (true, _) => (here.property(&step).ok_or_else(missing)?, true),
            (false, Some(Additional::Of(of))) => (of, false),
            (false, _) => return Err(missing()),
        };
        told = match (named, told.is_empty()) {
            (false, _) => format!("{told}[{step}]"),
            (true, true) => step,
            (true, false) => format!("{told}.{step}"),
        };
        here = inner;
    }
    Ok(told)
}

/// The first step of a path, and what follows it.
fn step(path: &str) -> Result<(String, &str), String> {
    let end = || "unexpected end of JSON path".to_owned();
    if let Some(rest) = path.strip_prefix('.') {
        let length = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        return match rest.split_at(length) {
            ("", "") => Err(end()),
            ("", _) => Err("does not refer to a valid field".to_owned()),
            (name, rest) => Ok((name.to_owned(), rest)),
        };
    }
    let Some(rest) = path.strip_prefix('[') else {
        let length = path.find(['.', '[', ']']).unwrap_or(path.len());
        return Err(format!("expected [ or . but got: {}", &path[..length.max(1)]));
    };
    let Some(inner) = rest.strip_prefix('\'') else {
        let length = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        return Err(match rest {
            "" => end(),
            rest => format!("expected single quoted string but got {}", &rest[..length.max(1)]),
        });
    };
    let (mut name, mut escaped) = (String::new(), false);
    for (at, c) in inner.char_indices() {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, '\'') => {
                let rest = &inner[at + 1..];
                return rest.strip_prefix(']').map(|rest| (name, rest)).ok_or_else(end);
            }
            (false, c) => name.push(c),
            (true, c) => {
                name.push(match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '\'' | '\\' => c,
                    other => return Err(format!("invalid string literal: invalid escape char \\{other}")),
                });
                escaped = false;
            }
        }
    }
    Err(end())
}
