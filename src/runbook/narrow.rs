//! Which variant of its scenario a section is about: the one whose own messages stand in the section. Which scenario it is
//! about is the matter of `propose`.

use super::propose::spoken;
use crate::scenario::{Bindings, Scenario};

/// The variant that a section speaks of, of those that there are; none where no message tells them apart.
pub fn narrow<'v>(scenario: &Scenario, variants: &'v [String], words: &str) -> Option<&'v String> {
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
            assert_eq!(narrow(&scenario, &variants, words).map(String::as_str), wanted, "{words}");
        }
    }
}
