//! The ways in which a scenario can come about: every variant with every combination of what its dice may show. A
//! combination is named by its words, `VARIANT+WORD+WORD`; what makes no sense together is left out.

use super::model::{Differs, Procedure, Scenario};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What joins the words of a combination.
pub(super) const JOINT: char = '+';

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Always this.
    Fixed(String),
    /// A die: one of these, each under a word that names the combination and that `only` may refer to.
    OneOf(BTreeMap<String, String>),
}

/// The words of a combination.
pub(super) fn words(combination: &str) -> BTreeSet<&str> {
    combination.split(JOINT).filter(|word| !word.is_empty()).collect()
}

/// The names of all combinations of a scenario; one without a name where there are neither variants nor dice.
pub fn combinations(scenario: &Scenario) -> Vec<String> {
    let named: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.text.as_str()).collect();
    let starts = if named.is_empty() { vec![""] } else { named };
    let mut all = Vec::new();
    for start in starts {
        let mut rolled = vec![start.to_owned()];
        for words in dice(scenario, start) {
            let each = rolled.iter().flat_map(|name| words.iter().map(move |word| joined(name, word)));
            rolled = each.collect();
        }
        all.extend(rolled);
    }
    all.retain(|combination| makes_sense(scenario, combination));
    all
}

fn joined(name: &str, word: &str) -> String {
    match name {
        "" => word.to_owned(),
        name => format!("{name}{JOINT}{word}"),
    }
}

/// The words of every die that a variant leaves open.
fn dice<'a>(scenario: &'a Scenario, variant: &str) -> Vec<Vec<&'a str>> {
    let fixed = scenario.variants.iter().find(|known| known.name.text == variant).map(|known| &known.with);
    let open =
        scenario.parameters.iter().filter(|(name, _)| fixed.is_none_or(|with| !with.contains_key(*name)));
    let dice = open.filter_map(|(_, parameter)| match parameter {
        Parameter::Fixed(_) => None,
        Parameter::OneOf(values) => Some(values.keys().map(String::as_str).collect()),
    });
    dice.collect()
}

fn makes_sense(scenario: &Scenario, combination: &str) -> bool {
    let words = words(combination);
    !scenario.never.iter().any(|apart| apart.iter().all(|word| words.contains(word.text.as_str())))
}

impl Procedure {
    /// How it differs in a combination: of what is stated for words that are all in it, that with the most words.
    pub fn differs(&self, combination: &str) -> Option<&Differs> {
        self.differing(combination).into_iter().max_by_key(|(count, _)| *count).map(|(_, differs)| differs)
    }

    /// Everything that is stated for a combination, with how many words it names.
    pub(super) fn differing(&self, combination: &str) -> Vec<(usize, &Differs)> {
        let all = words(combination);
        let stated = self.variants.iter().map(|(name, differs)| (words(name), differs));
        stated
            .filter(|(words, _)| words.is_subset(&all))
            .map(|(words, differs)| (words.len(), differs))
            .collect()
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Parameter, D::Error> {
        from.deserialize_any(ParameterVisitor)
    }
}

struct ParameterVisitor;

impl<'de> Visitor<'de> for ParameterVisitor {
    type Value = Parameter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text in quotes, or a mapping from words to texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Parameter, E> {
        Ok(Parameter::Fixed(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameter, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((word, text)) = map.next_entry::<String, String>()? {
            values.insert(word, text);
        }
        Ok(Parameter::OneOf(values))
    }
}

impl JsonSchema for Parameter {
    fn schema_name() -> Cow<'static, str> {
        "Parameter".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "A text, or a die: words and the text that each stands for.",
            "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ],
        })
    }
}
