//! Names that must mean something: placeholders, variants, parameters, releases, namespaces, calls, and ids that must
//! be told apart.

use super::super::bind::{Bindings, Unbound, next};
use super::super::command::mentions;
use super::super::dice::words;
use super::super::finding::closest;
use super::super::model::Scenario;
use super::super::placed::Placed;
use super::super::steps::{Command, Item};
use super::Findings;
use crate::check::Check;
use crate::fault::Matcher;
use serde_json::Value;
use std::collections::BTreeSet;

/// Every placeholder of a variant means something, and every call can be read once it is bound.
pub(super) fn placeholders(found: &mut Findings<'_>, variant: &str) {
    let scenario = found.scenario;
    let bindings = Bindings::of(scenario, variant);
    for command in commands(scenario).into_iter().filter(|command| bindings.applies(&command.only)) {
        unbound(found, &command.run, bindings.text(&command.run.text).err());
        if command.bites.is_some() && command.fault.is_none() {
            let help = "state the `fault` beside it".to_owned();
            found.at(&command.run, "`bites` without a fault says nothing".to_owned(), Some(help));
        }
        let Some(fault) = &command.fault else { continue };
        match bindings.text(fault.call()) {
            Err(error) => unbound(found, &command.run, Some(error)),
            Ok(call) => {
                if let Err(error) = call.parse::<Matcher>() {
                    found.at(
                        &command.run,
                        format!("the fault waits for `{call}`, which is no call: {error}"),
                        None,
                    );
                }
            }
        }
    }
    for symptom in scenario.symptoms.iter().filter(|symptom| bindings.applies(&symptom.only)) {
        if let Some(run) = &symptom.run {
            unbound(found, run, bindings.text(&run.text).err());
        }
    }
    for (id, check) in checks(scenario, &bindings) {
        unbound(found, id, bindings.check(check).err());
    }
}

fn unbound(found: &mut Findings<'_>, at: &Placed, error: Option<Unbound>) {
    let Some(error) = error else { return };
    let help = match &error {
        Unbound::Unknown(name) => {
            let known = ["release", "namespace", "chart"].into_iter();
            let known: Vec<&str> =
                known.chain(found.scenario.parameters.keys().map(String::as_str)).collect();
            Some(match closest(name, known.iter().copied()) {
                Some(close) => format!("did you mean {{{close}}}?"),
                None => format!("known here: {}", known.join(", ")),
            })
        }
        Unbound::Check(_) => None,
    };
    found.at(at, error.to_string(), help);
}

/// Commands name releases that the timeline installs, and namespaces that the scenario has.
pub(super) fn releases(found: &mut Findings<'_>, variant: &str) {
    let scenario = found.scenario;
    let bindings = Bindings::of(scenario, variant);
    let mut known = BTreeSet::from([scenario.release.name.text.clone()]);
    let bound = |text: &str| bindings.text(text).unwrap_or_default();
    for command in scenario.timeline.iter().filter_map(Item::command) {
        let creates = mentions(&bound(&command.run.text)).into_iter().filter(|mention| mention.creates);
        known.extend(creates.filter_map(|mention| mention.release));
    }
    let places: BTreeSet<&str> = scenario.environments.iter().map(|name| name.text.as_str()).collect();
    let steps = commands(scenario).into_iter().map(|command| &command.run);
    let symptoms = scenario.symptoms.iter().filter_map(|symptom| symptom.run.as_ref());
    let typed = steps.chain(symptoms).map(|run| (run, bound(&run.text)));
    let asked = super::asked::lines(scenario, &bindings);
    for (run, line) in typed.chain(asked) {
        for mention in mentions(&line) {
            if let Some(name) = mention.release.filter(|name| !known.contains(name)) {
                let help =
                    closest(&name, known.iter().map(String::as_str)).map(|c| format!("did you mean `{c}`?"));
                let help = help.or_else(|| Some("the timeline installs no release of this name".to_owned()));
                found.at(run, format!("the command names the unknown release `{name}`"), help);
            }
            if let Some(name) = mention.namespace.filter(|name| !places.contains(name.as_str())) {
                let help = closest(&name, places.iter().copied()).map(|c| format!("did you mean `{c}`?"));
                let help = help.or_else(|| Some("namespaces are listed under environments".to_owned()));
                found.at(run, format!("the command names the unknown namespace `{name}`"), help);
            }
        }
    }
}

/// Commands, checks and safeguards name environments that the scenario has.
pub(super) fn environments(found: &mut Findings<'_>, variant: &str) {
    let scenario = found.scenario;
    let bindings = Bindings::of(scenario, variant);
    let mut named: Vec<(&Placed, String)> = Vec::new();
    for command in commands(scenario) {
        named.extend(command.environment.iter().map(|name| (name, name.text.clone())));
    }
    for order in scenario.safeguards.iter().filter_map(|safeguard| safeguard.order.as_ref()) {
        named.extend(order.then.iter().map(|name| (name, name.text.clone())));
    }
    named.extend(scenario.reconciler.iter().filter_map(|reconciler| {
        let name = reconciler.environment.as_ref()?;
        Some((name, name.text.clone()))
    }));
    for (id, check) in checks(scenario, &bindings) {
        let bound = bindings.check(check).ok().and_then(|bound| serde_json::to_value(bound).ok());
        let mut inside = Vec::new();
        bound.iter().for_each(|check| namespaces(check, &mut inside));
        named.extend(inside.into_iter().map(|name| (id, name)));
    }
    let known: Vec<&str> = scenario.environments.iter().map(|name| name.text.as_str()).collect();
    for (at, name) in named.into_iter().filter(|(_, name)| !known.contains(&name.as_str())) {
        let help = closest(&name, known.iter().copied()).map(|close| format!("did you mean `{close}`?"));
        let help = help.or_else(|| Some("namespaces are listed under environments".to_owned()));
        found.at(at, format!("unknown environment `{name}`"), help);
    }
}

