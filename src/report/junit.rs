//! Drills as JUnit: a suite for each failure, a test case for each drill. A case passes where the drill came out as its
//! scenario expects; a control that lost as it must is no failure.

use super::sheet::Sheet;
use crate::plan::Verdict;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The XML document.
pub fn junit(sheets: &[Sheet]) -> String {
    let mut report = Report::new("helmdrill");
    let mut failures: Vec<&str> = Vec::new();
    for sheet in sheets {
        if !failures.contains(&sheet.failure.as_str()) {
            failures.push(&sheet.failure);
        }
    }
    for failure in failures {
        let mut suite = TestSuite::new(failure);
        suite.add_test_cases(sheets.iter().filter(|sheet| sheet.failure == failure).map(case));
        report.add_test_suite(suite);
    }
    report.to_string().expect("plain data can be written into a text")
}

fn case(sheet: &Sheet) -> TestCase {
    let card = &sheet.scorecard;
    let not = |kind, message: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(message).set_description(sheet.record.evidence.join("\n"));
        status
    };
    let status = match (card.as_expected, card.verdict) {
        (true, _) => TestCaseStatus::success(),
        (false, Verdict::Inconclusive) => {
            not(NonSuccessKind::Error, "inconclusive: there is no evidence that the fault bit".to_owned())
        }
        (false, Verdict::Recovered | Verdict::Degraded | Verdict::Failed | Verdict::Catastrophic) => {
            let came = format!("{} {}, {}", card.verdict.word(), card.score, sheet.expected());
            not(NonSuccessKind::Failure, came)
        }
    };
    let mut case = TestCase::new(format!("{} · helm {}", sheet.procedure, sheet.helm), status);
    case.set_classname(&sheet.failure);
    case.set_time(Duration::from_secs_f64(sheet.record.command_seconds.max(0.0)));
    case.set_system_out(sheet.story());
    case
}
