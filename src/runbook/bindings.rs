//! What names and placeholders stand for, as people say it: on the command line, in a binding file, in front matter, in
//! a comment. `bind` puts it to use.

use super::model::Mark;
use crate::shell::commands;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Values by name. A name counts without its brackets and signs: `<release-name>`, `$RELEASE_NAME` and `RELEASE_NAME` are
/// one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    values: BTreeMap<String, Bound>,
}

/// A value and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The value.
    pub value: String,
    /// `--bind`, `bindings.yaml`, `front matter`, `the comment in line 12`.
    pub said_by: String,
}

/// A binding file, and what front matter holds under `helmdrill`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(default)]
    scenario: Option<String>,
    #[serde(default)]
    bind: BTreeMap<String, Value>,
    #[serde(default)]
    sections: BTreeMap<String, WrittenSection>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenSection {
    #[serde(default)]
    scenario: Option<String>,
    #[serde(default)]
    bind: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct FrontMatter {
    #[serde(default)]
    helmdrill: Option<Written>,
}

/// What a binding file says: of the whole runbook, and of sections by their headings.
#[derive(Clone, Debug, Default)]
pub struct BindingFile {
    /// Of the whole runbook.
    pub whole: Bindings,
    /// Of sections: heading in small letters → bindings.
    pub sections: BTreeMap<String, Bindings>,
}

/// The name under which a scenario is bound.
const SCENARIO: &str = "scenario";

impl Bindings {
    /// Says one; what was said before of the same name is replaced.
    pub fn set(&mut self, name: &str, value: &str, said_by: &str) {
        let bound = Bound { value: value.to_owned(), said_by: said_by.to_owned() };
        self.values.insert(plain(name), bound);
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Bound> {
        self.values.get(&plain(name))
    }

    /// The scenario that is answered.
    pub fn scenario(&self) -> Option<&Bound> {
        self.values.get(SCENARIO)
    }

    /// These, and where they say nothing the others.
    #[must_use]
    pub fn over(&self, others: &Bindings) -> Bindings {
        let mut values = others.values.clone();
        values.extend(self.values.clone());
        Bindings { values }
    }

    /// Every name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Bound)> {
        self.values.iter()
    }

    fn written(scenario: Option<String>, bind: BTreeMap<String, Value>, said_by: &str) -> Bindings {
        let mut bindings = Bindings::default();
        for (name, value) in bind {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            bindings.set(&name, &value, said_by);
        }
        if let Some(scenario) = scenario {
            bindings.set(SCENARIO, &scenario, said_by);
        }
        bindings
    }
}

impl BindingFile {
    /// Reads a binding file.
    ///
    /// # Errors
    /// Where it is none, in the words of the YAML reader.
    pub fn read(name: &str, text: &str) -> Result<BindingFile, String> {
        let options = serde_saphyr::options! { with_snippet: false };
        let written: Written =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        Ok(BindingFile::of(written, name))
    }

    fn of(written: Written, said_by: &str) -> BindingFile {
        let sections = written.sections.into_iter().map(|(heading, section)| {
            (heading.to_lowercase(), Bindings::written(section.scenario, section.bind, said_by))
        });
        BindingFile {
            sections: sections.collect(),
            whole: Bindings::written(written.scenario, written.bind, said_by),
        }
    }
}

/// What front matter says; `None` where it says nothing to us.
pub(super) fn front_matter(text: &str) -> Option<Result<BindingFile, String>> {
    if !text.lines().any(|line| line.starts_with("helmdrill:")) {
        return None;
    }
    let options = serde_saphyr::options! { with_snippet: false };
    let read: Result<FrontMatter, _> = serde_saphyr::from_str_with_options(text, options);
    Some(match read {
        Ok(read) => Ok(BindingFile::of(read.helmdrill.unwrap_or_default(), "front matter")),
        Err(error) => Err(error.to_string()),
    })
}

/// What a comment says: of the block below it, and of the section from here on.
#[derive(Clone, Debug, Default)]
pub(super) struct Directive {
    pub(super) mark: Mark,
    pub(super) bind: Vec<(String, String)>,
}

/// A comment that is meant for us: `helmdrill: skip`, `helmdrill: scenario=stuck-upgrade release=shop`.
pub(super) fn directive(comment: &str) -> Option<Result<Directive, String>> {
    let text = comment.strip_prefix("helmdrill:")?;
    let mut directive = Directive::default();
    for simple in commands(text) {
        let assigned = simple.assigned.iter().map(|(name, value)| format!("{name}={}", value.text));
        let words = simple.words.iter().map(|word| word.text.clone());
        for word in assigned.chain(words) {
            if let Err(why) = directive.take(&word) {
                return Some(Err(why));
            }
        }
    }
    Some(Ok(directive))
}

impl Directive {
    fn take(&mut self, word: &str) -> Result<(), String> {
        match (word, word.split_once('=')) {
            ("skip", _) => self.mark.skip = true,
            ("run", _) => self.mark.run = true,
            ("require", _) => self.mark.require = true,
            ("expect-failure", _) => self.mark.expect_failure = true,
            (_, Some(("timeout", seconds))) => {
                let limit = seconds.parse().ok().filter(|limit| *limit > 0);
                self.mark.timeout =
                    Some(limit.ok_or_else(|| format!("expected whole seconds, not {seconds:?}"))?);
            }
            (_, Some((name, value))) if !name.is_empty() => {
                self.bind.push((name.to_owned(), value.to_owned()))
            }
            _ => return Err(format!("unknown word {word:?}")),
        }
        Ok(())
    }
}

/// A name as it counts.
pub(super) fn plain(name: &str) -> String {
    let bare = name.trim_matches(|c: char| "<>[]{}$\"' ".contains(c)).trim_start_matches('.');
    bare.to_lowercase().replace(['_', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_however_it_is_written() {
        let mut bindings = Bindings::default();
        bindings.set("<release-name>", "shop", "--bind");
        for name in
            ["RELEASE_NAME", "$RELEASE_NAME", "${RELEASE_NAME}", "{{ .release_name }}", "[Release Name]"]
        {
            assert_eq!(bindings.get(name).map(|bound| bound.value.as_str()), Some("shop"), "{name}");
        }
    }

    #[test]
    fn a_comment_marks_a_block_and_binds_names() {
        let told = directive("helmdrill: scenario=stuck-upgrade/late <pod>=web-0 require timeout=5");
        let told = told.expect("it is meant for us").expect("it is known");
        assert_eq!((told.mark.require, told.mark.timeout, told.bind.len()), (true, Some(5), 2));
        assert!(directive("helmdrill: skp").expect("meant for us").is_err());
        assert!(directive("helmdrill: timeout=soon").expect("meant for us").is_err());
        assert!(directive("a note").is_none());
    }

    #[test]
    fn front_matter_and_binding_files_have_one_form() {
        let text = "scenario: stuck-upgrade\nbind: {release: shop, revision: 3}\nsections:\n  Stuck: {scenario: x}\n";
        let file = BindingFile::read("b.yaml", text).expect("it is one");
        assert_eq!(file.whole.get("revision").map(|bound| bound.value.as_str()), Some("3"));
        assert_eq!(file.sections["stuck"].scenario().map(|bound| bound.value.as_str()), Some("x"));
        assert!(BindingFile::read("b.yaml", "binds: {}\n").is_err());
        let front = "title: x\nhelmdrill:\n  bind: {namespace: prod}\n";
        let front = front_matter(front).expect("meant for us").expect("it is one");
        assert_eq!(front.whole.get("NAMESPACE").map(|bound| bound.said_by.as_str()), Some("front matter"));
    }
}
