use std::collections::HashMap;

use primelanes_backends::global_lock::trace::Recording;
use proptest::prelude::*;

use super::super::scene::driven;
use super::*;

fn written(scenes: &[Scene]) -> Value {
    let mut out = Vec::new();
    trace_events(scenes, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn events(trace: &Value) -> &[Value] {
    trace["traceEvents"].as_array().unwrap()
}

fn of_phase<'a>(trace: &'a Value, phase: &'a str) -> impl Iterator<Item = &'a Value> {
    events(trace).iter().filter(move |event| event["ph"] == phase)
}

/// A time in nanoseconds, as an exact viewer reads it.
fn ns(time: &Value) -> u64 {
    let ns = time.as_f64().unwrap() * 1000.0;
    assert!((ns - ns.round()).abs() < 1e-3, "{time} is no whole number of nanoseconds");
    ns.round() as u64
}

/// The threads of all scenes by process id and thread id.
type Threads<T> = HashMap<(u64, u64), Vec<T>>;

fn thread(event: &Value) -> (u64, u64) {
    (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap())
}

fn spans(trace: &Value) -> Threads<(u64, u64, String)> {
    let mut threads = Threads::new();
    for event in of_phase(trace, "X") {
        let from = ns(&event["ts"]);
        let span = (from, from + ns(&event["dur"]), event["name"].as_str().unwrap().to_owned());
        threads.entry(thread(event)).or_default().push(span);
    }
    threads
}

fn check_fields(trace: &Value) {
    assert!(trace["otherData"].is_object() && trace["displayTimeUnit"] == "ms");
    for event in events(trace) {
        let phase = event["ph"].as_str().unwrap();
        assert!(event["pid"].is_u64() && event["name"].is_string(), "{event}");
        assert_eq!(event["ts"].is_number(), phase != "M", "{event}");
        assert_eq!(event["cat"] == "gil", phase != "M", "{event}");
        assert_eq!(event["dur"].is_number(), phase == "X", "{event}");
        assert_eq!(event["id"].is_u64(), "sf".contains(phase), "{event}");
        assert_eq!(event["bp"] == "e", phase == "f", "{event}");
        assert_eq!(event["s"] == "t", phase == "i", "{event}");
        assert_eq!(event["args"].is_object(), "MC".contains(phase), "{event}");
        let of_process = phase == "C" || event["name"].as_str().unwrap().starts_with("process_");
        assert_eq!(event["tid"].is_u64(), !of_process, "{event}");
        assert!("XsfiMC".contains(phase), "{event}");
    }
}

fn check_nesting(trace: &Value) {
    for (thread, spans) in spans(trace) {
        for pair in spans.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "{thread:?}: {pair:?} overlap");
        }
    }
}

/// Checks arrows as a viewer reads them: the end of an arrow belongs to the latest event of its thread.
fn check_arrows(trace: &Value) -> usize {
    let mut open: HashMap<(u64, u64), &Value> = HashMap::new();
    let mut begun: HashMap<u64, u64> = HashMap::new();
    let mut numbers = 0;
    for event in events(trace) {
        let phase = event["ph"].as_str().unwrap();
        if phase == "X" {
            open.insert(thread(event), event);
        }
        if !"sf".contains(phase) {
            continue;
        }
        let (id, at, around) = (event["id"].as_u64().unwrap(), ns(&event["ts"]), open[&thread(event)]);
        let from = ns(&around["ts"]);
        assert!(from <= at && at <= from + ns(&around["dur"]), "{event} is not inside {around}");
        if phase == "s" {
            numbers += 1;
            assert_eq!((&around["name"], id), (&Value::from("wait"), numbers));
            assert_eq!(begun.insert(id, at), None);
        } else {
            assert_eq!((&around["name"], from), (&Value::from("hold"), at));
            assert!(begun.remove(&id).expect("an end has a beginning") <= at);
        }
    }
    assert!(begun.is_empty(), "beginnings without an end: {begun:?}");
    numbers as usize
}

