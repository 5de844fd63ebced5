//! A text with the place where it was written.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A text and its place; compared by its text alone.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1; 0 where the place is not known.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The bytes of the file that it spans.
    pub bytes: Range<usize>,
}

impl Place {
    /// The place of a node that the YAML reader saw.
    pub(super) fn of(location: Location) -> Place {
        let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let span = location.span();
        let from = span.byte_offset().map_or(0, whole);
        let bytes = from..from.saturating_add(span.byte_len().map_or(0, whole));
        Place { line: whole(location.line()), column: whole(location.column()), bytes }
    }
}

impl<'de> Deserialize<'de> for Placed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Placed, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<String>::deserialize(from)?;
        Ok(Placed { text: value, place: Place::of(referenced) })
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Placed) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for Placed {
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}
