//! The order in which the members of answers stand, beside what a kube-apiserver 1.36.2 answered: each line of
//! `answers.jsonl` is the body of one of its answers, byte for byte.

use helmdrill::call::{in_lines, write_object};
use serde_json::Value;

const ANSWERS: &str = include_str!("answers.jsonl");

fn written(object: &Value) -> String {
    let mut out = Vec::new();
    write_object(object, &mut out);
    String::from_utf8(out).expect("JSON is UTF-8")
}

#[test]
fn objects_are_written_byte_for_byte_as_a_real_server_writes_them() {
    for answer in ANSWERS.lines() {
        let object: Value = serde_json::from_str(answer).expect("a recorded answer is JSON");
        assert_eq!(written(&object), answer);
    }
    assert!(ANSWERS.lines().count() > 50);
}

#[test]
fn an_answer_in_lines_is_the_same_document() {
    for answer in ANSWERS.lines() {
        let lines = in_lines(answer.as_bytes());
        let object: Value = serde_json::from_slice(&lines).expect("it is JSON still");
        assert_eq!(written(&object), answer);
        assert!(!lines.ends_with(b"\n"));
    }
}