/// The namespaces that a check names. What stands inside labels, data and the like are values of the user's.
fn namespaces(check: &Value, found: &mut Vec<String>) {
    match check {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("namespace" | "within" | "environment", Value::String(name)) => found.push(name.clone()),
                    ("labels" | "env" | "config" | "data" | "values", _) => {}
                    (_, value) => namespaces(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| namespaces(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whatever names a variant names one that exists.
pub(super) fn variants(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let known = super::dice::known(scenario);
    let mut named: Vec<(&Placed, &str)> = Vec::new();
    let each = scenario.objectives.iter().map(|o| &o.only).chain(scenario.symptoms.iter().map(|s| &s.only));
    let each = each.chain(scenario.safeguards.iter().map(|s| &s.only));
    let each = each.chain(scenario.steady_state.iter().map(|s| &s.only));
    let each = each.chain(commands(scenario).into_iter().map(|command| &command.only));
    named.extend(each.flatten().map(|name| (name, name.text.as_str())));
    for procedure in scenario.procedures.iter().chain(&scenario.controls) {
        named.extend(procedure.only.iter().map(|name| (name, name.text.as_str())));
        let differing = procedure.variants.keys().flat_map(|name| words(name));
        named.extend(differing.map(|name| (&procedure.name, name)));
    }
    for (at, name) in named.into_iter().filter(|(_, name)| !known.contains(name)) {
        let help = closest(name, known.iter().copied()).map(|close| format!("did you mean `{close}`?"));
        found.at(at, format!("unknown variant `{name}`"), help);
    }
}

/// No two things that a report tells apart have the same name.
pub(super) fn twice(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let gates = scenario.objectives.iter().map(|o| &o.id).chain(scenario.safeguards.iter().map(|s| &s.id));
    let ways = scenario.procedures.iter().chain(&scenario.controls).map(|procedure| &procedure.name);
    let variants = scenario.variants.iter().map(|variant| &variant.name);
    let groups: [Vec<&Placed>; 3] = [gates.collect(), ways.collect(), variants.collect()];
    for group in groups {
        let mut seen = BTreeSet::new();
        for name in group.into_iter().filter(|name| !seen.insert(name.text.as_str())) {
            found.at(name, format!("the name `{name}` is given twice"), None);
        }
    }
}

/// A parameter is used, and what a variant sets is a parameter.
pub(super) fn parameters(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let mut used = BTreeSet::new();
    let mut texts: Vec<String> = Vec::new();
    for command in commands(scenario) {
        texts.push(command.run.text.clone());
        texts.extend(command.fault.as_ref().map(|fault| fault.call().to_owned()));
    }
    texts.extend(scenario.symptoms.iter().filter_map(|symptom| Some(symptom.run.as_ref()?.text.clone())));
    texts.extend(all_checks(scenario).into_iter().filter_map(|(_, check)| serde_json::to_string(check).ok()));
    for text in &texts {
        let mut rest = text.as_str();
        while let Some((_, name, after)) = next(rest) {
            used.insert(name.to_owned());
            rest = after;
        }
    }
    for name in scenario.parameters.keys().filter(|name| !used.contains(*name)) {
        found.whole(format!("the parameter `{name}` is used nowhere"), None);
    }
    for variant in &scenario.variants {
        for name in variant.with.keys().filter(|name| !scenario.parameters.contains_key(*name)) {
            let known = scenario.parameters.keys().map(String::as_str);
            let help = closest(name, known).map(|close| format!("did you mean `{close}`?"));
            let help = help.or_else(|| Some("state its default under parameters".to_owned()));
            found.at(&variant.name, format!("the variant sets `{name}`, which is no parameter"), help);
        }
    }
}

/// Every command of the timeline, the procedures and the controls.
pub(super) fn commands(scenario: &Scenario) -> Vec<&Command> {
    let steps = scenario.procedures.iter().chain(&scenario.controls).flat_map(|procedure| &procedure.steps);
    scenario.timeline.iter().chain(steps).filter_map(Item::command).collect()
}

/// Every check of a variant, with what to point at.
pub(super) fn checks<'a>(scenario: &'a Scenario, bindings: &Bindings) -> Vec<(&'a Placed, &'a Check)> {
    let ours = |only: &[Placed]| bindings.applies(only);
    all_checks(scenario)
        .into_iter()
        .filter(|((_, only), _)| ours(only))
        .map(|((id, _), check)| (id, check))
        .collect()
}

type Asked<'a> = ((&'a Placed, &'a [Placed]), &'a Check);

pub(super) fn all_checks(scenario: &Scenario) -> Vec<Asked<'_>> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    all.extend(scenario.steady_state.iter().map(|s| ((&s.id, s.only.as_slice()), &s.check)));
    all.extend(scenario.objectives.iter().map(|o| ((&o.id, o.only.as_slice()), &o.check)));
    for safeguard in &scenario.safeguards {
        let order = safeguard.order.iter().map(|order| &order.first);
        let asked = safeguard.hold.iter().chain(&safeguard.assert).chain(order);
        all.extend(asked.map(|check| ((&safeguard.id, safeguard.only.as_slice()), check)));
    }
    for symptom in &scenario.symptoms {
        let id = symptom.id.as_ref().unwrap_or(&scenario.metadata.name);
        all.extend(symptom.check.iter().map(|check| ((id, symptom.only.as_slice()), check)));
    }
    all
}
