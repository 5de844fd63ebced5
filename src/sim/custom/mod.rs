//! Custom resources: what CustomResourceDefinitions may say, what they define, and what holds for objects of the kinds
//! that they define. How calls are answered is `api`'s matter; this says what is right and what is wrong.

mod coerce;
pub(super) mod define;
mod definition;
mod embedded;
mod format;
mod invariants;
mod names;
mod object;
mod openapi;
mod rules;
mod schema;
mod values;

pub(super) use coerce::{default, numbers, prune, prune_nulls};
pub(super) use definition::{Definition, Definitions, Scale, Version, has_condition, newer_first};
pub(super) use embedded::{metadata_fault, read as read_embedded};
pub(super) use invariants::at;
pub(super) use names::{accept, condition, set as set_condition};
pub(super) use object::{create, finalizer_warnings, prepare_create, prepare_update, status, update};
pub(super) use openapi::{second, third};
pub(super) use rules::Judgement;
