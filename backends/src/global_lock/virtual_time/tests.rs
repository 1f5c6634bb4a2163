use std::time::Duration;

use proptest::prelude::*;

use super::super::protocol::{Regime, Rules};
use super::super::trace::{Doing, What};
use super::*;

const INTERVAL: Duration = Duration::from_millis(5);
const SECOND: Duration = Duration::from_secs(1);

/// Round figures, so that what comes of them can be worked out.
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

fn simulation(scripts: Vec<Script>) -> Simulation {
    let rules = Rules::new(Regime::Timed { interval: INTERVAL });
    Simulation { cores: 8, costs: COSTS, rules, slowdown: 1.0, scripts, capacity: 1 << 20, seed: 1 }
}

fn cpu_threads(count: usize) -> Vec<Script> {
    (0..count).map(|number| Script::forever(format!("cpu {number}"), [Step::Compute(SECOND)])).collect()
}

fn sleeper() -> Script {
    Script::forever("sleeper", [Step::Sleep(us(500))])
}

fn share(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

#[test]
fn threads_that_compute_share_alike() {
    for count in [1, 2, 3, 7] {
        let outcome = simulation(cpu_threads(count)).run(20 * SECOND);
        let shares = outcome.computed.iter().map(|&part| share(part, 20 * SECOND) * count as f64);
        for share in shares {
            assert!((0.9..=1.1).contains(&share), "{share} of its part, {count} threads");
        }
    }
}

#[test]
fn a_slice_is_the_interval_and_what_waking_up_costs() {
    let outcome = simulation(cpu_threads(2)).run(SECOND);
    // The dropper learns of the switch a wake-up late, begins to wait, and its timer is late too; the holder is then
    // within one check of its next check site.
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
    // Within 5100 us of work the holder passes 72 check sites, and it is asked before the next.
    let slices = outcome.recordings[0].slices();
    let (first, others) = slices.split_first().unwrap();
    assert!(others.iter().all(|&(_, slice)| slice.as_micros() % 70 == 0), "{others:?}");
    assert_eq!((first.1, others[0].1, others.len() > 150), (73 * us(70), 73 * us(70), true));
}

#[test]
fn a_convoy_costs_an_interval_and_a_wake_up_each_time() {
    for interval in [ms(1), ms(5), ms(20)] {
        let rules = Rules::new(Regime::Timed { interval });
        let scripts = vec![sleeper(), Script::forever("cpu", [Step::Compute(SECOND)])];
        let outcome = Simulation { rules, ..simulation(scripts) }.run(SECOND);
        // Both timers are late: the sleep's and the wait's.
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
    let sleepers = (0..4).map(|number| Script::once(format!("sleeper {number}"), [Step::Sleep(ms(500))])).collect();
    // To fall asleep they need the lock one after the other.
    assert_eq!(simulation(sleepers).run(10 * SECOND).end, 3 * COSTS.wake_up + ms(500) + COSTS.sleep);
}

#[test]
fn what_completes_at_once_need_not_wait_for_a_convoy() {
    // The other thread takes longer to wake up than this one is away.
    let quick = Script::forever("quick", [Step::Block(us(10)), Step::Compute(us(10))]);
    let outcome = simulation(vec![quick, Script::forever("cpu", [Step::Compute(SECOND)])]).run(SECOND);
    let at_once = outcome.delays.iter().filter(|(_, delay)| delay.is_zero()).count();
    assert!(at_once * 2 > outcome.delays.len(), "{at_once} of {}", outcome.delays.len());
}

#[test]
fn a_call_that_keeps_the_lock_stalls_everybody_and_one_that_releases_it_nobody() {
    let beside = |call| {
        let caller = Script::once("caller", [Step::Compute(ms(10)), call, Step::Compute(ms(10))]);
        let ticker = Script::forever("ticker", [Step::Sleep(ms(1))]);
        simulation(vec![caller, ticker]).run(ms(400)).delays.into_iter().map(|(_, delay)| delay).max().unwrap()
    };
    let held = beside(Step::Hold(ms(250)));
    assert!((ms(249)..ms(257)).contains(&held), "{held:?}");
    let released = beside(Step::Release(ms(250)));
    assert!(released < ms(6), "{released:?}");
}

#[test]
fn every_interpreter_has_a_lock_of_its_own() {
    let mut scripts = cpu_threads(2);
    scripts[1].interpreter = 1;
    let outcome = simulation(scripts).run(SECOND);
    assert_eq!((outcome.computed, outcome.switches), (vec![SECOND; 2], vec![0; 2]));
}

#[test]
fn without_a_lock_cores_are_the_limit_and_the_overhead_counts() {
    let rules = Rules::new(Regime::Unlocked);
    let free = |cores| Simulation { rules, cores, slowdown: 1.25, ..simulation(cpu_threads(4)) }.run(SECOND);
    for (cores, part) in [(8, 0.8), (4, 0.8), (2, 0.4), (1, 0.2)] {
        for computed in free(cores).computed {
            assert!((share(computed, SECOND) - part).abs() < 0.003, "{computed:?} on {cores} cores");
        }
    }
}

#[test]
fn a_count_of_check_sites_forces_nothing() {
    let rules = Rules::new(Regime::Counted { checks: 100 });
    let costs = Costs { signal: us(1), ..COSTS };
    let outcome = Simulation { costs, rules, ..simulation(cpu_threads(2)) }.run(SECOND);
    // The releaser takes the lock again a microsecond later, long before the other is awake: hundreds of releases come
    // to nothing before one hits.
    let releases: u64 = outcome.recordings[0].slices().len() as u64;
    assert_eq!(releases, outcome.switches[0]);
    assert!(outcome.switches[0] < 1_000, "{:?}", outcome.switches);
    let whole: Duration = outcome.computed.iter().sum();
    assert!((0.9..1.0).contains(&share(whole, SECOND)), "{whole:?}");
}

#[test]
fn a_count_of_check_sites_starves_nobody() {
    let rules = Rules::new(Regime::Counted { checks: 100 });
    // Where holds and wake-ups last alike, threads could fall into step.
    for wake_up in [1, 10, 27, 30, 100, 400] {
        let costs = Costs { wake_up: us(wake_up) / 10, check: us(3) / 100, signal: us(1), jitter: 0.2, ..COSTS };
        let scripts: Vec<Script> = std::iter::once(sleeper()).chain(cpu_threads(2)).collect();
        let outcome = Simulation { costs, rules, ..simulation(scripts) }.run(SECOND);
        assert!(outcome.delays.len() > 50, "{} delays at {wake_up}", outcome.delays.len());
        assert!(outcome.computed[1..].iter().all(|&part| share(part, SECOND) > 0.1), "{:?}", outcome.computed);
    }
}

#[test]
fn the_lock_is_released_once_in_so_many_check_sites() {
    let rules = Rules::new(Regime::Counted { checks: 100 });
    // Also if there are several steps from one release to the next.
    for step in [SECOND, us(10), us(7)] {
        let thread = Script::forever("cpu", [Step::Compute(step)]);
        let outcome = Simulation { rules, ..simulation(vec![thread]) }.run(SECOND);
        let drops = outcome.recordings[0].entries.iter().filter(|entry| matches!(entry.what, What::Drops { .. }));
        // A hundred microseconds each, give or take.
        let drops = drops.count();
        assert!((9_700..10_300).contains(&drops), "{drops} releases with steps of {step:?}");
        assert_eq!((outcome.computed, outcome.switches), (vec![SECOND], vec![0]));
    }
}

#[test]
fn a_step_may_end_at_the_very_check_site_at_which_the_lock_is_handed_over() {
    // The other has waited an interval, and its timer is late: the next check site is this one.
    let end = INTERVAL + COSTS.timer + COSTS.check;
    for steps in [vec![Step::Compute(end)], vec![Step::Compute(end), Step::Compute(ms(1))]] {
        let whole: Duration = steps.iter().map(|step| step.length()).sum();
        let outcome = simulation(vec![Script::once("one", steps), cpu_threads(1).remove(0)]).run(SECOND);
        assert_eq!((outcome.computed[0], outcome.switches[0] > 0), (whole, true));
    }
}

#[test]
fn time_without_end_is_time_enough() {
    let once = || vec![Script::once("one", [Step::Compute(ms(1))])];
    assert_eq!(simulation(once()).run(Duration::MAX).end, ms(1));
}

#[test]
fn who_still_waits_at_the_end_is_named() {
    let hog = Script::forever("hog", [Step::Hold(SECOND)]);
    let outcome = simulation(vec![sleeper(), hog]).run(ms(100));
    let away = us(500) + COSTS.wake_up;
    assert_eq!((outcome.delays.len(), outcome.overdue[0].0), (0, 0));
    assert!(outcome.overdue[0].1 + away > ms(99) && outcome.overdue[0].1 < ms(100), "{:?}", outcome.overdue);
}

#[test]
fn an_alarm_that_is_void_does_not_prolong_anything() {
    let rules = Rules::new(Regime::Timed { interval: 10 * SECOND });
    let two = vec![Script::once("one", [Step::Compute(ms(1))]), Script::once("two", [Step::Compute(ms(1))])];
    let outcome = Simulation { rules, ..simulation(two) }.run(SECOND);
    assert_eq!(outcome.end, ms(2) + COSTS.wake_up);
}

#[test]
fn one_core_is_shared_by_time_slices() {
    let outside =
        |number| Script::forever(format!("native {number}"), [Step::Release(us(700)), Step::Compute(us(300))]);
    let outcome = Simulation { cores: 1, ..simulation((0..3).map(outside).collect()) }.run(3 * SECOND);
    for computed in outcome.computed {
        assert!((share(computed, 3 * SECOND) - 0.1).abs() < 0.01, "{computed:?}");
    }
}

#[test]
fn what_is_done_is_done() {
    let outcome = simulation(vec![Script::once("one", [Step::Compute(ms(3))]), Script::once("none", [])]).run(SECOND);
    let last = ms(3) + COSTS.wake_up;
    assert_eq!(outcome.finished, [Some(ms(3)), Some(last)]);
    assert_eq!((outcome.end, outcome.computed), (last, vec![ms(3), ms(0)]));
    let cut = simulation(cpu_threads(1)).run(SECOND);
    assert_eq!((cut.end, cut.finished, cut.computed), (SECOND, vec![None], vec![SECOND]));
}

#[test]
#[should_panic(expected = "what goes on forever takes time")]
fn nothing_for_ever_is_refused() {
    let _outcome = simulation(vec![Script::forever("idle", [Step::Compute(ms(0))])]).run(SECOND);
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
    fn whatever_the_scripts_all_are_done_and_the_same_seed_gives_the_same(
        scripts in prop::collection::vec((prop::collection::vec(step(), 0..6), 0..2_usize), 1..6),
        regime in regime(), cores in 1..4_usize, jitter in 0.0..1.0, hand_over in 0..5_u64, signal in 0..5_u64, seed: u64,
    ) {
        let scripts: Vec<Script> = scripts
            .into_iter()
            .enumerate()
            .map(|(number, (steps, interpreter))| Script { interpreter, ..Script::once(number.to_string(), steps) })
            .collect();
        let costs = Costs { jitter, hand_over: us(hand_over), signal: us(signal), ..COSTS };
        let simulation = Simulation { cores, costs, rules: Rules::new(regime), seed, ..simulation(scripts) };
        let outcome = simulation.run(100 * SECOND);
        prop_assert_eq!(&outcome, &simulation.run(100 * SECOND));
        prop_assert!(outcome.end < 100 * SECOND, "somebody waits for ever");
        let all = |of: fn(Step) -> Duration, script: &Script| script.steps.iter().map(|&step| of(step)).sum::<Duration>();
        let compute = |step| if let Step::Compute(length) = step { length } else { Duration::ZERO };
        let on_core = |step| if let Step::Sleep(_) | Step::Block(_) = step { Duration::ZERO } else { step.length() };
        for (script, &computed) in simulation.scripts.iter().zip(&outcome.computed) {
            prop_assert_eq!(computed, all(compute, script), "{}", script.name);
            prop_assert!(outcome.end >= all(Step::length, script));
        }
        let work: Duration = simulation.scripts.iter().map(|script| all(on_core, script)).sum();
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
