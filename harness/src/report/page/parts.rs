//! The parts that sections are made of. Each is a template.

use std::time::Duration;

use askama::Template;

use super::super::data::Measured;
use super::super::figures::{NONE, measured};
use crate::gil::Scene;
use crate::gil::timeline::timeline_on_a_page;

/// A table. The first cell of each row is its heading.
#[derive(Debug, Template)]
#[template(path = "report/table.html")]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) class: Option<&'static str>,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell, and the exact numbers that it shows.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    values: Vec<f64>,
}

/// A picture with a caption, and the table behind it.
#[derive(Debug, Template)]
#[template(path = "report/figure.html")]
pub(super) struct Figure {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) svg: String,
    /// What the picture shows, if the picture itself does not say it.
    pub(super) label: Option<String>,
    /// Whether the picture has a fixed size, so that a narrow screen shows a part of it.
    pub(super) wide: bool,
    pub(super) caption: String,
    pub(super) table: Option<Table>,
}

/// Horizontal bars, as wide as the page allows. Text keeps its size.
#[derive(Debug, Template)]
#[template(path = "report/bars.svg", escape = "html")]
pub(super) struct Bars {
    label: String,
    rows: Vec<Bar>,
    height: usize,
}

/// One bar. Widths are in percent.
#[derive(Debug)]
struct Bar {
    name: String,
    text: String,
    class: &'static str,
    width: f64,
    whisker: Option<(f64, f64)>,
}

/// What a bar shows, and how.
#[derive(Debug)]
pub(super) struct Length {
    pub(super) name: String,
    /// The figure as text.
    pub(super) text: String,
    /// `plain`, `locked` or `free`.
    pub(super) class: &'static str,
    pub(super) value: f64,
    pub(super) range: Option<(f64, f64)>,
}

impl Figure {
    /// A picture that is as wide as the page, and says itself what it shows.
    pub(super) fn bars(id: String, title: String, bars: &Bars, caption: String, table: Table) -> Self {
        Self { id, title, svg: bars.to_string(), label: None, wide: false, caption, table: Some(table) }
    }

    /// A timeline of these recordings. Without a length, it shows all of them.
    pub(super) fn timeline(
        id: &str,
        title: &str,
        (scenes, length): (&[Scene], Option<Duration>),
        caption: &str,
        table: Table,
    ) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            svg: timeline_on_a_page(scenes, length.map(|length| Duration::ZERO..length)),
            label: None,
            wide: true,
            caption: caption.to_owned(),
            table: Some(table),
        }
    }
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, head: &[&str], rows: Vec<Vec<Cell>>) -> Self {
        let head = head.iter().map(|&title| title.to_owned()).collect();
        Self { caption: caption.into(), class: None, head, rows }
    }
}

impl Cell {
    /// A cell without a number.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// A cell that shows these numbers.
    pub(super) fn figures(text: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self { text: text.into(), values: values.into_iter().filter(|value| value.is_finite()).collect() }
    }

    /// A cell that shows a figure and the range of its rounds, if it is known.
    pub(super) fn measured(known: Option<&Measured>, write: fn(f64) -> String, unit: &str) -> Self {
        known.map_or_else(
            || Self::text(NONE),
            |figure| {
                let ends = figure.range().map(|(low, high)| [low, high]);
                Self::figures(
                    measured(figure, write, unit),
                    [figure.value].into_iter().chain(ends.into_iter().flatten()),
                )
            },
        )
    }

    /// The exact numbers, for tests and for scripts.
    fn raw(&self) -> String {
        self.values.iter().map(f64::to_string).collect::<Vec<_>>().join(" ")
    }
}

impl Bars {
    /// The space from one bar to the next, in pixels, as the template has it.
    const STEP: usize = 46;

    /// Creates bars whose scale ends with the longest. The label lists all of them, for people who do not see the picture.
    pub(super) fn new(title: &str, lengths: Vec<Length>) -> Self {
        let ends = lengths.iter().map(|bar| bar.range.map_or(bar.value, |range| range.1.max(bar.value)));
        let longest = ends.filter(|end| end.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
        Self::up_to(longest, title, lengths)
    }

    /// Creates bars on a scale that ends here.
    pub(super) fn up_to(longest: f64, title: &str, lengths: Vec<Length>) -> Self {
        let percent = |value: f64| {
            let percent = 100.0 * value / longest;
            if percent.is_finite() { (10.0 * percent).round() / 10.0 } else { 0.0 }
        };
        let texts: Vec<_> = lengths.iter().map(|bar| format!("{}: {}", bar.name, bar.text)).collect();
        let bar = |Length { name, text, class, value, range }| Bar {
            name,
            text,
            class,
            width: percent(value),
            whisker: range.map(|(low, high)| (percent(low), percent(high))),
        };
        let height = Self::STEP * lengths.len();
        Self { label: format!("{title}. {}.", texts.join("; ")), rows: lengths.into_iter().map(bar).collect(), height }
    }
}
