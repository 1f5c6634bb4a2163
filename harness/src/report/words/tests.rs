use super::super::figures::number;
use super::super::made;
use super::*;
use crate::statistics::Estimate;

const LOCKED: (&str, bool, f64) = ("CPython 3.11.7", true, 0.96);
const FREE: (&str, bool, f64) = ("CPython 3.14.7 (free-threaded)", false, 1.88);

/// All sentences of a page, by section.
fn all(data: &Data) -> String {
    let sections = [
        ("in short", summary(data)),
        ("count", counts(data)),
        ("threads", slices(data)),
        ("integrity", integrity(data)),
        ("convoy", convoy(data)),
        ("stall", stalls(data)),
        ("wait", waits(data)),
        ("ways out", ways_out(data)),
        ("race", race(data)),
    ];
    let section = |(name, sentences): &(&str, Vec<String>)| format!("{name}\n{}\n", sentences.join("\n"));
    sections.iter().map(section).collect::<Vec<_>>().join("\n")
}

/// Compares all sentences with a file. With `PRIMELANES_BLESS`, writes the file.
fn assert_said(name: &str, data: &Data) {
    let file = format!("{}/src/report/words/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let said = all(data);
    if std::env::var_os("PRIMELANES_BLESS").is_some() {
        std::fs::write(&file, &said).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap().replace("\r\n", "\n");
    assert_eq!(said, expected, "{file}");
}

#[test]
fn one_interpreter_with_a_lock() {
    assert_said("locked", &made::data(&[LOCKED]));
}

#[test]
fn one_interpreter_without_a_lock() {
    assert_said("free-threaded", &made::data(&[FREE]));
}

#[test]
fn several_interpreters() {
    assert_said("several", &made::data(&[LOCKED, FREE]));
}

#[test]
fn no_interpreter() {
    assert_said("none", &made::data(&[]));
}

#[test]
fn one_core_where_nothing_gains_anything() {
    let mut data = made::data(&[LOCKED]);
    data.about.cores = 1;
    let one = Estimate { value: 1.01, interval: None };
    for way in data.native.ways.iter_mut().chain(data.python.iter_mut().flat_map(|counts| &mut counts.ways)) {
        way.speedup = Some(one);
    }
    data.lose(0);
    data.race.lanes.truncate(1);
    data.race.summary = "single-thread/1 ran alone; every count is right.".to_owned();
    assert_said("one-core", &data);
}

#[test]
fn unusual_figures_make_no_false_sentence() {
    let mut data = made::data(&[LOCKED]);
    // Threads that gain under a lock, a sleeper that never ran, and updates that were lost under the lock.
    data.python[0].ways[1].speedup = Some(Estimate { value: 1.5, interval: None });
    data.native.ways[1].speedup = Some(Estimate { value: 0.4, interval: Some((0.3, 0.5)) });
    data.delays.iter_mut().filter(|row| row.beside > 0).for_each(|row| row.late_ms = None);
    data.slices.iter_mut().for_each(|row| row.slice_ms = None);
    data.lose(7);
    data.waits.clear();
    assert_said("unusual", &data);
}

/// All numbers in a text with a decimal point, without those in names.
fn decimals(text: &str, names: &[&str]) -> Vec<String> {
    let text = names.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
    let words = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.').map(|word| word.trim_matches('.'));
    words.filter(|word| word.contains('.') && !word.contains("..")).map(str::to_owned).collect()
}

fn numbers(value: &serde_json::Value, into: &mut Vec<f64>) {
    match value {
        serde_json::Value::Number(number) => into.push(number.as_f64().unwrap()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| numbers(item, into)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| numbers(field, into)),
        _ => {}
    }
}

#[test]
fn a_difference_that_may_be_noise_is_no_clear_one() {
    let mut data = made::data(&[LOCKED]);
    let said = |data: &Data| counts(data)[0].clone();
    for (value, interval, verdict) in [
        (1.04, None, "The second thread gained little or nothing."),
        (0.95, Some((0.9, 1.1)), "The second thread gained little or nothing."),
        (0.95, Some((0.9, 0.98)), "The second thread made the counts a little slower."),
        (1.05, Some((1.02, 1.1)), "The second thread made the counts a little faster."),
        (1.4, Some((0.9, 1.7)), "The second thread made no clear difference."),
        (1.4, Some((1.2, 1.7)), "The second thread made the counts faster."),
        (0.6, Some((0.5, 0.7)), "The second thread made the counts slower."),
    ] {
        data.python[0].ways[1].speedup = Some(Estimate { value, interval });
        assert!(said(&data).ends_with(verdict), "{}", said(&data));
    }
}

#[test]
fn every_number_that_is_said_is_in_the_json() {
    let data = made::data(&[LOCKED, FREE]);
    let mut known = Vec::new();
    numbers(&serde_json::to_value(&data).unwrap(), &mut known);
    let written: std::collections::HashSet<String> =
        known.iter().flat_map(|&known| [ratio(known), number(known)]).collect();
    // The summary of the race comes from the race.
    let said = all(&data).replace(&data.race.summary, "");
    let said = decimals(&said, &[LOCKED.0, FREE.0]);
    assert!(said.len() > 50, "{said:?}");
    let unknown: Vec<_> = said.iter().filter(|number| !written.contains(*number)).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}

#[test]
fn items_are_listed_as_one_says_them() {
    let said = |items: &[&str]| listed(&items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>());
    assert_eq!(
        [said(&[]), said(&["a"]), said(&["a", "b"]), said(&["a", "b", "c"])],
        ["", "a", "a and b", "a, b and c"]
    );
}
