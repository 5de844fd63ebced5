//! Tests of the written reports, over the drills made by hand: every form in a snapshot, and texts that would be markup.

use super::tests::{drill, drills};
use super::*;
use crate::transcript::{Aside, Entry, Event, Leaving, Transcript};

fn sheets() -> Vec<Sheet> {
    drills().iter().map(Sheet::of).collect()
}

#[test]
fn the_course_of_a_drill_has_a_lane_for_each_kind_of_thing() {
    let graded = &drills()[0];
    let told: String = course::Course::of(graded)
        .lanes
        .iter()
        .map(|lane| {
            let marks = lane.marks.iter().map(|mark| {
                format!(
                    "  {} to {:?}, {:?}: {}\n    {}\n",
                    mark.from,
                    mark.to,
                    mark.tone,
                    mark.label,
                    mark.told.replace('\n', "\n    ")
                )
            });
            format!("{}\n{}", lane.name, marks.collect::<String>())
        })
        .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn notes_and_help_have_a_lane_where_there_are_any() {
    let mut graded = drill("p", "reference", "4.3.1", Some("bad"));
    let entries = &mut graded.transcript.entries;
    let from = entries.iter().position(|entry| matches!(&entry.event, Event::Began { command: 2, .. }));
    let undone = entries.split_off(from.expect("somebody recovers"));
    let at = undone[0].at;
    let asides = [
        Aside::Note { text: "look at the banner".to_owned() },
        Aside::Hint { number: 1, text: "Who owns it?\n".to_owned() },
        Aside::Rewound { commands: 1, undone },
        Aside::Left { how: Leaving::GivenUp },
    ];
    entries.extend(asides.map(|aside| Entry { at, event: Event::Aside(aside) }));
    let told: Vec<String> = course::Course::of(&graded)
        .lanes
        .iter()
        .filter(|lane| lane.name == "Notes and help")
        .flat_map(|lane| {
            lane.marks.iter().map(|mark| format!("{:?} {}: {}", mark.tone, mark.label, mark.told))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Plain note: 0.2s: note: look at the banner
    Doubtful hint 1: 0.2s: hint 1: Who owns it?
    Doubtful rewind: 0.2s: rewound by one command
    $ helm rollback r
    Plain end: 0.2s: given up
    ");
}

#[test]
fn a_page_of_one_drill_and_one_of_several() {
    let body = |page: String| {
        let body = page.split_once("<body>").expect("it has a body").1;
        let body = body.split_once("<script>").expect("it has a script").0;
        // A line for each element, as a person would write it.
        body.replace("><", ">\n<")
    };
    insta::assert_snapshot!("one", body(html(&sheets()[..1], &[])));
    insta::assert_snapshot!("several", body(html(&sheets(), &["helm 5: no such version".to_owned()])));
}

#[test]
fn the_other_forms_say_the_same() {
    insta::assert_snapshot!("markdown_of_one", markdown(&sheets()[..1], &[]));
    insta::assert_snapshot!("markdown_of_several", markdown(&sheets(), &["helm 5: <none>".to_owned()]));
    insta::assert_snapshot!("junit", junit(&sheets()));
}

/// What would run, or break out of where it stands, were it not escaped.
const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&]]></script></title></pre>|`````*x*\n# y";

/// A drill in which everything that somebody can name or print is hostile.
fn hostile() -> Graded {
    let mut graded = drill("p", "reference", "4.3.1", Some("bad"));
    for text in [
        &mut graded.plan.scenario,
        &mut graded.plan.variant,
        &mut graded.plan.title,
        &mut graded.plan.procedure,
        &mut graded.plan.release,
        &mut graded.plan.helm,
        &mut graded.plan.expect.because,
        &mut graded.plan.objectives[0].id,
        &mut graded.plan.safeguards[0].id,
        &mut graded.cluster,
    ] {
        HOSTILE.clone_into(text);
    }
    for entry in &mut graded.transcript.entries {
        match &mut entry.event {
            Event::Began { line, .. } => HOSTILE.clone_into(line),
            Event::Ended { stderr, .. } => HOSTILE.clone_into(stderr),
            Event::Fault { rule, .. } => HOSTILE.clone_into(rule),
            Event::Call(call) => call.path = format!("/api/v1/namespaces/prod/configmaps/{HOSTILE}"),
            Event::Checked { evidence, .. } => HOSTILE.clone_into(evidence),
            Event::Phase { .. } | Event::Object { .. } | Event::Snapshot { .. } | Event::Aside(_) => {}
        }
    }
    // A value of an object that differs between the states.
    let text = serde_json::to_string(&graded.transcript).expect("plain data");
    let text = text.replace("\"bad\"", &serde_json::to_string(HOSTILE).expect("a text"));
    graded.transcript = serde_json::from_str::<Transcript>(&text).expect("a transcript");
    for loss in &mut graded.scorecard.losses {
        HOSTILE.clone_into(&mut loss.id);
        HOSTILE.clone_into(&mut loss.evidence);
    }
    graded
}

#[test]
fn no_text_of_a_drill_becomes_markup() {
    let sheets = [Sheet::of(&hostile()), Sheet::of(&hostile())];
    for shown in [&sheets[..1], &sheets[..]] {
        let page = html(shown, &[HOSTILE.to_owned()]);
        assert!(page.matches("&lt;img src=x onerror=alert(1)&gt;").count() > 15, "{page}");
        assert!(!page.contains("<img") && !page.contains("alert(1)>"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "the page has its own script and no other");
        assert_eq!(page.matches("</script>").count(), 1);
    }
    let text = markdown(&sheets, &[HOSTILE.to_owned()]) + &markdown(&sheets[..1], &[]);
    let outside: String = unfenced(&text);
    assert!(!outside.contains("<img") && !outside.contains("\n# y"), "{outside}");
    let xml = junit(&sheets);
    assert!(!xml.contains("<img") && xml.contains("&lt;img"), "{xml}");
}

/// The text outside of its fenced blocks and of code within lines.
fn unfenced(text: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut out = String::new();
    for line in text.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() > 2 => fence = Some(ticks),
            None if line.starts_with("- again: ") => {}
            None => out += &format!("{line}\n"),
        }
    }
    assert_eq!(fence, None, "a block is not closed: {text}");
    out
}

#[test]
fn sections_of_one_name_have_anchors_of_their_own() {
    let sheets: Vec<Sheet> = [hostile(), hostile()].iter().map(Sheet::of).collect();
    let page = html(&sheets, &[]);
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    for target in page.split(" href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&target), "{target} leads nowhere: {ids:?}");
    }
}

#[test]
fn a_page_loads_nothing_from_anywhere() {
    let page = html(&sheets(), &[]);
    for word in ["http://", "https://", " src=", "@import", "url(", "<link"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
}
