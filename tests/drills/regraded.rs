//! A transcript is all that a grade needs: written to its file and read again, it comes to the same scorecard, and to
//! the same file.
#![expect(clippy::disallowed_methods, reason = "a test writes and reads files")]

use super::course;
use helmdrill::grade::grade;
use helmdrill::report::Graded;

#[test]
fn every_transcript_is_graded_the_same_out_of_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("transcript.json");
    for drill in course::all() {
        let written = serde_json::to_string(drill).expect("plain data");
        std::fs::write(&file, &written).expect("a file");
        let read = std::fs::read_to_string(&file).expect("it is there");
        let read: Graded = serde_json::from_str(&read).expect("what was written");
        assert_eq!(grade(&read.plan, &read.transcript), drill.scorecard);
        let again = serde_json::to_string(&read).expect("plain data");
        assert!(again == written, "{} {}: the file is not the same", drill.scenario(), drill.plan.procedure);
    }
}
