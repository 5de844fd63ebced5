//! The first thing on the page of a run: failure by procedure by Helm, each cell a link to its drill; and the drills that
//! came out otherwise than expected.

use super::super::sheet::Sheet;
use crate::plan::{Role, Verdict};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The table of all drills.
pub(super) fn matrix(sheets: &[Sheet], anchors: &[String]) -> Markup {
    let versions: Vec<&str> =
        sheets.iter().map(|sheet| sheet.helm.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let drills: Vec<(&Sheet, &String)> = sheets.iter().zip(anchors).collect();
    html! {
        section.card aria-labelledby="matrix" {
            h2 #matrix { "What recovers and what does not" }
            p.legend {
                @for verdict in [Verdict::Recovered, Verdict::Degraded, Verdict::Failed,
                                 Verdict::Catastrophic, Verdict::Inconclusive] {
                    span.badge.(verdict.word()) { (sign(verdict)) " " (verdict.word()) } " "
                }
                span { "★ reference · ⊘ control, which must lose · ≠ not as expected" }
            }
            div.scroll tabindex="0" role="region" aria-label="Table of all drills" {
                table.matrix {
                    thead {
                        tr {
                            th scope="col" { "Procedure" }
                            @for version in &versions { th scope="col" { "Helm " (version) } }
                        }
                    }
                    @for failure in once(sheets.iter().map(|sheet| sheet.failure.as_str())) {
                        (group(failure, &drills, &versions))
                    }
                }
            }
        }
    }
}

/// The rows of one failure.
fn group(failure: &str, drills: &[(&Sheet, &String)], versions: &[&str]) -> Markup {
    let of_it: Vec<&(&Sheet, &String)> =
        drills.iter().filter(|(sheet, _)| sheet.failure == failure).collect();
    let title = of_it.first().map_or("", |(sheet, _)| sheet.title.as_str());
    html! {
        tbody {
            tr.group { th scope="rowgroup" colspan=(versions.len() + 1) { (failure) span.of { (title) } } }
            @for procedure in once(of_it.iter().map(|(sheet, _)| sheet.procedure.as_str())) {
                tr {
                    th scope="row" {
                        @if let Some((sheet, _)) = of_it.iter().find(|(sheet, _)| sheet.procedure == procedure) {
                            (role(sheet.role))
                        }
                        (procedure)
                    }
                    @for version in versions {
                        td {
                            @match of_it.iter().find(|(sheet, _)| sheet.procedure == procedure && sheet.helm == *version) {
                                Some((sheet, anchor)) => (cell(sheet, anchor)),
                                None => span.none { "–" },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(sheet: &Sheet, anchor: &str) -> Markup {
    let verdict = sheet.scorecard.verdict;
    html! {
        a.badge.(verdict.word()) href={ "#" (anchor) } {
            (sign(verdict)) " " (verdict.word()) " " b { (sheet.scorecard.score) }
        }
        @if !sheet.scorecard.as_expected { " " span.surprise { "≠ " (sheet.expected()) } }
    }
}

/// A list of what is to be looked at; nothing where all is as expected.
pub(super) fn surprises(sheets: &[Sheet], anchors: &[String]) -> Markup {
    let found: Vec<(&Sheet, &String)> =
        sheets.iter().zip(anchors).filter(|(sheet, _)| !sheet.scorecard.as_expected).collect();
    html! {
        @if !found.is_empty() {
            section.card.alert aria-labelledby="surprises" {
                h2 #surprises { "Not as expected" }
                ul {
                    @for (sheet, anchor) in found {
                        li {
                            a href={ "#" (anchor) } { (sheet.name()) } ": " (sheet.scorecard.verdict.word()) ", "
                            (sheet.expected())
                        }
                    }
                }
            }
        }
    }
}

/// The sign of a verdict, so that nobody depends on its colour.
pub(super) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Recovered => "✓",
        Verdict::Degraded => "◐",
        Verdict::Failed => "✕",
        Verdict::Catastrophic => "☠",
        Verdict::Inconclusive => "?",
    }
}

fn role(role: Role) -> Markup {
    html! {
        @match role {
            Role::Reference => span.role title="the procedure that the scenario teaches" { "★ " },
            Role::Control => span.role title="a control, which must lose" { "⊘ " },
            Role::Alternative => "",
        }
    }
}

/// Each name once, in the order in which they come.
fn once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
