//! Admission webhooks: who is asked about a call, in which order, and what becomes of the call by what they say. Whom a
//! rule means is `matching`'s to say, what is asked `review`'s, and what an answer means `answer`'s; their conditions are
//! evaluated by `seen`.

mod answer;
mod matching;
mod review;

use super::seen::{Conditions, Seen};
use super::{Asked, kind};
use crate::sim::hooks::{HookAnswer, HookAnswers, HookCall};
use crate::sim::object::set_meta;
use crate::sim::status::Refusal;
use crate::sim::{World, patch};
use crate::snapshot::Snapshot;
use answer::{Failure, Verdict};
use serde_json::Value;
use std::cell::RefCell;

pub(super) use matching::{matched, selects};
pub(super) use review::{Operation, request};

/// The group of what says who is asked; calls about it are asked of nobody.
pub(super) const GROUP: &str = "admissionregistration.k8s.io";
const MUTATING: &str = "mutatingwebhookconfigurations";
const VALIDATING: &str = "validatingwebhookconfigurations";

/// What is known of webhooks while one call is answered.
#[derive(Debug, Default)]
pub(super) struct Hooks<'a> {
    /// What they have said so far; `None` where nobody listens at their addresses.
    answers: Option<&'a HookAnswers>,
    /// Whom to ask before the call can be answered.
    pub(super) asked: RefCell<Option<HookCall>>,
}

impl<'a> Hooks<'a> {
    /// Webhooks that have said this so far.
    pub(super) fn new(answers: Option<&'a HookAnswers>) -> Hooks<'a> {
        Hooks { answers, ..Hooks::default() }
    }
}

/// Whether there are webhooks at all.
pub(super) fn there_are(snapshot: &Snapshot) -> bool {
    [MUTATING, VALIDATING].iter().any(|resource| snapshot.list(GROUP, resource, None).next().is_some())
}

/// One webhook of a configuration.
struct Webhook<'a> {
    /// Configuration and place in it.
    id: (String, usize),
    document: &'a Value,
}

fn webhooks<'a>(snapshot: &'a Snapshot, resource: &'static str) -> Vec<Webhook<'a>> {
    let configurations = snapshot.list(GROUP, resource, None);
    let of = |(key, object): (&crate::snapshot::Key, &'a crate::snapshot::Object)| {
        let list = object["webhooks"].as_array().into_iter().flatten().enumerate();
        let name = key.name.to_string();
        list.map(move |(at, document)| Webhook { id: (name.clone(), at), document }).collect::<Vec<_>>()
    };
    configurations.flat_map(of).collect()
}

