//! The scenarios that come with the program: they parse, say nothing wrong, carry their controls, and lower to the
//! drills that the snapshots show. And scenarios that are wrong: what their writer is told.

use helmdrill::plan::{self, Choice, Outcome, Plan, Role, Step, Symptom, Verdict, Way};
use helmdrill::scenario::{self, Scenario};
use helmdrill::seed::Seed;
use std::fmt::Write;
use std::path::Path;

const HELMS: [&str; 2] = ["3.17.3", "4.3.1"];

fn embedded(name: &str) -> Scenario {
    let text = scenario::text(name).expect("listed");
    let (scenario, findings) = scenario::parse(&format!("scenarios/{name}.yaml"), text);
    let shown: Vec<String> = findings.iter().map(|finding| scenario::render(finding, text, false)).collect();
    assert!(findings.is_empty(), "{}", shown.join("\n"));
    scenario.expect("without findings there is a scenario")
}

/// The versions of Helm to which a scenario applies.
fn helms(scenario: &Scenario) -> Vec<&'static str> {
    let range = scenario.helm.as_ref().map_or(">=0", |range| range.text.as_str());
    HELMS.into_iter().filter(|helm| scenario::allows(range, helm).expect("a range")).collect()
}

fn lowered(scenario: &Scenario, variant: &str, way: Way<'_>, helm: &str) -> Plan {
    let choice = Choice { variant: Some(variant), way, helm, seed: Seed(7) };
    plan::lower(scenario, &choice, plan::files(scenario)).expect("a scenario without findings can be lowered")
}

#[test]
fn every_scenario_that_comes_along_is_without_findings() {
    for name in scenario::names() {
        let scenario = embedded(name);
        assert_eq!(scenario.metadata.name.text, name);
        assert!(scenario::lint_charts(&scenario, |chart| scenario::chart(chart).is_some()).is_empty());
        let chart = format!("charts/{}/Chart.yaml", scenario.release.chart);
        assert!(plan::files(&scenario).contains_key(&chart), "{name} has no {chart}");
    }
}

#[test]
fn the_scenarios_for_any_chart_say_nothing_wrong() {
    for (name, text) in scenario::of_any_chart() {
        let (scenario, findings) = scenario::parse(&format!("scenarios/any-chart/{name}.yaml"), text);
        assert!(findings.is_empty(), "{findings:?}");
        let scenario = scenario.expect("without findings it is one");
        assert_eq!(scenario.metadata.name.text, name);
        assert!(scenario::text(name).is_none(), "{name} is the name of another scenario too");
    }
}

#[test]
fn no_file_of_scenarios_and_charts_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(stems(&root.join("scenarios")), scenario::names().collect::<Vec<_>>());
    let of_any_chart = scenario::of_any_chart().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(stems(&root.join("scenarios/any-chart")), of_any_chart);
    let folders = std::fs::read_dir(root.join("fixtures/charts")).expect("a folder").map(|entry| {
        entry.expect("an entry").path().file_name().expect("a name").to_string_lossy().into_owned()
    });
    let mut folders: Vec<String> = folders.collect();
    folders.sort();
    assert_eq!(folders, scenario::charts().collect::<Vec<_>>());
    for name in folders {
        let chart = root.join("fixtures/charts").join(&name);
        let listed = scenario::chart(&name).expect("listed");
        let mut there = Vec::new();
        below(&chart, &chart, &mut there);
        there.sort();
        assert_eq!(there, listed.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
    }
}

/// The names of the YAML files in a folder, in order.
fn stems(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let yaml = files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let stem = |path: std::path::PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut stems: Vec<String> = yaml.map(stem).collect();
    stems.sort();
    stems
}

fn below(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).expect("below the root").display().to_string());
        }
    }
}

#[test]
fn every_variant_has_one_reference_that_recovers_and_controls_that_lose() {
    for name in scenario::names() {
        let scenario = embedded(name);
        for helm in helms(&scenario) {
            let drills = plan::drills(&scenario, helm);
            for variant in plan::variants(&scenario) {
                let of = |role: Role| {
                    drills.iter().filter(move |d| d.role == role).filter(|d| d.variant == variant)
                };
                let references: Vec<_> = of(Role::Reference).collect();
                assert_eq!(references.len(), 1, "{name} {variant}");
                assert_eq!(references[0].expect.verdict, Verdict::Recovered, "{name} {variant}");
                assert!(of(Role::Control).count() >= 2, "{name} {variant}");
                for control in of(Role::Control) {
                    assert!(
                        control.expect.verdict > Verdict::Recovered,
                        "{name} {variant} {}",
                        control.procedure
                    );
                    assert!(!control.expect.trips.is_empty(), "{name} {variant} {}", control.procedure);
                }
            }
        }
    }
}

