//! Placeholders: `{release}`, `{namespace}`, `{chart}` and the parameters of a scenario, bound for one variant. What
//! is no plain lower-case word in braces is none (`{"data": …}`, `{.items}`, `${X}`), so shell and JSON stay as they are.

use super::dice::{Parameter, words};
use super::model::Scenario;
use super::placed::Placed;
use crate::check::Check;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What placeholders stand for in one variant or combination.
#[derive(Clone, Debug)]
pub struct Bindings {
    /// The words of the combination: its variant, and what its dice show.
    words: BTreeSet<String>,
    values: BTreeMap<String, String>,
}

/// A placeholder that stands for nothing, or a check that is none once it is bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbound {
    /// Nothing has this name.
    #[error("unknown placeholder {{{0}}}")]
    Unknown(String),
    /// What stands in its place does not fit.
    #[error("the check cannot be read once its placeholders are bound: {0}")]
    Check(String),
}

impl Bindings {
    /// The bindings of a variant; parameters may name the release, the chart and the namespace. A name that the scenario does not know counts as a variant without own values.
    pub fn of(scenario: &Scenario, combination: &str) -> Bindings {
        let namespace = scenario.environments.first().map(|first| first.text.clone());
        let own = BTreeMap::from([
            ("release".to_owned(), scenario.release.name.text.clone()),
            ("chart".to_owned(), format!("./charts/{}", scenario.release.chart.text)),
            ("namespace".to_owned(), namespace.unwrap_or_default()),
        ]);
        let mut all: BTreeSet<String> = words(combination).into_iter().map(str::to_owned).collect();
        let chosen = scenario.variants.iter().find(|candidate| all.contains(&candidate.name.text));
        let mut values = BTreeMap::new();
        for (name, parameter) in &scenario.parameters {
            let given = chosen.and_then(|variant| variant.with.get(name));
            values.insert(name.clone(), shown(parameter, given, &mut all));
        }
        let own = Bindings { words: all, values: own };
        for value in values.values_mut() {
            // A placeholder that means nothing in a parameter stays, and is found where the parameter is used.
            *value = own.text(value).unwrap_or_else(|_| value.clone());
        }
        values.extend(own.values);
        Bindings { words: own.words, values }
    }

    /// The same bindings for a command that runs in this environment.
    pub fn within(&self, environment: Option<&Placed>) -> Bindings {
        let mut bindings = self.clone();
        if let Some(name) = environment {
            bindings.values.insert("namespace".to_owned(), name.text.clone());
        }
        bindings
    }

    /// Whether something that applies `only` to some variants applies to this one.
    pub fn applies(&self, only: &[Placed]) -> bool {
        only.is_empty() || only.iter().any(|name| self.words.contains(&name.text))
    }

    /// The text with every placeholder replaced, once: what stands for one is not looked at again.
    pub fn text(&self, text: &str) -> Result<String, Unbound> {
        let mut bound = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, name, after)) = next(rest) {
            let value = self.values.get(name).ok_or_else(|| Unbound::Unknown(name.to_owned()))?;
            bound.push_str(before);
            bound.push_str(value);
            rest = after;
        }
        bound.push_str(rest);
        Ok(bound)
    }

    /// The check with every placeholder in it replaced.
    pub fn check(&self, check: &Check) -> Result<Check, Unbound> {
        let plain = serde_json::to_value(check).map_err(|error| Unbound::Check(error.to_string()))?;
        let bound = self.value(plain)?;
        serde_json::from_value(bound).map_err(|error| Unbound::Check(error.to_string()))
    }

    fn value(&self, value: Value) -> Result<Value, Unbound> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(&text)?),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.value(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let bound = fields.into_iter().map(|(key, value)| Ok((self.text(&key)?, self.value(value)?)));
                Value::Object(bound.collect::<Result<_, Unbound>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        })
    }
}

/// The value of a parameter in a combination, whose words grow by the side that a variant has chosen.
fn shown(parameter: &Parameter, given: Option<&String>, words: &mut BTreeSet<String>) -> String {
    let sides = match parameter {
        Parameter::Fixed(text) => return given.unwrap_or(text).clone(),
        Parameter::OneOf(sides) => sides,
    };
    if let Some(given) = given {
        let Some(value) = sides.get(given) else { return given.clone() };
        words.insert(given.clone());
        return value.clone();
    }
    let rolled = sides.iter().find(|(word, _)| words.contains(*word)).or(sides.iter().next());
    rolled.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The first placeholder of a text: what stands before it, its name, what follows.
pub(super) fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        let inside = &text[open + 1..];
        let name = inside.find('}').map(|close| &inside[..close]).filter(|name| is_name(name));
        match name {
            Some(name) if !text[..open].ends_with('$') => {
                return Some((&text[..open], name, &inside[name.len() + 1..]));
            }
            _ => from = open + 1,
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_word_in_braces_is_a_placeholder() {
        let values = BTreeMap::from([("release".to_owned(), "web".to_owned())]);
        let bindings = Bindings { words: BTreeSet::new(), values };
        let cases = [
            ("helm history {release}", "helm history web"),
            (r#"-p '{"data":{"release":"x"}}' {release}"#, r#"-p '{"data":{"release":"x"}}' web"#),
            ("jsonpath={.items[*]} ${release} {a,b} {}", "jsonpath={.items[*]} ${release} {a,b} {}"),
        ];
        for (text, bound) in cases {
            assert_eq!(bindings.text(text).as_deref(), Ok(bound));
        }
        assert_eq!(bindings.text("{chrat}").expect_err("unknown").to_string(), "unknown placeholder {chrat}");
    }
}
