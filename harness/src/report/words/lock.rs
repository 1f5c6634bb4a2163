//! What two threads do under the lock, and what happens without it.

use super::super::data::{Data, Integrity, Slices, Source};
use super::super::figures::{grouped, milliseconds, number, percent, ratio};
use super::{several, sources};

/// A sentence for each interpreter and for our lock.
pub(in super::super) fn slices(data: &Data) -> Vec<String> {
    let row = |source| data.slices.iter().find(|row| row.source == source);
    sources(data).filter_map(|source| row(source).map(|row| slice(data, row))).collect()
}

fn slice(data: &Data, row: &Slices) -> String {
    let (place, threads) = (place(data, row.source), several(row.threads, "thread"));
    let worked = format!("{threads} together did {} times the work of one", ratio(row.throughput.value));
    if !data.is_locked(row.source) {
        return format!("{place} there is no lock, and {worked}.");
    }
    let (Some(slice), Some(switches)) = (&row.slice_ms, &row.switches_per_second) else {
        return format!("{place} no turn was measured from its beginning to its end, and {worked}.");
    };
    format!(
        "{place} a thread kept the lock for {} (median; p90 {}). The lock changed hands {} times per second, and {worked}.",
        milliseconds(slice.median.value),
        milliseconds(slice.p90.value),
        number(switches.value)
    )
}

/// What each protection of a counter is worth.
pub(in super::super) fn integrity(data: &Data) -> Vec<String> {
    let several = || data.integrity.iter().filter(|row| row.threads > 1);
    let ours = |protection: &str| several().find(|row| row.source == Source::OurLock && row.protection == protection);
    let (unlocked, atomic, locked) = (ours("no lock"), ours("atomic increments"), ours("global lock"));
    let mut sentences = Vec::new();
    sentences.extend(unlocked.map(without_lock));
    sentences.extend(atomic.map(|row| kept(row, "With atomic increments")));
    sentences.extend(locked.map(|row| kept(row, "Under our lock")));
    for row in several().filter(|row| matches!(row.source, Source::Python(_))) {
        sentences.push(kept(row, &format!("In {}", data.name_of(row.source))));
    }
    vec![sentences.join(" ")]
}

fn without_lock(row: &Integrity) -> String {
    let (threads, all) = (several(row.threads, "thread"), grouped(row.expected));
    if row.lost == 0 {
        return format!(
            "Without a lock, none of {all} additions of {threads} was lost this time, but nothing prevents such a loss."
        );
    }
    let lost = format!("{} of {all} additions ({})", grouped(row.lost), percent(row.lost_percent.value));
    format!("Without a lock, {threads} lost {lost}. An addition took {} ns.", number(row.nanoseconds.value))
}

fn kept(row: &Integrity, place: &str) -> String {
    let all = grouped(row.expected);
    let lost = match row.lost {
        0 => format!("none of {all} additions was lost"),
        1 => format!("one of {all} additions was lost"),
        lost => format!("{} of {all} additions were lost", grouped(lost)),
    };
    format!("{place}, {lost}, and an addition took {} ns.", number(row.nanoseconds.value))
}

/// Where a figure was measured, at the beginning of a sentence.
pub(super) fn place(data: &Data, source: Source) -> String {
    match source {
        Source::Python(_) => format!("In {},", data.name_of(source)),
        Source::OurLock => "Under our lock,".to_owned(),
        Source::VirtualTime => "In the simulation,".to_owned(),
    }
}
