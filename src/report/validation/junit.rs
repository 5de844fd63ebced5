//! A validation as JUnit: one test case for each section, way and version of Helm.

use super::record::{Exercise, SectionRecord, Validation, WayRecord};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The XML document.
pub fn junit(validation: &Validation) -> String {
    let mut report = Report::new("helmdrill validate");
    for helm in &validation.helm {
        let mut suite = TestSuite::new(format!("helm {helm}"));
        for section in &validation.sections {
            for way in &section.ways {
                let with = way.exercises.iter().filter(|exercise| &exercise.helm == helm);
                suite.add_test_cases(with.map(|exercise| case(section, way, exercise)));
            }
        }
        report.add_test_suite(suite);
    }
    report.to_string().expect("plain data can be written into a text")
}

fn case(section: &SectionRecord, way: &WayRecord, exercise: &Exercise) -> TestCase {
    let name = if way.name.is_empty() {
        section.title.clone()
    } else {
        format!("{} › {}", section.title, way.name)
    };
    let evidence = exercise.evidence.join("\n");
    let failed = |kind, message: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(message).set_description(evidence.clone());
        status
    };
    let status = match exercise.verdict.as_str() {
        "recovered" | "degraded" | "looked" => TestCaseStatus::success(),
        "not-exercised" => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(evidence.clone());
            status
        }
        "inconclusive" => failed(NonSuccessKind::Error, "there is no evidence that the fault bit".to_owned()),
        verdict => failed(NonSuccessKind::Failure, format!("{verdict} {}", exercise.score)),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{}:{}", section.runbook, section.line));
    case.set_time(Duration::from_secs_f64(exercise.seconds.max(0.0)));
    let told: Vec<String> = exercise
        .steps
        .iter()
        .map(|step| format!("{}: {} [{}] {}", step.line, step.written, step.verdict.word(), step.told))
        .collect();
    case.set_system_out(told.join("\n"));
    case
}
