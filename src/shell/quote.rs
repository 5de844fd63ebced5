//! Writing a word so that a shell reads it as it is.

/// The word, in quotes where a shell would read it otherwise.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%^".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::commands;

    #[test]
    fn a_shell_reads_a_quoted_word_as_it_was() {
        let words = [
            "./charts/web",
            "my charts/web",
            "it's",
            "$HOME; ls",
            "",
            "oci://host:5000/a",
            "tab\there",
            "(x)",
        ];
        for word in words {
            let read = commands(&format!("helm {}", quoted(word))).remove(0).words;
            assert_eq!(read.get(1).map(|word| word.text.as_str()), Some(word), "{}", quoted(word));
        }
        assert_eq!(quoted("oci://host:5000/a"), "oci://host:5000/a");
    }
}
