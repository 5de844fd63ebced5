//! What drills came to, held against the snapshots that were kept of them.

use super::kept::Kept;
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// One way in which a drill is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// No snapshot was kept of it.
    New {
        /// Where its file would be.
        place: String,
    },
    /// It comes to something else.
    Changed {
        /// Where its file is to be.
        place: String,
        /// The file against which it was held; another one where only the version of Helm is another.
        former: String,
        /// What differs, as a unified diff; empty where only the version is another.
        difference: String,
    },
    /// It is no longer there.
    Gone {
        /// Where its file is.
        place: String,
    },
}

/// Every drift, in the order of the places. `kept` is place → text. A drill with another version of the same major of Helm
/// is held against the snapshot of the former version, so that an upgrade shows what it changes. A snapshot whose drill did not
/// run is [`Drift::Gone`] only where `covered` says of its place that every drill around it ran, and with a major of Helm
/// that ran.
pub fn drifts(kept: &BTreeMap<String, String>, now: &[Kept], covered: &dyn Fn(&str) -> bool) -> Vec<Drift> {
    let places: BTreeSet<String> = now.iter().map(Kept::place).collect();
    let former = |drill: &Kept| {
        let stem = stem(&drill.place());
        kept.keys().find(|place| !places.contains(*place) && self::stem(place) == stem)
    };
    let mut found = Vec::new();
    let mut replaced = BTreeSet::new();
    for drill in now {
        let place = drill.place();
        match kept.get_key_value(&place).map(|(place, _)| place).or_else(|| former(drill)) {
            None => found.push(Drift::New { place }),
            Some(other) if *other == place && kept[other] == drill.text => {}
            Some(other) => {
                replaced.insert(other.clone());
                let difference = TextDiff::from_lines(&kept[other], &drill.text);
                let difference = difference.unified_diff().context_radius(2).to_string();
                found.push(Drift::Changed { place, former: other.clone(), difference });
            }
        }
    }
    let majors: BTreeSet<String> = now.iter().map(|drill| major(&drill.helm)).collect();
    let gone = kept.keys().filter(|place| {
        let ran = helm(place).is_some_and(|helm| majors.contains(&major(helm)));
        ran && covered(place) && !places.contains(*place) && !replaced.contains(*place)
    });
    found.extend(gone.map(|place| Drift::Gone { place: place.clone() }));
    found.sort_by(|one, other| one.place().cmp(other.place()));
    found
}

impl Drift {
    /// Where the file is, or is to be.
    pub fn place(&self) -> &str {
        match self {
            Drift::New { place } | Drift::Changed { place, .. } | Drift::Gone { place } => place,
        }
    }

    /// As people read it.
    pub fn told(&self) -> String {
        match self {
            Drift::New { place } => format!("+ {place}: no snapshot was kept of it\n"),
            Drift::Gone { place } => format!("- {place}: this drill is no longer there\n"),
            Drift::Changed { place, former, difference } if place == former => {
                format!("~ {place}\n{difference}")
            }
            Drift::Changed { place, former, difference } => {
                format!("~ {place}, held against {former}\n{difference}")
            }
        }
    }
}

/// `4.3.1` of `stuck-upgrade/early/rollback.helm-4.3.1.txt`.
fn helm(place: &str) -> Option<&str> {
    place.strip_suffix(".txt")?.rsplit_once(".helm-").map(|(_, version)| version)
}

fn major(version: &str) -> String {
    version.split('.').next().unwrap_or_default().to_owned()
}

/// What is the same for all versions of a major of Helm.
fn stem(place: &str) -> Option<(String, String)> {
    let (drill, _) = place.rsplit_once(".helm-")?;
    Some((drill.to_owned(), major(helm(place)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drill(procedure: &str, helm: &str, text: &str) -> Kept {
        let [failure, procedure, helm, text] = ["s/early", procedure, helm, text].map(str::to_owned);
        Kept { failure, procedure, helm, text }
    }

    /// What drifts from snapshots of `before` where everything ran.
    fn told(before: &[Kept], now: &[Kept]) -> String {
        let kept = before.iter().map(|drill| (drill.place(), drill.text.clone())).collect();
        drifts(&kept, now, &|_| true).iter().map(Drift::told).collect()
    }

    #[test]
    fn what_is_as_it_was_does_not_drift() {
        let drills = [drill("roll-back", "4.3.1", "a\n"), drill("wait", "4.3.1", "b\n")];
        assert_eq!(told(&drills, &drills), "");
    }

    #[test]
    fn a_change_is_shown_and_what_is_new_and_gone_is_named() {
        let before = [drill("roll-back", "4.3.1", "a\nb\n"), drill("gone", "4.3.1", "x\n")];
        let now = [drill("roll-back", "4.3.1", "a\nc\n"), drill("new", "4.3.1", "y\n")];
        insta::assert_snapshot!(told(&before, &now), @r"
        - s/early/gone.helm-4.3.1.txt: this drill is no longer there
        + s/early/new.helm-4.3.1.txt: no snapshot was kept of it
        ~ s/early/roll-back.helm-4.3.1.txt
        @@ -1,2 +1,2 @@
         a
        -b
        +c
        ");
    }

    #[test]
    fn an_upgrade_of_helm_is_held_against_the_version_before_and_the_other_major_left_alone() {
        let before = [drill("roll-back", "3.17.3", "three\n"), drill("roll-back", "4.3.1", "four\n")];
        insta::assert_snapshot!(told(&before, &[drill("roll-back", "4.4.0", "more\n")]), @r"
        ~ s/early/roll-back.helm-4.4.0.txt, held against s/early/roll-back.helm-4.3.1.txt
        @@ -1 +1 @@
        -four
        +more
        ");
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        let kept = Kept { failure: "../..".to_owned(), ..drill("/etc/x", "../4", "") };
        assert_eq!(kept.place(), "-../-../-etc-x.helm--..-4.txt");
    }
}