#[test]
fn every_plan_survives_its_file() {
    for name in scenario::names() {
        let scenario = embedded(name);
        let helm = helms(&scenario)[0];
        for drill in plan::drills(&scenario, helm) {
            let plan = lowered(&scenario, &drill.variant, Way::Named(&drill.procedure), helm);
            assert_eq!((plan.role, &plan.expect), (drill.role, &drill.expect));
            assert_eq!(plan.objectives.iter().map(|o| o.weight).sum::<u32>(), 100);
            let written = serde_json::to_string(&plan).expect("plain data");
            let read: Plan = serde_json::from_str(&written).expect("what was written");
            assert_eq!(serde_json::to_string(&read).expect("plain data"), written);
        }
    }
}

#[test]
fn the_seed_draws_the_variant_where_none_is_named() {
    let scenario = embedded("corrupted-history");
    let drawn = |seed| {
        let choice = Choice { variant: None, way: Way::Reference, helm: HELMS[0], seed: Seed(seed) };
        plan::lower(&scenario, &choice, plan::files(&scenario)).expect("a plan").variant
    };
    assert_eq!(drawn(1), drawn(1));
    let many: std::collections::BTreeSet<String> = (0..40).map(drawn).collect();
    assert_eq!(many.len(), 4);
}

#[test]
fn a_choice_that_the_scenario_does_not_have_says_what_there_is() {
    let scenario = embedded("failing-hook");
    let refused = |variant, way, helm| {
        let choice = Choice { variant: Some(variant), way, helm, seed: Seed(0) };
        plan::lower(&scenario, &choice, plan::files(&scenario)).expect_err("no such choice").to_string()
    };
    insta::assert_snapshot!(
        refused("broken", Way::Reference, "4.3.1"),
        @r#"failing-hook has no variant "broken"; it has: broken-hook, leftover-job, automatic-rollback, missing-secret"#
    );
    insta::assert_snapshot!(
        refused("broken-hook", Way::Named("pray"), "4.3.1"),
        @r#"failing-hook has no procedure "pray" in this variant; it has: no-hooks, delete-the-job, retry, no-hooks-without-a-number, delete-the-record-and-deploy, reinstall, do-nothing, undo-the-rollout, only-delete-the-job, further-back"#
    );
    insta::assert_snapshot!(
        refused("broken-hook", Way::Reference, "2.17.0"),
        @"failing-hook applies to Helm >=3.12, not to 2.17.0"
    );
}

#[test]
fn the_drills_of_every_scenario() {
    for name in scenario::names() {
        insta::assert_snapshot!(format!("the_drills_of_{name}"), told(name));
    }
}

/// A scenario lowered, as text: for each variant what breaks it, then every procedure and what it comes to.
fn told(name: &str) -> String {
    let scenario = embedded(name);
    let helms = helms(&scenario);
    let mut text = String::new();
    for variant in plan::variants(&scenario) {
        let plan = lowered(&scenario, &variant, Way::Reference, helms[0]);
        writeln!(text, "VARIANT {variant}").expect("a string");
        text += &steps("deploy ", &plan.deploy);
        text += &steps("inject ", &plan.inject);
        for symptom in &plan.symptoms {
            match symptom {
                Symptom::State(named) => text += &format!("  symptom {}: {}\n", named.id, json(&named.check)),
                Symptom::Says(step) => text += &steps("symptom", std::slice::from_ref(step)),
            }
        }
        for objective in &plan.objectives {
            text += &format!("  {:>3} {}: {}\n", objective.weight, objective.id, json(&objective.check));
        }
        for drill in plan::drills(&scenario, helms[0]).into_iter().filter(|drill| drill.variant == variant) {
            let role = format!("{:?}", drill.role).to_lowercase();
            text += &format!("  {} ({role})\n", drill.procedure);
            let way = Way::Named(&drill.procedure);
            let plans: Vec<Plan> = helms.iter().map(|helm| lowered(&scenario, &variant, way, helm)).collect();
            text += &steps("  $", &plans[0].recover).replace("origin ", "");
            let said = plans.iter().map(|plan| format!("{:?} {:?}", plan.expect.verdict, plan.expect.trips));
            text += &match said.collect::<Vec<_>>().as_slice() {
                [three, four] if three != four => format!("    = Helm 3 {three}, Helm 4 {four}\n"),
                same => format!("    = {}\n", same[0]),
            };
        }
    }
    text
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data").replace('"', "")
}

