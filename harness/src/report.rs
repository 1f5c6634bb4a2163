//! The report: one page that explains the global lock with figures from this machine.
//!
//! Measuring and drawing are separate: [`measure`] runs the experiments and returns [`Data`], which is also the JSON of
//! the report, and [`page`] turns data into HTML. Every number on the page is in the data.

mod convert;
mod data;
mod figures;
mod machine;
#[cfg(test)]
mod made;
mod measure;
mod meter;
mod page;
mod samples;
mod what_if;
mod words;

pub(crate) use self::measure::{Settings, measure};
pub(crate) use self::page::page;
