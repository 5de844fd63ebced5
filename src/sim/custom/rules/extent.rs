//! How large a value can be by its schema, as far as it fits into a request: what the cost of rules is estimated from.

use super::declare::{escape, has_identity};
use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::expression::{Extents, Step};
use std::collections::BTreeMap;

/// The most bytes that a request has.
const REQUEST: u64 = 3 * 1024 * 1024;

/// How large a value is at most, and how few bytes it can be.
#[derive(Debug, Default)]
pub(super) struct Extent {
    most: u64,
    /// The bytes of the smallest value as JSON.
    pub(super) least: u64,
    fields: BTreeMap<String, Extent>,
    /// The items of a list or the values of a map.
    element: Option<Box<Extent>>,
}

impl Extent {
    /// The extent of values of a schema; `None` where rules do not see them.
    pub(super) fn of(schema: Schema<'_>, whole: bool) -> Option<Extent> {
        let given = |keyword: &str| schema.whole(keyword).map(|most| u64::try_from(most).unwrap_or(0));
        let characters = |most: u64| given("maxLength").map_or(most, |length| length.saturating_mul(4));
        if schema.int_or_string() {
            return Some(Extent { most: characters(REQUEST - 2), least: 1, ..Extent::default() });
        }
        let plain = |most: u64, least: u64| Some(Extent { most, least, ..Extent::default() });
        match schema.kind() {
            "array" => {
                let items = schema.items()?;
                let element = Extent::of(items, items.embedded())?;
                let most = given("maxItems").unwrap_or((REQUEST - 2) / (element.least + 1));
                Some(Extent { most, least: 2, element: Some(Box::new(element)), ..Extent::default() })
            }
            "object" => match schema.additional() {
                Some(Additional::Of(of)) => {
                    let element = Extent::of(of, of.embedded())?;
                    let most = given("maxProperties").unwrap_or((REQUEST - 2) / (element.least + 6));
                    Some(Extent { most, least: 2, element: Some(Box::new(element)), ..Extent::default() })
                }
                Some(Additional::Allowed(_)) | None => Some(Extent::object(schema, whole)),
            },
            "string" => match schema.text("format") {
                "byte" => plain(given("maxLength").unwrap_or(REQUEST - 2), 2),
                "duration" => plain(32, 3),
                "date" => plain(12, 12),
                "date-time" => plain(32, 21),
                _ => {
                    let words = schema.list("enum").iter().filter_map(|word| word.as_str());
                    let longest = words.map(|word| word.len() as u64).max();
                    plain(characters(longest.unwrap_or(REQUEST - 2)), 2)
                }
            },
            "boolean" => plain(0, 4),
            "number" | "integer" => plain(0, 1),
            _ => None,
        }
    }

    fn object(schema: Schema<'_>, whole: bool) -> Extent {
        let mut made = Extent { least: 2, ..Extent::default() };
        let named = whole && !has_identity(schema);
        for (name, field) in schema.properties() {
            let Some(extent) = Extent::of(field, field.embedded()) else { continue };
            if schema.required().any(|required| required == name) && field.default().is_none() {
                made.least += name.len() as u64 + extent.least + 4;
            }
            if let Some(escaped) = escape(name) {
                made.fields.insert(escaped.into_owned(), extent);
            }
        }
        if named {
            let text = || Extent { most: REQUEST - 2, least: 2, ..Extent::default() };
            for name in ["kind", "apiVersion"] {
                made.fields.insert(name.to_owned(), text());
            }
            let names = ["name", "generateName"].map(|name| (name.to_owned(), text()));
            let metadata = Extent { least: 2, fields: names.into(), ..Extent::default() };
            made.fields.insert("metadata".to_owned(), metadata);
        }
        made
    }

    /// How often a value of this extent fits into one request.
    pub(super) fn times(&self) -> u64 {
        REQUEST / (self.least + 1)
    }
}

impl Extents for Extent {
    fn most(&self, path: &[Step]) -> Option<u64> {
        let mut here = self;
        for step in path.iter().skip(1) {
            here = match step {
                Step::Field(name) => here.fields.get(&**name)?,
                Step::Items | Step::Values => here.element.as_deref()?,
                // The names of a map have no bound of their own, which counts as none at all.
                Step::Keys => return here.element.as_deref().map(|_| 0),
                Step::Indices => return None,
            };
        }
        Some(here.most)
    }
}
