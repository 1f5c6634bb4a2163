use super::super::made;
use super::*;

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
    data.integrity.iter_mut().for_each(|row| row.lost = 0);
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
    data.integrity.iter_mut().for_each(|row| row.lost = 7);
    data.waits.clear();
    assert_said("unusual", &data);
}

#[test]
fn items_are_listed_as_one_says_them() {
    let said = |items: &[&str]| listed(&items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>());
    assert_eq!(
        [said(&[]), said(&["a"]), said(&["a", "b"]), said(&["a", "b", "c"])],
        ["", "a", "a and b", "a, b and c"]
    );
}
