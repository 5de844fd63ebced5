//! Whether the rules of a schema may stand in a definition: they must compile, what they compare with the value before
//! must be told apart from what else was there, and they must not cost too much for the largest object that there can be.

use super::extent::Extent;
use super::{KEYWORD, Rule, declare};
use crate::sim::custom::define::print_rule;
use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::look::text;
use crate::sim::validation::{Findings, Path};
use serde_json::Value;

/// What one rule may cost at most, as often as it is asked about one object.
const LIMIT_OF_RULE: u64 = 10_000_000;

/// What all rules of a schema may cost.
const LIMIT_OF_SCHEMA: u64 = 100_000_000;

/// How many of the rules that cost most are named.
const NAMED: usize = 4;

/// What is wrong with the rules of a schema and of every schema in it.
pub(in crate::sim::custom) fn check(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    let mut costs = Costs::default();
    Walk { whole: true, apart: None, times: Some(1) }.check(schema, path, &mut costs, found);
    costs.check(path, found);
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    /// Whether the value is a whole object.
    whole: bool,
    /// The list or map above whose parts are not told apart from those before.
    apart: Option<&'a Path>,
    /// How often the value can be there in one object; `None` where no schema above says.
    times: Option<u64>,
}

impl Walk<'_> {
    fn check(self, schema: Schema<'_>, path: &Path, costs: &mut Costs, found: &mut Findings) {
        let factor = match (schema.kind(), schema.additional()) {
            ("object", Some(_)) => schema.whole("maxProperties"),
            ("array", _) => schema.whole("maxItems"),
            _ => Some(1),
        };
        let factor = factor.map(|most| u64::try_from(most).unwrap_or(0));
        let times = self.times.zip(factor).map(|(times, factor)| times.saturating_mul(factor));
        let mut inner = |apart: bool, of: Schema<'_>, at: Path, found: &mut Findings| {
            let apart = if apart { self.apart.or(Some(path)) } else { self.apart };
            Walk { whole: of.embedded(), apart, times }.check(of, &at, costs, found);
        };
        if let Some(Additional::Of(of)) = schema.additional() {
            inner(false, of, path.child("additionalProperties"), found);
        }
        for (name, field) in schema.properties() {
            inner(false, field, path.child("properties").key(name), found);
        }
        if let Some(items) = schema.items() {
            inner(schema.list_type() != "map", items, path.child("items"), found);
        }
        self.own(schema, path, costs, found);
    }

    fn own(self, schema: Schema<'_>, path: &Path, costs: &mut Costs, found: &mut Findings) {
        let rules = schema.list(KEYWORD);
        if rules.is_empty() {
            return;
        }
        let of = declare::declare(schema, self.whole, declare::SELF);
        let Some((of, extent)) = of.zip(Extent::of(schema, self.whole)) else {
            let why = "internal error: failed to construct type information for x-kubernetes-validations rules: unable to \
                       convert structural schema to CEL declarations";
            return found.internal(&path.child(KEYWORD), why);
        };
        let times = self.times.unwrap_or(extent.times());
        for (index, document) in rules.iter().enumerate() {
            let at = path.child(KEYWORD).index(index);
            let rule = Rule::compile(document, schema, &of);
            let cost = rule.rule.as_ref().map_or(0, |rule| rule.most(&extent).saturating_mul(times));
            costs.add("estimated rule cost", &at.child("rule"), cost, found);
            let printed = print_rule(document).to_string();
            if let Err(why) = &rule.rule {
                found.invalid_printed(&at.child("rule"), &printed, why);
            }
            match &rule.message {
                Some(Err(why)) => found.invalid_printed(&at.child("messageExpression"), &printed, why),
                Some(Ok(message)) => {
                    let cost = message.most(&extent);
                    costs.add(
                        "estimated messageExpression cost",
                        &at.child("messageExpression"),
                        cost,
                        found,
                    );
                }
                None => {}
            }
            self.transition(document, &rule, &at, found);
        }
    }

    /// Whether a rule may compare with the value before, and says so where it must.
    fn transition(self, document: &Value, rule: &Rule, at: &Path, found: &mut Findings) {
        match (rule.transition, self.apart, document.get("optionalOldSelf")) {
            (true, Some(apart), _) => {
                let why = format!(
                    "oldSelf cannot be used on the uncorrelatable portion of the schema within {apart}"
                );
                found.invalid(&at.child("rule"), text(document, "/rule"), &why);
            }
            (false, _, Some(optional)) if !optional.is_null() => {
                let why = "may not be set if oldSelf is not used in rule";
                found.invalid(&at.child("optionalOldSelf"), optional.clone(), why);
            }
            _ => {}
        }
    }
}

/// What the rules of a schema cost at most.
#[derive(Default)]
struct Costs {
    total: u64,
    /// The expressions that cost a hundredth of all that there is and more.
    dear: Vec<(u64, Path)>,
}

impl Costs {
    fn add(&mut self, what: &str, at: &Path, cost: u64, found: &mut Findings) {
        if cost > LIMIT_OF_RULE {
            found.forbidden(at, &exceeded(what, cost, LIMIT_OF_RULE));
        }
        self.total = self.total.saturating_add(cost);
        if cost >= LIMIT_OF_SCHEMA / 100 {
            self.dear.push((cost, at.clone()));
            self.dear.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
            self.dear.truncate(NAMED);
        }
    }

    fn check(&self, path: &Path, found: &mut Findings) {
        if self.total <= LIMIT_OF_SCHEMA {
            return;
        }
        for (_, at) in &self.dear {
            let why =
                "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
            found.forbidden(at, why);
        }
        let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
        found.forbidden(path, &exceeded(what, self.total, LIMIT_OF_SCHEMA));
    }
}

fn exceeded(what: &str, cost: u64, limit: u64) -> String {
    let by = cost as f64 / limit as f64;
    let by = match by {
        by if by > 100.0 => "more than 100x".to_owned(),
        by if by < 1.5 => format!("{by:.6}x"),
        by => format!("{by:.1}x"),
    };
    format!(
        "{what} exceeds budget by factor of {by} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength \
         where arrays, maps, and strings are declared)"
    )
}
