use super::*;

const TAKES: What = What::Takes { switch: true };
const DROPS: What = What::Drops { forced: false };
const IS_FORCED: What = What::Drops { forced: true };

fn us(count: u64) -> Duration {
    Duration::from_micros(count)
}

/// A recording of threads 0, 1 and 2, with times in microseconds.
fn recording(entries: &[(u64, usize, What)]) -> Recording {
    let threads = ["a", "b", "c"].map(str::to_owned).to_vec();
    let entries = entries.iter().map(|&(at, thread, what)| Entry { at: us(at), thread, what });
    Recording { threads, entries: entries.collect(), left_out: 0 }
}

fn span(thread: usize, doing: Doing, from: u64, to: u64) -> Span {
    Span { thread, doing, from: us(from), to: us(to) }
}

fn request(at: u64, by: usize, answer: Option<(u64, usize)>) -> Request {
    Request { at: us(at), by, answer: answer.map(|(at, thread)| (us(at), thread)) }
}

fn recorder(capacity: usize, events: &[(u64, char, What)]) -> Recorder<char> {
    let mut recorder = Recorder::new(capacity);
    for &(at, thread, what) in events {
        recorder.record_at(us(at), thread, what, || Some(thread.to_string()));
    }
    recorder
}

#[test]
fn every_step_of_the_protocol_that_matters_is_recorded() {
    let expired = Event::Expired { seen: 0 };
    let awaits = |requested| Then::AwaitDrop { seen: 0, requested };
    let recorded = [
        (Event::Take, awaits(false), Some(What::Waits)),
        (Event::Take, Then::Hold { switch: false }, Some(What::Takes { switch: false })),
        (Event::Take, Then::Hold { switch: true }, Some(TAKES)),
        (Event::Woken, awaits(false), None),
        (Event::Woken, Then::Hold { switch: true }, Some(TAKES)),
        (expired, awaits(true), Some(What::Requests)),
        (expired, awaits(false), Some(What::Refrains)),
        (expired, Then::Hold { switch: true }, Some(TAKES)),
        (Event::CheckSite, Then::KeepOn, None),
        (Event::CheckSite, Then::HandOver, None),
        (Event::Drop, Then::Leave, Some(DROPS)),
        (Event::Drop, Then::AwaitSwitch, Some(IS_FORCED)),
        (Event::Switched, Then::AwaitSwitch, None),
        (Event::Switched, Then::Leave, Some(What::SwitchSeen)),
    ];
    for (event, then, what) in recorded {
        assert_eq!(What::of(event, then), what, "{event:?}, {then:?}");
    }
}

#[test]
fn each_kind_of_span_ends_where_the_next_event_of_its_thread_says() {
    let recording = recording(&[
        (0, 0, What::Takes { switch: false }),
        (1, 1, What::Waits),
        (6, 1, What::Requests),
        (7, 0, IS_FORCED),
        (9, 1, TAKES),
        (10, 0, What::SwitchSeen),
        (11, 0, What::Waits),
        (12, 1, DROPS),
        (12, 1, What::Detaches),
        (13, 0, What::Refrains),
        (14, 0, TAKES),
        (20, 1, What::Returns),
        (22, 0, DROPS),
        (25, 1, TAKES),
        (26, 1, DROPS),
    ]);
    let spans = [
        span(0, Doing::Hold, 0, 7),
        span(0, Doing::ForcedWait, 7, 10),
        span(0, Doing::Wait, 11, 14),
        span(0, Doing::Hold, 14, 22),
        span(1, Doing::Wait, 1, 9),
        span(1, Doing::Hold, 9, 12),
        span(1, Doing::Detached, 12, 20),
        span(1, Doing::Hold, 25, 26),
    ];
    assert_eq!(recording.spans(), spans);
}

#[test]
fn a_span_that_is_not_over_at_the_end_ends_with_the_recording() {
    let entries = [(0, 0, TAKES), (2, 1, What::Waits), (3, 0, IS_FORCED), (4, 2, What::Detaches), (9, 1, TAKES)];
    let recording = recording(&entries);
    assert_eq!(recording.end(), us(9));
    let spans = [
        span(0, Doing::Hold, 0, 3),
        span(0, Doing::ForcedWait, 3, 9),
        span(1, Doing::Wait, 2, 9),
        span(1, Doing::Hold, 9, 9),
        span(2, Doing::Detached, 4, 9),
    ];
    assert_eq!(recording.spans(), spans);
}

#[test]
fn the_end_of_a_span_without_a_start_makes_no_span() {
    let recording = recording(&[(1, 0, DROPS), (2, 1, What::Requests), (3, 2, What::SwitchSeen), (5, 1, TAKES)]);
    assert_eq!(recording.spans(), [span(1, Doing::Hold, 5, 5)]);
}

#[test]
fn an_empty_recording_has_no_length_and_no_spans() {
    let empty = Recording::default();
    assert_eq!(empty.end(), Duration::ZERO);
    assert!(empty.spans().is_empty() && empty.requests().is_empty() && empty.waiters().is_empty());
}

