//! A validation as commands of a GitHub workflow, which show beside the lines of the runbook.

use super::record::{Validation, Weight};

/// A line for each concern: `::error file=runbook.md,line=3,col=1,title=…::…`.
pub fn annotations(validation: &Validation) -> String {
    let lines = validation.concerns.iter().map(|concern| {
        let level = match concern.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
            Weight::Note => "notice",
        };
        let helm = if concern.helm.is_empty() {
            String::new()
        } else {
            format!(" (helm {})", concern.helm.join(", "))
        };
        format!(
            "::{level} file={},line={},col={},title={}::{}\n",
            property(&concern.file),
            concern.line,
            concern.column,
            property(&concern.rule),
            data(&format!("{}{helm}", concern.message))
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
