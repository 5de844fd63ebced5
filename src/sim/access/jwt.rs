//! JSON Web Tokens (RFC 7519) signed with ES256: the cluster's key, and the documents that publish it.

use super::ISSUER;
use crate::sim::{Config, World};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey};
use rand_chacha::rand_core::Rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What stands before the 65 bytes of a P-256 point in a `SubjectPublicKeyInfo` (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Where the control plane says that it can be reached; the node of a cluster has the same address.
const SERVER: &str = "https://192.0.2.2:6443";

/// The key that signs the tokens of service accounts.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    key: SigningKey,
    /// The SHA-256 of the public key, by which tokens name it.
    id: String,
}

impl Keys {
    /// The key of a cluster: from its seed, and from its salt where it has one.
    pub(crate) fn of(config: &Config) -> Keys {
        let mut stream = config.seed.stream("service-account-key");
        let key = loop {
            let mut secret = [0; 32];
            for (bytes, salt) in secret.chunks_exact_mut(8).zip(config.salt.chunks_exact(8)) {
                let drawn = stream.next_u64().to_be_bytes();
                for ((byte, drawn), salt) in bytes.iter_mut().zip(drawn).zip(salt) {
                    *byte = drawn ^ salt;
                }
            }
            // All but a few of 2^256 numbers are keys.
            if let Ok(key) = SigningKey::from_slice(&secret) {
                break key;
            }
        };
        let point = key.verifying_key().to_sec1_bytes();
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest([&SPKI[..], &point].concat()));
        Keys { key, id }
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "kid": self.id});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// The claims of a token, and whether this key signed it; `None` where it is no token of such a form.
    pub(crate) fn read(&self, token: &str) -> Option<(Value, bool)> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let document = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
        let (header, claims) = (document(header)?, document(claims)?);
        let signature = Signature::from_slice(&decode(signature)?).ok();
        let ours = header["alg"] == "ES256"
            && signature.is_some_and(|s| self.key.verifying_key().verify(signed.as_bytes(), &s).is_ok());
        Some((claims, ours))
    }

    /// The public key as a JSON Web Key Set (RFC 7517).
    fn set(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_bytes();
        let half = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        json!({"keys": [{
            "use": "sig", "kty": "EC", "kid": self.id, "crv": "P-256", "alg": "ES256", "x": half(1), "y": half(33),
        }]})
    }
}

/// The documents by which others check the tokens of this cluster, with their media types.
pub(crate) fn published(world: &World, path: &str) -> Option<(&'static str, String)> {
    match path {
        "/openid/v1/jwks" => Some(("application/jwk-set+json", world.keys().set().to_string())),
        "/.well-known/openid-configuration" => {
            let document = format!(
                r#"{{"issuer":"{ISSUER}","jwks_uri":"{SERVER}/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256"]}}"#
            );
            Some(("application/json", document))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn a_token_is_read_by_the_cluster_that_signed_it_and_by_no_other() {
        let keys = |seed| Keys::of(&Config { seed: Seed(seed), ..Config::default() });
        let token = keys(1).sign(&json!({"sub": "x"}));
        assert_eq!(keys(1).read(&token), Some((json!({"sub": "x"}), true)));
        assert_eq!(keys(2).read(&token), Some((json!({"sub": "x"}), false)));
        let salted = Keys::of(&Config { seed: Seed(1), salt: [7; 32], ..Config::default() });
        assert_eq!(salted.read(&token).map(|(_, ours)| ours), Some(false));
        assert_eq!(keys(1).read("no token"), None);
    }
}
