//! The laws that must hold at every step. They are checked on the observed events alone. Only then are the results
//! compared with the state that the protocol reports.

use super::super::{Event, Protocol, Regime, Then};

/// The laws that a wrong protocol can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    /// At most one thread holds the lock, and the protocol knows which.
    OneHolder,
    /// A thread passes a check site or drops the lock only if it holds the lock.
    OnlyTheHolderActs,
    /// A waiter asks for the lock when its wait times out, and at no other time.
    ExpiryAsks,
    /// Once asked, the holder hands the lock over at its very next check site, and at no other.
    AskedHandsOver,
    /// A thread that dropped the lock on request is not the next holder.
    DropperIsNotNext,
    /// A thread that dropped the lock on request waits until there is a switch. No other thread does.
    ForcedWaitIsForTheAsked,
    /// A switch is counted if and only if a thread other than the last holder takes the lock.
    SwitchesCountOthers,
    /// No waiter asks for the lock if it changed hands during the wait.
    NoRequestAfterSwitch,
    /// A request ends with the drop that it asked for, or at the latest when the lock is taken next.
    RequestIsCleared,
    /// If threads wait for a free lock, one of them is awake. A thread that finds the lock free takes it.
    NoLostWakeUp,
    /// Until all programs have ended, some thread can go on without a timeout.
    NoDeadlock,
    /// In the counted regime, the holder hands the lock over at exactly every nth check site.
    EveryNthCheck,
    /// The reaction is one that the event can have.
    FittingReaction,
}

/// How often certain things happened. A law that holds because nothing happened proves little.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Coverage {
    /// A thread was forced to wait, and another took the lock.
    pub(super) forced: u64,
    /// A waiter timed out and did not ask, since the lock had changed hands.
    pub(super) refrained: u64,
    /// A wait ended spuriously.
    pub(super) spurious: u64,
    /// The signal of a drop reached no thread, since all waiters were already awake.
    pub(super) unheard: u64,
    /// A new thread took the lock before a waiter that was awake.
    pub(super) barged: u64,
    /// A thread took its own dropped lock again.
    pub(super) retaken: u64,
    /// A waiter timed out and found the lock free.
    pub(super) late: u64,
}

/// What an outside observer knows. Sets of threads are bit sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ghost {
    regime: Regime,
    inside: u8,
    last: Option<usize>,
    switches: u64,
    waiting: u8,
    /// Waiters that were already waiting when the lock last changed hands.
    stale: u8,
    /// Whether the holder is asked to drop the lock.
    asked: bool,
    /// The thread that dropped the lock on request, until another takes it.
    barred: Option<usize>,
    /// The number of check sites since the last hand-over.
    passed: u32,
}

impl Ghost {
    pub(super) const fn new(regime: Regime) -> Self {
        let (inside, waiting, stale) = (0, 0, 0);
        Self { regime, inside, last: None, switches: 0, waiting, stale, asked: false, barred: None, passed: 0 }
    }

    pub(super) const fn is_free(&self) -> bool {
        self.inside == 0
    }

    /// Notes whether the thread waits for the lock from now on.
    pub(super) const fn waits(&mut self, me: usize, waits: bool) {
        self.stale &= !(1 << me);
        self.waiting = self.waiting & !(1 << me) | (waits as u8) << me;
    }

    /// Checks that the thread may cause the event. Returns false for a take that the driver refuses, since the thread
    /// already holds the lock.
    pub(super) fn may_act(&self, me: usize, event: Event) -> Result<bool, Law> {
        let holds = self.inside >> me & 1 == 1;
        match event {
            Event::CheckSite | Event::Drop => ensure(holds, Law::OnlyTheHolderActs).map(|()| true),
            Event::Take => Ok(!holds),
            Event::Woken | Event::Expired { .. } | Event::Switched => Ok(true),
        }
    }

