//! The rules of the lock as a state machine: events in, what to do next out. No thread, no clock, no condition
//! variable; whoever has those drives the machine, and tests try every schedule of it.
//!
//! Source of the rules: CPython 3.2 to 3.13, `Python/ceval_gil.c`; for the lock before that, `Python/ceval.c` of 2.7.

use std::time::Duration;

/// When a thread that holds the lock is made to hand it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Regime {
    /// CPython since 3.2: a waiter that has waited for the interval without seeing a switch asks for the lock, and the
    /// holder that was asked is not the next to get it.
    Timed {
        /// The switch interval, `sys.setswitchinterval`; 5 ms unless said.
        interval: Duration,
    },
    /// CPython before 3.2: the holder lets go at every so many check sites, asked or not, and may take the lock again
    /// at once.
    Counted {
        /// Check sites between two releases, `sys.setcheckinterval`; 100 unless said. 0 is as good as 1.
        checks: u32,
    },
    /// No lock, as in a free-threaded build: everyone who asks may run.
    Unlocked,
}

/// The rules that make the timed regime what it is. [`Rules::new`] keeps them all; tests leave out one at a time, to
/// show what goes wrong without it and that it would be noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Who drops the lock because it was asked to waits until another has it.
    ForceSwitch,
    /// A waiter does not ask if the lock changed hands while it waited.
    RespectSwitches,
    /// A drop wakes one waiter.
    SignalDrop,
    /// Whoever takes the lock clears the request: it was meant for the holder before.
    ClearRequest,
    /// To take one's own dropped lock again is no switch.
    CountOthersOnly,
}

/// A regime, with all its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    regime: Regime,
    left_out: Option<Rule>,
}

impl Rules {
    /// All rules of a regime.
    #[must_use]
    pub const fn new(regime: Regime) -> Self {
        Self { regime, left_out: None }
    }

    /// One rule less.
    #[cfg(test)]
    pub(super) const fn without(self, rule: Rule) -> Self {
        Self { left_out: Some(rule), ..self }
    }

    fn keep(self, rule: Rule) -> bool {
        self.left_out != Some(rule)
    }
}

/// What a thread does, or what befalls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It asks for the lock, which it does not hold.
    Take,
    /// Its wait for a drop ended by a signal, or for no reason.
    Woken,
    /// Its wait for a drop lasted for [`Protocol::patience`].
    Expired {
        /// What [`Then::AwaitDrop`] said when this wait began.
        seen: u64,
    },
    /// The holder passes a check site.
    CheckSite,
    /// The holder lets go: at a check site, around a call that may block, or for good.
    Drop,
    /// Its wait for a switch ended by a signal, or for no reason.
    Switched,
}

/// What the thread of an event does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// Run: it has the lock.
    Hold {
        /// Whether another had it before.
        switch: bool,
    },
    /// Run on: nobody asks for the lock.
    KeepOn,
    /// Drop the lock and take it again.
    HandOver,
    /// Wait for a drop, for [`Protocol::patience`] at most.
    AwaitDrop {
        /// The number of switches as the wait begins.
        seen: u64,
        /// Whether it has just asked the holder to drop the lock.
        requested: bool,
    },
    /// Wait until another thread has taken the lock.
    AwaitSwitch,
    /// Go: it does not have the lock, and does not wait for it.
    Leave,
}

/// What waiting threads are to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// The lock was dropped; wakes one of those that wait for it, whichever.
    Dropped,
    /// The lock was taken; wakes all that wait for a switch.
    Taken,
}

/// The answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reaction {
    /// What the thread does next.
    pub then: Then,
    /// What others are to be woken for.
    pub signal: Option<Signal>,
}

/// The state of one lock; `T` names threads.
///
/// ```
/// use std::time::Duration;
/// use primelanes_backends::global_lock::protocol::{Event, Protocol, Regime, Rules, Then};
///
/// let interval = Duration::from_millis(5);
/// let mut lock = Protocol::new(Rules::new(Regime::Timed { interval }));
/// assert_eq!(lock.on('a', Event::Take).then, Then::Hold { switch: false });
/// assert_eq!(lock.on('b', Event::Take).then, Then::AwaitDrop { seen: 0, requested: false });
/// assert_eq!(lock.on('b', Event::Expired { seen: 0 }).then, Then::AwaitDrop { seen: 0, requested: true });
/// assert_eq!(lock.on('a', Event::CheckSite).then, Then::HandOver);
/// assert_eq!(lock.on('a', Event::Drop).then, Then::AwaitSwitch);
/// assert_eq!(lock.on('b', Event::Woken).then, Then::Hold { switch: true });
/// assert_eq!(lock.on('a', Event::Switched).then, Then::Leave);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Protocol<T> {
    rules: Rules,
    holder: Option<T>,
    last_holder: Option<T>,
    switches: u64,
    drop_requested: bool,
    /// Check sites that the holder may still pass in the counted regime.
    checks_left: u32,
}

