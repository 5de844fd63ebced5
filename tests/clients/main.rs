//! The clients that people use, unmodified, against the embedded cluster: kubectl in every pinned version, over tours
//! of commands whose outputs are snapshots, and kube-rs with its typed errors. What the answers are byte for byte is
//! told by the recorded API cases; here it is what users see of them. And Helm's SQL driver, at the database beside it.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read their environment, lay out folders and start processes"
)]

mod access;
mod charts;
mod drawn;
mod kube_rs;
mod kubectl;
mod local_patches;
mod mask;
mod sql;
mod stand;
mod webhooks;
