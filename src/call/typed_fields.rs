//! The fields of Kubernetes' Go types: their numbers in protobuf, their names in JSON, and whether JSON leaves them
//! out when they are empty. Read from a text of one line per message, which is looked into and never copied.

use super::typed_order::Place;
use std::sync::OnceLock;

/// One line per message, sorted: the message, then per field `NUMBER FLAGS NAME TYPE`. The flags: `?` a pointer,
/// `!` never left out, `z` left out when zero though a struct, `~` its members stand among the outer message's. The
/// types: `s` text, `i` whole number, `b` truth value, `y` bytes, `[T` list, `{T` map from text, or a message.
const FIELDS: &str = include_str!("protobuf-fields.txt");

/// The same for Tables, which protobuf has not: their numbers are their order.
const TABLES: &str = "\
meta.v1.Table\t1 metadata meta.v1.ListMeta\t2! columnDefinitions [meta.v1.TableColumnDefinition\t3! rows [meta.v1.TableRow
meta.v1.TableColumnDefinition\t1! name s\t2! type s\t3! format s\t4! description s\t5! priority i
meta.v1.TableRow\t1! cells [runtime.RawExtension\t2 conditions [meta.v1.TableRowCondition\t3 object runtime.RawExtension
meta.v1.TableRowCondition\t1! type s\t2! status s\t3 reason s\t4 message s";

/// A message of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) name: &'static str,
    fields: &'static [Field],
    /// Where its fields stand in Go's JSON, once somebody asked.
    pub(super) places: &'static OnceLock<Vec<Place>>,
}

/// A line of the table.
struct Line {
    name: &'static str,
    rest: &'static str,
    fields: OnceLock<Vec<Field>>,
    places: OnceLock<Vec<Place>>,
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// A Go pointer: present however empty it is, where it was given.
    pub(super) pointer: bool,
    /// Written to JSON even when empty.
    pub(super) always: bool,
    /// A struct that is left out when it is zero.
    pub(super) omit_zero: bool,
    /// Its members stand among the outer message's.
    pub(super) inline: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    One(Item),
    List(Item),
    Map(Item),
}

/// What one value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Text,
    Whole,
    Truth,
    Bytes,
    Message(&'static str),
}

/// The message of that name, such as `apps.v1.Deployment` or `meta.v1.ObjectMeta`.
pub(super) fn message(name: &str) -> Option<Message> {
    static LINES: OnceLock<Vec<Line>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let split = |line: &'static str| line.split_once('\t').unwrap_or((line, ""));
        let line = |(name, rest)| Line { name, rest, fields: OnceLock::new(), places: OnceLock::new() };
        let mut lines: Vec<Line> = FIELDS.lines().chain(TABLES.lines()).map(split).map(line).collect();
        lines.sort_by_key(|line| rank(line.name));
        lines
    });
    let line = &lines[lines.binary_search_by_key(&rank(name), |line| rank(line.name)).ok()?];
    let fields = line.fields.get_or_init(|| line.rest.split('\t').filter_map(Field::read).collect());
    Some(Message { name: line.name, fields, places: &line.places })
}

/// The order in which messages are looked for: by their length first, since few names of one length are compared then.
fn rank(name: &str) -> (usize, &str) {
    (name.len(), name)
}

/// The message of a kind; kinds such as `DeleteOptions` belong to every group.
pub(super) fn of_kind(api_version: &str, kind: &str) -> Option<Message> {
    let package = match api_version.split_once('/') {
        None => format!("core.{api_version}"),
        Some(("internal.apiserver.k8s.io", version)) => format!("apiserverinternal.{version}"),
        Some((group, version)) => format!("{}.{version}", group.split('.').next().unwrap_or(group)),
    };
    message(&format!("{package}.{kind}")).or_else(|| message(&format!("meta.v1.{kind}")))
}

impl Message {
    pub(super) fn fields(self) -> impl Iterator<Item = Field> {
        self.fields.iter().copied()
    }

    /// The field of a JSON name, also where an inlined message brings it.
    pub(super) fn named(self, name: &str) -> Option<Field> {
        self.fields.iter().find_map(|field| match (field.inline, field.form) {
            (true, Form::One(Item::Message(inner))) => message(inner)?.named(name),
            _ => (field.name == name).then_some(*field),
        })
    }

    /// Whether the type is a kind of its own, with `apiVersion` and `kind`, and not only a part of one.
    pub(super) fn is_kind(self) -> bool {
        let mut fields = self.fields();
        let metadata = |field: Field| {
            matches!(field.form, Form::One(Item::Message("meta.v1.ObjectMeta" | "meta.v1.ListMeta")))
        };
        let part = self.name.ends_with("Spec") || self.name == "core.v1.PersistentVolumeClaimTemplate";
        !part && fields.any(metadata)
    }
}

impl Field {
    fn read(text: &'static str) -> Option<Field> {
        let mut words = text.split(' ');
        let (head, name, form) = (words.next()?, words.next()?, words.next()?);
        let digits = head.find(|c: char| !c.is_ascii_digit()).unwrap_or(head.len());
        let (number, flags) = head.split_at(digits);
        Some(Field {
            number: number.parse().ok()?,
            name,
            form: Form::read(form),
            pointer: flags.contains('?'),
            always: flags.contains('!'),
            omit_zero: flags.contains('z'),
            inline: flags.contains('~'),
        })
    }
}

impl Form {
    fn read(text: &'static str) -> Form {
        let item = |text| match text {
            "s" => Item::Text,
            "i" => Item::Whole,
            "b" => Item::Truth,
            "y" => Item::Bytes,
            message => Item::Message(message),
        };
        match text.as_bytes().first() {
            Some(b'[') => Form::List(item(&text[1..])),
            Some(b'{') => Form::Map(item(&text[1..])),
            _ => Form::One(item(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_a_field_names_is_in_the_table() {
        let mut fields = 0;
        for line in FIELDS.lines().chain(TABLES.lines()) {
            let name = line.split('\t').next().unwrap_or_default();
            let found = message(name).unwrap_or_else(|| panic!("{name} is not found"));
            assert_eq!(found.fields().count(), line.split('\t').count() - 1, "{name}");
            for field in found.fields() {
                let (Form::One(item) | Form::List(item) | Form::Map(item)) = field.form;
                if let Item::Message(inner) = item {
                    assert!(message(inner).is_some(), "{name}.{}: {inner}", field.name);
                }
                fields += 1;
            }
        }
        assert!(fields > 3000, "{fields} fields");
    }

    #[test]
    fn kinds_are_found_by_their_group() {
        for (api_version, kind, expected) in [
            ("v1", "Secret", "core.v1.Secret"),
            ("apps/v1", "Deployment", "apps.v1.Deployment"),
            ("rbac.authorization.k8s.io/v1", "Role", "rbac.v1.Role"),
            ("v1", "DeleteOptions", "meta.v1.DeleteOptions"),
            ("policy/v1", "DeleteOptions", "meta.v1.DeleteOptions"),
            ("policy/v1", "Eviction", "policy.v1.Eviction"),
        ] {
            assert_eq!(of_kind(api_version, kind).map(|m| m.name), Some(expected));
        }
        assert!(of_kind("example.com/v1", "Widget").is_none());
    }
}
