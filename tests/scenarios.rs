//! The scenarios that come with the program: they parse, say nothing wrong, carry their controls, and lower to the
//! drills that the snapshots show. And scenarios that are wrong: what a writer is told.

use helmdrill::scenario;

#[test]
fn every_scenario_that_comes_along_is_without_findings() {
    for name in scenario::names() {
        let text = scenario::text(name).expect("listed");
        let file = format!("scenarios/{name}.yaml");
        let (scenario, findings) = scenario::parse(&file, text);
        let shown: String = findings.iter().map(|finding| scenario::render(finding, text, false)).collect();
        assert!(findings.is_empty(), "{shown}");
        let scenario = scenario.expect("without findings there is a scenario");
        assert_eq!(scenario.metadata.name.text, name);
        assert!(scenario::lint_charts(&scenario, |chart| scenario::chart(chart).is_some()).is_empty());
    }
}
