//! The Markdown that people write for those who are called at night: read as it is, cut into sections, ways and steps,
//! its holes filled with what a scenario has, and made into steps of a plan. It knows what would be run and runs nothing.
//!
//! Reading order: `markdown` (with `tabs` and `text`), `headings`, `fences` (by `shell`) with `lines`, `session` and `variants`, `sections` with `blocks`, `ways` and
//! `draft`; then `bindings`, `facts`, `holes`, `roles`, `variables`, `gitops`, `objects`, `bind`; then `rules`, `flags`, `pace`, `lent` and `lower`; `propose` (with `words`) finds
//! the scenario that a section is about, `narrow` its variant, `explain` tells people what would be run.

mod bind;
mod bindings;
mod blocks;
mod draft;
mod explain;
mod facts;
mod fences;
mod flags;
mod gitops;
mod headings;
mod holes;
mod lent;
mod lines;
mod lower;
mod markdown;
mod model;
mod narrow;
mod objects;
mod occurrences;
mod outline;
mod pace;
mod propose;
mod roles;
mod rules;
mod sections;
mod session;
mod tabs;
mod text;
mod variables;
mod variants;
mod ways;
mod words;

pub use bindings::{BindingFile, Bindings, Bound};
pub use explain::{counted, explained, overview};
pub use facts::Facts;
pub use lower::{Circumstances, Fate, Prepared, Ready, prepare};
pub use model::{Alternative, Level, Mark, Remark, Runbook, Section, Step};
pub use narrow::narrow;
pub use propose::{Index, Proposal};
pub use sections::parse;
pub use text::Lifted;

#[cfg(test)]
mod prepared;
#[cfg(test)]
mod tests;
