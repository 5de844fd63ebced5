//! The embedded Kubernetes: an API server, its controllers and one node as a synchronous value. No sockets, no
//! clock, no tokio; time and randomness are arguments, and cloning a [`World`] costs nothing, so a cluster can be
//! forked, rewound and replayed. It answers as a real kube-apiserver 1.36 does and never misbehaves on purpose.

pub mod controller;
pub mod defaults;
pub mod fields;
mod look;
pub mod node;
pub mod patch;
pub mod schema;
pub mod table;
pub mod validation;
mod world;

pub use world::{Config, World};
