//! What Go's JSON scanner says of a text that is not JSON; kube-apiserver passes these words on.

/// The message of Go's `encoding/json` for the first fault of a text; `None` where the text is JSON that nests no
/// deeper than `deepest`.
pub(super) fn fault(text: &[u8], deepest: usize) -> Option<String> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), deepest };
    scanner.document().err()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
    /// How many may be.
    deepest: usize,
}

type Step = Result<(), String>;

impl Scanner<'_> {
    fn peek(&self) -> Result<u8, String> {
        self.text.get(self.at).copied().ok_or_else(|| "unexpected end of JSON input".to_owned())
    }

    fn next(&mut self) -> Result<u8, String> {
        let byte = self.peek()?;
        self.at += 1;
        Ok(byte)
    }

    fn skip_space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn document(&mut self) -> Step {
        self.value()?;
        while let Some(open) = self.open.last().copied() {
            self.skip_space();
            match (open, self.next()?) {
                (b'{', b',') => {
                    self.skip_space();
                    self.key()?;
                    self.value()?;
                }
                (b'[', b',') => self.value()?,
                (b'{', b'}') | (b'[', b']') => drop(self.open.pop()),
                (b'{', byte) => return refuse(byte, "after object key:value pair"),
                (_, byte) => return refuse(byte, "after array element"),
            }
        }
        self.skip_space();
        match self.text.get(self.at) {
            None => Ok(()),
            Some(byte) => refuse(*byte, "after top-level value"),
        }
    }

    /// Reads a scalar, or opens brackets up to the first scalar within them.
    fn value(&mut self) -> Step {
        loop {
            self.skip_space();
            match self.next()? {
                b'{' => {
                    self.deeper(b'{')?;
                    self.skip_space();
                    if self.peek()? == b'}' {
                        return Ok(());
                    }
                    self.key()?;
                }
                b'[' => {
                    self.deeper(b'[')?;
                    self.skip_space();
                    if self.peek()? == b']' {
                        return Ok(());
                    }
                }
                b'"' => return self.string(),
                b't' => return self.literal("true"),
                b'f' => return self.literal("false"),
                b'n' => return self.literal("null"),
                b'-' => match self.next()? {
                    digit @ b'0'..=b'9' => return self.number(digit),
                    byte => return refuse(byte, "in numeric literal"),
                },
                digit @ b'0'..=b'9' => return self.number(digit),
                byte => return refuse(byte, "looking for beginning of value"),
            }
        }
    }

    fn deeper(&mut self, open: u8) -> Step {
        self.open.push(open);
        if self.open.len() > self.deepest { refuse(open, "exceeded max depth") } else { Ok(()) }
    }

    fn key(&mut self) -> Step {
        match self.next()? {
            b'"' => self.string()?,
            byte => return refuse(byte, "looking for beginning of object key string"),
        }
        self.skip_space();
        match self.next()? {
            b':' => Ok(()),
            byte => refuse(byte, "after object key"),
        }
    }

    fn string(&mut self) -> Step {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let byte = self.next()?;
                            if !byte.is_ascii_hexdigit() {
                                return refuse(byte, "in \\u hexadecimal character escape");
                            }
                        }
                    }
                    byte => return refuse(byte, "in string escape code"),
                },
                byte if byte < 0x20 => return refuse(byte, "in string literal"),
                _ => {}
            }
        }
    }

    fn literal(&mut self, word: &str) -> Step {
        for expected in word.chars().skip(1) {
            let byte = self.next()?;
            if char::from(byte) != expected {
                return refuse(byte, &format!("in literal {word} (expecting {expected:?})"));
            }
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn number(&mut self, first: u8) -> Step {
        if first != b'0' {
            self.digits();
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            match self.next()? {
                b'0'..=b'9' => self.digits(),
                byte => return refuse(byte, "after decimal point in numeric literal"),
            }
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            match self.next()? {
                b'0'..=b'9' => self.digits(),
                byte => return refuse(byte, "in exponent of numeric literal"),
            }
        }
        Ok(())
    }
}

fn refuse(byte: u8, place: &str) -> Step {
    Err(format!("invalid character {} {place}", quoted(byte)))
}

/// A byte as Go quotes the character of that number.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        0x07 => "'\\a'".to_owned(),
        0x08 => "'\\b'".to_owned(),
        0x09 => "'\\t'".to_owned(),
        0x0a => "'\\n'".to_owned(),
        0x0b => "'\\v'".to_owned(),
        0x0c => "'\\f'".to_owned(),
        0x0d => "'\\r'".to_owned(),
        0x00..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn faults_are_told_in_the_words_of_go() {
        for (text, expected) in [
            ("{bad", "invalid character 'b' looking for beginning of object key string"),
            ("{not json", "invalid character 'n' looking for beginning of object key string"),
            ("", "unexpected end of JSON input"),
            ("{\"a\":1", "unexpected end of JSON input"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("trup", "invalid character 'p' in literal true (expecting 'e')"),
            ("hello", "invalid character 'h' looking for beginning of value"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\u{1f}", "invalid character '\\x1f' looking for beginning of value"),
            ("\u{feff}{}", "invalid character 'ï' looking for beginning of value"),
            ("\u{c2}", "invalid character 'Ã' looking for beginning of value"),
            ("", "unexpected end of JSON input"),
        ] {
            assert_eq!(fault(text.as_bytes(), 100).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_nests_too_deeply_is_told_at_the_bracket_that_does() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(fault(nested(100).as_bytes(), 100), None);
        let told = fault(nested(101).as_bytes(), 100);
        assert_eq!(told.as_deref(), Some("invalid character '[' exceeded max depth"));
    }

    proptest! {
        #[test]
        fn what_serde_reads_has_no_fault_and_what_it_refuses_has_one(text in "[\\[\\]{}\",:0-9a-e \\\\.tfn-]{0,12}") {
            let read = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(read, fault(text.as_bytes(), 100).is_none(), "{}", text);
        }
    }
}
