//! The picture of a drill: phases as columns, a lane for each kind of thing, a mark for each thing. Every mark says what it
//! is in words (its title) and by its shape, not by its colour alone.

use super::super::course::{Course, Lane, Mark, Tone, seconds};
use super::super::sheet::Sheet;
use super::Text;
use crate::transcript::Phase;
use maud::{Markup, PreEscaped, html};

/// The width of the picture, and of the names of its lanes.
const WIDTH: f64 = 1000.0;
const NAMES: f64 = 130.0;
/// The heights of the head, of a lane, and of the axis.
const HEAD: f64 = 20.0;
const LANE: f64 = 30.0;
const AXIS: f64 = 20.0;
/// The width of a letter, generously.
const LETTER: f64 = 6.0;

/// The picture with what is read of the mark in focus below it.
pub(super) fn figure(sheet: &Sheet, number: usize) -> Markup {
    let Course { length, phases, lanes } = &sheet.course;
    let scale = Scale { length: *length };
    let height = HEAD + LANE * lanes.iter().fold(0.0, |sum, _| sum + 1.0) + AXIS;
    let (title, about) = (format!("t{number}"), format!("d{number}"));
    html! {
        figure.timeline {
            div.scroll tabindex="0" role="region" aria-labelledby=(title) {
                svg role="group" aria-labelledby=(title) aria-describedby=(about)
                    viewBox={ "0 0 " (WIDTH) " " (height) } {
                    title id=(title) { "Timeline of " (sheet.name()) }
                    desc id=(about) { (described(sheet)) }
                    @for (at, (phase, from, to)) in phases.iter().enumerate() {
                        (band(*phase, scale.x(*from), scale.x(*to), height, at % 2 == 1))
                    }
                    (axis(scale, height))
                    @for (at, lane) in (0_u32..).zip(lanes) {
                        (drawn(lane, scale, HEAD + LANE * f64::from(at)))
                    }
                }
            }
            p.readout role="status" { "Point at a mark, or move from mark to mark with the arrow keys." }
        }
    }
}

/// What the picture shows, in a sentence.
fn described(sheet: &Sheet) -> String {
    let marks = sheet.course.lanes.iter().map(|lane| format!("{} ({})", lane.name, lane.marks.len()));
    format!(
        "{} from left to right, with lanes for {}. The story below says the same line by line.",
        seconds(sheet.course.length),
        marks.collect::<Vec<_>>().join(", ")
    )
}

/// From microseconds to places.
#[derive(Clone, Copy)]
struct Scale {
    length: u64,
}

impl Scale {
    /// A whole place: nobody sees a part of one, and a page of many drills is made of places.
    #[expect(clippy::cast_precision_loss, reason = "a drill lasts far less than 2^52 microseconds")]
    fn x(self, at: u64) -> f64 {
        (NAMES + (WIDTH - NAMES - 6.0) * (at as f64 / self.length as f64)).round()
    }
}

/// A place as it is written.
fn place(number: f64) -> String {
    format!("{number:.0}")
}

fn band(phase: Phase, from: f64, to: f64, height: f64, odd: bool) -> Markup {
    let name = match phase {
        Phase::Provision => "provision",
        Phase::Deploy => "deploy",
        Phase::Inject => "inject",
        Phase::Recover => "recover",
        Phase::Verify => "verify",
    };
    html! {
        @if odd { rect.odd x=(place(from)) y="0" width=(place(to - from)) height=(place(height - AXIS)) {} }
        @if fits(name, to - from) { text.phase x=(place(from + 3.0)) y="13" { (name) } }
    }
}

fn axis(scale: Scale, height: f64) -> Markup {
    let step =
        [100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000]
            .into_iter()
            .find(|step| scale.length / step <= 10)
            .unwrap_or(scale.length.div_ceil(10));
    let ticks = || (0..=scale.length / step).map(|number| number * step);
    let drawn: String =
        ticks().map(|at| format!("M{} {HEAD}V{}", place(scale.x(at)), place(height - AXIS))).collect();
    html! {
        g.tick { (path(&drawn)) }
        @for at in ticks() {
            @if scale.x(at) < WIDTH - 20.0 {
                text.time x=(place(scale.x(at))) y=(place(height - 6.0)) { (seconds(at)) }
            }
        }
    }
}

/// A lane, drawn around the line on which its words stand, so that no mark has to say how high it is.
fn drawn(lane: &Lane, scale: Scale, top: f64) -> Markup {
    html! {
        g.lane transform={ "translate(0 " (place(top + BASE)) ")" } {
            (path(&format!("M0 -{BASE}H{WIDTH}")))
            text x="4" { (cut(&lane.name, NAMES - 8.0)) }
            @for mark in &lane.marks { (shape(mark, scale)) }
        }
    }
}

/// How far below the top of a lane its words stand, and how far above that its middle is.
const BASE: f64 = 19.0;
const MIDDLE: f64 = -4.0;

fn shape(mark: &Mark, scale: Scale) -> Markup {
    let x = scale.x(mark.from);
    html! {
        g class=[class(mark)] {
            title { (Text(&mark.told)) }
            @match mark.to {
                Some(to) => {
                    @let width = (scale.x(to) - x).max(2.0);
                    (path(&format!("M{} -14h{}v20h-{}z", place(x), place(width), place(width))))
                    @if width > 3.0 * LETTER {
                        text x=(place(x + 4.0)) { (cut(&mark.label, width - 6.0)) }
                    }
                }
                None if mark.tone == Tone::Chaos => {
                    (path(&format!("M{} {}l8 9l-8 9l-8 -9z", place(x), MIDDLE - 9.0)))
                    (beside(mark, x + 12.0))
                }
                None if mark.tone == Tone::Doubtful => (path(&format!("M{} -12h12l-6 17z", place(x - 6.0)))),
                None => (path(&format!("M{} -13h4v18h-4z", place(x - 2.0)))),
            }
        }
    }
}

/// A shape that is made of numbers alone, and closes itself as only a picture may.
fn path(numbers: &str) -> Markup {
    PreEscaped(format!("<path d=\"{numbers}\"/>"))
}

/// The words beside a mark that is too small for them: to its right, or to its left where there is no room.
fn beside(mark: &Mark, x: f64) -> Markup {
    let long = width(&mark.label);
    html! {
        @if x + long < WIDTH { text x=(place(x)) { (mark.label) } }
        @else if x - 24.0 - long > NAMES { text.end x=(place(x - 24.0)) { (mark.label) } }
    }
}

/// What a mark looks like: by its tone, and whether it takes time. A plain one has no name for it.
fn class(mark: &Mark) -> Option<&'static str> {
    match (mark.tone, mark.to) {
        (Tone::Plain, _) => None,
        (Tone::Good, _) => Some("good"),
        (Tone::Doubtful, None) => Some("doubtful once"),
        (Tone::Doubtful, Some(_)) => Some("doubtful"),
        (Tone::Bad, _) => Some("bad"),
        (Tone::Chaos, _) => Some("chaos"),
    }
}

fn width(text: &str) -> f64 {
    text.chars().fold(0.0, |sum, _| sum + LETTER)
}

fn fits(text: &str, room: f64) -> bool {
    width(text) <= room
}

/// As much of a text as there is room for.
fn cut(text: &str, room: f64) -> String {
    if fits(text, room) {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        if width(&kept) + 2.0 * LETTER > room {
            break;
        }
        kept.push(letter);
    }
    kept + "…"
}