fn check_waiters(trace: &Value, scenes: &[Scene]) {
    for (place, scene) in scenes.iter().enumerate() {
        let counter = counter(trace, place + 1);
        assert_eq!(counter[0], (0, 0));
        let spans = scene.recording.spans();
        for (now, next) in counter.iter().zip(&counter[1..]) {
            let (from, to) = (Duration::from_nanos(now.0), Duration::from_nanos(next.0));
            let waits = spans.iter().filter(|span| span.doing == Doing::Wait);
            let there = waits.filter(|wait| wait.from <= from && to <= wait.to).count();
            assert!(from == to || now.1 as usize == there, "{now:?} until {next:?}, and {there} waits");
        }
    }
}

fn counter(trace: &Value, process: usize) -> Vec<(u64, u64)> {
    let ours = of_phase(trace, "C").filter(|event| event["pid"] == process);
    ours.map(|event| (ns(&event["ts"]), event["args"]["waiters"].as_u64().unwrap())).collect()
}

proptest! {
    #[test]
    fn every_recording_makes_a_valid_trace(scenes in proptest::collection::vec(driven::scenes(), 0..4)) {
        let trace = written(&scenes);
        check_fields(&trace);
        check_nesting(&trace);
        check_waiters(&trace, &scenes);
        let all = |pick: fn(What) -> bool| {
            let entries = scenes.iter().flat_map(|scene| &scene.recording.entries);
            entries.filter(|entry| pick(entry.what)).count()
        };
        let instants = |name: &str| of_phase(&trace, "i").filter(|event| event["name"] == name).count();
        let arrows = check_arrows(&trace);
        prop_assert_eq!(instants("suppressed request"), all(|what| what == What::Refrains));
        prop_assert_eq!(instants("drop request") + arrows, all(|what| what == What::Requests));
        let count: usize = spans(&trace).values().map(Vec::len).sum();
        prop_assert_eq!(count, scenes.iter().map(|scene| scene.recording.spans().len()).sum::<usize>());
    }
}

/// Thread 0 holds the lock from 0 to 7.001 us. Threads 1 and 2 wait and request it, and thread 2 takes it at 7.3 us,
/// which answers both requests.
fn handed_over(title: &str) -> Scene {
    let forced = What::Drops { forced: true };
    let entries = [
        (0, 0, What::Takes { switch: false }),
        (1_000, 1, What::Waits),
        (1_000, 2, What::Waits),
        (6_000, 1, What::Requests),
        (6_500, 2, What::Requests),
        (7_001, 0, forced),
        (7_300, 2, What::Takes { switch: true }),
        (7_300, 0, What::SwitchSeen),
        (7_300, 0, What::Detaches),
        (8_000, 1, What::Refrains),
        (9_000, 1, What::Requests),
    ];
    let entries = entries.map(|(at, thread, what)| Entry { at: Duration::from_nanos(at), thread, what }).to_vec();
    let threads = ["main", "I/O \"1\"", "cpu"].map(str::to_owned).to_vec();
    Scene { title: title.to_owned(), recording: Recording { threads, entries, left_out: 3 } }
}

#[test]
fn spans_carry_their_kind_and_their_exact_times() {
    let spans = spans(&written(&[handed_over("one")]));
    let span = |from, to, name: &str| (from, to, name.to_owned());
    let main = [span(0, 7_001, "hold"), span(7_001, 7_300, "forced-switch wait"), span(7_300, 9_000, "detached")];
    assert_eq!(spans[&(1, 2)], main);
    assert_eq!(spans[&(1, 3)], [span(1_000, 9_000, "wait")]);
    assert_eq!(spans[&(1, 4)], [span(1_000, 7_300, "wait"), span(7_300, 9_000, "hold")]);
}

