use std::time::Duration;

use proptest::prelude::*;

use super::super::protocol::{Regime, Rules};
use super::super::trace::{Doing, What};
use super::*;

const INTERVAL: Duration = Duration::from_millis(5);
const SECOND: Duration = Duration::from_secs(1);

/// Round numbers, so that the results can be worked out by hand.
const COSTS: Costs = Costs {
    wake_up: us(40),
    timer: us(60),
    sleep: us(70),
    hand_over: us(0),
    signal: us(0),
    check: us(1),
    time_slice: us(3_000),
    jitter: 0.0,
};

const fn us(microseconds: u64) -> Duration {
    Duration::from_micros(microseconds)
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn simulation(threads: Vec<SimulatedThread>) -> Simulation {
    let rules = Rules::new(Regime::Timed { interval: INTERVAL });
    Simulation { cores: 8, costs: COSTS, rules, slowdown: 1.0, threads, capacity: 1 << 20, seed: 1 }
}

fn cpu_threads(count: usize) -> Vec<SimulatedThread> {
    (0..count).map(|number| SimulatedThread::forever(format!("cpu {number}"), [Step::Compute(SECOND)])).collect()
}

fn sleeper() -> SimulatedThread {
    SimulatedThread::forever("sleeper", [Step::Sleep(us(500))])
}

fn share(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

#[test]
fn threads_that_compute_get_equal_shares() {
    for count in [1, 2, 3, 7] {
        let outcome = simulation(cpu_threads(count)).run(20 * SECOND);
        let shares = outcome.computed.iter().map(|&part| share(part, 20 * SECOND) * count as f64);
        for share in shares {
            assert!((0.9..=1.1).contains(&share), "{share} of its part, {count} threads");
        }
    }
}

#[test]
fn a_slice_is_the_interval_and_the_cost_of_waking_up() {
    let outcome = simulation(cpu_threads(2)).run(SECOND);
    // The thread that dropped the lock learns of the switch one wake-up late and starts to wait. Its timer is late too.
    // Then the next check site of the holder is at most one check away.
    let expected = COSTS.wake_up + INTERVAL + COSTS.timer;
    let slices = outcome.recordings[0].slices();
    for &(_, slice) in &slices[1..] {
        assert!((expected..=expected + COSTS.check).contains(&slice), "{slice:?}");
    }
    let period = share(SECOND, expected + COSTS.wake_up);
    assert!(slices.len().abs_diff(period as usize) <= 1, "{} slices, {period}", slices.len());
    assert_eq!(outcome.switches, [slices.len() as u64]);
}

#[test]
fn a_slice_ends_at_a_check_site() {
    let costs = Costs { check: us(70), ..COSTS };
    let outcome = Simulation { costs, ..simulation(cpu_threads(2)) }.run(SECOND);
    // Within 5100 us of work, the holder passes 72 check sites. It is asked to drop the lock before the next one.
    let slices = outcome.recordings[0].slices();
    let (first, others) = slices.split_first().unwrap();
    assert!(others.iter().all(|&(_, slice)| slice.as_micros() % 70 == 0), "{others:?}");
    assert_eq!((first.1, others[0].1, others.len() > 150), (73 * us(70), 73 * us(70), true));
}

#[test]
fn a_convoy_costs_an_interval_and_a_wake_up_each_time() {
    for interval in [ms(1), ms(5), ms(20)] {
        let rules = Rules::new(Regime::Timed { interval });
        let threads = vec![sleeper(), SimulatedThread::forever("cpu", [Step::Compute(SECOND)])];
        let outcome = Simulation { rules, ..simulation(threads) }.run(SECOND);
        // Both the sleep and the wait end late.
        let expected = COSTS.sleep + interval + COSTS.timer + COSTS.wake_up;
        assert!(outcome.delays.len() > 30);
        for &(thread, delay) in &outcome.delays[1..] {
            assert!(thread == 0 && (expected..=expected + COSTS.check).contains(&delay), "{delay:?} at {interval:?}");
        }
    }
    let alone = simulation(vec![sleeper()]).run(SECOND);
    assert!(alone.delays.iter().all(|&(_, delay)| delay == COSTS.sleep));
}

#[test]
fn sleeps_overlap() {
    let sleepers =
        (0..4).map(|number| SimulatedThread::once(format!("sleeper {number}"), [Step::Sleep(ms(500))])).collect();
    // The threads need the lock one after the other before they can sleep.
    assert_eq!(simulation(sleepers).run(10 * SECOND).end, 3 * COSTS.wake_up + ms(500) + COSTS.sleep);
}

#[test]
fn a_call_that_completes_at_once_does_not_join_the_convoy() {
    // The call is over before the other thread wakes up.
    let quick = SimulatedThread::forever("quick", [Step::Block(us(10)), Step::Compute(us(10))]);
    let outcome = simulation(vec![quick, SimulatedThread::forever("cpu", [Step::Compute(SECOND)])]).run(SECOND);
    let at_once = outcome.delays.iter().filter(|(_, delay)| delay.is_zero()).count();
    assert!(at_once * 2 > outcome.delays.len(), "{at_once} of {}", outcome.delays.len());
}

#[test]
fn a_call_that_keeps_the_lock_stalls_all_threads_and_one_that_releases_it_stalls_none() {
    let beside = |call| {
        let caller = SimulatedThread::once("caller", [Step::Compute(ms(10)), call, Step::Compute(ms(10))]);
        let ticker = SimulatedThread::forever("ticker", [Step::Sleep(ms(1))]);
        simulation(vec![caller, ticker]).run(ms(400)).delays.into_iter().map(|(_, delay)| delay).max().unwrap()
    };
    let held = beside(Step::Hold(ms(250)));
    assert!((ms(249)..ms(257)).contains(&held), "{held:?}");
    let released = beside(Step::Release(ms(250)));
    assert!(released < ms(6), "{released:?}");
}

#[test]
fn every_interpreter_has_its_own_lock() {
    let mut threads = cpu_threads(2);
    threads[1].interpreter = 1;
    let outcome = simulation(threads).run(SECOND);
    assert_eq!((outcome.computed, outcome.switches), (vec![SECOND; 2], vec![0; 2]));
}

#[test]
fn without_a_lock_only_the_cores_and_the_slowdown_limit_the_threads() {
    let rules = Rules::new(Regime::Unlocked);
    let free = |cores| Simulation { rules, cores, slowdown: 1.25, ..simulation(cpu_threads(4)) }.run(SECOND);
    for (cores, part) in [(8, 0.8), (4, 0.8), (2, 0.4), (1, 0.2)] {
        for computed in free(cores).computed {
            assert!((share(computed, SECOND) - part).abs() < 0.003, "{computed:?} on {cores} cores");
        }
    }
}

#[test]
fn counted_check_sites_force_no_switch() {
    let rules = Rules::new(Regime::Counted { checks: 100 });
    let costs = Costs { signal: us(1), ..COSTS };
    let outcome = Simulation { costs, rules, ..simulation(cpu_threads(2)) }.run(SECOND);
    // The thread takes its dropped lock again a microsecond later, long before the other is awake. Hundreds of drops
    // pass before one leads to a switch.
    let slices = outcome.recordings[0].slices().len() as u64;
    assert_eq!(slices, outcome.switches[0]);
    assert!(outcome.switches[0] < 1_000, "{:?}", outcome.switches);
    let whole: Duration = outcome.computed.iter().sum();
    assert!((0.9..1.0).contains(&share(whole, SECOND)), "{whole:?}");
}

#[test]
fn counted_check_sites_starve_no_thread() {
    let rules = Rules::new(Regime::Counted { checks: 100 });
    // If holding the lock and waking up take equally long, threads could fall into step.
    for wake_up in [1, 10, 27, 30, 100, 400] {
        let costs = Costs { wake_up: us(wake_up) / 10, check: us(3) / 100, signal: us(1), jitter: 0.2, ..COSTS };
        let threads: Vec<SimulatedThread> = std::iter::once(sleeper()).chain(cpu_threads(2)).collect();
        let outcome = Simulation { costs, rules, ..simulation(threads) }.run(SECOND);
        assert!(outcome.delays.len() > 50, "{} delays at {wake_up}", outcome.delays.len());
        assert!(outcome.computed[1..].iter().all(|&part| share(part, SECOND) > 0.1), "{:?}", outcome.computed);
    }
}

#[test]
fn the_lock_is_dropped_at_every_hundredth_check_site() {
    let rules = Rules::new(Regime::Counted { checks: 100 });
    // Also if there are several steps from one drop to the next.
    for step in [SECOND, us(10), us(7)] {
        let thread = SimulatedThread::forever("cpu", [Step::Compute(step)]);
        let outcome = Simulation { rules, ..simulation(vec![thread]) }.run(SECOND);
        let drops = outcome.recordings[0].entries.iter().filter(|entry| matches!(entry.what, What::Drops { .. }));
        // About a hundred microseconds each.
        let drops = drops.count();
        assert!((9_700..10_300).contains(&drops), "{drops} drops with steps of {step:?}");
        assert_eq!((outcome.computed, outcome.switches), (vec![SECOND], vec![0]));
    }
}

#[test]
fn a_step_may_end_at_the_check_site_that_hands_the_lock_over() {
    // The other thread has waited for an interval, and its timer is late. The next check site is this one.
    let end = INTERVAL + COSTS.timer + COSTS.check;
    for steps in [vec![Step::Compute(end)], vec![Step::Compute(end), Step::Compute(ms(1))]] {
        let whole: Duration = steps.iter().map(|step| step.length()).sum();
        let outcome = simulation(vec![SimulatedThread::once("one", steps), cpu_threads(1).remove(0)]).run(SECOND);
        assert_eq!((outcome.computed[0], outcome.switches[0] > 0), (whole, true));
    }
}

#[test]
fn the_time_limit_can_be_endless() {
    let once = || vec![SimulatedThread::once("one", [Step::Compute(ms(1))])];
    assert_eq!(simulation(once()).run(Duration::MAX).end, ms(1));
}

#[test]
fn threads_that_still_wait_at_the_end_are_reported() {
    let hog = SimulatedThread::forever("hog", [Step::Hold(SECOND)]);
    let outcome = simulation(vec![sleeper(), hog]).run(ms(100));
    let away = us(500) + COSTS.wake_up;
    assert_eq!((outcome.delays.len(), outcome.overdue[0].0), (0, 0));
    assert!(outcome.overdue[0].1 + away > ms(99) && outcome.overdue[0].1 < ms(100), "{:?}", outcome.overdue);
}

#[test]
fn a_void_alarm_does_not_prolong_the_simulation() {
    let rules = Rules::new(Regime::Timed { interval: 10 * SECOND });
    let two = vec![
        SimulatedThread::once("one", [Step::Compute(ms(1))]),
        SimulatedThread::once("two", [Step::Compute(ms(1))]),
    ];
    let outcome = Simulation { rules, ..simulation(two) }.run(SECOND);
    assert_eq!(outcome.end, ms(2) + COSTS.wake_up);
}

#[test]
fn threads_share_one_core_by_time_slices() {
    let outside =
        |number| SimulatedThread::forever(format!("native {number}"), [Step::Release(us(700)), Step::Compute(us(300))]);
    let outcome = Simulation { cores: 1, ..simulation((0..3).map(outside).collect()) }.run(3 * SECOND);
    for computed in outcome.computed {
        assert!((share(computed, 3 * SECOND) - 0.1).abs() < 0.01, "{computed:?}");
    }
}

#[test]
fn threads_share_one_core_fairly_beside_one_that_often_wakes_up() {
    let threads = [cpu_threads(4), vec![sleeper()]].concat();
    let unlocked = Rules::new(Regime::Unlocked);
    let outcome = Simulation { cores: 1, rules: unlocked, ..simulation(threads) }.run(3 * SECOND);
    let whole: Duration = outcome.computed.iter().sum();
    for &part in &outcome.computed[..4] {
        assert!((share(part, whole) - 0.25).abs() < 0.01, "{:?}", outcome.computed);
    }
}

#[test]
fn threads_that_finish_are_reported_with_their_times() {
    let outcome =
        simulation(vec![SimulatedThread::once("one", [Step::Compute(ms(3))]), SimulatedThread::once("none", [])])
            .run(SECOND);
    let last = ms(3) + COSTS.wake_up;
    assert_eq!(outcome.finished, [Some(ms(3)), Some(last)]);
    assert_eq!((outcome.end, outcome.computed), (last, vec![ms(3), ms(0)]));
    let cut = simulation(cpu_threads(1)).run(SECOND);
    assert_eq!((cut.end, cut.finished, cut.computed), (SECOND, vec![None], vec![SECOND]));
}

#[test]
#[should_panic(expected = "a thread that runs forever must take time")]
fn an_endless_thread_that_takes_no_time_is_refused() {
    let _outcome = simulation(vec![SimulatedThread::forever("idle", [Step::Compute(ms(0))])]).run(SECOND);
}

fn step() -> impl Strategy<Value = Step> {
    let length = (1..20_000_u64).prop_map(us);
    (0..5, length).prop_map(|(kind, length)| match kind {
        0 => Step::Compute(length),
        1 => Step::Hold(length),
        2 => Step::Release(length),
        3 => Step::Sleep(length),
        _ => Step::Block(length),
    })
}

fn regime() -> impl Strategy<Value = Regime> {
    prop_oneof![
        (1..20_000_u64).prop_map(|interval| Regime::Timed { interval: us(interval) }),
        (1..1000_u32).prop_map(|checks| Regime::Counted { checks }),
        Just(Regime::Unlocked),
    ]
}

proptest! {
    #[test]
    fn all_threads_finish_and_the_same_seed_gives_the_same_outcome(
        threads in prop::collection::vec((prop::collection::vec(step(), 0..6), 0..2_usize), 1..6),
        regime in regime(), cores in 1..4_usize, jitter in 0.0..1.0, hand_over in 0..5_u64, signal in 0..5_u64, seed: u64,
    ) {
        let threads: Vec<SimulatedThread> = threads
            .into_iter()
            .enumerate()
            .map(|(number, (steps, interpreter))| {
                SimulatedThread { interpreter, ..SimulatedThread::once(number.to_string(), steps) }
            })
            .collect();
        let costs = Costs { jitter, hand_over: us(hand_over), signal: us(signal), ..COSTS };
        let simulation = Simulation { cores, costs, rules: Rules::new(regime), seed, ..simulation(threads) };
        let outcome = simulation.run(100 * SECOND);
        prop_assert_eq!(&outcome, &simulation.run(100 * SECOND));
        prop_assert!(outcome.end < 100 * SECOND, "a thread waits forever");
        let all = |of: fn(Step) -> Duration, thread: &SimulatedThread| -> Duration {
            thread.steps.iter().map(|&step| of(step)).sum()
        };
        let compute = |step| if let Step::Compute(length) = step { length } else { Duration::ZERO };
        let on_core = |step| if let Step::Sleep(_) | Step::Block(_) = step { Duration::ZERO } else { step.length() };
        for (thread, &computed) in simulation.threads.iter().zip(&outcome.computed) {
            prop_assert_eq!(computed, all(compute, thread), "{}", thread.name);
            prop_assert!(outcome.end >= all(Step::length, thread));
        }
        let work: Duration = simulation.threads.iter().map(|thread| all(on_core, thread)).sum();
        prop_assert!(outcome.end * cores as u32 >= work, "more work than the cores can do");
        if !matches!(regime, Regime::Unlocked) {
            for recording in &outcome.recordings {
                let mut holds: Vec<_> = recording.spans();
                holds.retain(|span| span.doing == Doing::Hold);
                holds.sort_by_key(|span| (span.from, span.to));
                prop_assert!(holds.windows(2).all(|pair| pair[0].to <= pair[1].from), "two holders");
            }
        }
    }
}

#[test]
fn a_simulation_can_be_cancelled() {
    let cancel = std::sync::atomic::AtomicBool::new(true);
    let endless = simulation(cpu_threads(2));
    assert_eq!(endless.run_with(Duration::MAX, &Control::new().cancel(&cancel)), Err(Stopped));
    cancel.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(endless.run_with(SECOND, &Control::new().cancel(&cancel)), Ok(endless.run(SECOND)));
}
