//! The terminal that helmdrill is on, lent to a child and taken back: its foreground process group and its modes are
//! what they were, however the child ended.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, tcgetpgrp, tcsetpgrp};
use std::io::stdin;

/// A terminal as it was. Dropping this makes it so again: once all that may use it have ended.
#[derive(Debug)]
pub struct Lent {
    foreground: Pid,
    modes: Termios,
}

impl Lent {
    /// Remembers the terminal on our standard input; `None` where that is none.
    pub fn remember() -> Option<Lent> {
        let modes = tcgetattr(stdin()).ok()?;
        let foreground = tcgetpgrp(stdin()).ok()?;
        Some(Lent { foreground, modes })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Who changes a terminal from the background is stopped by SIGTTOU, unless the thread that does it has that
        // blocked. A terminal that has gone away needs nothing.
        let mut stopping = SigSet::empty();
        stopping.add(Signal::SIGTTOU);
        let Ok(before) = stopping.thread_swap_mask(SigmaskHow::SIG_BLOCK) else { return };
        tcsetpgrp(stdin(), self.foreground).ok();
        tcsetattr(stdin(), SetArg::TCSADRAIN, &self.modes).ok();
        before.thread_set_mask().ok();
    }
}
