//! What must hold at every step: told from outside, of what was seen to happen, and only then compared with what the
//! machine itself says.

use super::super::{Event, Protocol, Regime, Then};

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    /// At most one thread has the lock, and the machine knows which.
    OneHolder,
    /// A waiter asks when its wait expires, and at no other time.
    ExpiryAsks,
    /// The holder hands over at its very next check site once it was asked, and at no other.
    AskedHandsOver,
    /// Who dropped the lock because it was asked to is not the next to get it.
    DropperIsNotNext,
    /// Who was asked to drop waits for a switch, until there is one; and nobody else.
    ForcedWaitIsForTheAsked,
    /// A switch is counted if, and only if, another than the last holder takes the lock.
    SwitchesCountOthers,
    /// Nobody asks if the lock changed hands during its wait.
    NoRequestAfterSwitch,
    /// A request ends with the drop that it asked for, or else with the next taking of the lock.
    RequestIsCleared,
    /// A free lock that is waited for has a waiter that is awake, and who finds it free has it.
    NoLostWakeUp,
    /// As long as a program is not at its end, something happens without a timer.
    NoDeadlock,
    /// In the counted regime the holder hands over at exactly every so many check sites.
    EveryNthCheck,
    /// The answer is one that the event can have.
    FittingAnswer,
}

/// What happened, and how often: that the laws held where nothing happened says little.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sights {
    /// A forced dropper saw another take the lock.
    pub(super) forced: u64,
    /// An expired waiter did not ask, for the lock had changed hands.
    pub(super) refrained: u64,
    /// A wait ended for no reason.
    pub(super) stirred: u64,
    /// A drop's signal reached nobody, for all waiters were awake already.
    pub(super) unheard: u64,
    /// A newcomer took the lock before a waiter that was awake.
    pub(super) barged: u64,
    /// A thread took its own dropped lock.
    pub(super) retaken: u64,
    /// A waiter found the lock free when its wait had expired.
    pub(super) late: u64,
}

/// What an onlooker knows. Sets of threads are bit sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ghost {
    regime: Regime,
    inside: u8,
    last: Option<usize>,
    switches: u64,
    waiting: u8,
    /// Waiters that were waiting already when the lock last changed hands.
    stale: u8,
    /// Whether the holder is asked to drop the lock.
    asked: bool,
    /// Who dropped the lock when it was asked, until somebody takes it.
    barred: Option<usize>,
    /// Check sites since the last hand-over.
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

    /// Whether the thread waits for the lock from now on.
    pub(super) const fn waits(&mut self, me: usize, waits: bool) {
        self.stale &= !(1 << me);
        self.waiting = self.waiting & !(1 << me) | (waits as u8) << me;
    }

    /// Whether the answer to an event is lawful.
    pub(super) fn judge(&mut self, me: usize, event: Event, then: Then, sights: &mut Sights) -> Result<(), Law> {
        match (event, then) {
            (Event::Take | Event::Woken | Event::Expired { .. }, Then::Hold { switch }) => {
                sights.late += u64::from(matches!(event, Event::Expired { .. }));
                self.takes(me, switch, sights)
            }
            (Event::Take | Event::Woken | Event::Expired { .. }, Then::AwaitDrop { seen, requested }) => {
                ensure(!self.is_free(), Law::NoLostWakeUp)?;
                ensure(self.regime != Regime::Unlocked, Law::FittingAnswer)?;
                ensure(seen == self.switches, Law::SwitchesCountOthers)?;
                self.asks(me, matches!(event, Event::Expired { .. }), requested, sights)
            }
            (Event::CheckSite, Then::KeepOn) => self.passes(false),
            (Event::CheckSite, Then::HandOver) => self.passes(true),
            (Event::Drop, Then::Leave) => self.drops(me, false),
            (Event::Drop, Then::AwaitSwitch) => self.drops(me, true),
            (Event::Switched, Then::Leave) => ensure(self.last != Some(me), Law::ForcedWaitIsForTheAsked),
            (Event::Switched, Then::AwaitSwitch) => ensure(self.last == Some(me), Law::ForcedWaitIsForTheAsked),
            _ => Err(Law::FittingAnswer),
        }
    }

    /// What the machine says of itself.
    pub(super) fn compare(&self, lock: &Protocol<usize>) -> Result<(), Law> {
        if self.regime == Regime::Unlocked {
            let silent = (lock.holder(), lock.switches(), lock.drop_requested()) == (None, 0, false);
            return ensure(silent, Law::FittingAnswer);
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

    fn takes(&mut self, me: usize, switch: bool, sights: &mut Sights) -> Result<(), Law> {
        if self.regime == Regime::Unlocked {
            self.inside |= 1 << me;
            return ensure(!switch, Law::SwitchesCountOthers);
        }
        ensure(self.is_free(), Law::OneHolder)?;
        ensure(self.barred != Some(me), Law::DropperIsNotNext)?;
        let expected = self.last.is_some_and(|last| last != me);
        ensure(switch == expected, Law::SwitchesCountOthers)?;
        sights.forced += u64::from(self.barred.is_some());
        sights.retaken += u64::from(self.last == Some(me));
        if switch {
            self.switches += 1;
            self.stale |= self.waiting;
        }
        (self.inside, self.last, self.barred, self.asked) = (1 << me, Some(me), None, false);
        Ok(())
    }

    fn asks(&mut self, me: usize, expired: bool, requested: bool, sights: &mut Sights) -> Result<(), Law> {
        let stale = self.stale >> me & 1 == 1;
        ensure(!(requested && stale), Law::NoRequestAfterSwitch)?;
        ensure(requested == (expired && !stale), Law::ExpiryAsks)?;
        sights.refrained += u64::from(expired && stale);
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
        // A machine that does not force a switch leaves its request to be cleared by whoever takes the lock.
        self.asked &= !forced;
        self.inside &= !(1 << me);
        Ok(())
    }
}

const fn ensure(holds: bool, law: Law) -> Result<(), Law> {
    if holds { Ok(()) } else { Err(law) }
}
