//! What each check is asked about: the words that a scenario gives it. Answers nothing.

mod course;
mod object;
mod release;
mod serving;

pub use course::{JobRuns, Printed, Says, Since, Within};
pub use object::{Claim, Data, Field, JobState, Jobs, Managed, Object};
pub use release::{History, Manifest, Names, Owned, ReleaseIs, Untouched, Values};
pub use serving::{Reachable, Replicas, Serves, Template, Workload, Workloads};
