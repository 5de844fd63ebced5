//! Where the JSON path of a printer column leads: fields, quoted fields, indexes from either end, wildcards, filters by
//! the value of a field. Of several places the first is printed, as kube-apiserver prints it.

use serde_json::Value;

/// The first thing that a path (`.status.conditions[?(@.type=="Ready")].status`) leads to.
pub(super) fn first<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let text = path.trim_start_matches('{').trim_end_matches('}').trim_start_matches('$');
    let mut here = vec![object];
    let mut rest = text;
    while !rest.is_empty() {
        let (step, after) = Step::read(rest)?;
        here = here.into_iter().flat_map(|value| step.from(value)).collect();
        rest = after;
    }
    here.into_iter().next()
}

/// One step of a path.
enum Step<'t> {
    Field(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    Every,
    Filter { field: &'t str, operator: &'t str, wanted: &'t str },
}

impl<'t> Step<'t> {
    /// The first step of a text and what follows it.
    fn read(text: &'t str) -> Option<(Step<'t>, &'t str)> {
        if let Some(inside) = text.strip_prefix("[?(") {
            let (filter, after) = inside.split_once(")]")?;
            return Some((Step::filter(filter)?, after));
        }
        if let Some(inside) = text.strip_prefix('[') {
            let quote = inside.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let (step, after) = match quote {
                Some(quote) => {
                    let (name, after) = inside[1..].split_once(quote)?;
                    return Some((Step::Field(name.to_owned()), after.strip_prefix(']')?));
                }
                None => inside.split_once(']')?,
            };
            let number = |text: &str| text.trim().parse::<i64>().ok();
            let step = match (step, step.split_once(':')) {
                ("*", _) => Step::Every,
                (_, Some((from, to))) => Step::Slice(number(from), number(to)),
                (index, None) => Step::Index(number(index)?),
            };
            return Some((step, after));
        }
        let text = text.strip_prefix('.').unwrap_or(text);
        let mut name = String::new();
        let mut chars = text.char_indices();
        let end = loop {
            match chars.next() {
                Some((_, '\\')) => name.extend(chars.next().map(|(_, c)| c)),
                Some((at, '.' | '[')) => break at,
                Some((_, c)) => name.push(c),
                None => break text.len(),
            }
        };
        let step = if name == "*" { Step::Every } else { Step::Field(name) };
        Some((step, &text[end..]))
    }

    fn filter(text: &'t str) -> Option<Step<'t>> {
        let operator = ["==", "!=", "<=", ">=", "<", ">"].into_iter().find(|op| text.contains(op))?;
        let (field, wanted) = text.split_once(operator)?;
        let field = field.trim().strip_prefix("@")?;
        Some(Step::Filter { field, operator, wanted: wanted.trim() })
    }

    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let items = || value.as_array().map(Vec::as_slice).unwrap_or_default();
        let length = i64::try_from(items().len()).unwrap_or(i64::MAX);
        let place =
            |at: i64| usize::try_from(if at < 0 { length + at } else { at }.clamp(0, length)).unwrap_or(0);
        match self {
            Step::Field(name) if name.is_empty() => vec![value],
            Step::Field(name) => value.get(name).into_iter().collect(),
            Step::Index(at) if *at >= -length && *at < length => vec![&items()[place(*at)]],
            Step::Index(_) => Vec::new(),
            Step::Slice(from, to) => {
                let (from, to) = (place(from.unwrap_or(0)), place(to.unwrap_or(length)));
                items().get(from..to).unwrap_or_default().iter().collect()
            }
            Step::Every => match value {
                Value::Object(members) => members.values().collect(),
                other => other.as_array().into_iter().flatten().collect(),
            },
            Step::Filter { field, operator, wanted } => {
                items().iter().filter(|item| holds(first(item, field), operator, wanted)).collect()
            }
        }
    }
}

/// Whether a value compares so with what a filter names: a quoted text, a number or a truth.
fn holds(found: Option<&Value>, operator: &str, wanted: &str) -> bool {
    let Some(found) = found else { return false };
    let quoted = wanted.len() > 1 && wanted.starts_with(['\'', '"']);
    let order = if quoted {
        found.as_str().map(|text| text.cmp(wanted.trim_matches(['\'', '"'])))
    } else {
        match (found.as_f64(), wanted.parse::<f64>()) {
            (Some(number), Ok(wanted)) => number.partial_cmp(&wanted),
            _ => found.as_bool().map(|truth| truth.to_string().as_str().cmp(wanted)),
        }
    };
    order.is_some_and(|order| match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        _greater => order.is_gt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_through_fields_items_and_filters() {
        let object = json!({"a": {"b.c/d": 1, "list": [10, 20, 30]},
            "c": [{"type": "Ready", "status": "True"}, {"type": "Done", "status": "False", "n": 3}]});
        let cases = [
            (".a['b.c/d']", Some(json!(1))),
            (r".a.b\.c/d", Some(json!(1))),
            (".a.list[0]", Some(json!(10))),
            (".a.list[-1]", Some(json!(30))),
            (".a.list[1:]", Some(json!(20))),
            (".a.list[*]", Some(json!(10))),
            (".a.list[7]", None),
            (r#".c[?(@.type=="Done")].status"#, Some(json!("False"))),
            (".c[?(@.n>2)].type", Some(json!("Done"))),
            (".c[?(@.type=='None')].status", None),
            (".missing.too", None),
        ];
        for (path, expected) in cases {
            assert_eq!(first(&object, path), expected.as_ref(), "{path}");
        }
    }
}
