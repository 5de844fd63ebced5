//! Folded texts: what differs between two states, and the parts of a story. The same text stands on a page once; where it
//! comes again, there is a link to it: drills of one failure are forks of one broken cluster.

use super::Text;
use maud::{Markup, html};
use std::collections::HashMap;

/// The texts that stand on the page already, and where.
pub(super) struct Shown {
    places: HashMap<String, String>,
    lines: usize,
}

impl Shown {
    /// Nothing yet, on a page of so many drills. A longer difference is cut: a page is read, not searched, and one of many
    /// drills is for finding the one to look at.
    pub(super) fn on_a_page_of(drills: usize) -> Shown {
        let lines = match drills {
            0..=10 => 100,
            _ => 40,
        };
        Shown { places: HashMap::new(), lines }
    }

    /// A difference under its title; `anchor` names it where it is new.
    pub(super) fn difference(&mut self, title: &str, text: &str, anchor: &str) -> Markup {
        if text.is_empty() {
            return html! { p.same { (title) ": nothing." } };
        }
        let most = self.lines;
        let objects = text.lines().filter(|line| heads(line)).count();
        self.once(title, text, anchor, &super::count(objects, "object"), |text| lines(text, most))
    }

    /// A part of a story under its title.
    pub(super) fn story(&mut self, title: &str, text: &str, anchor: &str) -> Markup {
        let told = |text: &str| html! { pre tabindex="0" { (Text(text)) } };
        self.once(title, text, anchor, &super::count(text.lines().count(), "line"), told)
    }

    /// The text, folded, where it is new; else a link to where it stands.
    fn once(
        &mut self,
        title: &str,
        text: &str,
        anchor: &str,
        size: &str,
        shown: impl FnOnce(&str) -> Markup,
    ) -> Markup {
        if let Some(place) = self.places.get(text) {
            return html! { p.same { (title) ": " a href={ "#" (place) } { "the same as here" } "." } };
        }
        self.places.insert(text.to_owned(), anchor.to_owned());
        html! {
            details id=(anchor) {
                summary { (title) span.of { (size) } }
                (shown(text))
            }
        }
    }
}

/// Whether a line names an object: `~ deployments.apps production/web`.
fn heads(line: &str) -> bool {
    ["~ ", "+ ", "- "].iter().any(|sign| {
        let rest = line.strip_prefix(sign).unwrap_or_default();
        // Lines of YAML have a colon or a dash; the name of an object has one space and a slash.
        rest.split_once(' ').is_some_and(|(kind, name)| {
            !kind.ends_with(':') && kind != "-" && name.contains('/') && !name.contains(' ')
        })
    })
}

/// The text, so many lines of it at most, with its lines marked, neighbours of one kind together.
fn lines(text: &str, most: usize) -> Markup {
    let all: Vec<&str> = text.lines().filter(|line| !line.starts_with("@@")).collect();
    let mut groups: Vec<(char, String)> = Vec::new();
    for line in all.iter().take(most) {
        let kind = match line.chars().next() {
            _ if heads(line) => '#',
            Some(sign @ ('+' | '-')) => sign,
            Some(_) | None => ' ',
        };
        match groups.last_mut() {
            Some((last, text)) if *last == kind && kind != '#' => {
                text.push('\n');
                text.push_str(line);
            }
            Some(_) | None => groups.push((kind, (*line).to_owned())),
        }
    }
    let more = all.len().saturating_sub(most);
    html! {
        pre.diff tabindex="0" {
            @for (kind, text) in &groups {
                @match kind {
                    '#' => strong { (Text(text)) },
                    '+' => ins { (Text(text)) },
                    '-' => del { (Text(text)) },
                    _ => (Text(text)),
                }
                "\n"
            }
            @if more > 0 { em { "… and " (super::count(more, "line")) " more; helmdrill regrade TRANSCRIPT --diff shows all" } }
        }
    }
}
