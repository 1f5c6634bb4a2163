//! The section on the counts: one after the other, and at once.

use super::super::data::{Counts, Data, Way, WayFigures};
use super::super::figures::{NONE, grouped, range, seconds};
use super::super::words;
use super::Section;
use super::parts::{Bars, Cell, Figure, Length, Table};
use super::sections::ratio_cell;

pub(super) fn count(data: &Data) -> Section {
    let figures = data.python.iter().chain([&data.native]).map(|counts| count_figure(data, counts)).collect();
    Section { figures, sentences: words::counts(data) }
}

fn count_figure(data: &Data, counts: &Counts) -> Figure {
    let (id, place) = match counts.interpreter {
        Some(index) => (format!("count-python-{index}"), data.interpreters[index].name.as_str()),
        None => ("count-native".to_owned(), "native code"),
    };
    let locked = counts.interpreter.is_some_and(|index| data.interpreters[index].locked);
    let title = format!("Time to count the primes up to {} twice, in {place}", grouped(counts.limit));
    let bar = |way: &WayFigures| Length {
        name: way_name(way.way, counts).to_owned(),
        text: seconds(way.median),
        class: match way.way {
            Way::Sequential => "plain",
            Way::LockedThreads => "locked",
            Way::Threads if locked => "locked",
            Way::Threads | Way::Processes | Way::Interpreters => "free",
        },
        value: way.median,
        range: Some(way.range),
    };
    let bars = Bars::new(&format!("{title}; shorter is better"), counts.ways.iter().map(bar).collect());
    let caption = format!(
        "{title}. Shorter is better. Orange: the threads share a lock. The line across each bar is the range of all rounds."
    );
    Figure::bars(id, title.clone(), &bars, caption, table(title, counts))
}

fn table(title: String, counts: &Counts) -> Table {
    let row = |way: &WayFigures| {
        vec![
            Cell::text(way_name(way.way, counts)),
            Cell::figures(seconds(way.median), [way.median]),
            Cell::figures(range(way.range), [way.range.0, way.range.1]),
            way.speedup.map_or_else(|| Cell::text(NONE), ratio_cell),
            Cell::text(if way.verified { "right" } else { "WRONG" }),
        ]
    };
    let head = ["", "median", "min .. max", "speed-up (95 % interval)", "counts"];
    Table::new(title, &head, counts.ways.iter().map(row).collect())
}

fn way_name(way: Way, counts: &Counts) -> &'static str {
    match way {
        Way::Sequential => "one count after the other",
        Way::LockedThreads => "two threads, our lock",
        Way::Threads if counts.interpreter.is_some() => "two threads",
        Way::Threads => "two threads, no lock",
        Way::Processes => "two processes",
        Way::Interpreters => "two interpreters",
    }
}
