use std::collections::{BTreeSet, HashSet};

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use super::super::data::Pictures;
use super::super::made;
use super::*;

const ONE: &[(&str, bool, f64)] = &[("CPython 3.11.7", true, 0.96)];

fn parsed(data: &Data) -> Html {
    let html = page(data).unwrap();
    let page = Html::parse_document(&html);
    assert!(page.errors.is_empty(), "{:?}: {html}", page.errors);
    page
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    let text =
        |element: ElementRef<'_>| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    all(page, selector).into_iter().map(text).collect()
}

fn attributes<'a>(page: &'a Html, name: &str) -> Vec<&'a str> {
    all(page, &format!("[{name}]")).into_iter().filter_map(|element| element.attr(name)).collect()
}

#[test]
fn the_story_has_its_order() {
    let page = parsed(&made::data(ONE));
    let sections: Vec<_> = all(&page, "main > section").iter().map(|section| section.attr("id").unwrap()).collect();
    let story = ["in-short", "count", "threads", "integrity", "cost", "ways-out", "race", "what-if", "method"];
    assert_eq!(sections, story);
    assert_eq!(texts(&page, "section > h2").len(), story.len());
    assert_eq!(texts(&page, "h1"), ["What the global lock costs on this machine"]);
}

#[test]
fn nothing_is_fetched() {
    let page = parsed(&made::data(ONE));
    for name in ["src", "srcset", "poster", "data", "action", "background"] {
        assert_eq!(attributes(&page, name), Vec::<&str>::new(), "{name}");
    }
    for element in all(&page, "[href]") {
        let (name, href) = (element.value().name(), element.attr("href").unwrap());
        let is_link = name == "a" && (href.starts_with('#') || href.starts_with("https://"));
        assert!(is_link || href.starts_with("data:"), "{name}: {href}");
    }
    for style in texts(&page, "style").into_iter().chain(attributes(&page, "style").into_iter().map(str::to_owned)) {
        assert!(!style.contains("//") && !style.contains("@import") && !style.contains("url(h"), "{style}");
    }
    let policy = all(&page, "meta[http-equiv]")[0].attr("content").unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
}

#[test]
fn ids_do_not_collide() {
    let page = parsed(&made::data(&[("CPython 3.11.7", true, 0.96), ("CPython 3.13.1", true, 0.97)]));
    let (ids, mut seen) = (attributes(&page, "id"), HashSet::new());
    let twice: Vec<_> = ids.iter().filter(|id| !seen.insert(**id)).collect();
    assert_eq!(twice, Vec::<&&str>::new());
    for name in ["aria-labelledby", "for"] {
        assert!(attributes(&page, name).iter().all(|id| seen.contains(id)), "{name}");
    }
    let within = attributes(&page, "href").into_iter().filter_map(|href| href.strip_prefix('#'));
    assert!(within.into_iter().all(|id| seen.contains(id)));
}

#[test]
fn every_picture_has_a_text_and_a_table() {
    let page = parsed(&made::data(ONE));
    for svg in all(&page, "svg") {
        let is_named = |element: &ElementRef<'_>| {
            element.attr("role") == Some("img") && element.attr("aria-label").is_some_and(|label| label.len() > 20)
        };
        let parent = svg.parent().and_then(ElementRef::wrap);
        let hidden = svg.attr("aria-hidden") == Some("true");
        assert!(hidden || is_named(&svg) || parent.as_ref().is_some_and(is_named), "{}", svg.html());
    }
    let (figures, tables) = (all(&page, "figure:not(.case)"), all(&page, "figure:not(.case) details table"));
    assert_eq!((figures.len(), tables.len()), (7, 7));
    assert!(texts(&page, "figcaption").iter().all(|caption| caption.len() > 20));
}