/// Lets mutating webhooks change the object of a call. Those that want to be asked again are, once, where a later one
/// has changed the object.
pub(super) fn mutate(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    old: Option<&Value>,
    object: &mut Option<&mut Value>,
) -> Result<(), Refusal> {
    if asked.of.group == GROUP {
        return Ok(());
    }
    let snapshot = world.store.snapshot();
    let all = webhooks(snapshot, MUTATING);
    let (mut before, mut again): (Vec<&Webhook<'_>>, Vec<(String, usize)>) = (Vec::new(), Vec::new());
    for round in 0..2 {
        for webhook in &all {
            if round == 1 && !again.contains(&webhook.id) {
                continue;
            }
            let changed = one(world, asked, operation, old, object, webhook.document)?;
            if changed && round == 0 {
                again.extend(before.drain(..).map(|webhook| webhook.id.clone()));
            }
            if webhook.document["reinvocationPolicy"] == "IfNeeded" {
                before.push(webhook);
            }
        }
        if again.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Asks one mutating webhook, where it is concerned; whether it changed the object.
fn one(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    old: Option<&Value>,
    object: &mut Option<&mut Value>,
    webhook: &Value,
) -> Result<bool, Refusal> {
    let mut sent = object.as_deref().cloned();
    if operation == Operation::Create
        && let Some(sent) = &mut sent
    {
        // They come into being after the webhooks.
        for field in ["uid", "creationTimestamp"] {
            set_meta(sent, field, Value::Null);
        }
    }
    let Some(verdict) = ask(world, asked, operation, old, sent.as_ref(), webhook, true)? else {
        return Ok(false);
    };
    let Some(operations) = verdict.patch else { return Ok(false) };
    let name = webhook["name"].as_str().unwrap_or_default();
    let Some(object) = object.as_deref_mut() else {
        let why = format!(
            "admission webhook {name:?} attempted to modify the object, which is not supported for this operation"
        );
        return Err(Refusal::internal(&why));
    };
    let patched = patch::json(sent.as_ref().unwrap_or(object), &operations);
    let mut patched = patched.map_err(|error| Refusal::internal(&error.to_string()))?;
    kind::tidy(world, &asked.of, &mut patched);
    kind::fill(&asked.of, &mut patched);
    for field in ["uid", "creationTimestamp"] {
        let held = object["metadata"][field].clone();
        if operation == Operation::Create {
            set_meta(&mut patched, field, held);
        }
    }
    let changed = patched != *object;
    *object = patched;
    Ok(changed)
}

/// Asks the validating webhooks about the end result of a call.
pub(super) fn validate(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    old: Option<&Value>,
    object: Option<&Value>,
) -> Result<(), Refusal> {
    if asked.of.group == GROUP {
        return Ok(());
    }
    for webhook in webhooks(world.store.snapshot(), VALIDATING) {
        ask(world, asked, operation, old, object, webhook.document, false)?;
    }
    Ok(())
}

/// Whether a webhook's conditions let it be asked about a request.
fn conditions(world: &World, asked: &Asked<'_>, webhook: &Value, request: &Value) -> Result<bool, Refusal> {
    let conditions = Conditions::of(webhook);
    if conditions.is_empty() {
        return Ok(true);
    }
    match conditions.hold(&Seen::new(world, asked, request)) {
        Ok(hold) => Ok(hold),
        Err(_) if webhook["failurePolicy"] == "Ignore" => Ok(false),
        Err(why) => {
            let name = request["name"].as_str().unwrap_or_default();
            Err(Refusal::denied(&asked.of.group, &asked.of.plural, name, &why))
        }
    }
}

/// Asks one webhook, where it is concerned. What it says against the call refuses it; that it cannot be asked does so
/// unless its failure policy says otherwise.
fn ask(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    old: Option<&Value>,
    object: Option<&Value>,
    webhook: &Value,
    mutating: bool,
) -> Result<Option<Verdict>, Refusal> {
    let objects = (old, object);
    let Some(of) = matched(world, asked, operation, objects, webhook, "rules") else { return Ok(None) };
    let request = review::request(world, asked, operation, objects, &of);
    if !conditions(world, asked, webhook, &request)? {
        return Ok(None);
    }
    let call = review::call(webhook, &request);
    let said = match review::reach(world, &webhook["clientConfig"]) {
        Err(why) => HookAnswer::Failed(why),
        Ok(()) => match asked.hooks.answers.map(|answers| answers.find(&call)) {
            None => call.nobody(),
            Some(Some(answer)) => answer.clone(),
            Some(None) => {
                *asked.hooks.asked.borrow_mut() = Some(call);
                return Err(Refusal::internal("a webhook has not been asked yet"));
            }
        },
    };
    match answer::read(&call, &said, mutating) {
        Ok(verdict) => {
            asked.warnings.borrow_mut().extend(verdict.warnings.iter().cloned());
            match verdict.refusal(&call.webhook) {
                Some(refusal) => Err(refusal),
                None => Ok(Some(verdict)),
            }
        }
        Err(Failure(_)) if webhook["failurePolicy"] == "Ignore" => Ok(None),
        Err(Failure(why)) => {
            Err(Refusal::internal(&format!("failed calling webhook {:?}: {why}", call.webhook)))
        }
    }
}
