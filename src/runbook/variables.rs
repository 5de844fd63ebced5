//! What the variables of a script are about, by their names: `RELEASE=shop`, `export NAMESPACE=production`,
//! `GOOD_REVISION=5`, `CHART=./shop`. What stands for their values is the matter of `bind`.

use super::bindings::plain;
use super::facts::Facts;
use super::roles::{Position, Role, is_literal, positions};
use crate::shell::{Simple, commands};
use regex::Regex;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// The values that a script gives to variables whose names say what they are about.
/// `used` are variables that stand where a command says what they are about, whatever they are called.
pub(super) fn set(script: &str, used: &BTreeMap<String, Role>) -> Vec<Position> {
    let mut found = Vec::new();
    for simple in commands(script) {
        let exports = matches!(simple.program(), "export" | "local" | "readonly" | "declare");
        let exported = simple.words.iter().skip(1).filter(|_| exports);
        let exported = exported.filter_map(|word| {
            let (name, value) = word.text.split_once('=')?;
            // Quotes around the value count as part of the word.
            let from = (word.bytes.end.checked_sub(value.len())).filter(|_| {
                let written = &script[word.bytes.clone()];
                written.ends_with(&format!("={value}"))
            });
            let bytes = from.map_or(word.bytes.clone(), |from| from..word.bytes.end);
            Some((name.to_owned(), value.to_owned(), bytes))
        });
        let assigned =
            simple.assigned.iter().map(|(name, word)| (name.clone(), word.text.clone(), word.bytes.clone()));
        for (name, text, bytes) in assigned.chain(exported) {
            let role =
                Role::of(&plain(&name)).or_else(|| used.get(&name).copied()).filter(|role| match role {
                    Role::Release
                    | Role::Namespace
                    | Role::GoodRevision
                    | Role::LastRevision
                    | Role::Chart
                    | Role::Values
                    | Role::Context => true,
                    Role::Object(_) | Role::Record => false,
                });
            let (text, bytes) = fallback(script, &bytes).unwrap_or((text, bytes));
            found.extend(role.map(|role| Position { role, text, bytes }));
        }
    }
    found
}

/// `"${1:-shop}"`: what a variable holds where nobody has given it another value.
fn fallback(script: &str, bytes: &Range<usize>) -> Option<(String, Range<usize>)> {
    static FALLBACK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^"?\$\{\w+:?[-=]([^${}"'`]+)\}"?$"#).expect("a pattern of ours is one")
    });
    let value = FALLBACK.captures(&script[bytes.clone()])?.get(1)?;
    Some((value.as_str().to_owned(), bytes.start + value.start()..bytes.start + value.end()))
}

/// The variables that stand for a whole word with a meaning: `$APP` in `helm rollback $APP`.
pub(super) fn used(script: &str) -> Vec<(String, Role)> {
    let places = commands(script).iter().flat_map(positions).collect::<Vec<_>>();
    let names = places.into_iter().filter_map(|place| {
        let name = place.text.strip_prefix('$')?.trim_matches(['{', '}']).to_owned();
        let whole = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (whole && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, place.role))
    });
    names.collect()
}

/// The variables that a script sets to a chart of the reader's.
pub(super) fn charts(script: &str, facts: &Facts, used: &BTreeMap<String, Role>) -> Vec<String> {
    let places = set(script, used).into_iter().filter(|place| place.role == Role::Chart);
    let theirs = places.filter(|place| is_literal(&place.text) && !facts.has_chart(&place.text));
    let before =
        theirs.filter_map(|place| script[..place.bytes.start].trim_end_matches('"').strip_suffix('='));
    let name = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    before.filter_map(|text| text.rsplit(name).next()).map(str::to_owned).collect()
}

/// Where a statement reads two revisions, it compares the good one with the newest.
pub(super) fn compare(simples: &[Simple], places: &mut [(Position, bool)]) {
    let rolls_back = |simple: &Simple| simple.words.iter().any(|word| word.text == "rollback");
    let mut numbers: Vec<u32> = places
        .iter()
        .filter(|(place, _)| place.role == Role::GoodRevision)
        .filter_map(|(place, _)| place.text.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() != 2 || simples.iter().any(rolls_back) {
        return;
    }
    for (place, _) in places.iter_mut().filter(|(place, _)| place.role == Role::GoodRevision) {
        if place.text.parse() == Ok(numbers[1]) {
            place.role = Role::LastRevision;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_about_what_its_name_says() {
        let script = "RELEASE=shop\nexport NAMESPACE=prod REV=4\nlocal CHART=./shop\nCOLOUR=red\nPOD=web-0";
        let found: Vec<(Role, String, &str)> = set(script, &BTreeMap::new())
            .into_iter()
            .map(|position| (position.role, position.text, &script[position.bytes]))
            .collect();
        let wanted = [
            (Role::Release, "shop"),
            (Role::Namespace, "prod"),
            (Role::GoodRevision, "4"),
            (Role::Chart, "./shop"),
        ];
        let wanted: Vec<(Role, String, &str)> =
            wanted.iter().map(|(role, text)| (*role, (*text).to_owned(), *text)).collect();
        assert_eq!(found, wanted);
        let script = "RELEASE=\"${1:-shop}\" NAMESPACE=${NS:=prod}";
        let found: Vec<(String, &str)> = set(script, &BTreeMap::new())
            .into_iter()
            .map(|position| (position.text, &script[position.bytes]))
            .collect();
        assert_eq!(found, [("shop".to_owned(), "shop"), ("prod".to_owned(), "prod")]);
        let script = "X=shop Y=4; helm rollback \"$X\" ${Y} -n $1";
        let roles = used(script).into_iter().collect();
        let found: Vec<Role> = set(script, &roles).into_iter().map(|position| position.role).collect();
        assert_eq!(found, [Role::Release, Role::GoodRevision], "a variable is about what it is used for");
    }
}
