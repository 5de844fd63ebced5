//! A validation as commands of a GitHub workflow, which show beside the lines of the runbook.

use super::record::{Validation, Weight, told};

/// A line for each concern: `::error file=runbook.md,line=3,col=1,title=…::…`.
pub fn annotations(validation: &Validation) -> String {
    let lines = validation.concerns.iter().map(|concern| {
        let level = match concern.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
            Weight::Note => "notice",
        };
        format!(
            "::{level} file={},line={},col={},title={}::{}\n",
            property(&concern.file),
            concern.line,
            concern.column,
            property(&concern.rule),
            data(&told(concern))
        )
    });
    lines.collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_an_annotation_or_a_property() {
        assert_eq!(property("a,b:c\n50%"), "a%2Cb%3Ac%0A50%25");
        assert_eq!(data("::error::x\r\n100%"), "::error::x%0D%0A100%25");
    }
}