#[test]
fn the_controls_choose_one_case_and_are_labelled() {
    let page = parsed(&made::data(ONE));
    let groups: Vec<_> = ["rules", "interval", "threads", "cores"]
        .map(|name| all(&page, &format!("fieldset input[type=radio][name={name}]")))
        .into();
    assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 3, 3]);
    assert!(all(&page, "fieldset > legend").len() == 4 && all(&page, "fieldset > label > input").len() == 13);
    for group in &groups {
        assert_eq!(group.iter().filter(|button| button.attr("checked").is_some()).count(), 1);
    }
    let style = texts(&page, "head style").concat();
    let chosen = |group: usize, button: usize| groups[group][button].attr("id").unwrap();
    for button in groups.iter().flatten() {
        let id = button.attr("id").unwrap();
        let rule = format!(".what-if:has(#{id}:checked) .case:not(.{id}) {{ display: none }}");
        assert!(style.contains(&rule), "{rule}");
    }
    let mut shown = BTreeSet::new();
    for (rules, interval) in (0..4).flat_map(|rules| (0..3).map(move |interval| (rules, interval))) {
        for (threads, cores) in (0..3).flat_map(|threads| (0..3).map(move |cores| (threads, cores))) {
            let classes = [chosen(0, rules), chosen(1, interval), chosen(2, threads), chosen(3, cores)];
            let captions = texts(&page, &format!(".case.{} figcaption", classes.join(".")));
            assert_eq!(captions.len(), 1, "{classes:?}");
            shown.extend(captions);
        }
    }
    assert_eq!(shown.len(), all(&page, ".case").len());
}

/// The data that the page offers to download.
fn downloaded(page: &Html, kind: &str) -> String {
    let link = all(page, &format!("a[download$='.{kind}']"))[0].attr("href").unwrap();
    let (head, text) = link.split_once(',').unwrap();
    assert!(head.starts_with("data:") && head.ends_with(";charset=utf-8"), "{head}");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |rest: &mut std::str::Bytes<'_>| (rest.next().unwrap() as char).to_digit(16).unwrap() as u8;
        bytes.push(if byte == b'%' { 16 * hex(&mut rest) + hex(&mut rest) } else { byte });
    }
    String::from_utf8(bytes).unwrap()
}

fn numbers(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Number(number) => into.push(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().for_each(|item| numbers(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| numbers(field, into)),
        _ => {}
    }
}

#[test]
fn the_numbers_of_the_tables_are_those_of_the_json() {
    let data = made::data(&[("CPython 3.11.7", true, 0.96), ("CPython 3.14.7 (free-threaded)", false, 1.88)]);
    let page = parsed(&data);
    let json: Value = serde_json::from_str(&downloaded(&page, "json")).unwrap();
    let mut known = Vec::new();
    numbers(&json, &mut known);
    // Parsing JSON may change the last bit.
    let is_known = |value: f64| known.iter().any(|known| (known - value).abs() <= 1e-12 * value.abs());
    let cells = all(&page, "td[data-values]");
    assert!(cells.len() > 250, "{}", cells.len());
    for cell in cells {
        let values = cell.attr("data-values").unwrap().split(' ').map(|value| value.parse::<f64>().unwrap());
        let unknown: Vec<_> = values.filter(|value| !is_known(*value)).collect();
        assert_eq!(unknown, Vec::<f64>::new(), "{}", cell.html());
    }
    assert_eq!(json["interpreters"][1]["locked"], Value::Bool(false));
}

#[test]
fn the_csv_has_every_figure() {
    let page = parsed(&made::data(&[("Py\"thon, the 1st", true, 0.96)]));
    let csv = downloaded(&page, "csv");
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "experiment,measured_in,case,figure,round,value");
    let rounds = |experiment: &str| lines.iter().filter(|line| line.starts_with(experiment)).count();
    // Three rounds of each of seven ways and three lanes, with a median and three figures of the speed-up; and one start-up.
    assert_eq!((rounds("count,"), rounds("race,"), rounds("what if,")), (7 * (3 + 4) + 1, 3 * (3 + 4), 3 * 54));
    for line in ["seconds,,0.75", "seconds,0,0.7", "speedup,,1", "speedup_low,,0.98", "speedup_high,,1.02"] {
        let line = format!("count,\"native code\",\"sequential\",{line}");
        assert!(lines.contains(&line.as_str()), "{line}: {csv}");
    }
    // All together and in three rounds: four figures of each of two sources. And two more that have no rounds.
    assert_eq!((rounds("compute,"), rounds("add,")), (4 * 4 * 2, (4 * 2 + 2) * 5));
    for start in [
        "compute,\"our lock\",\"2 threads, interval 5 ms\",slice_ms,,5.09",
        "add,\"our lock\",\"1 thread, no lock\",lost,,0",
        "convoy,\"our lock\",\"beside 1 computing thread, interval 20 ms\",delay_ms,,20.19",
        "wait,\"our lock\",\"4 threads sleep for 100 ms at once\",milliseconds,,100.4",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(start)), "{start}: {csv}");
    }
    for end in [",251", "0,251", "1,243.15625", "2,258.84375"] {
        let line = format!("stall,\"Py\"\"thon, the 1st\",\"a call of 250 ms, attached\",longest_ms,{end}");
        assert!(lines.contains(&line.as_str()), "{line}: {csv}");
    }
}

