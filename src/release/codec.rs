//! The way of a record into a Secret and back: JSON, gzip, base64, and the base64 of the Secret's transport around
//! it. Text without gzip's first bytes is plain JSON, as in Helm.

use super::Record;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{Read, Write};

/// The first bytes by which Helm tells a packed record from a plain one.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];
/// No record is larger than a Secret may be (1 MiB) times what gzip can reach; more is an attack on the reader.
const LARGEST: u64 = 64 << 20;

/// Why the content of a Secret is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The Secret has no key `release`, or it is empty.
    #[error("the Secret has no key \"release\"")]
    NoRelease,
    /// One of the two layers of base64 is broken.
    #[error("illegal base64")]
    Base64,
    /// The packed data is cut off or broken.
    #[error("broken gzip data")]
    Gzip,
    /// What was packed is no JSON object.
    #[error("not a JSON object")]
    Json,
}

/// Reads the record out of a Secret object, whose `data.release` is in transport form.
pub fn decode(secret: &Value) -> Result<Record, DecodeError> {
    let transport = secret["data"]["release"].as_str().unwrap_or_default();
    if transport.is_empty() {
        return Err(DecodeError::NoRelease);
    }
    let inner = STANDARD.decode(transport.trim()).map_err(|_| DecodeError::Base64)?;
    read(&inner)
}

/// Reads the record out of a ConfigMap object, which has no transport form.
pub(super) fn decode_configmap(map: &Value) -> Result<Record, DecodeError> {
    match map["data"]["release"].as_str().unwrap_or_default() {
        "" => Err(DecodeError::NoRelease),
        inner => read(inner.as_bytes()),
    }
}

fn read(inner: &[u8]) -> Result<Record, DecodeError> {
    let packed = STANDARD.decode(inner.trim_ascii()).map_err(|_| DecodeError::Base64)?;
    let plain = if packed.starts_with(&GZIP_MAGIC) { unpack(&packed)? } else { packed };
    let whole: Value = serde_json::from_slice(&plain).map_err(|_| DecodeError::Json)?;
    if !whole.is_object() {
        return Err(DecodeError::Json);
    }
    Ok(Record::from_json(&whole))
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut plain = Vec::new();
    GzDecoder::new(packed).take(LARGEST).read_to_end(&mut plain).map_err(|_| DecodeError::Gzip)?;
    Ok(plain)
}

/// The text of `data.release` for a record, in transport form.
pub fn encode(record: &Record) -> String {
    let plain = record.to_json().to_string();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(plain.as_bytes()).expect("a vector takes every byte");
    let packed = gzip.finish().expect("a vector takes every byte");
    STANDARD.encode(STANDARD.encode(packed))
}

/// The Secret of a record as Helm's driver stores it, with its labels.
pub fn secret(record: &Record) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": format!("sh.helm.release.v1.{}.v{}", record.name, record.revision),
            "namespace": record.namespace,
            "labels": {
                "name": record.name,
                "owner": "helm",
                "status": record.status,
                "version": record.revision.to_string(),
            },
        },
        "data": {"release": encode(record)},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held(text: &str) -> Value {
        json!({"data": {"release": STANDARD.encode(text)}})
    }

    #[test]
    fn what_is_no_record_says_why() {
        let cases = [
            (json!({}), DecodeError::NoRelease),
            (json!({"data": {"release": ""}}), DecodeError::NoRelease),
            (json!({"data": {"release": "%%%"}}), DecodeError::Base64),
            (held("garbage"), DecodeError::Base64),
            (held(&STANDARD.encode([0x1f, 0x8b, 0x08, 0, 1])), DecodeError::Gzip),
            (held(&STANDARD.encode("no json")), DecodeError::Json),
            (held(&STANDARD.encode("[1]")), DecodeError::Json),
        ];
        for (secret, error) in cases {
            assert_eq!(decode(&secret), Err(error), "{secret}");
        }
    }

    #[test]
    fn a_record_that_is_not_packed_is_read_as_plain_json() {
        let record = decode(&held(&STANDARD.encode(r#"{"name":"web","version":4}"#))).expect("plain JSON");
        assert_eq!((record.name.as_str(), record.revision), ("web", 4));
    }

    #[test]
    fn secrets_that_helm_3_and_helm_4_wrote_are_read() {
        let recorded = [
            include_str!("../../tests/release-secrets/helm3.json"),
            include_str!("../../tests/release-secrets/helm4.json"),
        ];
        let told = recorded.map(|text| {
            let secret: Value = serde_json::from_str(text).expect("a recorded object");
            let r = decode(&secret).expect("a recorded release");
            let kinds: Vec<String> = crate::release::documents(&r.manifest)
                .expect("YAML")
                .iter()
                .map(|d| d["kind"].to_string())
                .collect();
            format!(
                "{} {} {} {:?} {} {} {:?} {:?} {:?} {}",
                r.name,
                r.revision,
                r.status,
                r.description,
                r.chart,
                r.app_version,
                r.config,
                r.hooks[0].events,
                r.apply_method,
                kinds.join("+")
            )
        });
        let config = |n: u8| {
            format!(
                "myapp {n} deployed \"Upgrade complete\" myapp 1.0 {{\"msg\": String(\"v2\")}} \
                 [\"pre-upgrade\", \"pre-rollback\"]"
            )
        };
        let kinds = "\"ConfigMap\"+\"Service\"+\"Deployment\"";
        assert_eq!(told, [format!("{} \"\" {kinds}", config(2)), format!("{} \"ssa\" {kinds}", config(2))]);
    }

    proptest! {
        #[test]
        fn a_record_survives_its_secret(name in "[a-z]{1,9}", revision in 1..99u32, manifest in ".*", value in ".*") {
            let config = json!({"k": value}).as_object().cloned().unwrap_or_default();
            let record = Record {
                name,
                revision,
                manifest,
                config,
                status: "deployed".into(),
                apply_method: "ssa".into(),
                hooks: vec![super::super::Hook { name: "h".into(), kind: "Job".into(), ..Default::default() }],
                ..Record::default()
            };
            prop_assert_eq!(decode(&secret(&record)), Ok(record));
        }

        #[test]
        fn a_cut_off_record_is_an_error_and_never_a_panic(cut in 0usize..400) {
            let whole = encode(&Record { name: "web".into(), manifest: "kind: A\n".repeat(9), ..Record::default() });
            let cut = cut.min(whole.len() - 4);
            let held = decode(&json!({"data": {"release": &whole[..cut]}}));
            prop_assert!(held.is_err());
        }
    }
}
