//! What differs from run to run by nature, in what commands and evidence say: times, durations, uids, drawn suffixes.

use regex::Regex;
use std::sync::LazyLock;

/// What is found, and what stands for it.
const MASKS: [(&str, &str); 9] = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4}| ?UTC|Z)*", "TIME"),
    (r"\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d( UTC)? \d{4}", "TIME"),
    // A column of a table is as wide as its longest time, and Go leaves zeros at the end of a second's fraction out.
    (r"TIME +\t", "TIME\t"),
    (r"UPDATED +\t", "UPDATED\t"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-HASH-DRAWN"),
    (r"127\.0\.0\.1:\d+", "SERVER"),
    (r"\b(\d+h)?(\d+m)?\d+(\.\d+)?(s|ms|µs)\b", "SPAN"),
    (r"\S*/(drill|cluster)-\w+/", "FOLDER/"),
];

/// The text without what was drawn or measured.
pub(super) fn masked(text: &str) -> String {
    static FOUND: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        MASKS.iter().map(|(pattern, stands)| (Regex::new(pattern).expect(pattern), *stands)).collect()
    });
    FOUND.iter().fold(text.to_owned(), |text, (found, stands)| found.replace_all(&text, *stands).into_owned())
}

#[test]
fn a_mask_hides_what_was_drawn_and_nothing_else() {
    for (text, wanted) in [
        ("pod/web-5d4f8c7b9d-x2kq4 is ready", "pod/web-HASH-DRAWN is ready"),
        ("release myapp is pending-upgrade at revision 3", "release myapp is pending-upgrade at revision 3"),
        ("LAST DEPLOYED: Sun Nov 22 18:08:10 2026", "LAST DEPLOYED: TIME"),
        ("3\t2026-11-22 18:08:10.12345678 +0000 UTC \tdeployed", "3\tTIME\tdeployed"),
        ("timed out after 20s: 1m3.5s", "timed out after SPAN: SPAN"),
        ("dial tcp 127.0.0.1:41235", "dial tcp SERVER"),
    ] {
        assert_eq!(masked(text), wanted);
    }
}
