//! What lets a client in, made anew for every cluster: a certificate authority, a leaf for the loopback address, and
//! a bearer token.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;

/// Why no credential could be made.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was not accepted for serving.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no randomness.
    #[error("the system gives no random bytes for a token")]
    Entropy,
}

/// A certificate authority with one leaf, and the token that is asked for.
pub(super) struct Credential {
    /// The authority's certificate, PEM.
    pub(super) authority: String,
    /// The bearer token.
    pub(super) token: String,
    /// TLS with the leaf; HTTP/2 and HTTP/1.1.
    pub(super) tls: Arc<ServerConfig>,
}

impl Credential {
    /// A new authority, leaf and token.
    pub(super) fn new() -> Result<Credential, CredentialError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut random = [0; 24];
        provider.secure_random.fill(&mut random).map_err(|_| CredentialError::Entropy)?;
        let token = random.iter().map(|byte| format!("{byte:02x}")).collect();

        let (issuer, authority) = authority()?;
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        leaf.distinguished_name.push(DnType::CommonName, "helmdrill");
        let leaf = leaf.signed_by(&key, &issuer)?;
        let key =
            PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Credential { authority, token, tls: Arc::new(tls) })
    }

    /// Whether these headers carry the token.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| same(token, self.token.as_bytes()))
    }
}

/// The bearer token that these headers carry.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let (scheme, token) = given.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
}

/// A signed token (three parts, as RFC 7515 has them) that the cluster may have given out itself: whose it is, the
/// cluster finds out.
pub(super) fn signed_token(headers: &HeaderMap) -> Option<String> {
    let token = std::str::from_utf8(bearer(headers)?).ok()?;
    (token.split('.').count() == 3).then(|| token.to_owned())
}

/// Compares in a time that does not tell where the two differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}

fn authority() -> Result<(Issuer<'static, KeyPair>, String), CredentialError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "helmdrill-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_and_nothing_else_lets_in() {
        let credential = Credential::new().expect("a machine with randomness");
        let admits = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, text.parse().expect(text));
            credential.admits(&headers)
        };
        let token = credential.token.clone();
        assert_eq!(token.len(), 48);
        assert!(admits(&format!("Bearer {token}")) && admits(&format!("bearer {token}")));
        for wrong in
            [format!("Basic {token}"), format!("Bearer {token}x"), "Bearer ".to_owned(), "B".to_owned()]
        {
            assert!(!admits(&wrong), "{wrong}");
        }
        assert!(!credential.admits(&HeaderMap::new()));
    }

    #[test]
    fn a_signed_token_is_for_the_cluster_to_read() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer a.b.c"));
        assert_eq!(signed_token(&headers).as_deref(), Some("a.b.c"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert_eq!(signed_token(&headers), None);
    }
}
