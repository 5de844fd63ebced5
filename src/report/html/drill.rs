//! The section of one drill: its grade, its timeline, the evidence for every point, what differs between its states, its
//! story, and how to run it again.

use super::super::sheet::{Sheet, Stake};
use super::Text;
use super::folded::Shown;
use super::matrix::sign;
use super::timeline;
use crate::grade::Loss;
use crate::plan::{Role, Verdict};
use maud::{Markup, html};

/// The whole section, one of which has each number. `shown` knows the differences that stand on the page already.
pub(super) fn section(sheet: &Sheet, anchor: &str, number: usize, shown: &mut Shown) -> Markup {
    html! {
        article.card id=(anchor) aria-labelledby={ "h" (number) } {
            (head(sheet, number))
            h3 { "Timeline" }
            (timeline::figure(sheet, number))
            h3 id={ "e" (number) } { "Evidence" }
            (evidence(sheet, number))
            h3 { "States" }
            (shown.difference("What the fault did", &sheet.differences.broke, &format!("broke{number}")))
            (shown.difference("What the recovery did", &sheet.differences.repaired, &format!("repaired{number}")))
            (shown.difference("What is not as it was", &sheet.differences.left, &format!("left{number}")))
            h3 { "The story, line by line" }
            (shown.story("How it was broken", &sheet.chapters.broken, &format!("story{number}")))
            details {
                summary { "How it was recovered" span.of { (super::count(sheet.chapters.recovered.lines().count(), "line")) } }
                pre tabindex="0" { (Text(&sheet.chapters.recovered)) }
            }
            p.again { "Run it again: " code { (Text(&sheet.reproduce)) } }
        }
    }
}

fn head(sheet: &Sheet, number: usize) -> Markup {
    let card = &sheet.scorecard;
    let part = match sheet.role {
        Role::Reference => "reference",
        Role::Alternative => "procedure",
        Role::Control => "control",
    };
    html! {
        div.head {
            div {
                h2 id={ "h" (number) } { (sheet.failure) " · " (sheet.procedure) }
                p.sub { (part) " · Helm " (sheet.helm) " · " (sheet.record.cluster) " · release " (sheet.release)
                        " · seed 0x" (format!("{:x}", sheet.seed)) }
            }
            p.grade.(card.verdict.word()) {
                span.verdict { (sign(card.verdict)) " " (card.verdict.word()) }
                span.score { (card.score) span.of { "/100 " (card.letter) } }
            }
        }
        p.expect {
            @if card.as_expected { strong { "As expected" } }
            @else { strong.surprise { "≠ Not as expected: " (sheet.expected()) } }
            ": " (sheet.expect.because.trim())
        }
        dl.figures {
            div { dt { "to recover" } dd { (format!("{:.1} s", card.seconds)) } }
            div { dt { "commands" } dd { (card.commands) } }
            div { dt { "API calls" } dd { (card.calls) } }
            div { dt { "longest outage" } dd { (format!("{:.1} s", card.longest_outage_seconds)) } }
        }
    }
}

/// What the score is made of: every objective and safeguard, kept or lost, with what was seen.
fn evidence(sheet: &Sheet, number: usize) -> Markup {
    let losses = &sheet.scorecard.losses;
    let lost = |stake: &Stake| losses.iter().find(|loss| loss.id == stake.id);
    let others: Vec<&Loss> =
        losses.iter().filter(|loss| !sheet.stakes.iter().any(|stake| stake.id == loss.id)).collect();
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby={ "e" (number) " h" (number) } {
            table.evidence {
                thead { tr {
                    th scope="col" { "What counts" } th scope="col" { "Points" } th scope="col" { "What was seen" }
                } }
                tbody {
                    @for loss in others {
                        tr.lost {
                            th scope="row" { (loss.id) span.of { "symptom" } }
                            td { "✕" }
                            td { (Text(&loss.evidence)) }
                        }
                    }
                    @for stake in &sheet.stakes { (row(stake, lost(stake), sheet.scorecard.verdict != Verdict::Inconclusive)) }
                }
            }
        }
    }
}

fn row(stake: &Stake, loss: Option<&Loss>, judged: bool) -> Markup {
    html! {
        @match loss {
            Some(loss) => tr.lost {
                th scope="row" { (stake.id) span.of { (stake.kind) } }
                td { "✕ −" (loss.points) }
                td { (Text(&loss.evidence)) }
            },
            None => tr {
                th scope="row" { (stake.id) span.of { (stake.kind) } }
                td { @if judged { "✓ " (stake.points) } @else { "–" } }
                td.kept { @if judged { "held" } @else { "not judged" } }
            },
        }
    }
}
