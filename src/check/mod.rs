//! What can be asked of a cluster, as predicates over snapshots and the transcript. Every check says what it saw,
//! so that a lost point carries its evidence. Asks no cluster: what is not in the view did not happen.

mod answer;
mod asked;
mod compare;
mod conduct;
mod field;
mod history;
mod manifest;
mod object;
mod says;
mod serving;
mod storage;
mod target;
mod untouched;
mod waiting;
mod workload;
mod workloads;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use asked::{
    Claim, Data, Field, History, JobRuns, JobState, Jobs, Managed, Manifest, Names, Object, Owned, Printed,
    Reachable, ReleaseIs, Replicas, Says, Serves, Since, Template, Untouched, Values, Within, Workload,
    Workloads,
};
pub use manifest::differences;
pub use says::{Inquiry, pattern};
pub use target::{ObjectRef, ObjectRefError};

use crate::clock::Moment;
use crate::snapshot::Snapshot;
use crate::transcript::Entry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// All of these hold.
    All(Vec<Check>),
    /// At least one of these holds.
    Any(Vec<Check>),
    /// This does not hold.
    Not(Box<Check>),
    /// A check asks about another environment than the first.
    In(Within),
    /// A check holds in every environment.
    Everywhere(Box<Check>),
    /// The newest readable revision of a release is this.
    Release(ReleaseIs),
    /// The history of a release looks like this.
    History(History),
    /// A release was given these values.
    Values(Values),
    /// A workload has at least so many ready pods.
    Available(Workload),
    /// The workloads that the deployed revision of a release names are ready.
    Workloads(Workloads),
    /// A workload wants and has so many pods.
    Replicas(Replicas),
    /// A service has at least so many ready endpoints.
    Reachable(Reachable),
    /// All ready pods of a workload come from its current template.
    UniformTemplate(Template),
    /// Every ready endpoint behind a service, or every ready pod of a workload, carries these values.
    Serves(Serves),
    /// A ConfigMap holds these values.
    ConfigMap(Data),
    /// A Secret holds these values (plain, not base64).
    Secret(Data),
    /// An object exists.
    Exists(Object),
    /// An object does not exist.
    Absent(Object),
    /// An object is the very one of the steady state: it was never deleted and made again.
    SameUid(Object),
    /// A field of an object says this.
    Field(Field),
    /// A field of an object is owned by this field manager.
    Manages(Managed),
    /// An object carries Helm's marks of ownership for a release.
    OwnedBy(Owned),
    /// No object carries the marks of a release that its deployed revision does not name.
    NoOrphans(Manifest),
    /// A claim and the volume behind it are those of the steady state.
    DataKept(Claim),
    /// Every object of the newest deployed manifest exists, carries Helm's ownership marks and equals the manifest in
    /// the fields that the manifest sets; no other object carries the marks of the release.
    OwnedObjectsMatchManifest(Manifest),
    /// Everything, but for some releases, is as it was in the steady state.
    Untouched(Untouched),
    /// A Job is in this state.
    Job(Jobs),
    /// A Job, such as a hook, ran so many times.
    JobRuns(JobRuns),
    /// No command of the recovery printed a value of a Secret.
    NotPrinted(Printed),
    /// A command that is run once the recovery is over, and only looks, ends like this.
    Command(Says),
}

/// What a check may look at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The namespaces of the drill; the first is meant where a check names none.
    pub namespaces: &'a [String],
    /// The steady state; equal to `now` while it is being taken.
    pub baseline: &'a Snapshot,
    /// The moment that is asked about.
    pub now: &'a Snapshot,
    /// When that is.
    pub at: Moment,
    /// What was written down from the steady state to that moment.
    pub record: &'a [Entry],
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it holds.
    pub held: bool,
    /// What was seen, as one line: `release myapp is pending-upgrade at revision 3`.
    pub evidence: String,
}

impl Check {
    /// Asks it. Never fails: what cannot be read counts as not held, and the evidence says what was there.
    pub fn answer(&self, view: &View<'_>) -> Answer {
        answer::of(self, view)
    }

    /// Asks it of one moment, without a past.
    pub fn answer_of(&self, now: &Snapshot, at: Moment) -> Answer {
        self.answer(&View { namespaces: &[], baseline: now, now, at, record: &[] })
    }
}

impl<'a> View<'a> {
    /// The namespace that a check means: the one it names, else that of the drill.
    fn namespace<'b>(&self, named: &'b Option<String>) -> &'b str
    where
        'a: 'b,
    {
        named.as_deref().unwrap_or_else(|| self.home())
    }

    /// The namespace that is meant where none is named.
    fn home(&self) -> &'a str {
        self.namespaces.first().map_or("default", String::as_str)
    }

    /// The same view by somebody whose namespace is this one alone.
    fn at_home_in(&self, namespaces: &'a [String]) -> View<'a> {
        View { namespaces, ..*self }
    }
}
