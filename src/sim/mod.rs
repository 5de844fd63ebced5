//! The embedded Kubernetes: an API server, its controllers and one node as a synchronous value. No sockets, no
//! clock, no tokio; time and randomness are arguments, and cloning a [`World`] costs nothing, so a cluster can be
//! forked, rewound and replayed. It answers as a real kube-apiserver 1.36 does and never misbehaves on purpose.

mod access;
mod addresses;
mod amount;
mod api;
mod bootstrap;
mod change;
pub mod controller;
mod convert;
mod custom;
pub mod defaults;
mod documents;
mod expression;
pub mod fields;
mod hooks;
mod leaders;
mod local;
mod look;
mod names;
pub mod node;
mod object;
mod openapi;
pub mod patch;
mod plane;
mod prose;
mod quota;
mod resources;
pub mod schema;
mod selector;
mod status;
mod store;
pub mod table;
pub mod validation;
mod world;

pub use api::Watch;
pub use change::Change;
pub use hooks::{HookAnswer, HookAnswers, HookCall};
pub use world::{Config, World};
