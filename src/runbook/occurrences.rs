//! Where a name stands in a script, as a word of its own or at the beginning of one: `shop`, `deployment/shop-web`,
//! `sh.helm.release.v1.shop.v3`, and not `app` in `app.kubernetes.io`.

use super::bind::Edit;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

static RECORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"sh\.helm\.release\.v1\.[^\s'\x22]+?\.v(\d+|N|X|XX)\b").expect("a pattern of ours is one")
});

/// What a record of Helm is called before the name of its release.
const PREFIX: &str = "sh.helm.release.v1.";

/// Every place of a name.
pub(super) fn of(script: &str, name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (from, _) in script.match_indices(name) {
        let to = from + name.len();
        let record = script[..from].ends_with(PREFIX);
        let before =
            script[..from].chars().next_back().is_none_or(|c| c.is_whitespace() || "'\"=/:,(".contains(c));
        let after =
            script[to..].chars().next().is_none_or(|c| c.is_whitespace() || "'\"/:,);|&-".contains(c));
        let fallback =
            [":-", ":="].iter().any(|mark| script[..from].ends_with(mark)) && script[to..].starts_with('}');
        // `--name` is a flag, `name=` a key.
        if fallback || (before && after) || (record && script[to..].starts_with('.')) {
            found.push(from..to);
        }
    }
    found
}

/// The numbers in the names of records, and how they are written.
pub(super) fn record_numbers(script: &str) -> Vec<(Range<usize>, String)> {
    let numbers = RECORD.captures_iter(script).filter_map(|found| found.get(1));
    numbers.map(|number| (number.range(), number.as_str().to_owned())).collect()
}

/// The releases that the names of records, and selectors for records, name.
pub(super) fn releases(script: &str) -> Vec<String> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"sh\.helm\.release\.v1\.([a-z0-9][a-z0-9.-]*?)\.v|owner=helm,(?:[\w=,-]*,)?name=([a-z0-9][a-z0-9.-]*)|name=([a-z0-9][a-z0-9.-]*),(?:[\w=,-]*,)?owner=helm")
            .expect("a pattern of ours is one")
    });
    let found = NAMED.captures_iter(script).filter_map(|found| found.iter().skip(1).flatten().next());
    found.map(|name| name.as_str().to_owned()).collect()
}

/// `/tmp` is the drill's own.
pub(super) fn temporary(script: &str) -> Vec<Edit> {
    let places = script.match_indices("/tmp/").filter(|(at, _)| {
        script[..*at].chars().next_back().is_none_or(|c| c.is_whitespace() || "'\"=>:@<".contains(c))
    });
    let edits = places.enumerate().map(|(number, (at, _))| Edit {
        bytes: at..at + "/tmp".len(),
        with: "${TMPDIR}".to_owned(),
        told: (number == 0).then(|| "/tmp stands for the drill's own folder".to_owned()),
    });
    edits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_met_as_a_word_and_at_the_beginning_of_one() {
        let cases = [
            ("kubectl get deployment/app app-web -l app.kubernetes.io/instance=app", 3),
            ("kubectl get secret sh.helm.release.v1.app.v3 --app x app=y myapp", 1),
            ("echo 'app' \"app\" app", 3),
            ("R=${1:-app} x:-app", 1),
        ];
        for (script, count) in cases {
            assert_eq!(of(script, "app").len(), count, "{script}");
        }
        let records =
            "kubectl get secret sh.helm.release.v1.pay-api.v3 -l owner=helm,name=shop,status=failed";
        assert_eq!(releases(records), ["pay-api", "shop"]);
        assert_eq!(record_numbers("delete sh.helm.release.v1.app.v12 x.v3")[0].1, "12");
    }
}
