//! The database of a scenario: it is there where something asks for it, and asked for where it is there.

use super::super::bind::Bindings;
use super::super::dice::combinations;
use super::super::placed::Placed;
use super::names::{checks, commands};
use super::{Findings, asked};
use crate::check::Check;

/// Whoever sets HELM_DRIVER=sql, or looks for records in SQL, says that there is a database; a database is for somebody.
pub(super) fn stated(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let mut uses: Vec<&Placed> = Vec::new();
    for variant in combinations(scenario) {
        let bindings = Bindings::of(scenario, &variant);
        let steps = commands(scenario).into_iter().map(|command| &command.run);
        let typed = steps.chain(scenario.symptoms.iter().filter_map(|symptom| symptom.run.as_ref()));
        let typed = typed.map(|line| (line, bindings.text(&line.text).unwrap_or_default()));
        let lines = typed.chain(asked::lines(scenario, &bindings));
        uses.extend(lines.filter(|(_, line)| reaches(line)).map(|(at, _)| at));
        uses.extend(
            checks(scenario, &bindings).into_iter().filter(|(_, check)| looks(check)).map(|(at, _)| at),
        );
    }
    match (scenario.database, uses.is_empty()) {
        (true, true) => {
            let message = "nothing uses the database of this drill".to_owned();
            let help = "type `HELM_DRIVER=sql helm …`, or take `database` away".to_owned();
            found.whole(message, Some(help));
        }
        (false, false) => {
            for at in uses {
                let help = "state `database: true` beside `release`".to_owned();
                found.at(at, "there is no database in this drill".to_owned(), Some(help));
            }
        }
        (true, false) | (false, true) => {}
    }
}

/// Whether a line of shell needs the database.
fn reaches(line: &str) -> bool {
    let unquoted: String = line.chars().filter(|letter| !matches!(letter, '"' | '\'')).collect();
    unquoted.contains("HELM_DRIVER=sql") || unquoted.contains("HELM_DRIVER_SQL_CONNECTION_STRING")
}

/// Whether a check looks for records there.
fn looks(check: &Check) -> bool {
    serde_json::to_string(check).is_ok_and(|text| text.contains(r#""driver":"sql""#))
}
