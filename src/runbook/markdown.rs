//! Markdown as a row of elements: what is a heading, a label, prose, a comment, a block of code, and where each stands.

use super::tabs;
use super::text::Lifted;
use pulldown_cmark::{CodeBlockKind, Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// An element in the order of the text.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) what: What,
    /// Where it stands in the file.
    pub(super) bytes: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    FrontMatter(Lifted),
    Heading {
        level: u8,
        text: String,
    },
    /// A paragraph: `label` is the bold text with which it begins, `whole` whether that is all of it.
    Prose {
        text: String,
        label: Option<String>,
        whole: bool,
    },
    Comment(String),
    Tab(String),
    TabsEnd,
    /// Something folded begins, with its summary.
    Fold(String),
    FoldEnd,
    List,
    ListEnd,
    Item,
    ItemEnd,
    Block {
        info: String,
        script: Lifted,
        closed: bool,
        fenced: bool,
    },
}

/// The elements of a file.
pub(super) fn elements(source: &str) -> Vec<Element> {
    let plain = tabs::plain(source);
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TABLES;
    let mut reader =
        Reader { plain: &plain, found: Vec::new(), prose: None, code: None, html: None, heading: false };
    for (event, bytes) in Parser::new_ext(&plain.text, options).into_offset_iter() {
        reader.event(event, bytes);
    }
    reader.end_prose();
    reader.found
}

#[derive(Default)]
struct Running {
    text: String,
    bytes: Range<usize>,
    label: Option<String>,
    /// Whether bold text is being read, and whether anything else was.
    bold: bool,
    other: bool,
}

struct Reader<'a> {
    plain: &'a Lifted,
    found: Vec<Element>,
    prose: Option<Running>,
    code: Option<(String, Lifted, bool)>,
    /// A block of HTML, which comes line by line.
    html: Option<String>,
    heading: bool,
}

impl Reader<'_> {
    fn push(&mut self, what: What, bytes: &Range<usize>) {
        let bytes = self.plain.origins(bytes.clone());
        self.found.push(Element { what, bytes });
    }

    fn event(&mut self, event: Event<'_>, bytes: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, bytes),
            Event::End(tag) => self.end(tag, bytes),
            Event::Text(text) | Event::Code(text) if self.code.is_none() => self.say(&text, bytes),
            Event::Text(text) => {
                let from = self.plain.origin(bytes.start);
                if let Some((_, script, _)) = &mut self.code {
                    script.add(&text, from);
                }
            }
            Event::SoftBreak | Event::HardBreak => self.say(" ", bytes),
            Event::Html(html) | Event::InlineHtml(html) => match &mut self.html {
                Some(block) => block.push_str(&html),
                None => self.html(&html, bytes),
            },
            Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, bytes: Range<usize>) {
        match tag {
            Tag::Strong => {
                let prose = self.prose.get_or_insert_with(|| Running { bytes, ..Running::default() });
                prose.bold = true;
            }
            Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. } => {}
            Tag::CodeBlock(kind) => {
                self.end_prose();
                let (info, fenced) = match kind {
                    CodeBlockKind::Fenced(info) => (info.to_string(), true),
                    CodeBlockKind::Indented => (String::new(), false),
                };
                self.code = Some((info, Lifted::default(), fenced));
            }
            Tag::MetadataBlock(MetadataBlockKind::YamlStyle) => {
                self.code = Some((String::new(), Lifted::default(), true));
            }
            Tag::HtmlBlock => {
                self.end_prose();
                self.html = Some(String::new());
            }
            Tag::List(_) => {
                self.end_prose();
                self.push(What::List, &bytes);
            }
            Tag::Item => {
                self.end_prose();
                self.push(What::Item, &bytes);
            }
            Tag::Heading { .. } => {
                self.end_prose();
                self.heading = true;
            }
            _ => self.end_prose(),
        }
    }

    fn end(&mut self, tag: TagEnd, bytes: Range<usize>) {
        match tag {
            TagEnd::Strong => {
                if let Some(prose) = &mut self.prose {
                    prose.bold = false;
                }
            }
            TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image => {}
            TagEnd::Heading(level) => {
                let text = self.prose.take().map(|prose| prose.text).unwrap_or_default();
                self.heading = false;
                self.push(What::Heading { level: level as u8, text: text.trim().to_owned() }, &bytes);
            }
            TagEnd::CodeBlock => {
                let closed = closed(&self.plain.text[bytes.clone()]);
                if let Some((info, script, fenced)) = self.code.take() {
                    self.push(What::Block { info, script, closed: closed || !fenced, fenced }, &bytes);
                }
            }
            TagEnd::MetadataBlock(_) => {
                if let Some((_, text, _)) = self.code.take() {
                    self.push(What::FrontMatter(text), &bytes);
                }
            }
            TagEnd::HtmlBlock => {
                let block = self.html.take().unwrap_or_default();
                self.html(&block, bytes);
            }
            TagEnd::List(_) => {
                self.end_prose();
                self.push(What::ListEnd, &bytes);
            }
            TagEnd::Item => {
                self.end_prose();
                self.push(What::ItemEnd, &bytes);
            }
            _ => self.end_prose(),
        }
    }

    fn say(&mut self, text: &str, bytes: Range<usize>) {
        let prose = self.prose.get_or_insert_with(|| Running { bytes, ..Running::default() });
        if prose.bold && !prose.other {
            prose.label.get_or_insert_default().push_str(text);
        } else if !text.trim().is_empty() {
            prose.other = true;
        }
        prose.text.push_str(text);
    }

    fn end_prose(&mut self) {
        if self.heading {
            return;
        }
        let Some(prose) = self.prose.take() else { return };
        let text = prose.text.trim().to_owned();
        if !text.is_empty() {
            self.push(What::Prose { text, label: prose.label, whole: !prose.other }, &prose.bytes);
        }
    }

    fn html(&mut self, html: &str, bytes: Range<usize>) {
        let mut rest = html;
        while let Some((_, after)) = rest.split_once("<!--") {
            let (comment, more) = after.split_once("-->").unwrap_or((after, ""));
            let comment = comment.trim();
            self.end_prose();
            let what = match (comment.strip_prefix(tabs::TAB), comment.strip_prefix(tabs::FOLD)) {
                (Some(name), _) => What::Tab(name.to_owned()),
                (None, Some(summary)) => What::Fold(summary.to_owned()),
                (None, None) if comment == tabs::END => What::TabsEnd,
                (None, None) if comment == tabs::UNFOLD => What::FoldEnd,
                (None, None) => What::Comment(comment.to_owned()),
            };
            self.push(what, &bytes);
            rest = more;
        }
    }
}

/// Whether the fence of a block is closed.
fn closed(block: &str) -> bool {
    let mut lines = block.lines();
    let first = lines.next().unwrap_or_default().trim();
    let mark = first.chars().next().unwrap_or('`');
    let long = first.len() - first.trim_start_matches(mark).len();
    let last = lines.next_back().unwrap_or_default().trim_start_matches(['>', ' ', '\t']).trim();
    last.len() >= long && long > 0 && last.chars().all(|c| c == mark)
}
