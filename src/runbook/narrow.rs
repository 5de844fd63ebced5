//! Which variant of its scenario a section is about: the one whose own messages stand in the section, else the one that its
//! heading calls by name. Which scenario it is about is the matter of `propose`.

use super::propose::spoken;
use crate::scenario::{Bindings, Scenario};

/// The variant that a section speaks of, of those that there are; none where neither a message nor its heading tells them
/// apart.
pub fn narrow<'v>(
    scenario: &Scenario,
    variants: &'v [String],
    title: &str,
    words: &str,
) -> Option<&'v String> {
    of_messages(scenario, variants, words).or_else(|| called(variants, title))
}

/// What people call the records of a release.
const RECORDS: [&str; 4] = ["record", "secret", "secrets", "history"];

/// The variant whose name the heading says: `Release secrets are gone` of `records-gone`. Words that only mean something
/// alike do not count: a corrupted record is not gone.
fn called<'v>(variants: &'v [String], title: &str) -> Option<&'v String> {
    let heading = title.rsplit(" › ").next().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = heading.split(|c: char| !c.is_alphanumeric()).collect();
    let says = |word: &str| {
        words.contains(&word) || word == "records" && RECORDS.iter().any(|record| words.contains(record))
    };
    let named = variants.iter().filter(|variant| variant.contains('-') && variant.split('-').all(says));
    named.max_by_key(|variant| variant.len())
}

fn of_messages<'v>(scenario: &Scenario, variants: &'v [String], words: &str) -> Option<&'v String> {
    let low = words.to_lowercase();
    let told = scenario.symptoms.iter().filter(|symptom| {
        let said = symptom.fails_with.as_deref().map(spoken).unwrap_or_default();
        said.len() > 12 && low.contains(&said)
    });
    let told: Vec<_> = told.filter(|symptom| !symptom.only.is_empty()).collect();
    let count = |variant: &str| {
        let bindings = Bindings::of(scenario, variant);
        told.iter().filter(|symptom| bindings.applies(&symptom.only)).count()
    };
    let most = variants.iter().map(|variant| count(variant)).max().filter(|most| *most > 0)?;
    variants.iter().find(|variant| count(variant) == most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_one_variant_alone_has_is_what_a_section_is_about() {
        let text = crate::scenario::text("corrupted-history").expect("it comes along");
        let scenario = crate::scenario::parse("corrupted-history", text).0.expect("it can be read");
        let variants = crate::scenario::combinations(&scenario);
        let cases = [
            ("Error: UPGRADE FAILED: \"shop\" has no deployed releases", Some("records-gone")),
            ("`Error: no revision for release \"shop\"`", Some("every-record")),
            ("UPGRADE FAILED: release: already exists", Some("newest-record")),
            ("It cannot be imported into the current release", Some("records-and-marks-gone")),
            ("The history is lost.", None),
        ];
        for (words, wanted) in cases {
            assert_eq!(narrow(&scenario, &variants, "History", words).map(String::as_str), wanted, "{words}");
        }
        let titles =
            [("Guide › Release secrets are gone", Some("records-gone")), ("Corrupted secrets", None)];
        for (title, wanted) in titles {
            assert_eq!(narrow(&scenario, &variants, title, "").map(String::as_str), wanted, "{title}");
        }
    }
}
