//! What the variables of a script are about, by their names: `RELEASE=shop`, `export NAMESPACE=production`,
//! `GOOD_REVISION=5`, `CHART=./shop`. What stands for their values is the matter of `bind`.

use super::bindings::plain;
use super::facts::Facts;
use super::roles::{Position, Role, is_literal};
use crate::shell::{Simple, commands};

/// The values that a script gives to variables whose names say what they are about.
pub(super) fn set(script: &str) -> Vec<Position> {
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
            let role = Role::of(&plain(&name)).filter(|role| match role {
                Role::Release
                | Role::Namespace
                | Role::GoodRevision
                | Role::LastRevision
                | Role::Chart
                | Role::Values
                | Role::Context => true,
                Role::Object(_) | Role::Record => false,
            });
            found.extend(role.map(|role| Position { role, text, bytes }));
        }
    }
    found
}

/// The variables that a script sets to a chart of the reader's.
pub(super) fn charts(script: &str, facts: &Facts) -> Vec<String> {
    let places = set(script).into_iter().filter(|place| place.role == Role::Chart);
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
        let found: Vec<(Role, String, &str)> = set(script)
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
    }
}