fn steps(word: &str, steps: &[Step]) -> String {
    let each = steps.iter().map(|step| {
        let fault = step.fault.as_ref().map(|rule| format!("  [{}]", rule.id)).unwrap_or_default();
        let outcome = match &step.outcome {
            Outcome::Succeeds | Outcome::Any => String::new(),
            other => format!("  => {other:?}"),
        };
        format!("  {word} {}{fault}{outcome}\n", step.line)
    });
    each.collect()
}

/// A scenario without findings, in which each test below spoils one thing.
const SOUND: &str = r#"apiVersion: helmdrill.dev/v1
kind: Scenario
metadata:
  name: small
  title: A small one
  family: test
  difficulty: 1
  references: [helm/helm#1]
story: Something broke.
environments: [production]
release: { name: web, chart: web }
timeline:
  - helm install {release} {chart} --wait
  - steady-state
  - run: helm upgrade {release} {chart}
    fault: { kill: { before: PATCH deployments/web } }
symptoms:
  - id: locked
    check: { release: { name: web, status: pending-upgrade } }
objectives:
  - id: unlocked
    weight: 100
    check: { history: { release: web, deployed: 1 } }
procedures:
  - name: rollback
    reference: true
    steps: [ "helm rollback {release} 1 -n production" ]
    expect: recovered
controls:
  - name: do-nothing
    expect: { failed: { trips: [unlocked] } }
  - name: retry
    steps: [ "helm upgrade {release} {chart}" ]
    expect: { failed: { trips: [unlocked] } }
"#;

/// What the writer of the spoilt scenario is told.
fn findings(change: &str, into: &str) -> String {
    let text = SOUND.replacen(change, into, 1);
    assert_ne!(text, SOUND, "{change} is not in the text");
    let (scenario, mut findings) = scenario::parse("small.yaml", &text);
    if let Some(scenario) = scenario {
        findings.extend(scenario::lint_charts(&scenario, |chart| scenario::chart(chart).is_some()));
        findings.extend(scenario::lint_helm(&scenario, |named| !named.starts_with('2'), "name 3 or 4"));
    }
    assert!(!findings.is_empty(), "nothing was found");
    findings.iter().map(|finding| scenario::render(finding, &text, false)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_scenario_of_the_readme_is_without_findings() {
    let readme = include_str!("../README.md");
    let yaml =
        readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of YAML");
    let (scenario, findings) = scenario::parse("README.md", yaml);
    let scenario = scenario.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(scenario::lint(&scenario), []);
}

#[test]
fn every_scenario_that_comes_along_names_its_family_and_public_reports() {
    for name in scenario::names() {
        let metadata = embedded(name).metadata;
        assert!(!metadata.family.is_empty(), "{name}");
        assert!(!metadata.references.is_empty(), "{name}");
    }
}

#[test]
fn a_sound_scenario_is_without_findings() {
    let (scenario, findings) = scenario::parse("small.yaml", SOUND);
    assert_eq!((scenario.is_some(), findings), (true, vec![]));
}

#[test]
fn what_is_wrong_with_a_scenario_is_shown_where_it_stands() {
    let cases = [
        ("a field with a slip of the pen", "timeline:", "timelne:"),
        ("a check that does not exist", "{ history: {", "{ histroy: {"),
        ("a field of a check that does not exist", "deployed: 1", "deployd: 1"),
        ("a number that is none", "weight: 100", "weight: all"),
        ("weights that do not add up", "weight: 100", "weight: 90"),
        ("a chart that is not there", "chart: web", "chart: wbe"),
        ("an unknown release", "helm rollback {release} 1", "helm rollback wbe 1"),
        ("an unknown namespace", "-n production", "-n prod"),
        ("an unknown placeholder", "helm upgrade {release} {chart}\n", "helm upgrade {release} {chrat}\n"),
        ("a fault that waits for no call", "PATCH deployments/web", "PUSH deployments/web"),
        ("a loss that is no objective", "trips: [unlocked]", "trips: [unlock]"),
        ("a loss that is not named", "expect: recovered", "expect: failed"),
        ("a verdict that does not exist", "expect: recovered", "expect: recoverd"),
        ("no steady state", "  - steady-state\n", ""),
        (
            "a command that is asked all the time",
            "procedures:",
            "safeguards:\n  - id: said\n    severity: recoverable\n    hold: { command: { run: helm status web } }\nprocedures:",
        ),
        (
            "a command that asks about an unknown release",
            "{ history: { release: web, deployed: 1 } }",
            "{ not: { command: { run: helm status wbe } } }",
        ),
        (
            "an answer that cannot be looked for",
            "{ history: { release: web, deployed: 1 } }",
            "{ all: [ { command: { run: helm status web, says: \"(deployed\" } } ] }",
        ),
        (
            "a pipeline that ends by chance",
            "\"helm rollback {release} 1 -n production\"",
            "\"helm status {release} | grep -qi pending && helm rollback {release} 1\"",
        ),
        (
            "a second Helm that nobody has stated",
            "\"helm rollback {release} 1 -n production\"",
            "\"helm3 rollback {release} 1 -n production\"",
        ),
        (
            "a second Helm of the other major",
            "release: { name: web, chart: web }\ntimeline:\n  - helm install",
            "otherHelm: \"3\"\nrelease: { name: web, chart: web }\ntimeline:\n  - helm3 version\n  - helm4 install",
        ),
        (
            "a second Helm that nobody calls",
            "release: { name: web",
            "otherHelm: \"4.3\"\nrelease: { name: web",
        ),
        ("a second Helm of no version", "release: { name: web", "otherHelm: three\nrelease: { name: web"),
        (
            "a second Helm that cannot be had",
            "release: { name: web, chart: web }\ntimeline:\n  - helm install",
            "otherHelm: \"2\"\nrelease: { name: web, chart: web }\ntimeline:\n  - helm2 install",
        ),
        (
            "a driver without its database",
            "timeline:\n  - helm install {release} {chart} --wait",
            "timeline:\n  - HELM_DRIVER=sql helm install {release} {chart} --wait",
        ),
        (
            "records that are looked for in a database that is not there",
            "{ history: { release: web, deployed: 1 } }",
            "{ history: { release: web, driver: sql, deployed: 1 } }",
        ),
        ("a database that nobody uses", "release: { name: web", "database: true\nrelease: { name: web"),
        (
            "a driver that Helm does not have",
            "{ history: { release: web, deployed: 1 } }",
            "{ history: { release: web, driver: mysql, deployed: 1 } }",
        ),
        (
            "a kind with a slip of the pen",
            "{ history: { release: web, deployed: 1 } }",
            "{ all: [ { available: { workload: statefullset/web } }, { available: { workload: sts/web } } ] }",
        ),
        (
            "a parameter in another",
            "timeline:\n  - helm install {release} {chart} --wait",
            "parameters:\n  where: -n production\n  wait: \"--wait {where}\"\ntimeline:\n  - helm install {release} {chart} {wait} {where}",
        ),
        ("a truth of YAML 1.1", "reference: true", "reference: yes"),
        (
            "a refusal without its code",
            "fault: { kill: { before: PATCH deployments/web } }",
            "fault: { reject: { call: PATCH deployments/web } }",
        ),
        ("one value where a list belongs", "environments: [production]", "environments: production"),
        ("one value where a mapping belongs", "release: { name: web, chart: web }", "release: web"),
        (
            "a check that names no object",
            "{ history: { release: web, deployed: 1 } }",
            "{ exists: { object: web } }",
        ),
    ];
    let told: Vec<String> =
        cases.iter().map(|(what, change, into)| format!("# {what}\n{}\n", findings(change, into))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_second_helm_is_the_one_of_the_drill_where_that_is_what_the_scenario_means() {
    let text = SOUND.replacen("release: {", "otherHelm: \"3\"\nrelease: {", 1);
    let (scenario, findings) =
        scenario::parse("small.yaml", &text.replacen("- helm install", "- helm3 install", 1));
    let scenario = scenario.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(findings, []);
    let other = |helm| lowered(&scenario, "", Way::Reference, helm).other_helm;
    assert_eq!((other("3.17.3").as_deref(), other("4.3.1").as_deref()), (Some("3.17.3"), Some("3")));
}

#[test]
fn a_scenario_without_controls_does_not_load() {
    let text = SOUND.split("controls:").next().expect("a part before the controls");
    let (scenario, findings) = scenario::parse("small.yaml", text);
    assert!(scenario.is_none());
    insta::assert_snapshot!(scenario::render(&findings[0], text, false), @r"
    error: a scenario without controls does not load
     --> small.yaml:4:9
      |
    4 |   name: small
      |         ^^^^^
      |
      = help: add `do-nothing` and at least one plausible wrong fix, each with what it trips
    ");
}

#[test]
fn the_schema_names_every_field_and_every_check() {
    let schema = scenario::schema().to_string();
    for word in [
        "steady-state",
        "fails-with",
        "owned-objects-match-manifest",
        "labels-agree",
        "helm4",
        "killed",
        "apiVersion",
        "otherHelm",
        "database",
        "driver",
    ] {
        assert!(schema.contains(word), "{word} is not in the schema");
    }
}

/// The small scenario with a die of two sides, and what is stated for one of them.
const DICE: [(&str, &str); 3] = [
    (
        "timeline:",
        "parameters:\n  hit: { page: \"WRITE configmaps/{release}\", web: \"WRITE deployments/web\" }\n  \
         how: { before: \"1\", after: \"2\" }\nnever: [[page, after]]\ntimeline:",
    ),
    ("before: PATCH deployments/web", "before: \"{how}nd {hit}\""),
    ("    expect: recovered", "    expect: recovered\n    variants: { web: { because: it is the web } }"),
];

fn with_dice() -> String {
    DICE.iter().fold(SOUND.to_owned(), |text, (part, instead)| {
        assert_eq!(text.matches(part).count(), 1, "{part}");
        text.replace(part, instead)
    })
}

#[test]
fn dice_make_every_combination_that_makes_sense() {
    let (scenario, findings) = scenario::parse("small.yaml", &with_dice());
    let scenario = scenario.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(findings, []);
    assert_eq!(plan::variants(&scenario), ["page+before", "web+after", "web+before"]);
    let plan = lowered(&scenario, "page+before", Way::Named("rollback"), HELMS[1]);
    let killed = plan.inject[0].fault.as_ref().expect("a fault").when.to_string();
    assert_eq!((killed.as_str(), plan.expect.because.as_str()), ("WRITE configmaps/web", ""));
    let plan = lowered(&scenario, "web+after", Way::Reference, HELMS[1]);
    let killed = plan.inject[0].fault.as_ref().expect("a fault").when.to_string();
    assert_eq!(
        (killed.as_str(), plan.expect.because.as_str()),
        ("2nd WRITE deployments/web", "it is the web")
    );
    let drawn: std::collections::BTreeSet<String> =
        (0..40).map(|seed| plan::drawn(&scenario, Seed(seed))).collect();
    assert_eq!(drawn.len(), 3, "every combination is drawn, and no other");
    assert_eq!(plan::drawn(&scenario, Seed(5)), plan::drawn(&scenario, Seed(5)));
}

#[test]
fn dice_that_make_no_sense_are_findings() {
    let cases = [
        ("a side that never comes up", "never: [[page, after]]", "never: [[page, after], [page, before]]"),
        (
            "nothing is left",
            "never: [[page, after]]",
            "never: [[page, after], [page, before], [web, after], [web, before]]",
        ),
        ("an unknown side", "never: [[page, after]]", "never: [[page, aftr]]"),
        ("one side alone", "never: [[page, after]]", "never: [[page]]"),
        ("two dice with one word", "before: \"1\", after", "web: \"1\", after"),
        ("a die with one side", "before: \"1\", after: \"2\"", "before: \"1\""),
        ("two ways to differ", "{ web: {", "{ before: { because: b }, web: {"),
        ("a difference for nothing", "{ web: {", "{ wbe: {"),
    ];
    let mut told = String::new();
    for (what, part, instead) in cases {
        let text = with_dice().replace(part, instead);
        let (_, findings) = scenario::parse("small.yaml", &text);
        assert!(!findings.is_empty(), "{what}");
        writeln!(told, "# {what}").expect("a string");
        for finding in findings {
            writeln!(told, "{finding} ({})", finding.help.as_deref().unwrap_or("no help")).expect("a string");
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn an_expectation_may_go_by_ranges_of_versions() {
    let text = SOUND.replace(
        "    expect: recovered",
        "    expect: { \"<4.3\": recovered, \">=4.3\": { failed: { trips: [unlocked] } } }",
    );
    let scenario: Scenario = serde_saphyr::from_str(&text).expect("its shape is right");
    let verdicts = ["3.17.3", "4.2.3", "4.3.1"].map(|helm| plan::drills(&scenario, helm)[0].expect.verdict);
    assert_eq!(verdicts, [Verdict::Recovered, Verdict::Recovered, Verdict::Failed]);
}

#[test]
fn a_fault_bites_as_often_as_is_stated() {
    use helmdrill::fault::Bites;
    let bites = |text: &str| {
        let (scenario, findings) = scenario::parse("small.yaml", &SOUND.replace("    fault: {", text));
        let scenario = scenario.unwrap_or_else(|| panic!("{findings:?}"));
        lowered(&scenario, "", Way::Reference, HELMS[0]).inject[0].fault.as_ref().expect("a fault").bites
    };
    assert_eq!(bites("    fault: {"), Bites::Once);
    assert_eq!(bites("    bites: 3\n    fault: {"), Bites::Times(3));
    assert_eq!(bites("    bites: always\n    fault: {"), Bites::Always);
}
