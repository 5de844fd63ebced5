//! What sites add to Markdown, made plain: tabs of several kinds become comments that `markdown` reads, and what they
//! indent is set back. Fenced blocks stay as they are.

use super::text::Lifted;
use regex::Regex;
use std::sync::LazyLock;

/// The comment that a tab becomes; its name follows.
pub(super) const TAB: &str = "helmdrill-tab ";
/// The comment that stands where a group of tabs ends.
pub(super) const END: &str = "helmdrill-tabs-end";
/// The comment that the summary of something folded becomes; its text follows.
pub(super) const FOLD: &str = "helmdrill-fold ";
/// The comment that stands where something folded ends.
pub(super) const UNFOLD: &str = "helmdrill-fold-end";

static INDENTED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(===|!!!|\?\?\?\+?)\s*(?:\w+\s+)?"([^"]+)"\s*$"#));
static OPENS: LazyLock<Regex> = LazyLock::new(|| {
    let liquid = r#"\{[{%]<?%?\s*tab\s+(?:(?:title|name|header)=)?"([^"]+)".*[}%]\}"#;
    pattern(&format!(
        r#"^\s*(?:{liquid}|<TabItem[^>]*?label="([^"]+)"[^>]*>|<TabItem[^>]*?value="([^"]+)"[^>]*>|<Tab\s[^>]*?(?:title|name)="([^"]+)"[^>]*>)\s*$"#
    ))
});
static CLOSES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:</Tabs>|\{%\s*endtabs\s*%\}|\{\{[<%]\s*/tabs\s*[>%]\}\})\s*$"));
static PASSED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:</?TabItem>|</?Tab>|<Tabs[^>]*>|\{%\s*(?:endtab|tabs[^%]*)\s*%\}|\{\{[<%]\s*(?:/tab|tabs[^}]*)\s*[>%]\}\}|<details[^>]*>)\s*$",
    )
});
static SUMMARY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\s*)(?:<details[^>]*>\s*)?<summary[^>]*>(.*)</summary>\s*$"));
static FOLDED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\s*)(?:</p>\s*)?</details>\s*$"));
static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?\w[^>]*>|--+>?"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours is one")
}

/// The text as plain Markdown.
pub(super) fn plain(source: &str) -> Lifted {
    let mut out = Lifted::default();
    let mut fence: Option<String> = None;
    // How far the fence that is open stands in.
    let mut inset = 0;
    let mut indented = None;
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let from = at;
        at += line.len();
        let inside = indented.is_some() && (line.starts_with("    ") || line.starts_with('\t'));
        let ends = !inside && !line.trim().is_empty() && fence.is_none();
        if ends {
            match indented.take() {
                Some("===") if !line.starts_with("===") => out.put(&format!("\n<!-- {END} -->\n\n")),
                Some("???") => out.put(&format!("\n<!-- {UNFOLD} -->\n\n")),
                _ => {}
            }
        }
        let (line, from) = match (inside, line.strip_prefix('\t')) {
            (true, Some(rest)) => (rest, from + 1),
            (true, None) => (&line[4..], from + 4),
            (false, _) => (line, from),
        };
        // Marks within a quotation are marks.
        let trimmed = line.trim();
        let trimmed = trimmed.trim_start_matches(['>', ' ']);
        if let Some(open) = &fence {
            if trimmed.starts_with(open.as_str()) && trimmed.trim_start_matches(&open[..1]).is_empty() {
                fence = None;
            }
            // Who forgets to indent a line of a block in an item does not mean that the block ends there.
            let own = line.len() - line.trim_start_matches(' ').len();
            if own < inset && !line.trim().is_empty() {
                out.put(&" ".repeat(inset - own));
            }
            out.add(line, from);
        } else if let Some(open) = opening(trimmed) {
            let before = line.find(open.as_str()).unwrap_or_default();
            let plain = line[..before].chars().all(|c| c == ' ');
            inset = if plain && before > 0 && closes(&source[at..], &open) { before } else { 0 };
            fence = Some(open);
            out.add(line, from);
        } else if let Some(found) = INDENTED.captures(line.trim_end()).filter(|_| !inside) {
            let name = &found[2];
            let (mark, text) = match &found[1] {
                "===" => ("===", format!("\n<!-- {TAB}{name} -->\n\n")),
                "!!!" => ("!!!", format!("\n**{name}**\n\n")),
                _ => ("???", format!("\n<!-- {FOLD}{name} -->\n\n")),
            };
            indented = Some(mark);
            out.add(&text, from);
        } else if let Some(found) = OPENS.captures(line.trim_end()) {
            let name = found.iter().skip(1).flatten().next().map_or("", |name| name.as_str());
            out.add(&format!("\n<!-- {TAB}{name} -->\n\n"), from);
        } else if CLOSES.is_match(line.trim_end()) {
            out.add(&format!("\n<!-- {END} -->\n\n"), from);
        } else if PASSED.is_match(line.trim_end()) {
            out.add("\n", from);
        } else if let Some(found) = SUMMARY.captures(line.trim_end()) {
            let summary = TAG.replace_all(&found[2], "");
            out.add(&format!("\n{}<!-- {FOLD}{} -->\n\n", &found[1], summary.trim()), from);
        } else if let Some(found) = FOLDED.captures(line.trim_end()) {
            out.add(&format!("\n{}<!-- {UNFOLD} -->\n\n", &found[1]), from);
        } else {
            out.add(line, from);
        }
    }
    out
}

/// Whether the next marks in a text end a block, and do not open another.
fn closes(rest: &str, open: &str) -> bool {
    let next = rest.lines().map(str::trim).find(|line| line.starts_with(open));
    next.is_some_and(|line| line.trim_start_matches(&open[..1]).is_empty())
}

/// The mark that opens a fenced block.
fn opening(line: &str) -> Option<String> {
    let marks = line.trim_start_matches(['>', ' ', '-', '*']);
    let mark = marks.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let long = marks.len() - marks.trim_start_matches(mark).len();
    let info = &marks[long..];
    (long >= 3 && !(mark == '`' && info.contains('`'))).then(|| mark.to_string().repeat(long))
}
