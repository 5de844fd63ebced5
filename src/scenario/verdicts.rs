//! What a scenario expects of a procedure: one verdict, or one for each range of versions of Helm.

use super::versions::allows;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// What a procedure comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// With every Helm.
    Same(Judgement),
    /// It depends on the version: ranges in their order, each with what it comes to.
    Split(Vec<(String, Judgement)>),
}

/// A verdict and what must be among the losses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Full marks.
    Recovered,
    /// Recovered, and a recoverable safeguard broke.
    Degraded(Trips),
    /// An objective is not met.
    Failed(Trips),
    /// A catastrophic safeguard broke.
    Catastrophic(Trips),
}

/// Objectives or safeguards that are lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trips {
    /// Their ids.
    pub trips: Vec<String>,
}

impl Expect {
    /// What is expected with a version of Helm: of several ranges the first that holds it, else the last.
    pub fn with(&self, version: &str) -> &Judgement {
        match self {
            Expect::Same(judgement) => judgement,
            Expect::Split(ranges) => {
                let held = ranges.iter().find(|(range, _)| allows(range, version) == Ok(true));
                &held.or(ranges.last()).expect("there are at least two").1
            }
        }
    }

    /// Every judgement in it.
    pub fn all(&self) -> Vec<&Judgement> {
        match self {
            Expect::Same(judgement) => vec![judgement],
            Expect::Split(ranges) => ranges.iter().map(|(_, judgement)| judgement).collect(),
        }
    }
}

impl Judgement {
    /// What must be among the losses.
    pub fn trips(&self) -> &[String] {
        match self {
            Judgement::Recovered => &[],
            Judgement::Degraded(lost) | Judgement::Failed(lost) | Judgement::Catastrophic(lost) => {
                &lost.trips
            }
        }
    }
}

const FIELDS: &[&str] = &["degraded", "failed", "catastrophic", "helm3", "helm4"];
const WORDS: &[&str] = &["recovered"];

struct ExpectVisitor;

impl<'de> Visitor<'de> for ExpectVisitor {
    type Value = Expect;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`recovered`, `{ failed: { trips: [ID] } }`, `{ helm3: …, helm4: … }` or `{ \"<4.3\": …, \">=4.3\": … }`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Expect, E> {
        match word {
            "recovered" => Ok(Expect::Same(Judgement::Recovered)),
            "degraded" | "failed" | "catastrophic" => {
                Err(E::custom(format!("{word} must say what it trips: {{ {word}: {{ trips: [ID] }} }}")))
            }
            _ => Err(E::unknown_variant(word, WORDS)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expect, A::Error> {
        let (mut same, mut ranges) = (None, Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "degraded" => same = Some(Judgement::Degraded(map.next_value()?)),
                "failed" => same = Some(Judgement::Failed(map.next_value()?)),
                "catastrophic" => same = Some(Judgement::Catastrophic(map.next_value()?)),
                "helm3" => ranges.push(("<4".to_owned(), map.next_value()?)),
                "helm4" => ranges.push((">=4".to_owned(), map.next_value()?)),
                range if allows(range, "0").is_ok() => ranges.push((range.to_owned(), map.next_value()?)),
                _ => return Err(A::Error::unknown_field(&key, FIELDS)),
            }
        }
        match (same, ranges.len()) {
            (Some(judgement), 0) => Ok(Expect::Same(judgement)),
            (None, 2..) => Ok(Expect::Split(ranges)),
            _ => Err(A::Error::custom("expected one verdict, or one for each of several ranges of versions")),
        }
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Expect, D::Error> {
        from.deserialize_any(ExpectVisitor)
    }
}

impl JsonSchema for Expect {
    fn schema_name() -> Cow<'static, str> {
        "Expect".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let judgement = generator.subschema_for::<Judgement>();
        schemars::json_schema!({
            "description": "One verdict, or one for each range of versions of Helm; helm3 is <4, helm4 is >=4.",
            "anyOf": [
                judgement,
                {
                    "type": "object",
                    "properties": {"helm3": judgement, "helm4": judgement},
                    "additionalProperties": judgement,
                    "minProperties": 2,
                },
            ],
        })
    }
}
