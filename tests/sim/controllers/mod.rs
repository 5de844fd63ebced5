//! What controllers and node make of objects, in drill time, where no recording says it: `tests/conformance` replays
//! the recorded cases.

mod balancers;
mod beyond;
mod cron;
mod ends;
mod nodes;
mod order;
mod play;
mod reaching;
mod rollouts;
mod room;
mod sharing;
