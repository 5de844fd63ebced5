//! What somebody who recovers by hand tells the drill itself or asks of it: notes, hints, commands that are taken back,
//! and how the recovery ended. What that costs is a matter of the grade.

use super::Entry;
use serde::{Deserialize, Serialize};

/// Something between whoever recovers and the drill, beside the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "aside", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Aside {
    /// Something to remember.
    Note {
        /// As it was written.
        text: String,
    },
    /// A hint was taken.
    Hint {
        /// Which, from 1.
        number: u32,
        /// What it says.
        text: String,
    },
    /// The cluster was made what it was before some commands. They stand here, and nowhere else: what they did has not
    /// happened to the cluster that goes on.
    Rewound {
        /// How many commands that had changed something were taken back.
        commands: u32,
        /// Everything that was taken back, in order.
        undone: Vec<Entry>,
    },
    /// The recovery ended.
    Left {
        /// How.
        how: Leaving,
    },
}

/// How a recovery by hand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaving {
    /// Whoever recovered says that it is done, or left the shell.
    Done,
    /// Whoever recovered gave up.
    GivenUp,
    /// The time was up.
    TimeUp,
}
