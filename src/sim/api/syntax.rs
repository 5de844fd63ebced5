//! What Go's JSON decoder says about a text that is not JSON, and the fields that a JSON text names twice.

use std::collections::BTreeSet;

/// Go's complaint about `bytes`; empty where they are one JSON document.
pub(super) fn complaint(bytes: &[u8]) -> String {
    let mut reader = Reader { bytes, at: 0, path: Vec::new(), twice: Vec::new() };
    let read = reader.value("looking for beginning of value").and_then(|()| {
        reader.space();
        match reader.peek() {
            Some(_) => Err(reader.unexpected("after top-level value")),
            None => Ok(()),
        }
    });
    read.err().unwrap_or_default()
}

/// The paths of fields that occur more than once in one object, in the order in which they are found.
pub(super) fn duplicates(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader { bytes, at: 0, path: Vec::new(), twice: Vec::new() };
    match reader.value("") {
        Ok(()) => reader.twice,
        Err(_) => Vec::new(),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    path: Vec<String>,
    twice: Vec<String>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, place: &str) -> String {
        match self.peek() {
            None => "unexpected end of JSON input".to_owned(),
            Some(b'\'') => format!(r"invalid character '\'' {place}"),
            Some(b'"') => format!("invalid character '\"' {place}"),
            Some(byte) if byte < 0x20 => format!("invalid character {:?} {place}", char::from(byte)),
            Some(_) => {
                let rest = String::from_utf8_lossy(&self.bytes[self.at..]);
                format!("invalid character '{}' {place}", rest.chars().next().unwrap_or('?'))
            }
        }
    }

    fn value(&mut self, place: &str) -> Result<(), String> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(drop),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected(place)),
        }
    }

    fn object(&mut self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.path.push(if self.path.is_empty() { key.clone() } else { format!(".{key}") });
            if !seen.insert(key) {
                self.twice.push(self.path.concat());
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            self.value("looking for beginning of value")?;
            self.path.pop();
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn list(&mut self) -> Result<(), String> {
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        for index in 0.. {
            self.path.push(format!("[{index}]"));
            self.value("looking for beginning of value")?;
            self.path.pop();
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("after array element")),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<String, String> {
        let from = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    if !matches!(
                        self.peek(),
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u')
                    ) {
                        return Err(self.unexpected("in string escape code"));
                    }
                    self.at += 1;
                }
                Some(byte) if byte >= 0x20 => self.at += 1,
                _ => return Err(self.unexpected("in string literal")),
            }
        }
        self.at += 1;
        let quoted = &self.bytes[from..self.at];
        Ok(serde_json::from_slice(quoted).unwrap_or_else(|_| String::from_utf8_lossy(quoted).into_owned()))
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.chars() {
            if self.peek() != Some(expected as u8) {
                return Err(self.unexpected(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.unexpected("in numeric literal"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_told_as_go_tells_it() {
        let told = |text: &str| complaint(text.as_bytes());
        assert_eq!(told("{not json"), "invalid character 'n' looking for beginning of object key string");
        assert_eq!(told(""), "unexpected end of JSON input");
        assert_eq!(told("{\"a\":1"), "unexpected end of JSON input");
        assert_eq!(told("{\"a\" 1}"), "invalid character '1' after object key");
        assert_eq!(told("[1 2]"), "invalid character '2' after array element");
        assert_eq!(told("{} x"), "invalid character 'x' after top-level value");
        assert_eq!(told("tru"), "unexpected end of JSON input");
        assert_eq!(told("trux"), "invalid character 'x' in literal true (expecting 'e')");
        assert_eq!(told(r#"{"a": [1, {"b": "c\n"}, -1.5e3, null]}"#), "");
    }

    #[test]
    fn fields_that_occur_twice_are_found_with_their_path() {
        assert_eq!(duplicates(br#"{"a": 1, "l": [{"b": 1, "b": 2}], "a": 3}"#), ["l[0].b", "a"]);
    }
}
