//! Scenarios that are named on the command line: those that are not there, those that are wrong, one's own.

use crate::stand::{Stand, TINY, shown};

#[test]
fn what_is_wrong_with_a_scenario_is_said_with_its_place_and_what_was_meant() {
    let stand = Stand::new();
    stand.scenario("typo.yaml", "timeline:", "timelin:");
    stand.scenario("check.yaml", "{ owned-objects-match-manifest:", "{ owned-objects-match-manifst:");
    stand.scenario("chart.yaml", "chart: paper", "chart: papre");
    stand.scenario("release.yaml", "helm upgrade {release}", "helm upgrade noet");
    stand.scenario(
        "variant.yaml",
        "    fails-with: not found",
        "    fails-with: not found\n    only: [late]",
    );
    stand.write("not.yaml", "apiVersion: [helmdrill\nkind: Scenario\n");
    let files = ["typo.yaml", "check.yaml", "chart.yaml", "release.yaml", "variant.yaml", "not.yaml"];
    let lines: Vec<[&str; 2]> = files.iter().map(|file| ["run", *file]).collect();
    let lines: Vec<&[&str]> = lines.iter().map(|line| &line[..]).collect();
    let session = stand.session(&lines) + &stand.session(&[&["lint", "typo.yaml", "--format", "json"]]);
    assert_eq!(session.matches("exit 2\n").count(), files.len() + 1, "{session}");
    shown("wrong_scenarios", &session);
    assert!(!stand.state().exists(), "none of them began to run");
}

#[test]
fn a_name_that_is_none_is_told_what_it_may_have_meant() {
    let stand = Stand::new();
    std::fs::create_dir(stand.path("folder.yaml")).expect("a folder");
    stand.write("bytes.yaml", [0xff, 0xfe, 0x00]);
    let session = stand.session(&[
        &["run", "stuck-upgrad"],
        &["run", "something-else-altogether"],
        &["show", "stuck-upgrad"],
        &["run", "locked-upgrade/half-way"],
        &["run", "stuck-upgrade/befor-the-record"],
        &["show", "stuck-upgrade/befor-the-record"],
        &["run", "tiny.yaml/late"],
        &["run", "tiny.yaml", "--procedure", "deploy-agian"],
        &["run", "missing.yaml"],
        &["lint", "missing.yaml"],
        &["run", "folder.yaml"],
        &["run", "bytes.yaml"],
        &["run", "."],
        &["run", ""],
        &["run", "tiny.yaml", "--seed", "many"],
        &["run", "tiny.yaml", "--diff", "--format", "json"],
        &["rnu"],
    ]);
    assert_eq!(session.matches("exit 2\n").count(), 17, "{session}");
    shown("wrong_names", &session);
    assert!(!stand.state().exists(), "none of them began to run");
}

#[test]
fn a_chart_of_ones_own_is_text_and_lies_beside_its_scenario() {
    let stand = Stand::new();
    stand.scenario("inside/above.yaml", "chart: paper", "chart: ../paper");
    stand.scenario("picture.yaml", "chart: paper", "chart: picture");
    stand.write("picture/Chart.yaml", "apiVersion: v2\nname: picture\nversion: 0.1.0\n");
    stand.write("picture/logo.png", [0x89, 0x50, 0xff]);
    let session =
        stand.session(&[&["lint", "inside/above.yaml"], &["lint", "picture.yaml"], &["lint", "tiny.yaml"]]);
    shown("charts", &session);
}

#[test]
fn a_scenario_of_ones_own_runs_from_anywhere_with_the_chart_beside_it() {
    let stand = Stand::new();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = stand.path("tiny.yaml").display().to_string();
    let mut command = stand.command();
    command.current_dir(elsewhere.path()).args(["run", &file, "--jobs", "2"]);
    let ended = stand.ended(&mut command);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("6 of 6 drills as expected"), "{}", ended.stdout);
    assert!(ended.stderr.contains(&format!("commands of tiny are those of {file}\n")), "{}", ended.stderr);
    let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains(" tiny · ")).collect();
    assert_eq!(lines.len(), 6, "a line for each drill as it ends:\n{}", ended.stderr);
    assert!(lines[5].starts_with("  6/6 tiny · "), "{}", lines[5]);
    stand.assert_nothing_is_left();
}

#[test]
fn a_chart_of_ones_own_comes_before_one_of_the_same_name_that_comes_along() {
    let stand = Stand::new();
    std::fs::rename(stand.path("paper"), stand.path("web")).expect("it is ours");
    stand.scenario("tiny.yaml", "chart: paper", "chart: ./web");
    let ended = stand.run(&["run", "tiny.yaml", "--helm", "4.3.1", "--procedure", "deploy-again"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn a_scenario_that_does_not_apply_to_a_helm_is_not_run_with_it() {
    let stand = Stand::new();
    stand.write("tiny.yaml", format!("{TINY}helm: \"<4\"\n"));
    let session = stand.session(&[
        &["run", "tiny.yaml", "--procedure", "look", "--helm", "4.3.1"],
        &["run", "tiny.yaml", "--procedure", "look"],
    ]);
    assert!(session.contains("tiny applies to Helm <4, not to 4.3.1\nexit 2\n"), "{session}");
    assert!(session.contains("not exercised: tiny applies to Helm <4, not to 4.3.1\n"), "{session}");
}

#[test]
fn scenarios_for_any_chart_are_listed_and_shown() {
    let stand = Stand::new();
    let listed = stand.run(&["list"]).stdout;
    let (ours, any) =
        listed.split_once("\nOn a chart of your own, with `helmdrill run --chart").expect("two parts");
    assert!(ours.contains("\nstuck-upgrade ") && !ours.contains("locked-upgrade"), "{ours}");
    assert!(any.contains("\nlocked-upgrade ") && !any.contains("stuck-upgrade"), "{any}");
    let data: serde_json::Value =
        serde_json::from_str(&stand.run(&["list", "--format", "json"]).stdout).expect("JSON");
    let is_any = |name: &str| {
        let mut rows = data.as_array().expect("a list").iter();
        rows.find(|row| row["name"] == name).expect("it is listed")["any_chart"].clone()
    };
    assert_eq!((is_any("locked-upgrade"), is_any("stuck-upgrade")), (true.into(), false.into()));
    let shown = stand.run(&["show", "locked-upgrade/half-way", "tiny.yaml"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(shown.stdout.starts_with("locked-upgrade: "), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("variant half-way") && !shown.stdout.contains("variant before-the-last-write")
    );
    assert!(shown.stdout.contains("\ntiny: A note was lost"), "{}", shown.stdout);
}
