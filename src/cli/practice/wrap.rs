//! Text for a terminal of eighty columns.

/// The columns that are used.
const WIDTH: usize = 78;

/// A text in lines that fit, each after `indent`; a paragraph stays one.
pub(super) fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for (number, paragraph) in text.trim().split("\n\n").enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
                out += &format!("{indent}{line}\n");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        out += &format!("{indent}{line}\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_before_the_edge_and_a_paragraph_stays_one() {
        let text = format!("{}\nand\n\nso on", "word ".repeat(30));
        let lines = wrapped(&text, "  ");
        assert!(lines.lines().all(|line| line.len() <= WIDTH), "{lines}");
        assert_eq!(lines.lines().filter(|line| line.is_empty()).count(), 1);
        assert!(lines.ends_with("\n\n  so on\n") && lines.starts_with("  word"));
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_stands_alone() {
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b"), ""), format!("a\n{long}\nb\n"));
    }
}
