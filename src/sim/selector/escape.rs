//! The text of a field selector: its terms, what stands on both sides of their signs, and what is escaped in a value.

/// The terms of a selector, which commas part that are not escaped; those of nothing count for none.
pub(super) fn terms(text: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    let parts = text.split(move |letter| {
        let parts = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
        parts
    });
    parts.filter(|term| !term.is_empty())
}

/// What stands before the first sign, the sign, and what stands behind it.
pub(super) fn operands(term: &str) -> Option<(&str, &'static str, &str)> {
    term.char_indices().find_map(|(at, _)| {
        let (key, rest) = term.split_at(at);
        ["!=", "==", "="].into_iter().find_map(|sign| Some((key, sign, rest.strip_prefix(sign)?)))
    })
}

/// A value without its escapes, or why it is none.
pub(super) fn unescaped(value: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                other => {
                    let other = other.map(String::from).unwrap_or_default();
                    return Err(format!("invalid field selector: invalid escape sequence: \\{other}"));
                }
            },
            // Go tells the letter by its number.
            ',' | '=' => {
                let number = u32::from(letter);
                return Err(format!("invalid field selector: unescaped character in value: {number}"));
            }
            letter => plain.push(letter),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_parted_by_what_is_not_escaped() {
        assert_eq!(
            terms(r"a=1,b!=2\,3,,c==x\\,d=").collect::<Vec<_>>(),
            ["a=1", r"b!=2\,3", r"c==x\\", "d="]
        );
        assert_eq!(operands("a=b!=c"), Some(("a", "=", "b!=c")));
        assert_eq!(operands("a!=b"), Some(("a", "!=", "b")));
        assert_eq!(operands("a==b"), Some(("a", "==", "b")));
        assert_eq!(operands("a"), None);
        assert_eq!(unescaped(r"a\,b\=\\").as_deref(), Ok(r"a,b=\"));
        let wrong = |value| unescaped(value).expect_err("it is no value");
        assert_eq!(wrong(r"\x"), r"invalid field selector: invalid escape sequence: \x");
        assert_eq!(wrong(r"x\"), "invalid field selector: invalid escape sequence: \\");
        assert_eq!(wrong("b!=c"), "invalid field selector: unescaped character in value: 61");
    }
}
