//! Somebody from outside who recovers: a command that is told what a pager tells and decides the rest. Owns what it is told,
//! what it is given and what it may use; running it is the matter of `drill`.

use super::{Expectation, Plan, Verdict};
use crate::scenario::{Scenario, beside};
use serde::{Deserialize, Serialize};

/// The variable by which Helm is told how to reach its SQL database.
pub const CONNECTION: &str = "HELM_DRIVER_SQL_CONNECTION_STRING";

/// A command that recovers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Responder {
    /// The command, as bash runs it.
    pub command: String,
    /// What it reads: the story, and what is there.
    pub briefing: String,
    /// For how many seconds it may run.
    pub seconds: u32,
    /// How many calls to the API it may make; any number where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u32>,
    /// Variables that it is given besides those of the drill: name and value. They may be secrets, and are written nowhere.
    #[serde(skip)]
    pub environment: Vec<(String, String)>,
}

impl Responder {
    /// The name of its attempts in reports, and where its command was written.
    pub const NAME: &'static str = "responder";
    /// Where its command was written.
    pub const ORIGIN: &'static str = "--responder";

    /// What it finds in its environment besides what every command of the drill finds there.
    pub fn variables(&self, plan: &Plan) -> Vec<(String, String)> {
        let mut all = vec![
            ("HELMDRILL_RELEASE", plan.release.clone()),
            ("HELMDRILL_NAMESPACES", plan.namespaces.join(",")),
            ("HELMDRILL_HELM_VERSION", plan.helm.clone()),
            ("HELMDRILL_BUDGET_SECONDS", self.seconds.to_string()),
        ];
        all.extend(plan.other_helm.iter().map(|other| ("HELMDRILL_OTHER_HELM_VERSION", other.clone())));
        all.extend(self.calls.map(|calls| ("HELMDRILL_BUDGET_CALLS", calls.to_string())));
        let named = all.into_iter().map(|(name, value)| (name.to_owned(), value));
        named.chain(self.environment.iter().cloned()).collect()
    }
}

/// A plan whose recovery is decided on the way, given to a responder. `responder.briefing` is written here.
pub fn hand_over(scenario: &Scenario, open: Plan, responder: Responder) -> Plan {
    let briefing = briefing(scenario, &open, &responder);
    let because = "whoever recovers a release meets every objective and breaks nothing on the way".to_owned();
    Plan {
        procedure: Responder::NAME.to_owned(),
        expect: Expectation { verdict: Verdict::Recovered, trips: Vec::new(), because },
        responder: Some(Responder { briefing, ..responder }),
        ..open
    }
}

/// What a pager tells, and what is there. Nothing of how the drill is graded or recovered from.
fn briefing(scenario: &Scenario, plan: &Plan, responder: &Responder) -> String {
    let namespaces = match plan.namespaces.as_slice() {
        [one] => format!("in the namespace {one}"),
        all => format!(
            "and what belongs to it is in the namespaces {}; commands that name none work in {}",
            all.join(", "),
            all.first().map(String::as_str).unwrap_or_default()
        ),
    };
    let mut charts: Vec<String> = plan.files.keys().filter_map(|path| chart(path)).collect();
    charts.dedup();
    let charts = match charts.as_slice() {
        [] => "The folder in which you start is yours.".to_owned(),
        all => format!("The folder in which you start has its charts: {}.", all.join(", ")),
    };
    let values: Vec<String> =
        plan.files.keys().filter(|path| path.starts_with("values/")).map(|p| format!("./{p}")).collect();
    let charts = match values.as_slice() {
        [] => charts,
        all => format!("{charts} It is deployed with the values of {}.", all.join(", ")),
    };
    let other = plan.other_helm.as_ref().map(|other| format!(", {} ({other})", beside(other)));
    let database = plan.about_database().map(|told| format!("{told}\n")).unwrap_or_default();
    let calls = responder.calls.map(|calls| format!(" and {calls} calls to the Kubernetes API"));
    format!(
        "{}\n\nThe release is {}, {namespaces}.\n{charts}\nhelm {}{} and kubectl are on your PATH and talk to the cluster of \
         this release alone.\n{database}You have {} seconds{}. When the release is well again, exit.\n",
        scenario.story.trim(),
        plan.release,
        plan.helm,
        other.unwrap_or_default(),
        responder.seconds,
        calls.unwrap_or_default(),
    )
}

impl Plan {
    /// What whoever recovers is told of the database beside the cluster, where there is one.
    pub fn about_database(&self) -> Option<String> {
        let told = format!("{CONNECTION} leads to a PostgreSQL for HELM_DRIVER=sql.");
        self.database.then_some(told)
    }
}

/// The chart to which a file belongs that describes one.
fn chart(path: &str) -> Option<String> {
    let folder = path.strip_suffix("/Chart.yaml")?;
    // A chart inside of another comes with it.
    (folder.matches("charts/").count() <= 1).then(|| format!("./{folder}"))
}
