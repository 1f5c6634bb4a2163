//! What the table of an experiment says with a lock, without one, with several interpreters, and with none.

use super::*;

const FIVE_MS: Option<Duration> = Some(Duration::from_millis(5));

fn label(name: &str, locked: bool) -> Label {
    Label { name: name.into(), locked }
}

fn cpu(column: Column, interval: Option<Duration>) -> Row {
    let slice_ms = interval.map(|_| Distribution { median: 5.09, p90: 5.18 });
    let switches_per_second = interval.map(|_| 190.4);
    let throughput_ratio = if interval.is_some() { 0.94 } else { 1.88 };
    let figures = Figures::Cpu { slice_ms, switches_per_second, throughput_ratio, shares: vec![0.5; 2] };
    Row { column, ..Row::simulated(2, interval, figures) }
}

fn stall(column: Column, collects: bool) -> Row {
    let figures = Figures::Stall { mode: "attached", collects, longest_stall_ms: 250.0 };
    Row { column, ..Row::simulated(2, FIVE_MS, figures) }
}

fn text(interpreters: Vec<Label>, rows: Vec<Row>) -> String {
    let calibration = serde_json::from_str(
        r#"{"wake_up_us": 40, "timer_us": 60, "sleep_us": 60, "hand_over_ns": 15, "signal_us": 1, "check_ns": 30,
            "send_us": 5, "echo_us": 50, "jitter": 0.1}"#,
    );
    Report { experiment: "cpu", interpreters, calibration: calibration.unwrap(), rows, legend: "The legend." }
        .to_string()
}

#[test]
fn without_an_interpreter_there_are_two_columns() {
    let rows = vec![cpu(Column::Lock, FIVE_MS), cpu(Column::Virtual, FIVE_MS)];
    assert_eq!(
        text(Vec::new(), rows),
        "
                                         our lock   virtual time
─────────────────────────────────────────────────────────────────
 2 compute, 5 ms   slice, median          5.09 ms        5.09 ms
                   slice, p90             5.18 ms        5.18 ms
                   switches per second        190            190
                   throughput vs. one      0.94 x         0.94 x
                   shares                 50 : 50        50 : 50

The legend."
            .trim_start_matches('\n')
    );
}

#[test]
fn an_interpreter_with_a_lock_says_so() {
    let rows = vec![stall(Column::Cpython(0), false), stall(Column::Lock, false), stall(Column::Cpython(0), true)];
    assert_eq!(
        text(vec![label("CPython 3.11.7", true)], rows),
        "
                                                          CPython 3.11.7   our lock
────────────────────────────────────────────────────────────────────────────────────
 call attached                            longest stall         250.0 ms   250.0 ms
 call attached, ticker collects garbage   longest stall         250.0 ms          -

The legend.
CPython 3.11.7 has a global lock."
            .trim_start_matches('\n')
    );
}

#[test]
fn several_interpreters_stand_side_by_side_and_cases_without_a_lock_come_last() {
    let rows = vec![
        cpu(Column::Cpython(0), FIVE_MS),
        cpu(Column::Cpython(1), None),
        cpu(Column::Lock, FIVE_MS),
        cpu(Column::Cpython(0), Some(Duration::from_millis(1))),
        cpu(Column::Lock, Some(Duration::from_millis(1))),
    ];
    assert_eq!(
        text(vec![label("CPython 3.11.7", true), label("CPython 3.14.7 (free-threaded)", false)], rows),
        "
                                            CPython 3.11.7   CPython 3.14.7 (free-threaded)   our lock
───────────────────────────────────────────────────────────────────────────────────────────────────────
 2 compute, 5 ms      slice, median                5.09 ms                                -    5.09 ms
                      slice, p90                   5.18 ms                                -    5.18 ms
                      switches per second              190                                -        190
                      throughput vs. one            0.94 x                                -     0.94 x
                      shares                       50 : 50                                -    50 : 50
 2 compute, 1 ms      slice, median                5.09 ms                                -    5.09 ms
                      slice, p90                   5.18 ms                                -    5.18 ms
                      switches per second              190                                -        190
                      throughput vs. one            0.94 x                                -     0.94 x
                      shares                       50 : 50                                -    50 : 50
 2 compute, no lock   throughput vs. one                 -                           1.88 x          -
                      shares                             -                          50 : 50          -

The legend.
CPython 3.11.7 has a global lock.
CPython 3.14.7 (free-threaded) runs without a global lock, so it has no switch interval."
            .trim_start_matches('\n')
    );
}

#[test]
fn an_interpreter_without_a_lock_alone_has_no_case_with_one() {
    let text = text(vec![label("CPython 3.14.7 (free-threaded)", false)], vec![cpu(Column::Cpython(0), None)]);
    assert!(text.trim_start().starts_with("CPython 3.14.7 (free-threaded)\n"), "{text}");
    assert!(text.contains("\n 2 compute, no lock   throughput vs. one  ") && text.contains("  1.88 x\n"), "{text}");
    assert!(!text.contains("slice"), "{text}");
}