impl<T: Copy + Eq> Protocol<T> {
    /// A lock that nobody holds or held.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        let checks_left = match rules.regime {
            Regime::Counted { checks } => checks,
            Regime::Timed { .. } | Regime::Unlocked => 0,
        };
        Self { rules, holder: None, last_holder: None, switches: 0, drop_requested: false, checks_left }
    }

    /// Who holds the lock.
    #[must_use]
    pub const fn holder(&self) -> Option<T> {
        self.holder
    }

    /// How often the lock went from one thread to another.
    #[must_use]
    pub const fn switches(&self) -> u64 {
        self.switches
    }

    /// Whether the holder is asked to drop the lock. A driver need not tell of check sites before that in the timed
    /// regime.
    #[must_use]
    pub const fn drop_requested(&self) -> bool {
        self.drop_requested
    }

    /// How many check sites from now the holder will hand the lock over, if nothing happens before; `None`: it will
    /// not.
    #[must_use]
    pub const fn checks_until_hand_over(&self) -> Option<u32> {
        match self.rules.regime {
            Regime::Counted { .. } => Some(if self.checks_left == 0 { 1 } else { self.checks_left }),
            Regime::Timed { .. } if self.drop_requested => Some(1),
            Regime::Timed { .. } | Regime::Unlocked => None,
        }
    }

    /// How long a wait for a drop lasts at most.
    #[must_use]
    pub const fn patience(&self) -> Option<Duration> {
        match self.rules.regime {
            Regime::Timed { interval } => Some(interval),
            Regime::Counted { .. } | Regime::Unlocked => None,
        }
    }

    /// Tells the machine of an event.
    #[must_use]
    pub fn on(&mut self, thread: T, event: Event) -> Reaction {
        if self.rules.regime == Regime::Unlocked {
            return Self::unlocked(event);
        }
        match event {
            Event::Take | Event::Woken => self.take_or_wait(thread, false),
            Event::Expired { seen } => {
                let switched = self.switches != seen && self.rules.keep(Rule::RespectSwitches);
                let request = self.holder.is_some() && !switched;
                self.drop_requested |= request;
                self.take_or_wait(thread, request)
            }
            Event::CheckSite => silent(self.pass_check_site()),
            Event::Drop => self.let_go(thread),
            Event::Switched if self.last_holder == Some(thread) => silent(Then::AwaitSwitch),
            Event::Switched => silent(Then::Leave),
        }
    }

    fn take_or_wait(&mut self, thread: T, requested: bool) -> Reaction {
        if self.holder.is_some() {
            return silent(Then::AwaitDrop { seen: self.switches, requested });
        }
        let switch = self.last_holder.is_some_and(|last| last != thread);
        self.switches += u64::from(switch || !self.rules.keep(Rule::CountOthersOnly));
        self.holder = Some(thread);
        self.last_holder = Some(thread);
        if self.rules.keep(Rule::ClearRequest) {
            self.drop_requested = false;
        }
        Reaction { then: Then::Hold { switch }, signal: Some(Signal::Taken) }
    }

    fn pass_check_site(&mut self) -> Then {
        let hand_over = match self.rules.regime {
            Regime::Counted { checks } => {
                self.checks_left = self.checks_left.saturating_sub(1);
                let due = self.checks_left == 0;
                if due {
                    self.checks_left = checks;
                }
                due
            }
            Regime::Timed { .. } | Regime::Unlocked => self.drop_requested,
        };
        if hand_over { Then::HandOver } else { Then::KeepOn }
    }

    fn let_go(&mut self, thread: T) -> Reaction {
        debug_assert!(self.holder == Some(thread), "only the holder can drop the lock");
        self.holder = None;
        let signal = self.rules.keep(Rule::SignalDrop).then_some(Signal::Dropped);
        let forced = self.drop_requested && self.rules.keep(Rule::ForceSwitch);
        if forced && self.rules.keep(Rule::ClearRequest) {
            self.drop_requested = false;
        }
        Reaction { then: if forced { Then::AwaitSwitch } else { Then::Leave }, signal }
    }

    const fn unlocked(event: Event) -> Reaction {
        silent(match event {
            Event::Take | Event::Woken | Event::Expired { .. } => Then::Hold { switch: false },
            Event::CheckSite => Then::KeepOn,
            Event::Drop | Event::Switched => Then::Leave,
        })
    }
}

/// A reaction that concerns nobody else.
const fn silent(then: Then) -> Reaction {
    Reaction { then, signal: None }
}

#[cfg(test)]
mod tests;
