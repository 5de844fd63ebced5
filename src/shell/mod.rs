//! The plain part of bash, read and never run: where a statement begins and ends, which commands it holds, and where
//! each word stands. What it does not understand it passes on as words, for the shell to judge. It knows no tool.
//!
//! Texts written for people are shell with holes in it: `<release>` and `{{ release }}` are words here, not redirections.

mod commands;
mod lex;
mod quote;
mod statements;
mod unended;
mod word;

pub use commands::{Simple, Word, commands};
pub use quote::quoted;
pub use statements::{Piece, pieces};
pub use unended::{Unended, unended};

#[cfg(test)]
mod tests;
