//! A comparison as people read it.

use super::{Changed, Comparison};

/// A paragraph for each drill that changed, and a line of totals.
pub fn comparison(comparison: &Comparison) -> String {
    let mut out: String = comparison.changed.iter().map(changed).collect();
    for (sign, names) in [("- only before", &comparison.only_old), ("+ only now", &comparison.only_new)] {
        out.extend(names.iter().map(|name| format!("{sign}: {name}\n")));
    }
    if !out.is_empty() {
        out += "\n";
    }
    let count = comparison.changed.len();
    out + &format!(
        "{count} of {} drills changed, {} only before, {} only now\n",
        comparison.compared,
        comparison.only_old.len(),
        comparison.only_new.len()
    )
}

fn changed(changed: &Changed) -> String {
    let (old, new) = (&changed.old, &changed.new);
    let mut out = match old.drill == new.drill {
        true => format!("~ {}\n", new.drill),
        false => format!("~ {}\n  was {}\n", new.drill, old.drill),
    };
    let came = |verdict: &str, score: u32| format!("{verdict} {score}");
    let (before, after) = (came(&old.verdict, old.score), came(&new.verdict, new.score));
    out += &match before == after {
        true => format!("    {after} as before\n"),
        false => format!("    {before} → {after}\n"),
    };
    for (sign, what, lines) in [
        ('-', "lost", &changed.lost),
        ('+', "no longer lost", &changed.regained),
        ('+', "call", &changed.calls_added),
        ('-', "call", &changed.calls_gone),
    ] {
        out.extend(lines.iter().map(|line| format!("  {sign} {what}: {line}\n")));
    }
    out + &format!(
        "    {} calls → {} calls, {:.1}s → {:.1}s to recover\n",
        old.calls, new.calls, old.seconds, new.seconds
    )
}
