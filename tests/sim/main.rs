//! The embedded Kubernetes as a value: what must hold of it beyond the recordings, which `tests/conformance` replays
//! over the wire. One binary, since every one of them is linked with the whole of helmdrill.
//!
//! - [`accepts`], [`api_refusals`], [`watches`]: calls and their answers
//! - [`content`], [`content_refusals`], [`device_refusals`], [`status_refusals`]: defaults, validation and tables
//! - [`ownership`], [`ownership_rules`], [`flow_patches`], [`strategic_patches`]: patches, and who owns which field
//! - [`controllers`]: what controllers and the node make of objects
//! - [`hostile`], [`found`]: what no client means; [`calls`] and [`scripts`] read what fuzzing made up
//! - [`properties`], [`watchers`]: what holds of every object and every history; [`random`] draws them and
//!   [`protobuf`] encodes them
#![expect(clippy::disallowed_methods, reason = "reads the recordings")]

mod accepts;
mod api_refusals;
mod calls;
mod content;
mod content_refusals;
mod controllers;
mod device_refusals;
mod expressions;
mod flow_patches;
mod found;
mod hostile;
mod order;
mod ownership;
mod ownership_rules;
mod properties;
mod protobuf;
mod random;
mod scripts;
mod status_refusals;
mod strategic_patches;
mod watchers;
mod watches;