#[test]
fn arrows_lead_from_the_askers_to_the_taking_and_no_number_comes_twice() {
    let trace = written(&[handed_over("one"), handed_over("two")]);
    assert_eq!(check_arrows(&trace), 4);
    let ends =
        |phase| of_phase(&trace, phase).map(|event| (thread(event), event["id"].as_u64().unwrap(), ns(&event["ts"])));
    let first: Vec<_> = ends("s").take(2).chain(ends("f").take(2)).collect();
    assert_eq!(first, [((1, 4), 1, 6_000), ((1, 5), 2, 6_500), ((1, 5), 1, 7_300), ((1, 5), 2, 7_300)]);
    let mut ids: Vec<_> = ends("f").map(|end| end.1).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4]);
    let instants: Vec<_> = of_phase(&trace, "i").take(2).map(|event| (ns(&event["ts"]), &event["name"])).collect();
    assert_eq!(instants, [(8_000, &"suppressed request".into()), (9_000, &"drop request".into())]);
}

#[test]
fn scenes_are_processes_and_no_number_of_a_thread_comes_twice() {
    let trace = written(&[handed_over("one"), handed_over("\"two\"\n")]);
    let named = |name: &'static str| of_phase(&trace, "M").filter(move |event| event["name"] == name);
    let titles: Vec<_> = named("process_name").map(|event| (&event["pid"], &event["args"]["name"])).collect();
    assert_eq!(titles, [(&1.into(), &"one".into()), (&2.into(), &"\"two\"\n".into())]);
    let threads: Vec<_> =
        named("thread_name").map(|event| (thread(event), event["args"]["name"].as_str().unwrap())).collect();
    let (one, two) = threads.split_at(3);
    assert_eq!(one, [((1, 3), "main"), ((1, 4), "I/O \"1\""), ((1, 5), "cpu")]);
    assert_eq!(two, [((2, 6), "main"), ((2, 7), "I/O \"1\""), ((2, 8), "cpu")]);
    let order: Vec<_> = named("thread_sort_index").map(|event| event["args"]["sort_index"].as_u64().unwrap()).collect();
    assert_eq!(order, [0, 1, 2, 0, 1, 2]);
    assert_eq!(named("process_sort_index").count(), 2);
}

#[test]
fn the_counter_shows_each_change_of_the_waiters() {
    let counter = counter(&written(&[handed_over("one")]), 1);
    assert_eq!(counter, [(0, 0), (1_000, 1), (1_000, 2), (7_300, 1)]);
}

#[test]
fn what_was_left_out_is_told_and_summed_for_scenes_of_one_title() {
    let trace = written(&[handed_over("one"), handed_over("two"), handed_over("one")]);
    assert_eq!(trace["otherData"], serde_json::json!({"one: events left out": 6, "two: events left out": 3}));
}

#[test]
fn no_scene_and_an_empty_one_are_valid_traces_too() {
    assert_eq!(events(&written(&[])).len(), 0);
    let empty = Scene { title: "empty".to_owned(), recording: Recording::default() };
    let trace = written(&[empty]);
    check_fields(&trace);
    assert_eq!(events(&trace).len(), 3, "name, place and a counter at 0");
}

#[test]
fn an_arrow_ends_at_a_hold_that_is_over_at_once() {
    let mut scene = handed_over("short");
    scene.recording.entries.truncate(7);
    let at = scene.recording.end();
    let later = [What::Drops { forced: false }, What::Waits];
    scene.recording.entries.extend(later.map(|what| Entry { at, thread: 2, what }));
    let trace = written(&[scene]);
    assert_eq!(check_arrows(&trace), 2);
    check_nesting(&trace);
}

#[test]
fn an_error_of_the_file_is_passed_on() {
    let full = &mut [0_u8; 700][..];
    let fault = trace_events(&[handed_over("one")], full).unwrap_err();
    assert_eq!(fault.kind(), io::ErrorKind::WriteZero);
}
