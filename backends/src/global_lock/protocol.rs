//! The rules of the lock as a state machine: an event goes in, and what to do next comes out. The protocol has no
//! threads, no clock and no condition variables. Its drivers have those. Tests try every schedule.
//!
//! Source of the rules: `Python/ceval_gil.c` of CPython 3.2 to 3.13, and for the older lock `Python/ceval.c` of 2.7.

use std::time::Duration;

/// When a thread that holds the lock must hand it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Regime {
    /// CPython since 3.2. A thread that has waited for the interval without a switch asks for the lock. The holder that
    /// was asked cannot be the next holder.
    Timed {
        /// The switch interval (`sys.setswitchinterval`). CPython's default is 5 ms.
        interval: Duration,
    },
    /// CPython before 3.2. The holder drops the lock at every `checks`-th check site, whether another thread wants it
    /// or not, and may take it again at once.
    Counted {
        /// The number of check sites from one drop to the next (`sys.setcheckinterval`). CPython's default is 100. 0
        /// means 1.
        checks: u32,
    },
    /// No lock, as in a free-threaded build. Every thread may run.
    Unlocked,
}

/// The rules of the timed regime. [`Rules::new`] has all of them. Tests leave out one rule at a time, to show what goes
/// wrong without it and that a test would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A thread that drops the lock on request waits until another thread holds it.
    ForceSwitch,
    /// A waiter does not ask for the lock if it changed hands during the wait.
    RespectSwitches,
    /// A drop wakes one waiter.
    SignalDrop,
    /// Taking the lock clears the request, which was meant for the previous holder.
    ClearRequest,
    /// A thread that takes its own dropped lock again does not count as a switch.
    CountOthersOnly,
}

/// A regime and its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    regime: Regime,
    left_out: Option<Rule>,
}

impl Rules {
    /// Creates the rules of a regime, with none left out.
    #[must_use]
    pub const fn new(regime: Regime) -> Self {
        Self { regime, left_out: None }
    }

    /// Returns the same rules without one.
    #[cfg(test)]
    pub(super) const fn without(self, rule: Rule) -> Self {
        Self { left_out: Some(rule), ..self }
    }

    fn keep(self, rule: Rule) -> bool {
        self.left_out != Some(rule)
    }
}

/// What a thread does at the lock, or what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A thread that does not hold the lock wants it.
    Take,
    /// The thread's wait for a drop ended, by a signal or spuriously.
    Woken,
    /// The thread's wait for a drop has lasted for [`Protocol::timeout`].
    Expired {
        /// The value of [`Then::AwaitDrop`] when this wait began.
        seen: u64,
    },
    /// The holder passes a check site.
    CheckSite,
    /// The holder drops the lock: at a check site, around a call that may block, or for good.
    Drop,
    /// The thread's wait for a switch ended, by a signal or spuriously.
    Switched,
}

/// What a thread does next, after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// Run with the lock.
    Hold {
        /// Whether another thread held it before.
        switch: bool,
    },
    /// Keep running. No drop is requested.
    KeepOn,
    /// Drop the lock and take it again.
    HandOver,
    /// Wait for a drop, for at most [`Protocol::timeout`].
    AwaitDrop {
        /// The number of switches as the wait begins.
        seen: u64,
        /// Whether the thread has just asked the holder to drop the lock.
        requested: bool,
    },
    /// Wait until another thread has taken the lock.
    AwaitSwitch,
    /// Go on without the lock, and without waiting for it.
    Leave,
}

/// Why waiting threads are woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// The lock was dropped. Wakes any one of the threads that wait for it.
    Dropped,
    /// The lock was taken. Wakes all threads that wait for a switch.
    Taken,
}

/// The answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reaction {
    /// What the thread does next.
    pub then: Then,
    /// The signal that wakes other threads, if any.
    pub signal: Option<Signal>,
}

/// The state of one lock. `T` is the ID of a thread.
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
    /// Creates a lock that nobody has held yet.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        let checks_left = match rules.regime {
            Regime::Counted { checks } => checks,
            Regime::Timed { .. } | Regime::Unlocked => 0,
        };
        Self { rules, holder: None, last_holder: None, switches: 0, drop_requested: false, checks_left }
    }

    /// Returns the thread that holds the lock.
    #[must_use]
    pub const fn holder(&self) -> Option<T> {
        self.holder
    }

    /// Returns how often the lock has gone from one thread to another.
    #[must_use]
    pub const fn switches(&self) -> u64 {
        self.switches
    }

    /// Returns whether the holder is asked to drop the lock. While this is false, a driver of the timed regime can skip
    /// [`Event::CheckSite`].
    #[must_use]
    pub const fn drop_requested(&self) -> bool {
        self.drop_requested
    }

    /// Returns the number of check sites until the holder hands the lock over, if nothing happens before. `None` if it
    /// will not hand the lock over.
    #[must_use]
    pub const fn checks_until_hand_over(&self) -> Option<u32> {
        match self.rules.regime {
            Regime::Counted { .. } => Some(if self.checks_left == 0 { 1 } else { self.checks_left }),
            Regime::Timed { .. } if self.drop_requested => Some(1),
            Regime::Timed { .. } | Regime::Unlocked => None,
        }
    }

    /// Returns the longest wait for a drop. `None` if there is no limit.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        match self.rules.regime {
            Regime::Timed { interval } => Some(interval),
            Regime::Counted { .. } | Regime::Unlocked => None,
        }
    }

    /// Handles an event of a thread, and returns what to do next.
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
            Event::CheckSite => without_signal(self.pass_check_site()),
            Event::Drop => self.drop_lock(thread),
            Event::Switched if self.last_holder == Some(thread) => without_signal(Then::AwaitSwitch),
            Event::Switched => without_signal(Then::Leave),
        }
    }

    fn take_or_wait(&mut self, thread: T, requested: bool) -> Reaction {
        if self.holder.is_some() {
            return without_signal(Then::AwaitDrop { seen: self.switches, requested });
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

    fn drop_lock(&mut self, thread: T) -> Reaction {
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
        without_signal(match event {
            Event::Take | Event::Woken | Event::Expired { .. } => Then::Hold { switch: false },
            Event::CheckSite => Then::KeepOn,
            Event::Drop | Event::Switched => Then::Leave,
        })
    }
}

/// A reaction that wakes no other thread.
const fn without_signal(then: Then) -> Reaction {
    Reaction { then, signal: None }
}

#[cfg(test)]
mod tests;
