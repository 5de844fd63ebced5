//! The query string of a request: percent-decoding and look-up. Knows no parameter's meaning.

/// Query parameters in the order given; a name may occur more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=x%20y`; `+` is a space, malformed escapes stand for themselves.
    pub fn parse(raw: &str) -> Query {
        let pairs = raw.split('&').filter(|part| !part.is_empty());
        Query(
            pairs
                .map(|part| part.split_once('=').unwrap_or((part, "")))
                .map(|(k, v)| (decode(k), decode(v)))
                .collect(),
        )
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether `name` is given as Go's `strconv.ParseBool` reads true.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
    }

    /// Adds or replaces a parameter.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(key, _)| key != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_kept() {
        let query = Query::parse("labelSelector=name%3Dmyapp%2Cowner%3Dhelm&watch=1&x=%zz+y");
        assert_eq!(query.get("labelSelector"), Some("name=myapp,owner=helm"));
        assert!(query.is_true("watch"));
        assert_eq!(query.get("x"), Some("%zz y"));
    }
}