#[test]
fn a_name_is_escaped_everywhere() {
    let name = "<script>alert('1')</script> & \"co\"";
    let mut data = made::data(&[(name, true, 0.96)]);
    data.warnings.push(format!("'{name}' failed"));
    data.about.processor = name.to_owned();
    let page = parsed(&data);
    assert_eq!(all(&page, "script").len(), 1);
    assert!(texts(&page, "#warnings li")[1].contains(name), "{:?}", texts(&page, "#warnings li"));
    assert!(texts(&page, "#count-python-0 caption")[0].contains(name));
    assert!(texts(&page, ".about")[0].contains(name));
}

#[test]
fn what_is_said_of_free_threading_depends_on_it() {
    let said = |python| {
        let page = parsed(&made::data(&[python]));
        (
            texts(&page, "#ways-out .note").len(),
            texts(&page, "#cost").concat().contains("An interpreter without a lock stops"),
        )
    };
    assert_eq!(said(ONE[0]), (1, false));
    assert_eq!(said(("CPython 3.14.7 (free-threaded)", false, 1.88)), (0, true));
}

#[test]
fn without_python_the_page_says_how_to_get_one() {
    let page = parsed(&made::data(&[]));
    let note = &texts(&page, "#no-python")[0];
    assert!(note.contains("No Python was measured.") && note.contains("primelanes report --python python3"), "{note}");
    assert_eq!(all(&page, "#count figure").len(), 1);
    let protections = |page: &Html| texts(page, "#integrity p")[1].clone();
    assert!(protections(&page).ends_with(" indivisible, and under our lock."), "{}", protections(&page));
    let with = parsed(&made::data(ONE));
    assert!(protections(&with).ends_with(" indivisible, under our lock, and in Python."), "{}", protections(&with));
    assert_eq!(all(&with, "#no-python").len(), 0);
    assert_eq!(all(&with, "#count figure").len(), 2);
}

#[test]
fn warnings_and_wrong_counts_are_shown() {
    let mut data = made::data(ONE);
    assert_eq!(texts(&parsed(&data), "#warnings li"), data.warnings);
    assert_eq!(all(&parsed(&data), ".wrong").len(), 0);
    assert!(data.verified());
    data.warnings.clear();
    data.python[0].ways[1].verified = false;
    let page = parsed(&data);
    assert!(texts(&page, "#warnings")[0].starts_with("Nothing unusual"));
    let wrong = texts(&page, ".wrong");
    assert_eq!(wrong, ["WRONG: in CPython 3.11.7, the way 'threads' does not count the right number of primes."]);
    assert!(!data.verified());
}

#[test]
fn figures_that_are_missing_leave_no_gap() {
    let mut data = made::data(ONE);
    data.waits.clear();
    data.python.clear();
    data.slices.iter_mut().for_each(|row| (row.slice_ms, row.throughput.value) = (None, f64::NAN));
    data.delays.iter_mut().for_each(|row| row.late_ms = None);
    data.pictures = Pictures::default();
    let html = super::page(&data).unwrap();
    assert!(!html.contains("NaN") && !html.contains("inf "), "{html}");
    assert!(html.contains("The counts could not be run in Python."));
}
