//! What a runbook came to: a record for every section, way and version of Helm, what is to be said of its lines, and the
//! forms in which people and programs read it. Who made it, and where it is printed, is the command line's business.

mod annotations;
mod baseline;
mod junit;
mod markdown;
mod record;
mod sarif;
mod text;

pub use annotations::annotations;
pub use baseline::worsened;
pub use junit::junit;
pub use markdown::markdown;
pub use record::{
    Concern, Exercise, FORMAT, SectionRecord, StepRecord, StepVerdict, Validation, WayRecord, Weight, schema,
    step,
};
pub use sarif::sarif;
pub use text::text;

#[cfg(test)]
mod tests;
