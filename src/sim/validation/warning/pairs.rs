//! Secrets whose certificate or key is no PEM. What the PEM holds, and whether one fits the other, is not looked at.

use crate::sim::look::map;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What Go says of a certificate and a key that are not there; `None` where both are.
pub(super) fn wrong(secret: &Value) -> Option<String> {
    let blocks = |key: &str| {
        let encoded = map(secret, "/data").and_then(|data| data.get(key)?.as_str()).unwrap_or_default();
        kinds(&String::from_utf8_lossy(&STANDARD.decode(encoded).unwrap_or_default()))
    };
    let (certificate, key) = (blocks("tls.crt"), blocks("tls.key"));
    if !certificate.iter().any(|kind| kind == "CERTIFICATE") {
        return Some(match &certificate[..] {
            [] => "tls: failed to find any PEM data in certificate input".to_owned(),
            [only] if only.ends_with("PRIVATE KEY") => {
                "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM \
                 inputs may have been switched"
                    .to_owned()
            }
            others => format!(
                "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the \
                 following types: [{}]",
                others.join(" ")
            ),
        });
    }
    if !key.iter().any(|kind| kind.ends_with("PRIVATE KEY")) {
        return Some(match &key[..] {
            [] => "tls: failed to find any PEM data in key input".to_owned(),
            [only] if only == "CERTIFICATE" => {
                "tls: found a certificate rather than a key in the PEM for the private key".to_owned()
            }
            others => format!(
                "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM \
                 blocks of the following types: [{}]",
                others.join(" ")
            ),
        });
    }
    None
}

/// The kinds of the PEM blocks of a text.
fn kinds(text: &str) -> Vec<String> {
    let begun =
        text.lines().filter_map(|line| line.trim_end().strip_prefix("-----BEGIN ")?.strip_suffix("-----"));
    begun.filter(|kind| text.contains(&format!("-----END {kind}-----"))).map(str::to_owned).collect()
}
