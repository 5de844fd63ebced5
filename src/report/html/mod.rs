//! The report as one page of HTML that needs nothing else: no network, no font, no framework. Owns the frame of the page;
//! its parts have files of their own. Every text of a drill goes through the escaping of the templates.

mod drill;
mod folded;
mod matrix;
mod timeline;

use super::sheet::Sheet;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use folded::Shown;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of these drills: a matrix where there are several, and a section for each.
pub fn html(sheets: &[Sheet], not_exercised: &[String]) -> String {
    let title = match sheets {
        [sheet] => format!("{} · helmdrill", sheet.name()),
        _ => format!("{} drills · helmdrill", sheets.len()),
    };
    let anchors = anchors(sheets);
    let mut shown = Shown::on_a_page_of(sheets.len());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "helmdrill " (env!("CARGO_PKG_VERSION")) };
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (head(sheets))
                main #main {
                    @if sheets.len() > 1 {
                        (matrix::matrix(sheets, &anchors))
                        (matrix::surprises(sheets, &anchors))
                    }
                    @if !not_exercised.is_empty() {
                        section.card aria-labelledby="not-exercised" {
                            h2 #not-exercised { "Not exercised" }
                            ul { @for why in not_exercised { li { (why) } } }
                        }
                    }
                    @for (number, (sheet, anchor)) in sheets.iter().zip(&anchors).enumerate() {
                        (drill::section(sheet, anchor, number, &mut shown))
                    }
                }
                footer {
                    p { "Written by helmdrill " (env!("CARGO_PKG_VERSION"))
                        " from transcripts. Everything here was recorded; nothing was sampled." }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// What the page may load: nothing. What it may run: its own script, known by its hash.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    )
}

fn head(sheets: &[Sheet]) -> Markup {
    let versions: BTreeSet<&str> = sheets.iter().map(|sheet| sheet.helm.as_str()).collect();
    let failures: BTreeSet<&str> = sheets.iter().map(|sheet| sheet.failure.as_str()).collect();
    let good = sheets.iter().filter(|sheet| sheet.scorecard.as_expected).count();
    html! {
        header.top {
            p.brand { "helmdrill" }
            @match sheets {
                [sheet] => { h1 { (sheet.title) } p.lead { (sheet.failure) } }
                _ => {
                    h1 { "Recovery drills" }
                    p.lead {
                        strong { (good) " of " (sheets.len()) } " drills as expected · "
                        (count(failures.len(), "failure")) " · Helm "
                        (versions.into_iter().collect::<Vec<_>>().join(" and "))
                    }
                }
            }
        }
    }
}

/// A text between tags: quotes mean nothing there, and outputs are full of them. In an attribute the templates write it.
struct Text<'a>(&'a str);

impl Render for Text<'_> {
    fn render_to(&self, page: &mut String) {
        for letter in self.0.chars() {
            match letter {
                '&' => page.push_str("&amp;"),
                '<' => page.push_str("&lt;"),
                '>' => page.push_str("&gt;"),
                letter => page.push(letter),
            }
        }
    }
}

/// `1 failure`, `2 failures`.
fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// A name for every section, fit for a link and each there once.
fn anchors(sheets: &[Sheet]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    sheets
        .iter()
        .map(|sheet| {
            let name = format!("{}-{}-helm{}", sheet.failure, sheet.procedure, sheet.helm);
            let plain: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
            let free = (1..).map(|number| match number {
                1 => plain.clone(),
                number => format!("{plain}-{number}"),
            });
            let anchor = free.into_iter().find(|anchor| !taken.contains(anchor)).unwrap_or_default();
            taken.insert(anchor.clone());
            anchor
        })
        .collect()
}