#[test]
fn a_slice_lasts_from_the_first_taking_to_the_last_drop_before_another_takes() {
    let recording = recording(&[
        (1, 0, What::Takes { switch: false }),
        (3, 0, DROPS),
        (4, 0, What::Takes { switch: false }),
        (5, 1, What::Waits),
        (9, 0, IS_FORCED),
        (11, 1, TAKES),
        (13, 1, DROPS),
        (15, 0, TAKES),
        (16, 0, DROPS),
    ]);
    assert_eq!(recording.slices(), [(0, us(8)), (1, us(2))]);
}

#[test]
fn taking_the_lock_answers_all_requests_since_it_was_last_taken() {
    let recording = recording(&[
        (0, 0, TAKES),
        (5, 1, What::Requests),
        (6, 2, What::Requests),
        (7, 0, IS_FORCED),
        (8, 2, TAKES),
        (9, 0, What::Refrains),
        (13, 1, What::Requests),
        (14, 2, IS_FORCED),
        (15, 0, TAKES),
        (20, 1, What::Requests),
    ]);
    let requests =
        [request(5, 1, Some((8, 2))), request(6, 2, Some((8, 2))), request(13, 1, Some((15, 0))), request(20, 1, None)];
    assert_eq!(recording.requests(), requests);
}

#[test]
fn waiters_are_counted_at_each_change() {
    let recording = recording(&[
        (0, 0, TAKES),
        (1, 1, What::Waits),
        (2, 2, What::Waits),
        (3, 1, What::Requests),
        (3, 0, IS_FORCED),
        (4, 1, TAKES),
        (5, 1, DROPS),
        (5, 2, TAKES),
        (6, 2, DROPS),
        (7, 0, TAKES),
    ]);
    assert_eq!(recording.waiters(), [(us(1), 1), (us(2), 2), (us(4), 1), (us(5), 0)]);
}

#[test]
fn a_recorder_keeps_the_first_events_and_counts_the_others() {
    let events = [(0, 'a', TAKES), (1, 'b', What::Waits), (2, 'a', DROPS), (3, 'c', What::Waits), (4, 'b', TAKES)];
    let kept = recorder(3, &events).take();
    assert_eq!((kept.entries.len(), kept.left_out), (3, 2));
    assert_eq!(kept.threads, ["a", "b"], "a thread without a kept event has no name");
    assert_eq!(recorder(5, &events).take().left_out, 0);
    let nothing = recorder(0, &events).take();
    assert_eq!(nothing, Recording { left_out: 5, ..Recording::default() });
}

#[test]
fn threads_are_numbered_in_order_and_keep_their_names() {
    let mut recorder = Recorder::new(9);
    for (thread, name) in [('x', Some("io")), ('y', None), ('x', Some("asked once")), ('z', Some("cpu")), ('y', None)] {
        recorder.record_at(us(7), thread, What::Waits, || name.map(str::to_owned));
    }
    let recording = recorder.take();
    assert_eq!(recording.threads, ["io", "thread 2", "cpu"]);
    let threads: Vec<usize> = recording.entries.iter().map(|entry| entry.thread).collect();
    assert_eq!(threads, [0, 1, 0, 2, 1]);
    assert!(recording.entries.iter().all(|entry| (entry.at, entry.what) == (us(7), What::Waits)));
}

#[test]
fn after_a_take_the_recording_starts_again_with_the_same_threads_and_an_empty_buffer() {
    let mut recorder = recorder(2, &[(5, 'a', TAKES), (6, 'b', What::Waits), (7, 'a', DROPS)]);
    assert_eq!(recorder.take().left_out, 1);
    recorder.record_at(us(1), 'b', TAKES, || unreachable!("it is known"));
    recorder.record_at(us(2), 'c', What::Waits, || None);
    let second = recorder.take();
    assert_eq!(second.threads, ["a", "b", "thread 3"]);
    assert_eq!(second.entries[0], Entry { at: us(1), thread: 1, what: TAKES });
    assert_eq!((second.entries.len(), second.left_out), (2, 0));
}

#[test]
fn an_event_has_the_time_since_the_start_and_the_name_of_its_thread() {
    let before = Instant::now();
    let mut recorder = Recorder::new(9);
    let start = Instant::now();
    let record = |recorder: &mut Recorder<char>| recorder.record('a', What::Waits);
    std::thread::scope(|scope| {
        let named = std::thread::Builder::new().name("I/O".to_owned());
        named.spawn_scoped(scope, || record(&mut recorder)).unwrap();
    });
    // Check an upper and a lower bound, since a busy machine may take any time in between.
    let least = start.elapsed();
    record(&mut recorder);
    let most = before.elapsed();
    let recording = recorder.take();
    assert_eq!(recording.threads, ["I/O"]);
    assert!(least <= recording.entries[1].at && recording.entries[1].at <= most);
    record(&mut recorder);
    let since_the_take = before.elapsed().saturating_sub(least);
    assert!(recorder.take().entries[0].at <= since_the_take, "the clock starts again");
}
