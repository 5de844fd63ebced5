//! A validation as JUnit: one test case for each section, way and version of Helm. A case fails where the validation does:
//! where something that weighs as an error is about its way or about one of its statements.

use super::record::{Concern, Exercise, SectionRecord, StepRecord, Validation, WayRecord, Weight, told};
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
                suite.add_test_cases(with.map(|exercise| case(validation, section, way, exercise)));
            }
        }
        report.add_test_suite(suite);
    }
    report.to_string().expect("plain data can be written into a text")
}

fn case(validation: &Validation, section: &SectionRecord, way: &WayRecord, exercise: &Exercise) -> TestCase {
    let name = if way.name.is_empty() {
        section.title.clone()
    } else {
        format!("{} › {}", section.title, way.name)
    };
    let errors: Vec<&Concern> = errors(validation, section, way, exercise).collect();
    let lines = errors
        .iter()
        .map(|concern| format!("{}:{}:{}: {}", concern.file, concern.line, concern.column, told(concern)));
    let evidence = exercise.evidence.iter().cloned().chain(lines).collect::<Vec<_>>().join("\n");
    let failed = |kind, message: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(message).set_description(evidence.clone());
        status
    };
    let status = match (errors.first(), exercise.verdict.as_str()) {
        (None, "not-exercised") => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(evidence.clone());
            status
        }
        (None, _) => TestCaseStatus::success(),
        (Some(_), "inconclusive") => {
            failed(NonSuccessKind::Error, "there is no evidence that the fault bit".to_owned())
        }
        (Some(_), verdict @ ("failed" | "catastrophic")) => {
            failed(NonSuccessKind::Failure, format!("{verdict} {}", exercise.score))
        }
        (Some(first), _) => failed(NonSuccessKind::Failure, first.message.clone()),
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

/// What weighs as an error and is about a way, or about one of the statements that it shares with others.
fn errors<'a>(
    validation: &'a Validation,
    section: &'a SectionRecord,
    way: &'a WayRecord,
    exercise: &'a Exercise,
) -> impl Iterator<Item = &'a Concern> {
    validation.concerns.iter().filter(move |concern| {
        let here = concern.file == section.runbook && concern.section == section.title;
        let with = concern.helm.is_empty() || concern.helm.contains(&exercise.helm);
        let about = |step: &StepRecord| {
            (step.line..step.line + step.written.lines().count().max(1)).contains(&concern.line)
        };
        let within = exercise.steps.iter().any(about);
        concern.weight == Weight::Error && here && with && (concern.way == way.name || within)
    })
}
