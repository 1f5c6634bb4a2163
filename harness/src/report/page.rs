//! From data to HTML. The prose is in templates; what depends on figures is made here.

mod cost;
mod count;
mod parts;
mod sections;
#[cfg(test)]
mod tests;
mod ways_out;
mod what_if;

use askama::Template;

use self::parts::{Figure, Table};
use self::what_if::WhatIf;
use super::data::Data;
use super::{samples, words};
use crate::gil::timeline;
use crate::text::plural;

/// The page.
#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'a> {
    data: &'a Data,
    timeline_style: &'static str,
    cores: String,
    pythons: String,
    wrong: Vec<String>,
    summary: Vec<String>,
    count: Section,
    threads: Section,
    integrity: Section,
    cost: Cost,
    ways_out: WaysOut,
    race: Race,
    what_if: WhatIf,
    json: String,
    csv: String,
}

/// Pictures, and sentences below them.
#[derive(Debug)]
struct Section {
    figures: Vec<Figure>,
    sentences: Vec<String>,
}

/// What the lock costs.
#[derive(Debug)]
struct Cost {
    convoy: Section,
    stall: Section,
    waits: Vec<String>,
    wait_table: Option<Table>,
}

#[derive(Debug)]
struct WaysOut {
    table: Table,
    sentences: Vec<String>,
}

#[derive(Debug)]
struct Race {
    figure: Figure,
    sentences: Vec<String>,
}

/// Returns the page as one HTML file.
///
/// # Errors
/// If the template fails.
pub(crate) fn page(data: &Data) -> Result<String, askama::Error> {
    let page = Page {
        data,
        timeline_style: timeline::STYLE,
        cores: plural(data.about.cores, "core"),
        pythons: words::pythons(data),
        wrong: words::wrong(data),
        summary: words::summary(data),
        count: count::count(data),
        threads: sections::threads(data),
        integrity: sections::integrity(data),
        cost: Cost {
            convoy: cost::convoy(data),
            stall: cost::stall(data),
            waits: words::waits(data),
            wait_table: cost::waits(data),
        },
        ways_out: ways_out::ways_out(data),
        race: sections::race(data),
        what_if: what_if::what_if(data),
        json: samples::json(data),
        csv: samples::csv(data),
    };
    page.render()
}