    /// Checks that the reaction to an event keeps the laws.
    pub(super) fn judge(&mut self, me: usize, event: Event, then: Then, coverage: &mut Coverage) -> Result<(), Law> {
        match (event, then) {
            (Event::Take | Event::Woken | Event::Expired { .. }, Then::Hold { switch }) => {
                coverage.late += u64::from(matches!(event, Event::Expired { .. }));
                self.takes(me, switch, coverage)
            }
            (Event::Take | Event::Woken | Event::Expired { .. }, Then::AwaitDrop { seen, requested }) => {
                ensure(!self.is_free(), Law::NoLostWakeUp)?;
                ensure(self.regime != Regime::Unlocked, Law::FittingReaction)?;
                ensure(seen == self.switches, Law::SwitchesCountOthers)?;
                self.asks(me, matches!(event, Event::Expired { .. }), requested, coverage)
            }
            (Event::CheckSite, Then::KeepOn) => self.passes(false),
            (Event::CheckSite, Then::HandOver) => self.passes(true),
            (Event::Drop, Then::Leave) => self.drops(me, false),
            (Event::Drop, Then::AwaitSwitch) => self.drops(me, true),
            (Event::Switched, Then::Leave) => ensure(self.last != Some(me), Law::ForcedWaitIsForTheAsked),
            (Event::Switched, Then::AwaitSwitch) => ensure(self.last == Some(me), Law::ForcedWaitIsForTheAsked),
            _ => Err(Law::FittingReaction),
        }
    }

    /// Compares the observed state with the state that the protocol reports.
    pub(super) fn compare(&self, lock: &Protocol<usize>) -> Result<(), Law> {
        if self.regime == Regime::Unlocked {
            let silent = (lock.holder(), lock.switches(), lock.drop_requested()) == (None, 0, false);
            return ensure(silent, Law::FittingReaction);
        }
        ensure(lock.holder().map_or(0, |holder| 1 << holder) == self.inside, Law::OneHolder)?;
        ensure(lock.switches() == self.switches, Law::SwitchesCountOthers)?;
        ensure(self.asked || !lock.drop_requested(), Law::RequestIsCleared)?;
        ensure(!self.asked || lock.drop_requested(), Law::ExpiryAsks)?;
        match (self.regime, lock.checks_until_hand_over()) {
            (Regime::Timed { .. }, left) => ensure(left == self.asked.then_some(1), Law::AskedHandsOver),
            (Regime::Counted { checks }, left) => ensure(left == Some(checks - self.passed), Law::EveryNthCheck),
            (Regime::Unlocked, _) => Ok(()),
        }
    }

    fn takes(&mut self, me: usize, switch: bool, coverage: &mut Coverage) -> Result<(), Law> {
        if self.regime == Regime::Unlocked {
            self.inside |= 1 << me;
            return ensure(!switch, Law::SwitchesCountOthers);
        }
        ensure(self.is_free(), Law::OneHolder)?;
        ensure(self.barred != Some(me), Law::DropperIsNotNext)?;
        let expected = self.last.is_some_and(|last| last != me);
        ensure(switch == expected, Law::SwitchesCountOthers)?;
        coverage.forced += u64::from(self.barred.is_some());
        coverage.retaken += u64::from(self.last == Some(me));
        if switch {
            self.switches += 1;
            self.stale |= self.waiting;
        }
        (self.inside, self.last, self.barred, self.asked) = (1 << me, Some(me), None, false);
        Ok(())
    }

    fn asks(&mut self, me: usize, expired: bool, requested: bool, coverage: &mut Coverage) -> Result<(), Law> {
        let stale = self.stale >> me & 1 == 1;
        ensure(!(requested && stale), Law::NoRequestAfterSwitch)?;
        ensure(requested == (expired && !stale), Law::ExpiryAsks)?;
        coverage.refrained += u64::from(expired && stale);
        self.asked |= requested;
        Ok(())
    }

    fn passes(&mut self, hands_over: bool) -> Result<(), Law> {
        match self.regime {
            Regime::Timed { .. } => ensure(hands_over == self.asked, Law::AskedHandsOver),
            Regime::Counted { checks } => {
                self.passed = (self.passed + 1) % checks;
                ensure(hands_over == (self.passed == 0), Law::EveryNthCheck)
            }
            Regime::Unlocked => ensure(!hands_over, Law::AskedHandsOver),
        }
    }

    fn drops(&mut self, me: usize, forced: bool) -> Result<(), Law> {
        ensure(self.asked || !forced, Law::ForcedWaitIsForTheAsked)?;
        if self.asked {
            self.barred = Some(me);
        }
        // If the protocol does not force a switch, the next thread to take the lock clears the request.
        self.asked &= !forced;
        self.inside &= !(1 << me);
        Ok(())
    }
}

const fn ensure(holds: bool, law: Law) -> Result<(), Law> {
    if holds { Ok(()) } else { Err(law) }
}
