//! What the release records say: the newest revision, and the history as a whole.

use super::answer::unless;
use super::compare::short;
use super::field::{at, says};
use super::{Answer, History, ReleaseIs, Values, View};
use crate::release::{self, Record, Revision};
use serde_json::Value;

/// The newest revision that can be read is what was asked.
pub(super) fn release(asked: &ReleaseIs, view: &View<'_>) -> Answer {
    let history = release::history(view.now, asked.driver, view.namespace(&asked.namespace), &asked.name);
    let newest = history.iter().rev().find_map(|revision| revision.record.as_ref().ok());
    let Some(record) = newest else {
        let evidence = match history.len() {
            0 => format!("release {} has no record", asked.driver.shown(&asked.name)),
            n => {
                format!("none of the {n} records of release {} can be read", asked.driver.shown(&asked.name))
            }
        };
        return Answer { held: asked.status.as_deref() == Some("absent") && history.is_empty(), evidence };
    };
    let wrong = [
        asked.revision.is_some_and(|wanted| wanted != record.revision),
        asked.status.as_ref().is_some_and(|wanted| *wanted != record.status),
        asked.chart_version.as_ref().is_some_and(|wanted| *wanted != record.chart_version),
        asked.app_version.as_ref().is_some_and(|wanted| *wanted != record.app_version),
    ];
    Answer { held: !wrong.contains(&true), evidence: said(asked, record) }
}

/// `release myapp is pending-upgrade at revision 3`, and the versions where they were asked for.
fn said(asked: &ReleaseIs, record: &Record) -> String {
    let name = asked.driver.shown(&asked.name);
    let mut line = format!("release {name} is {} at revision {}", record.status, record.revision);
    if asked.chart_version.is_some() {
        line += &format!(", chart {}-{}", record.chart, record.chart_version);
    }
    if asked.app_version.is_some() {
        line += &format!(", app {}", record.app_version);
    }
    line
}

/// The history counts what was asked.
pub(super) fn history(asked: &History, view: &View<'_>) -> Answer {
    let history = release::history(view.now, asked.driver, view.namespace(&asked.namespace), &asked.release);
    let deployed: Vec<u32> =
        history.iter().filter(|r| r.status() == Some("deployed")).map(|r| r.number).collect();
    let newest = deployed.last().copied().unwrap_or_default();
    let pending: Vec<&Revision> = history.iter().filter(|r| r.is_pending() && r.number > newest).collect();
    let unreadable = history.iter().filter(|r| r.record.is_err()).count();
    let disagree: Vec<&Revision> =
        history.iter().filter(|r| r.status().is_some_and(|status| status != r.label)).collect();
    let mut wrongs = Vec::new();
    let mut count = |what: &str, wanted: Option<usize>, found: usize| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            wrongs.push(format!("{found} {what}, expected {wanted}"));
        }
    };
    count("deployed revisions", asked.deployed, deployed.len());
    count("pending revisions newer than the newest deployed one", asked.pending, pending.len());
    count("records that cannot be read", asked.undecodable, unreadable);
    let say = |status: &str| history.iter().filter(|r| r.status() == Some(status)).count();
    count("superseded revisions", asked.superseded, say("superseded"));
    count("failed revisions", asked.failed, say("failed"));
    let hidden = history.iter().filter(|revision| revision.damage.is_some()).count();
    count("records that their labels hide from Helm", asked.hidden, hidden);
    count("revisions", asked.revisions, history.len());
    if let Some(most) = asked.revisions_at_most.filter(|most| *most < history.len()) {
        wrongs.push(format!("{} revisions, expected at most {most}", history.len()));
    }
    if asked.labels_agree.is_some_and(|wanted| wanted != disagree.is_empty()) {
        wrongs.push(match disagree.first() {
            Some(r) => {
                let label = if r.label.is_empty() {
                    "not labelled".to_owned()
                } else {
                    format!("labelled {}", r.label)
                };
                format!("revision {} is {label} and says {}", r.number, r.status().unwrap_or_default())
            }
            None => "every label says what its record says".to_owned(),
        });
    }
    let told = told(&asked.driver.shown(&asked.release), &history);
    let Answer { held, evidence } = unless(wrongs, || told.clone());
    Answer { held, evidence: if held { told } else { format!("{evidence}: {told}") } }
}

/// The newest deployed revision was given these values.
pub(super) fn values(asked: &Values, view: &View<'_>) -> Answer {
    let history = release::history(view.now, asked.driver, view.namespace(&asked.namespace), &asked.release);
    let deployed = history.iter().rev().filter_map(|revision| revision.record.as_ref().ok());
    let Some(record) = deployed.into_iter().find(|record| record.status == "deployed") else {
        let evidence = format!("release {} has no deployed revision", asked.driver.shown(&asked.release));
        return Answer { held: false, evidence };
    };
    let given = Value::Object(record.config.clone());
    let mut wrongs = Vec::new();
    for (path, wanted) in &asked.values {
        match at(&given, path) {
            Some(found) if says(wanted, found) => {}
            Some(found) => wrongs.push(format!("{path} is {}, expected {}", short(found), short(wanted))),
            None => wrongs.push(format!("{path} was not given, expected {}", short(wanted))),
        }
    }
    for path in asked.absent.iter().filter(|path| at(&given, path).is_some()) {
        wrongs.push(format!("{path} was given"));
    }
    let Answer { held, evidence } = unless(wrongs, || short(&given));
    Answer {
        held,
        evidence: format!(
            "values of {} at revision {}: {evidence}",
            asked.driver.shown(&asked.release),
            record.revision
        ),
    }
}

/// `myapp: 1 superseded, 2 deployed, 3 pending-upgrade, 4 unreadable (broken gzip data)`.
fn told(release: &str, history: &[Revision]) -> String {
    let each: Vec<String> = history
        .iter()
        .map(|revision| match &revision.record {
            Ok(record) => format!("{} {}", revision.number, record.status),
            Err(error) => format!("{} unreadable ({error})", revision.number),
        })
        .collect();
    match each.is_empty() {
        true => format!("{release}: no revisions"),
        false => format!("{release}: {}", each.join(", ")),
    }
}
