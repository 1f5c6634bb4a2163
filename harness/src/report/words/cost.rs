//! What the lock costs other threads.

use super::super::data::{Data, Delay, Source, Stall, Waiting};
use super::super::figures::milliseconds;
use super::lock::place;
use super::{listed, several, sources};

/// A sentence for each interpreter and for our lock.
pub(in super::super) fn convoy(data: &Data) -> Vec<String> {
    sources(data).filter_map(|source| convoy_in(data, source)).collect()
}

/// How late a sleeper is, alone and beside a computing thread.
fn convoy_in(data: &Data, source: Source) -> Option<String> {
    let delays = || data.delays.iter().filter(move |row| row.source == source);
    let late = |row: &Delay| match &row.late_ms {
        Some(late) => format!("{} late", milliseconds(late.median.value)),
        None => "never".to_owned(),
    };
    let alone = delays().find(|row| row.beside == 0).map(late)?;
    let clause = |(number, row): (usize, &Delay)| match (number, row.interval_ms) {
        (_, None) => late(row),
        (0, Some(interval)) => format!("{} with a switch interval of {interval} ms", late(row)),
        (_, Some(interval)) => format!("{} with {interval} ms", late(row)),
    };
    let clauses: Vec<_> = delays().filter(|row| row.beside == 1).enumerate().map(clause).collect();
    let text = format!(
        "{} a sleeper that was alone went on {alone}. Beside a computing thread, it went on {}.",
        place(data, source),
        listed(&clauses)
    );
    (!clauses.is_empty()).then_some(text)
}

/// The same for people who do not know the experiment yet.
pub(super) fn convoy_in_short(data: &Data, source: Source) -> Option<String> {
    let late = |beside| {
        let row = data.delays.iter().find(|row| row.source == source && row.beside == beside)?;
        row.late_ms.as_ref().map(|late| late.median.value)
    };
    let (alone, beside) = (late(0)?, late(1)?);
    Some(format!(
        "{} a thread that woke up beside a thread that computes went on {} late. Alone, it went on {} late.",
        place(data, source),
        milliseconds(beside),
        milliseconds(alone)
    ))
}

/// A sentence for each interpreter and for our lock.
pub(in super::super) fn stalls(data: &Data) -> Vec<String> {
    sources(data).filter_map(|source| stall_in(data, source)).collect()
}

/// How long a native call stops a ticker. Only without a lock does it matter whether the ticker collects garbage.
fn stall_in(data: &Data, source: Source) -> Option<String> {
    let modes = modes(data, source);
    let calls = |collects| {
        let row = |attached| stall(data, source, attached, collects);
        let (attached, detached) = (row(true)?, row(false)?);
        Some(format!(
            "for {} beside a call of {} that {}, and for {} beside one that {}",
            milliseconds(attached.longest_ms.value),
            milliseconds(attached.call_ms),
            modes[0],
            milliseconds(detached.longest_ms.value),
            modes[1]
        ))
    };
    let place = place(data, source);
    match (calls(false), calls(true).filter(|_| !data.is_locked(source))) {
        (Some(plain), Some(collecting)) => Some(format!(
            "{place} a ticker stood still {plain}. When the ticker also collected garbage, it stood still {collecting}."
        )),
        (Some(one), None) | (None, Some(one)) => Some(format!("{place} a ticker stood still {one}.")),
        (None, None) => None,
    }
}

fn stall(data: &Data, source: Source, attached: bool, collects: bool) -> Option<&Stall> {
    let is_it = |row: &&Stall| (row.source, row.attached, row.collects) == (source, attached, collects);
    data.stalls.iter().find(is_it)
}

/// What a native call does. Without a lock, a call that stays attached still keeps the interpreter from stopping all
/// threads.
fn modes(data: &Data, source: Source) -> [&'static str; 2] {
    if data.is_locked(source) {
        ["held the lock", "released the lock"]
    } else {
        ["stayed attached to the interpreter", "was detached from it"]
    }
}

/// The same for people who do not know the experiment yet. It is about the lock.
pub(super) fn stall_in_short(data: &Data, source: Source) -> Option<String> {
    let row = |attached| stall(data, source, attached, false).filter(|_| data.is_locked(source));
    let (attached, detached) = (row(true)?, row(false)?);
    Some(format!(
        "{} one native call of {} that held the lock stopped another thread for {}. If the call released the lock, the other \
         thread stood still for {}.",
        place(data, source),
        milliseconds(attached.call_ms),
        milliseconds(attached.longest_ms.value),
        milliseconds(detached.longest_ms.value)
    ))
}

/// A sentence for each interpreter and for our lock.
pub(in super::super) fn waits(data: &Data) -> Vec<String> {
    sources(data).filter_map(|source| wait_in(data, source)).collect()
}

fn wait_in(data: &Data, source: Source) -> Option<String> {
    let rows = || data.waits.iter().filter(move |row| row.source == source);
    let slept = rows().find_map(|row| match row.what {
        Waiting::Sleep { threads, sleep_ms } => Some((threads, sleep_ms, row.milliseconds.value)),
        Waiting::Socket { .. } => None,
    });
    let answered = |beside| {
        let median = rows().find(|row| row.what == Waiting::Socket { beside })?.milliseconds.value;
        median.is_finite().then(|| milliseconds(median))
    };
    let (threads, each, together) = slept?;
    let in_turn = each * threads as f64;
    let instead =
        if together < 0.8 * in_turn { format!(" instead of {}", milliseconds(in_turn)) } else { String::new() };
    let slept = format!(
        "{} {} that slept for {} each, all at once, took {} together{instead}.",
        place(data, source),
        several(threads, "thread"),
        milliseconds(each),
        milliseconds(together)
    );
    let answers = answered(0).zip(answered(1)).map(|(alone, beside)| {
        let beside = format!("and in {beside} beside a thread that computes");
        format!(" A thread answered a request through a socket in {alone} if it was alone, {beside}.")
    });
    Some(slept + &answers.unwrap_or_default())
}
