//! Blocks of PEM as Go reads them, and whether those of a status hold certificates. What a certificate says is not looked
//! at: only that it is one, as far as its outermost form goes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One block: what it says it is, whether it has headers, and what it holds.
struct Block {
    kind: String,
    has_headers: bool,
    bytes: Vec<u8>,
}

/// What is wrong with the certificates of a CertificateSigningRequest, in base64; nothing at all is fine.
pub(super) fn fault(encoded: &str) -> Option<String> {
    let bytes = STANDARD.decode(encoded).unwrap_or_default();
    if bytes.is_empty() {
        return None;
    }
    let blocks = blocks(&String::from_utf8_lossy(&bytes));
    if blocks.is_empty() {
        return Some("must contain at least one CERTIFICATE PEM block".to_owned());
    }
    blocks.iter().find_map(|block| match block {
        Block { kind, .. } if kind != "CERTIFICATE" => {
            Some(format!("only CERTIFICATE PEM blocks are allowed, found {kind:?}"))
        }
        Block { has_headers: true, .. } => Some("no PEM block headers are permitted".to_owned()),
        Block { bytes, .. } if bytes.is_empty() => {
            Some("found CERTIFICATE PEM block containing 0 certificates".to_owned())
        }
        Block { bytes, .. } => (!is_sequences(bytes)).then(|| "x509: malformed certificate".to_owned()),
    })
}

/// The blocks of a text; what is around them and what is none is passed over.
fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let named = |line: &str, word: &str| {
            Some(line.strip_prefix("-----")?.strip_prefix(word)?.strip_suffix("-----")?.to_owned())
        };
        let Some(kind) = named(line, "BEGIN ") else { continue };
        let mut rest = lines.clone();
        let inside: Vec<&str> = rest.by_ref().take_while(|line| !line.starts_with("-----END ")).collect();
        let end = lines.clone().nth(inside.len());
        if end.and_then(|line| named(line, "END ")).as_ref() != Some(&kind) {
            continue;
        }
        let headers = inside.iter().take_while(|line| line.contains(':')).count();
        let body: String = inside[headers..].iter().flat_map(|line| line.split_whitespace()).collect();
        if let Ok(bytes) = STANDARD.decode(body) {
            found.push(Block { kind, has_headers: headers > 0, bytes });
            lines = rest;
        }
    }
    found
}

/// Whether bytes are sequences of DER, one behind the other.
fn is_sequences(mut bytes: &[u8]) -> bool {
    while let [0x30, length, rest @ ..] = bytes {
        let (length, rest) = match usize::from(*length) {
            short @ 0..=0x7f => (short, rest),
            long => {
                let size = long - 0x80;
                let Some((size, rest)) = rest.split_at_checked(size).filter(|_| (1..=4).contains(&size))
                else {
                    return false;
                };
                (size.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)), rest)
            }
        };
        match rest.split_at_checked(length) {
            Some((_, [])) => return true,
            Some((_, more)) => bytes = more,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_holds_certificates_and_nothing_else() {
        let told = |text: &str| fault(&STANDARD.encode(text)).unwrap_or_default();
        let block =
            |kind: &str, inside: &str| format!("-----BEGIN {kind}-----\n{inside}-----END {kind}-----\n");
        let sequence = STANDARD.encode([0x30, 3, 2, 1, 5]) + "\n";
        assert_eq!(told(""), "");
        assert_eq!(told("nonsense"), "must contain at least one CERTIFICATE PEM block");
        assert_eq!(told(&block("CERTIFICATE", &sequence)), "");
        assert_eq!(told(&("said before\n".to_owned() + &block("CERTIFICATE", &sequence).repeat(2))), "");
        assert_eq!(told(&block("CERTIFICATE", "YQ==\n")), "x509: malformed certificate");
        let other = block("CERTIFICATE", &sequence) + &block("KEY", &sequence);
        assert_eq!(told(&other), r#"only CERTIFICATE PEM blocks are allowed, found "KEY""#);
        let headed = block("CERTIFICATE", &("a: b\n\n".to_owned() + &sequence));
        assert_eq!(told(&headed), "no PEM block headers are permitted");
        let cut = "-----BEGIN CERTIFICATE-----\nMAMC\n-----END KEY-----\n";
        assert_eq!(told(cut), "must contain at least one CERTIFICATE PEM block");
    }
}
