//! One line of a timeline or a procedure: a command as plain text or with what is done to it.

use super::placed::{Place, Placed};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;
use std::borrow::Cow;
use std::fmt;

/// The word that marks where the baseline is taken.
const STEADY_STATE: &str = "steady-state";

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The baseline is taken here.
    SteadyState(Place),
    /// A command runs.
    Run(Box<Command>),
}

/// A command and what is done to it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Command {
    /// What is typed, as bash runs it.
    pub run: Placed,
    /// What is done to one of its calls.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// How often the fault bites: a number, or `always` while the command runs; once where absent.
    #[serde(default)]
    pub bites: Option<Bites>,
    /// The environment in which it runs; the first where absent.
    #[serde(default, rename = "in")]
    pub environment: Option<Placed>,
    /// How it must end; where absent, by its kill, anyhow after another fault, well otherwise in a timeline and anyhow in
    /// a procedure.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Its time limit in seconds.
    #[serde(default)]
    pub timeout: Option<u32>,
    /// The variants in which it runs; all where empty.
    #[serde(default)]
    pub only: Vec<Placed>,
}

/// How a command must end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// With exit code 0.
    Succeeds,
    /// With another exit code.
    Fails,
    /// With another exit code, saying this.
    FailsWith(String),
    /// By the signal of its fault.
    Killed,
    /// Anyhow.
    Any,
}

/// How often a fault bites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Bites {
    /// So many times.
    Times(u32),
    /// While the command runs.
    While(Always),
}

/// The word for a fault that does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Always {
    /// From the call that it waits for on.
    Always,
}

/// What is done to one call of a command; the call is written as `PATCH deployments/web`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The client dies.
    Kill(Side),
    /// The request is lost.
    Sever(String),
    /// It is applied and the answer is lost.
    LoseReply(String),
    /// A watch ends after its first event.
    CutWatch(String),
    /// It takes long.
    Delay(Delay),
    /// It is refused.
    Reject(Reject),
}

/// On which side of the call the client dies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Before it has an effect.
    Before(String),
    /// After it was applied.
    After(String),
}

/// A call that takes long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Delay {
    /// Which.
    pub call: String,
    /// How long.
    pub milliseconds: u64,
}

/// A call that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reject {
    /// Which.
    pub call: String,
    /// HTTP status.
    pub code: u16,
    /// Kubernetes' reason.
    #[serde(default)]
    pub reason: String,
    /// Kubernetes' message.
    #[serde(default)]
    pub message: String,
}

impl Fault {
    /// The call that it waits for, as written.
    pub fn call(&self) -> &str {
        match self {
            Fault::Kill(Side::Before(call) | Side::After(call)) => call,
            Fault::Sever(call) | Fault::LoseReply(call) | Fault::CutWatch(call) => call,
            Fault::Delay(delay) => &delay.call,
            Fault::Reject(reject) => &reject.call,
        }
    }
}

/// An item before its place is known.
enum Form {
    Line(String),
    Command(Box<Command>),
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Form, D::Error> {
        from.deserialize_any(FormVisitor)
    }
}

struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command, or a mapping with `run`")
    }

    fn visit_str<E: Error>(self, line: &str) -> Result<Form, E> {
        Ok(Form::Line(line.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        Command::deserialize(MapAccessDeserializer::new(map)).map(|command| Form::Command(Box::new(command)))
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Item, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Form>::deserialize(from)?;
        let place = Place::of(referenced);
        Ok(match value {
            Form::Line(line) if line == STEADY_STATE => Item::SteadyState(place),
            Form::Line(text) => Item::Run(Box::new(Command {
                run: Placed { text, place },
                fault: None,
                bites: None,
                environment: None,
                outcome: None,
                timeout: None,
                only: Vec::new(),
            })),
            Form::Command(command) => Item::Run(command),
        })
    }
}

impl JsonSchema for Item {
    fn schema_name() -> Cow<'static, str> {
        "Item".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let command = generator.subschema_for::<Command>();
        schemars::json_schema!({
            "description": "A command as plain text, the word steady-state, or a command with what is done to it.",
            "anyOf": [{"type": "string"}, command],
        })
    }
}
