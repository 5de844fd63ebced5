//! Going back: a cluster that is a value is kept at one moment and made that again later. Its time goes back with it, and
//! so does the transcript; whoever watches is cut off.

use super::tables::Tables;
use super::{Backing, Cluster};
use crate::clock::Moment;
use crate::database::Database;
use crate::sim::World;

/// A cluster as it was at one moment. Keeping one costs next to nothing.
#[derive(Clone, Debug)]
pub struct Mark {
    world: World,
    at: Moment,
    entries: usize,
    tables: Option<Database>,
}

impl Mark {
    /// When it was taken.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// How many entries the transcript had by then.
    pub fn entries(&self) -> usize {
        self.entries
    }
}

impl Cluster {
    /// This cluster as it is now; `None` where it is no value that could be kept.
    pub fn mark(&self) -> Option<Mark> {
        match &self.backing {
            Backing::Embedded(realm) => {
                let (world, at, entries) = realm.mark();
                let tables = self.tables.as_ref().map(Tables::database);
                Some(Mark { world, at, entries, tables })
            }
            Backing::Kind(_) => None,
        }
    }

    /// Makes it what it was. `rewrite` makes the transcript agree, as one step with it. Nothing happens to a cluster that
    /// is no value: no mark is ever taken of one.
    pub fn turn_back(&self, mark: &Mark, rewrite: impl FnOnce()) {
        match &self.backing {
            Backing::Embedded(realm) => {
                // The tables go first: what is written down of them until the transcript is rewritten goes with it.
                if let (Some(tables), Some(database)) = (&self.tables, &mark.tables) {
                    tables.turn_back(database);
                }
                realm.turn_back(&mark.world, mark.at, rewrite);
            }
            Backing::Kind(_) => {}
        }
    }
}
