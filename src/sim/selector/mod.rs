//! Label and field selectors: read as kube-apiserver reads them, errors included, and matched against objects.

mod escape;
mod read;

use super::validation;
use escape::{operands, terms, unescaped};
use read::{Token, Tokens, requirement};
use serde_json::Value;
use std::borrow::Cow;

/// A parsed selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads a label selector such as `app=web,tier in (a,b),!old`. The error is kube-apiserver's text.
    pub(crate) fn labels(text: &str) -> Result<Selector, String> {
        let mut tokens = Tokens { rest: text };
        let mut found = Vec::new();
        if tokens.peek() == Token::End {
            return Ok(Selector(found));
        }
        loop {
            match tokens.peek() {
                Token::Word(_) | Token::Mark("!") => {
                    let read = requirement(&mut tokens)?;
                    read.check().map_err(|why| format!("unable to parse requirement: {why}"))?;
                    found.push(read);
                }
                other => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    ));
                }
            }
            match tokens.next() {
                Token::End => return Ok(Selector(found)),
                Token::Mark(",") => match tokens.peek() {
                    Token::Word(_) | Token::Mark("!") => {}
                    other => return Err(format!("found '{}', expected: identifier after ','", other.text())),
                },
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
            }
        }
    }

    /// Reads a field selector such as `metadata.name=x,status.phase!=Running`.
    pub(crate) fn fields(text: &str) -> Result<Selector, String> {
        let read = terms(text).map(|term| {
            let Some((key, sign, value)) = operands(term) else {
                return Err(format!("invalid selector: '{text}'; can't understand '{term}'"));
            };
            let values = vec![unescaped(value)?];
            let test = if sign == "!=" { Test::NotIn(values) } else { Test::In(values) };
            Ok(Requirement { key: key.to_owned(), test })
        });
        read.collect::<Result<Vec<_>, _>>().map(Selector)
    }

    /// The keys that requirements name, in the order given.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|requirement| requirement.key.as_str())
    }

    /// The one value that a key may have, where the selector names it.
    pub(crate) fn exact(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|requirement| requirement.key == key).and_then(|requirement| {
            match &requirement.test {
                Test::In(values) => match values.as_slice() {
                    [one] => Some(one.as_str()),
                    _ => None,
                },
                Test::NotIn(_) | Test::Exists | Test::Missing | Test::Above(_) | Test::Below(_) => None,
            }
        })
    }

    /// Whether there is no requirement.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every requirement holds, `value_of` telling what a key is.
    pub(crate) fn matches<'a>(&self, value_of: impl Fn(&str) -> Option<Cow<'a, str>>) -> bool {
        self.0.iter().all(|requirement| requirement.holds(value_of(&requirement.key).as_deref()))
    }

    /// Whether the labels of `object` satisfy a label selector.
    pub(crate) fn matches_labels(&self, object: &Value) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let labels = &object["metadata"]["labels"];
        self.matches(|key| labels.get(key).and_then(Value::as_str).map(Cow::Borrowed))
    }
}

impl Requirement {
    /// Refuses keys and values that no label can have.
    fn check(&self) -> Result<(), String> {
        let key = &self.key;
        if let wrong @ [_, ..] = validation::qualified(key).as_slice() {
            return Err(format!("key: Invalid value: {key:?}: {}", wrong.join("; ")));
        }
        let values: &[String] = match &self.test {
            Test::In(values) | Test::NotIn(values) => values,
            Test::Exists | Test::Missing | Test::Above(_) | Test::Below(_) => &[],
        };
        for (at, value) in values.iter().enumerate() {
            if let wrong @ [_, ..] = validation::label_value(value).as_slice() {
                return Err(format!("values[{at}][{key}]: Invalid value: {value:?}: {}", wrong.join("; ")));
            }
        }
        Ok(())
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|v| v.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => value.is_some_and(|v| values.iter().any(|one| one == v)),
            Test::NotIn(values) => value.is_none_or(|v| values.iter().all(|one| one != v)),
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::Above(bound) => number().is_some_and(|n| n > *bound),
            Test::Below(bound) => number().is_some_and(|n| n < *bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn label_selectors_select_as_kubernetes_does() {
        let object = json!({"metadata": {"labels": {"t": "1", "u": "a", "n": "7"}}});
        let holds = |text: &str| Selector::labels(text).expect(text).matches_labels(&object);
        for text in
            ["", "t=1", "t==1", "t!=2", "x!=1", "t", "!x", "t in (1,2)", "x notin (1)", "t=1,u=a", "n>6"]
        {
            assert!(holds(text), "{text}");
        }
        for text in ["t=2", "t!=1", "x", "!t", "t in (2)", "t notin (1)", "t=1,u=b", "n<7", "t="] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn a_broken_selector_is_told_as_kubernetes_tells_it() {
        let told = |text: &str| Selector::labels(text).expect_err(text);
        assert_eq!(told("t in 1"), "unable to parse requirement: found '1' expected: '('");
        assert!(
            told("-a=1")
                .starts_with("unable to parse requirement: key: Invalid value: \"-a\": name part must")
        );
        assert!(
            told("a=-1").starts_with("unable to parse requirement: values[0][a]: Invalid value: \"-1\": ")
        );
        assert_eq!(told("=="), "found '==', expected: !, identifier, or 'end of string'");
    }

    #[test]
    fn field_selectors_compare_for_equality() {
        let read = Selector::fields("metadata.name=x,status.phase!=Running").expect("well formed");
        let phase = |phase: &str| {
            read.matches(|key| Some(Cow::Borrowed(if key == "metadata.name" { "x" } else { phase })))
        };
        assert!(phase("Pending") && !phase("Running"));
        assert!(Selector::fields("nonsense").is_err());
    }
}
