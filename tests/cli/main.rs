//! The command line as a user meets it: for everything that can be asked and go wrong, what is said and the exit code.
//! The binary is run as it is; cases of one kind share a snapshot that reads as a session in a terminal.
#![allow(clippy::disallowed_methods, reason = "tests lay out files and start processes")]

mod authoring;
mod binaries;
mod environments;
mod grades;
mod own_charts;
mod pages;
mod practice;
mod printing;
mod reconciler;
mod registry;
mod reports;
mod responders;
mod runbooks;
mod scenarios;
mod second_helm;
mod signals;
mod stand;
mod terminal;
