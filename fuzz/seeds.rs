//! Writes the corpus from which fuzzing begins: the requests of the recordings, alone and with those before them, and
//! recorded bodies in protobuf. `seeds FOLDER` writes into that folder.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let into = PathBuf::from(std::env::args().nth(1).expect("seeds FOLDER"));
    fs::create_dir_all(&into).expect("a folder");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let mut files: Vec<_> =
        fs::read_dir(tests.join("conformance/api-cases")).expect("recordings").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let mut count = 0;
    let mut write = |calls: &[Vec<u8>]| {
        fs::write(into.join(format!("seed-{count:05}")), calls.join(&b"\n%%%%\n"[..])).expect("a writable folder");
        count += 1;
    };
    for file in files {
        let case: Value = serde_json::from_slice(&fs::read(file).expect("a recording")).expect("JSON");
        let steps = case["steps"].as_array().expect("steps");
        let calls: Vec<Vec<u8>> = steps.iter().filter_map(|step| step.get("request")).map(request).collect();
        for end in 1..=calls.len() {
            write(&calls[end.saturating_sub(4)..end]);
        }
    }
    let bodies: Vec<Value> =
        serde_json::from_slice(&fs::read(tests.join("recorded/protobuf.json")).expect("recorded bodies")).expect("JSON");
    for body in bodies {
        let bytes = STANDARD.decode(body["base64"].as_str().expect("base64")).expect("base64");
        for path in ["/api/v1/namespaces/default/secrets", "/apis/apps/v1/namespaces/default/deployments"] {
            let head = format!("POST {path}\napplication/vnd.kubernetes.protobuf\napplication/json\n");
            write(&[[head.as_bytes(), &bytes].concat()]);
        }
    }
}

/// A recorded request as an input writes it.
fn request(request: &Value) -> Vec<u8> {
    let text = |name: &str, without: &str| request[name].as_str().unwrap_or(without).to_owned();
    let path = text("path", "/").replace("{ns}", "default");
    let media = text("content_type", "application/json");
    let mut out = format!("{} {path}\n{media}\n{}\n", text("method", "GET"), text("accept", "application/json"));
    match &request["body"] {
        Value::Null => {}
        Value::String(raw) => out += raw,
        body => out += &body.to_string(),
    }
    out.into_bytes()
}
